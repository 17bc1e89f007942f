"""`nss dlq` and `nss held`: what they understand."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.errors import CommandError, NotRunning
from deploy.output import show_json
from deploy.progress import say

if TYPE_CHECKING:
    from deploy.operate.letters import LetterSelection
    from deploy.operate.records import SeenRecord

dlq_app = typer.Typer(no_args_is_help=True, help="Dead letters: see them, replay them, discard them.")
held_app = typer.Typer(
    no_args_is_help=True, help="Events that wait: for a fact, for a newer release, behind a dead letter."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
Service = Annotated[str | None, typer.Option(help="One service; all four by default.")]
Number = Annotated[str | None, typer.Option(help="Receipt number (or office code) that the event is about.")]
Type = Annotated[str | None, typer.Option("--type", help="Part of the event type.")]
Code = Annotated[str | None, typer.Option(help="Error code, as `nss dlq list` shows it.")]
Since = Annotated[str | None, typer.Option(help="Held since then: an instant, or how long ago, such as 15m, 2h, 3d.")]
Until = Annotated[str | None, typer.Option(help="Held before then, in the same spelling.")]
Ids = Annotated[list[str], typer.Argument(help="Event ids; or choose with the options, or --all.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter that the other options leave.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the letter's outcome on nss.operation.v1.")]


@held_app.command("list")
def list_held(
    service: Service = None, number: Number = None, event_type: Type = None,
    reason: Annotated[str | None, typer.Option(help="dead, waiting, future or behind.")] = None,
    since: Since = None, until: Until = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Everything the services hold back, and why."""
    _show(_chosen(service, number, event_type, None, reason, since, until), as_json=as_json)


@dlq_app.command("list")
def list_dead(
    service: Service = None, number: Number = None, event_type: Type = None, code: Code = None, since: Since = None,
    until: Until = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """The dead letters that nobody has decided on."""
    _show(_chosen(service, number, event_type, code, "dead", since, until), as_json=as_json)


@dlq_app.command("show")
def show(
    event_id: Annotated[str, typer.Argument(help="Event id.")],
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show business and personal fields; needs --reason.")
    ] = False,
    reason: Reason = "",
) -> None:
    """The copies of one dead letter with the reason of each death, as JSON."""
    from deploy.operate.broker import find_broker
    from deploy.operate.letters import faults_of, find_copies
    from deploy.operate.masking import masked
    from deploy.operate.watch import audit_look, json_of

    broker = find_broker()
    copies = asyncio.run(find_copies(broker, event_id))
    if not copies:
        raise CommandError(f"{event_id}: no such dead letter on the topics (kept for 400 days)")
    if reveal:
        asyncio.run(
            audit_look(
                broker, sorted({copy.topic.name for copy in copies}), f"id={event_id}", _given(reason), len(copies)
            )
        )
    for copy in copies:
        say(_death(copy, faults_of(copy)))
        line = json_of(copy, copy.data() if reveal else masked(copy.event_type, copy.data()))
        typer.echo(json.dumps(json.loads(line), ensure_ascii=False, indent=2) if sys.stdout.isatty() else line)
    say(f"repair the cause, then `nss dlq replay {event_id} --reason …`; beyond repair: `nss dlq discard {event_id} …`")


def _death(copy: "SeenRecord", faults: Sequence[str]) -> str:
    told = copy.headers
    service = copy.topic.producers[0]
    died = f"{service}: {told.get('dlq-error-code')} ({told.get('dlq-error-class')}) at {told.get('dlq-failed-at')}"
    again = f", after {told.get('dlq-attempts')} attempt(s)"
    place = f"{told.get('dlq-original-topic')} partition {told.get('dlq-original-partition')}"
    wrong = f"; today's contract refuses {', '.join(faults)}" if faults else "; today's contract has nothing against it"
    return f"{died}{again}, from {place} offset {told.get('dlq-original-offset')}{wrong}"


