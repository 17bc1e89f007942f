"""`nss contracts`: importing the register, all of it or nothing, and reading it back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.errors import CommandError, Refused
from deploy.operate.json_places import RepeatedKey, line_of, lines_of
from deploy.operate.services import RefusedBy, call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from deploy.progress import say

ROLE = "operator"
IMPORT_SECONDS = 300.0
"""A password is hashed for every new office."""

app = typer.Typer(no_args_is_help=True, help="The contract register, kept by intake.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command("import")
def import_register(
    file: Annotated[Path, typer.Argument(help="The register as JSON; `nss contracts schema` describes it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")] = False,
) -> None:
    """Publish companies and their offices, all or nothing; new offices get an account, its password printed once."""
    text, document = _read(file)
    url, token = f"{service_url('intake')}/api/v1/contracts", staff_token(ROLE)
    try:
        if dry_run:
            answer = call("POST", f"{url}/preview", token=token, body=document, seconds=IMPORT_SECONDS)
        else:
            answer = call("PUT", url, token=token, body=document, seconds=IMPORT_SECONDS)
    except RefusedBy as refused:
        raise _with_lines(file, text, refused) from None
    for office in answer["offices"]:
        say(f"{office['office_code']}: {office['outcome']}, version {office['contract_version']}")
        for line in _differences(office["changes"]):
            say(f"  {line}")
    show_json(answer)


@app.command("list")
def list_contracts(as_json: AsJson = False) -> None:
    """Every office of the register with its version."""
    url, token = f"{service_url('intake')}/api/v1/contracts", staff_token(ROLE)
    contracts: list[Mapping[str, Any]] = []
    after: str | None = ""
    while after is not None:
        answer = call("GET", f"{url}?after={after}", token=token)
        contracts += answer["contracts"]
        after = answer["next"]
    if as_json:
        show_json(contracts)
        return
    for each in contracts:
        closed = f", closes on {each['closed_on']}" if "closed_on" in each else ""
        typer.echo(f"{each['office_code']}  version {each['contract_version']}{closed}")


@app.command("schema")
def print_schema() -> None:
    """The JSON Schema of a register file."""
    from services.intake.domain.register_schema import register_schema

    show_json(register_schema())


def _read(file: Path) -> tuple[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text)
        lines_of(text)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except RepeatedKey as error:
        raise CommandError(f"{file}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file} is not JSON: {error}") from error
    return text, document


def _with_lines(file: Path, text: str, refused: RefusedBy) -> Refused:
    if not refused.errors:
        return refused
    places = lines_of(text)
    told = [f"{file}:{line_of(places, each['field'])}: {each['field']}: {each['code']}" for each in refused.errors]
    return Refused("\n".join([*told, f"nothing was imported: {len(told)} problems"]))


def _differences(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for change in changes:
        before, after = (json.dumps(change[side], ensure_ascii=False) for side in ("before", "after"))
        yield f"{change['field']}: {before} -> {after}"
