"""`nss mails …`: look at mails, preview them, send a test, resend, and release suppressed addresses."""

import time
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from deploy.errors import CommandError
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from deploy.progress import say
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.runtime.ids import new_uuid7

ROLE = "operator"
EXAMPLE_SENDER, EXAMPLE_PORTAL = "nss@naccs.example", "https://nss.naccs.example"
PAUSE_SECONDS = 0.2
MOST_BATCHES = 10_000

app = typer.Typer(no_args_is_help=True, help="Mails, kept by notifier.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
Application = Annotated[str | None, typer.Option("--application", help="Receipt number.")]
OfMail = Annotated[Mail | None, typer.Option("--mail", help="M1 to M12.")]
OfRole = Annotated[RecipientRole | None, typer.Option("--role", help="contact or administrator.")]
OfState = Annotated[str | None, typer.Option("--state", help="queued, sending, sent, failed or suppressed.")]
OfFailure = Annotated[str | None, typer.Option("--failure", help="refused, gave_up, bounced or invalid_address.")]
Since = Annotated[str | None, typer.Option(help="Queued at or after this instant, like 2026-11-24T09:00:00+09:00.")]
Until = Annotated[str | None, typer.Option(help="Queued before this instant.")]


@app.command("list")
def list_mails(  # noqa: PLR0913  one option each
    application: Application = None,
    mail: OfMail = None,
    role: OfRole = None,
    state: OfState = None,
    failure: OfFailure = None,
    since: Since = None,
    until: Until = None,
    attempts: Annotated[bool, typer.Option(help="Every attempt and report as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """What became of mails; no address and no text."""
    wanted = _wanted(application, mail, role, state, failure, since, until)
    answer = _all_pages({**wanted, **({"attempts": "true"} if attempts else {})})
    if as_json:
        show_json(answer)
        return
    for row in answer["mails"]:
        typer.echo(_line(row))
        for tried in (each for each in answer.get("attempts", ()) if each["mail_id"] == row["mail_id"]):
            typer.echo(f"{'':<10}{tried['ended_at']} {tried['outcome']} {tried['reply_code'] or tried['status'] or ''}")


@app.command("preview")
def preview(
    mail: Annotated[Mail, typer.Argument(help="M1 to M12.")],
    case: Annotated[str | None, typer.Option(help="Golden example; the best one by default.")] = None,
    role: OfRole = None,
    eml: Annotated[Path | None, typer.Option(help="Write the whole mail there instead.")] = None,
) -> None:
    """The mail that an example event leads to, made here; no service is asked."""
    from deploy.operate.mail_preview import example_mail

    made = example_mail(mail.value, case, role.value if role else "contact", EXAMPLE_SENDER, EXAMPLE_PORTAL)
    if eml is not None:
        eml.write_bytes(made.message)
        say(f"written to {eml}")
        return
    typer.echo(f"Subject: {made.subject}\n\n{made.body}", nl=False)


@app.command("send-test")
def send_test(
    mail: Annotated[Mail, typer.Argument(help="M1 to M12.")],
    to: Annotated[str, typer.Option(help="Address that gets it.")],
    reason: Reason,
    case: Annotated[str | None, typer.Option(help="Golden example; the best one by default.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Send an invented mail, marked as a test, over notifier's mail server."""
    body = {"mail": mail.value, "case": case, "to": to, "reason": reason, "dry_run": dry_run}
    answer = _post("mails/test", body)
    typer.echo(f"{answer['mail']}: {answer['outcome']}")
    if answer["outcome"] not in ("accepted", "not sent"):
        raise CommandError(f"the mail was not taken: {answer['outcome']}")


@app.command("resend")
def resend(  # noqa: PLR0913  one option each
    reason: Reason,
    ids: Annotated[list[int], typer.Argument(help="Mail ids, as `nss mails list` shows them.")] = [],  # noqa: B006  typer's way
    application: Application = None,
    mail: OfMail = None,
    role: OfRole = None,
    state: OfState = None,
    failure: OfFailure = None,
    since: Since = None,
    until: Until = None,
    resume: Annotated[str | None, typer.Option(help="Go on with an earlier resend that was interrupted.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send mails again exactly as they were: those with these ids, or all that the options find."""
    wanted = _wanted(application, mail, role, state, failure, since, until)
    if ids:
        wanted["ids"] = ids
    if not wanted:
        raise CommandError("say which: mail ids, or at least one option such as --application or --state")
    resend_id = resume or str(new_uuid7())
    body = {"filter": wanted, "resend_id": resend_id, "reason": reason, "dry_run": dry_run}
    queued, left = _resend_all(body)
    if as_json:
        show_json({"resend_id": resend_id, "queued": queued, "left": left})
        return
    for row in queued:
        typer.echo(f"{row['mail_id']:<10}{row['receipt_number']} {row['mail']:<4} {row['role']}")
    typer.echo(f"{left} would be sent again" if dry_run else f"{len(queued)} are being sent again")


@app.command("suppressions")
def suppressions(as_json: AsJson = False) -> None:
    """Addresses that nothing is sent to, each told by the mail that bounced."""
    answer = _get("mails/suppressions")
    if as_json:
        show_json(answer)
        return
    for row in answer["suppressions"]:
        held = f"{row['held_mails']} held"
        typer.echo(
            f"{row['suppression_id']} {row['receipt_number']} {row['role']:<14} {row['status'] or '-':<7} {held}"
        )


@app.command("release")
def release(
    suppression: Annotated[str, typer.Argument(help="Id, as `nss mails suppressions` shows it.")],
    reason: Reason,
    dry_run: DryRun = False,
) -> None:
    """Write to a suppressed address again; mails held for it leave by themselves."""
    answer = _post(f"mails/suppressions/{suppression}/release", {"reason": reason, "dry_run": dry_run})
    typer.echo(f"{answer['held']} would be sent" if dry_run else f"{answer['released']} are being sent")


def _resend_all(body: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
    """Batch after batch, until nothing is left that the filter finds."""
    url, token = f"{service_url('notifier')}/operate/v1/mails/resend", staff_token(ROLE)
    queued: list[Mapping[str, Any]] = []
    for _ in range(MOST_BATCHES):
        try:
            answer = call("POST", url, token=token, body=body)
        except CommandError:
            say(f"{len(queued)} are being sent again; go on later with --resume {body['resend_id']}")
            raise
        queued += answer["queued"]
        if body["dry_run"] or not answer["left"] or not answer["queued"]:
            return queued, int(answer["left"])
        time.sleep(PAUSE_SECONDS)
    return queued, 0


def _all_pages(query: Mapping[str, Any]) -> Mapping[str, Any]:
    url, token = f"{service_url('notifier')}/operate/v1/mails", staff_token(ROLE)
    found: dict[str, list[Any]] = {"mails": []}
    after: int | None = 0
    while after is not None:
        page = call("GET", f"{url}?{urlencode({**query, 'after': after})}", token=token)
        for name in ("mails", "attempts"):
            if name in page:
                found.setdefault(name, []).extend(page[name])
        after = page["next"]
    return found


def _wanted(*given: Any) -> dict[str, Any]:
    names: Sequence[str] = ("receipt_number", "mail", "role", "state", "failure", "since", "until")
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in zip(names, given, strict=True)
        if value is not None
    }


def _line(row: Mapping[str, Any]) -> str:
    why = " ".join(str(row[name]) for name in ("failure_class", "reply_code") if row[name])
    twice = " (a reply was lost)" if row["ambiguous"] else ""
    when = row["ended_at"] or row["due_at"] or row["queued_at"]
    return (
        f"{row['mail_id']:<10}{row['receipt_number']} {row['mail']:<4} {row['role']:<14} {row['state']:<11}"
        f"{row['attempts']:>3} {when} {why}{twice}"
    ).rstrip()


def _get(path: str) -> Mapping[str, Any]:
    return call("GET", f"{service_url('notifier')}/operate/v1/{path}", token=staff_token(ROLE))


def _post(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return call("POST", f"{service_url('notifier')}/operate/v1/{path}", token=staff_token(ROLE), body=body)
