"""`nss schedule`: the registration schedule and its calendar, kept by review; from JSON or from a spreadsheet's CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.errors import CommandError
from deploy.operate.documents import read_document
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from shared.kernel.japanese_text import parse_japanese_date

ROLE = "operator"

app = typer.Typer(no_args_is_help=True, help="The registration schedule and calendar, kept by review.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Ask review what would change; nothing is published.")]


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """The schedule in force."""
    schedule = call("GET", _url(""), token=staff_token(ROLE))
    if as_json:
        _print(schedule)
        return
    typer.echo(f"version {schedule['schedule_version']}, calendar {schedule['calendar_version']}, "
               f"covers until {schedule['covers_until']}")  # fmt: skip
    for row in schedule["registration_days"]:
        typer.echo(f"{row['registration_date']}  apply by {row['application_deadline']}  "
                   f"system setting by {row['system_setting_deadline']}")  # fmt: skip
    for word in ("closures", "openings"):
        for exception in schedule.get(word, ()):
            typer.echo(f"{exception['date']}  {word[:-1]}  {exception['reason']}")


@app.command("set")
def set_schedule(
    file: Annotated[Path, typer.Argument(help="A JSON file with the whole schedule.")], dry_run: DryRun = False
) -> None:
    """Publish the whole schedule and calendar: what is not in the file is no longer so."""
    _publish(read_document(file), dry_run=dry_run)


@app.command("import")
def import_table(
    file: Annotated[Path, typer.Argument(help="A CSV file as the console saves it, UTF-8 or Windows-31J.")],
    covers_until: Annotated[str, typer.Option(help="Last day of the calendar, for example 20271231.")],
    dry_run: DryRun = False,
) -> None:
    """Publish a spreadsheet: what is not in the file is no longer so. Every unreadable line is named at once."""
    _publish(table_document(_text(file), covers_until), dry_run=dry_run)


def table_document(text: str, covers_until: str) -> Mapping[str, Any]:
    """The table as the body that review takes. Raises CommandError with a line per fault."""
    from services.review.domain.schedule import ProposedSchedule
    from services.review.domain.schedule_table import read_table
    from services.review.labels import SCHEDULE_TABLE

    last = parse_japanese_date(covers_until)
    if last is None:
        raise CommandError(f"--covers-until {covers_until} is no date")
    read = read_table(text, last, SCHEDULE_TABLE)
    if not isinstance(read, ProposedSchedule):
        raise CommandError("\n".join(f"line {fault.line}: {fault.problem.value}" for fault in read))
    return {
        "registration_days": [
            {
                "registration_date": row.registration_date.isoformat(),
                "application_deadline": row.application_deadline.isoformat(),
                "system_setting_deadline": row.system_setting_deadline.isoformat()
                if row.system_setting_deadline
                else None,
            }
            for row in read.registration_days
        ],
        "closures": [each.model_dump(mode="json") for each in read.closures],
        "openings": [each.model_dump(mode="json") for each in read.openings],
        "covers_until": last.isoformat(),
    }


def _publish(document: Mapping[str, Any], *, dry_run: bool) -> None:
    method, path = ("POST", "/check") if dry_run else ("PUT", "")
    _print(call(method, _url(path), token=staff_token(ROLE), body=document))


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp932", errors="replace")


def _url(path: str) -> str:
    return f"{service_url('review')}/api/v1/schedule{path}"


def _print(data: Any) -> None:
    show_json(data)