@dlq_app.command("replay")
def replay(  # noqa: PLR0913  one argument per option
    ids: Ids = [],  # noqa: B006  typer's way
    service: Service = None, number: Number = None, event_type: Type = None, code: Code = None, since: Since = None,
    until: Until = None, every: All = False, reason: Reason = "", dry_run: DryRun = False,
    again: Annotated[bool, typer.Option("--again", help="Also letters that died after three replays.")] = False,
) -> None:  # fmt: skip
    """Ask the services to try dead letters again, each with everything that waits behind it."""
    from deploy.operate.broker import find_broker
    from deploy.operate.letters import refuse_loops

    letters = _decided_on(ids, _chosen(service, number, event_type, code, "dead", since, until), every=every)
    if letters and not again:
        asyncio.run(refuse_loops(find_broker(), letters))
    _instruct(letters, "replay", reason, dry_run=dry_run)


@dlq_app.command("discard")
def discard(  # noqa: PLR0913  one argument per option
    ids: Ids = [],  # noqa: B006  typer's way
    service: Service = None, number: Number = None, event_type: Type = None, code: Code = None, since: Since = None,
    until: Until = None, every: All = False, reason: Reason = "", dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Ask the services to drop dead letters for good; what waits behind them flows on."""
    letters = _decided_on(ids, _chosen(service, number, event_type, code, "dead", since, until), every=every)
    _instruct(letters, "discard", reason, dry_run=dry_run)


def _chosen(
    service: str | None, number: str | None, event_type: str | None, code: str | None, reason: str | None,
    since: str | None, until: str | None,
) -> "LetterSelection":  # fmt: skip
    from deploy.operate.instants import instant_of
    from deploy.operate.letters import LetterSelection
    from deploy.operate.own_records import services_clock
    from shared.contracts.topics import SERVICES

    chosen = [each for each in SERVICES if service in (None, each)]
    if not chosen:
        raise CommandError(f"{service} is no service; there are {', '.join(SERVICES)}")
    now = services_clock().now()
    times = [None if text is None else instant_of(text, now) for text in (since, until)]
    return LetterSelection(chosen, reason, number, event_type, code, *times)


def _decided_on(ids: Sequence[str], selection: "LetterSelection", *, every: bool) -> Sequence[Mapping[str, Any]]:
    from deploy.operate.letters import list_held as held

    if not (ids or every or selection.query().keys() - {"reason"}):
        raise CommandError("say which: event ids, --number, --type, --code, --since, --until, or --all")
    found = held(selection)
    letters = found.rows
    unknown = set(ids) - {letter["event_id"] for letter in letters}
    if found.away:
        say(f"{_and(found.away)} did not answer: dead letters there are left alone")
    if unknown:
        raise CommandError(f"not dead, or not there: {', '.join(sorted(unknown))}; see `nss dlq list`")
    return [letter for letter in letters if not ids or letter["event_id"] in ids]


def _instruct(letters: Sequence[Mapping[str, Any]], action: str, reason: str, *, dry_run: bool) -> None:
    from deploy.operate.broker import find_broker
    from deploy.operate.letters import instruct
    from shared.contracts.operation_events import RedriveAction

    why = _given(reason)
    if dry_run:
        _show_rows(letters)
        typer.echo(f"{len(letters)} letter(s) would be asked to {action}")
        return
    done = asyncio.run(instruct(find_broker(), letters, RedriveAction(action), why)) if letters else 0
    typer.echo(f"{done} instruction(s) to {action} written; `nss watch operation` shows when they are carried out")


def _given(reason: str) -> str:
    if not reason.strip():
        raise CommandError("this needs a reason: --reason TEXT")
    return reason


def _show(selection: "LetterSelection", *, as_json: bool) -> None:
    from deploy.operate.letters import list_held as held

    found = held(selection)
    if as_json:
        show_json(found.rows)
    else:
        _show_rows(found.rows)
    if found.away:
        raise NotRunning(
            f"{_and(found.away)} did not answer: what is held there is missing from this list; `nss doctor`"
        )
    say(_next_step(found.rows))


def _next_step(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "nothing is held"
    if any(row["reason"] == "dead" for row in rows):
        return "`nss dlq show ID` tells why a letter is dead; what is behind it waits for its replay or discard"
    return "`nss trace NUMBER` tells what came before"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _show_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        why = row["error_code"] or (f"waits for {row['awaited_subject']}" if row["awaited_subject"] else "")
        typer.echo(
            f"{row['service']:<13} {row['event_id']}  {row['held_at'][:19]}Z  {row['reason']:<8} {row['subject']:<8} "
            f"{(row['event_type'] or 'no type').removeprefix('nss.'):<36} {why}".rstrip()
        )
