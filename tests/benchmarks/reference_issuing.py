"""The bare pipeline's issue: the next serials of each office, ledger rows, sealed secrets, credentials; one event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.contracts.topics import MAILBOX
from tests.benchmarks.reference_outbox import Connection, Outgoing, Received
from tests.benchmarks.reference_writes import follow_up

WINDOW_AFTER_START = timedelta(days=2)
NOTICE_AFTER_START = timedelta(days=1)
WRAPPED_KEY, CIPHERTEXT = bytes(60), bytes(44)
HASH = "{ARGON2ID}$argon2id$none"


@dataclass(frozen=True, slots=True)
class Given:
    """One ID for one line of an application."""

    event: Received
    serial: int
    line: int

    @property
    def mailbox_id(self) -> str:
        """Office code and serial."""
        return f"{self.event.key}{self.serial:02d}"


async def provisioning_approved(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Provisioning: lock the offices, take serials, write everything an issue consists of."""
    rows = await db.fetch(
        "select office_code, highest_serial from offices where office_code = any($1) order by 1 for no key update",
        sorted({event.key for event in events}),
    )
    highest = {row["office_code"]: row["highest_serial"] for row in rows}
    given: dict[str, list[Given]] = {}
    for event in events:
        count, before = event.data["add_smtp_pop3"], highest[event.key]
        given[event.subject] = [Given(event, before + line, line) for line in range(1, count + 1)]
        highest[event.key] = before + count
    await _write_issues(db, events, highest, now)
    await _write_mailboxes(db, [each for of_one in given.values() for each in of_one], now)
    await _plan_abolitions(db, events)
    return [_issued(event, given[event.subject], now) for event in events]


def _start(event: Received) -> date:
    return date.fromisoformat(event.data["confirmed_start_date"])


async def _write_issues(db: Connection, events: Sequence[Received], highest: Mapping[str, int], now: datetime) -> None:
    await db.execute(
        "update offices set highest_serial = n.h from unnest($1::text[], $2::smallint[]) as n (o, h)"
        " where offices.office_code = n.o",
        list(highest),
        list(highest.values()),
    )
    await db.execute(
        """
        insert into issues (receipt_number, revision, office_code, start_date, issued_at, viewable_until,
            closing_notice_on)
        select n, 1, o, start, $3, until, notice
        from unnest($1::text[], $2::text[], $4::date[], $5::date[], $6::date[]) as r (n, o, start, until, notice)
        """,
        [event.subject for event in events],
        [event.key for event in events],
        now,
        [_start(event) for event in events],
        [_start(event) + WINDOW_AFTER_START for event in events],
        [_start(event) + NOTICE_AFTER_START for event in events],
    )


async def _write_mailboxes(db: Connection, given: Sequence[Given], now: datetime) -> None:
    boxes = [each.mailbox_id for each in given]
    numbers = [each.event.subject for each in given]
    await db.execute(
        """
        insert into mailboxes (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from,
            entered_at, change, changed_at)
        select b, o, s, 'smtp_pop3', 'issued', n, l, 'issued', f, $7, 'entered', $7
        from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::smallint[], $6::date[])
            as r (b, o, s, n, l, f)
        """,
        boxes,
        [each.event.key for each in given],
        [each.serial for each in given],
        numbers,
        [each.line for each in given],
        [_start(each.event) for each in given],
        now,
    )
    await db.execute(
        "insert into day_keys (closing_day) select distinct d from unnest($1::date[]) as r (d) order by d"
        " on conflict (closing_day) do nothing",
        [_start(each.event) + WINDOW_AFTER_START for each in given],
    )
    await db.execute(
        """
        insert into sealed_passwords (mailbox_id, receipt_number, closing_day, wrapped_key, ciphertext)
        select b, n, d, $4, $5 from unnest($1::text[], $2::text[], $3::date[]) as r (b, n, d)
        """,
        boxes,
        numbers,
        [_start(each.event) + WINDOW_AFTER_START for each in given],
        WRAPPED_KEY,
        CIPHERTEXT,
    )
    await db.execute(
        "insert into mailbox_credentials (mailbox_id, password_hash) select b, $2 from unnest($1::text[]) as r (b)",
        boxes,
        HASH,
    )


async def _plan_abolitions(db: Connection, events: Sequence[Received]) -> None:
    gone = [(box, event) for event in events for box in event.data["abolish"]]
    if not gone:
        return
    await db.execute(
        "update mailboxes set abolition_receipt_number = g.n, abolished_on = g.day"
        " from unnest($1::text[], $2::text[], $3::date[]) as g (box, n, day) where mailboxes.mailbox_id = g.box",
        [box for box, _ in gone],
        [event.subject for _, event in gone],
        [_start(event) for _, event in gone],
    )


def _issued(event: Received, given: Sequence[Given], now: datetime) -> Outgoing:
    start = _start(event)
    data = {
        "revision": 1,
        "office_code": event.key,
        "issued_at": now.isoformat(),
        "mailboxes": [
            {"mailbox_id": each.mailbox_id, "kind": "smtp_pop3", "active_from": start.isoformat()} for each in given
        ],
        "abolitions": [{"mailbox_id": box, "abolished_on": start.isoformat()} for box in event.data["abolish"]],
        "viewable_from": now.isoformat(),
        "viewable_until": (start + WINDOW_AFTER_START).isoformat(),
    }
    return follow_up(event, MAILBOX.name, "nss.mailbox.issued.v1", data)
