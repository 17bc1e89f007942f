"""Moving a start date after the issue: the mailboxes wait for the new day, the password window may grow (E18)."""

from collections.abc import Mapping, Sequence

from services.provisioning import store
from services.provisioning.domain.issuing import SCHEDULE_SUBJECT
from services.provisioning.domain.life import (
    IssuedApplication,
    StartDateMove,
    UnknownIssue,
    decide_move,
    rescheduled_data,
)
from services.provisioning.workflows.issuing import IssuingTools
from services.provisioning.workflows.windows import extend_windows
from shared.contracts.envelope import Event, new_event
from shared.contracts.review_events import StartDateChanged
from shared.kernel.business_days import BusinessCalendar, DateNotCovered
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting

Change = Event[StartDateChanged]


async def reschedule_mailboxes(db: Connection, events: Sequence[Change], tools: IssuingTools) -> list[Waiting]:
    """Move start dates, abolitions and windows; one MailboxesRescheduled each. Returns what must wait for the calendar.

    What had started is deactivated until the new day; what has been abolished stays so. Where nothing can start any
    more the change has no effect and no answer. Raises UnknownIssue, KeyStoreUnavailable, LedgerNotCurrent.
    """
    tools.watch.require_current()
    await store.lock_offices(db, sorted({OfficeCode(event.key) for event in events}))
    known = await store.lock_issued_applications(db, [event.data.receipt_number for event in events])
    calendar = await store.find_calendar(db)
    if calendar is None:
        return [Waiting(event, SCHEDULE_SUBJECT) for event in events]
    moves, waiting = _decide(events, known, calendar, tools)
    if moves:
        await _write(db, [move for _, move in moves], tools)
        await append_events(
            db,
            [
                new_event(
                    rescheduled_data(event.data, move, known[move.receipt_number].viewable_until),
                    event_id=tools.new_id(),
                    key=event.key,
                    now=tools.clock.now(),
                    caused_by=event,
                )
                for event, move in moves
            ],
        )
    return waiting


def _decide(
    events: Sequence[Change],
    known: Mapping[ReceiptNumber, IssuedApplication],
    calendar: BusinessCalendar,
    tools: IssuingTools,
) -> tuple[list[tuple[Change, StartDateMove]], list[Waiting]]:
    moves: list[tuple[Change, StartDateMove]] = []
    waiting: list[Waiting] = []
    for event in events:
        issued = known.get(event.data.receipt_number)
        if issued is None:
            raise UnknownIssue(event.data.receipt_number)
        try:
            move = decide_move(event.data, issued, calendar, tools.clock.now())
        except DateNotCovered:
            waiting.append(Waiting(event, SCHEDULE_SUBJECT))
            continue
        if move is not None:
            moves.append((event, move))
    return moves, waiting


async def _write(db: Connection, moves: Sequence[StartDateMove], tools: IssuingTools) -> None:
    now = tools.clock.now()
    await store.move_start_dates(db, moves)
    deactivated = await store.move_mailboxes(db, moves, now)
    await store.move_abolitions(db, moves, now)
    await store.close_mail_server_accounts(db, deactivated)
    await extend_windows(db, [move.extension for move in moves if move.extension is not None], tools)
