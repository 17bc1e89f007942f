"""`nss provisioning`: the ID ledger shown, compared, repaired; the audit verified; the mail server's list compared."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.errors import CommandError, Differs
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json

ROLE = "operator"
LEDGER_COLUMNS = ("mailbox_id", "kind", "cause", "status", "receipt_number", "active_from", "end_cause", "ended_at")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]

app = typer.Typer(no_args_is_help=True, help="The ID ledger, its audit, and the mail server's accounts.")
audit_app = typer.Typer(no_args_is_help=True, help="The append-only audit of the ledger.")
app.add_typer(audit_app, name="audit")


@app.command("ledger")
def ledger(office_code: Annotated[str, typer.Argument(help="For example NAC001.")], as_json: AsJson = False) -> None:
    """Every ID of an office: why it exists, and what became of it."""
    found = read_ledger(office_code)
    if as_json:
        show_json(found)
        return
    typer.echo("\t".join(LEDGER_COLUMNS))
    for item in found["items"]:
        typer.echo("\t".join(str(item.get(column, "-")) for column in LEDGER_COLUMNS))
    typer.echo(f"{found['remaining']} of 99 serials left", err=True)


@app.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Compare the whole ledger with nss.mailbox.v1. Exit code 7 when they disagree."""
    told = _post("/ledger/verification", {})
    if as_json:
        show_json(told)
    else:
        typer.echo(f"{told['mailboxes']} mailboxes compared with {told['events']} events")
    _end_with(
        told["findings"], "subject", "the ledger disagrees with its topic: see `nss provisioning repair --dry-run`"
    )


@app.command("repair")
def repair(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Write into a restored ledger what nss.mailbox.v1 says. Exit code 7 when something is left for a person."""
    told = _post("/ledger/repair", {"dry_run": dry_run})
    if as_json:
        show_json(told)
    else:
        verb = "would be restored" if dry_run else "restored"
        typer.echo(f"{len(told['mailboxes'])} mailboxes and {told['applications']} applications {verb}")
        typer.echo(f"{told['missed_events']} forgotten events {'would be ' if dry_run else ''}queued again")
        for mailbox in told["without_password"]:
            typer.echo(f"{mailbox}: its password is lost; its office must ask for a reissue")
    _end_with(
        told["left"], "subject", "neither side can be believed without a look: compare with the mails and the audit"
    )


@audit_app.command("verify")
def verify_audit(
    noted_head: Annotated[str | None, typer.Option("--head", help="POSITION:HASH as printed earlier.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole chain of hashes. Exit code 7 when a byte is not what was sealed."""
    told = _post("/audit/verification", {"noted_head": noted_head} if noted_head else {})
    if as_json:
        show_json(told)
    else:
        typer.echo(f"{told['sealed']} entries sealed, {told['let_go']} of them let go; head {told['head']}")
    _end_with(told["findings"], "at", "the audit is not what was sealed")


@app.command("drift")
def drift(
    file: Annotated[Path, typer.Argument(help="The mail server's accounts: one name, or name:hash, per line.")],
    as_json: AsJson = False,
) -> None:
    """Compare the ledger with the mail server's account list. Exit code 7 when they differ."""
    accounts = read_accounts(file)
    told = _post("/drift", {"accounts": accounts})
    if as_json:
        show_json(told)
    else:
        typer.echo(f"{told['accounts']} accounts compared")
    _end_with(told["findings"], "account", "the mail server's accounts are not the ledger's")


@app.command("erasable")
def erasable(as_json: AsJson = False) -> None:
    """Mailboxes that have ended so long ago that the mail store may erase their content."""
    found = read_erasable()
    if as_json:
        show_json({"items": found})
        return
    for item in found:
        typer.echo(f"{item['mailbox_id']}\t{item['erasable_from']}")


def read_ledger(office_code: str) -> dict[str, Any]:
    """The office's whole ledger, page by page. Raises CommandError."""
    base, token = service_url("provisioning"), staff_token(ROLE)
    items: list[Any] = []
    cursor: str | None = ""
    page: Mapping[str, Any] = {}
    while cursor is not None:
        page = call("GET", f"{base}/api/v1/offices/{office_code.upper()}/ledger?cursor={cursor}", token=token)
        items += page["items"]
        cursor = page["next_cursor"]
    return {**page, "items": items, "next_cursor": None}


def read_erasable() -> list[Mapping[str, Any]]:
    """Every mailbox whose content may be erased today, page by page. Raises CommandError."""
    base, token = service_url("provisioning"), staff_token(ROLE)
    found: list[Mapping[str, Any]] = []
    while True:
        after = found[-1]["mailbox_id"] if found else ""
        page = call("GET", f"{base}/operate/v1/mailboxes/erasable?after={after}", token=token)["items"]
        if not page:
            return found
        found += page


def read_accounts(file: Path) -> list[dict[str, str]]:
    """The accounts of an exported list. A hash leaves this machine as its SHA-256 only. Raises CommandError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    return [_account(line) for line in lines if line.strip() and not line.startswith("#")]


def _account(line: str) -> dict[str, str]:
    name, _, rest = line.strip().partition(":")
    password_hash = rest.split(":")[0]
    if not password_hash:
        return {"name": name}
    return {"name": name, "fingerprint": hashlib.sha256(password_hash.encode()).hexdigest()}


def _post(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return call("POST", f"{service_url('provisioning')}/operate/v1{path}", token=staff_token(ROLE), body=body)


def _end_with(findings: Sequence[Mapping[str, Any]], place: str, message: str) -> None:
    for finding in findings:
        typer.echo(f"{finding['fault']}: {finding[place]}", err=True)
    if findings:
        raise Differs(message)
