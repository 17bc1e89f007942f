"""What the bare pipeline writes per event and service: the rows our services write, without their rules."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from shared.contracts.topics import REVIEW
from tests.benchmarks.reference_outbox import Connection, Outgoing, Received

Write = Callable[[Connection, Sequence[Received], datetime], Awaitable[list[Outgoing]]]


def _day(text: str) -> date:
    return date.fromisoformat(text)


async def _timeline(db: Connection, events: Sequence[Received], kind: str, now: datetime) -> None:
    """A line of intake's timeline."""
    await db.execute(
        """
        insert into timeline_entries (receipt_number, event_id, kind, actor, occurred_at, mail, role)
        select receipt_number, event_id, $3, 'system', $4, mail, role
        from unnest($1::text[], $2::uuid[], $5::text[], $6::text[]) as n (receipt_number, event_id, mail, role)
        on conflict (event_id) do nothing
        """,
        [event.subject for event in events],
        [event.id for event in events],
        kind,
        now,
        [event.data.get("mail") for event in events],
        [event.data.get("role") for event in events],
    )


async def intake_opened(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Intake: under review."""
    await db.execute(
        "update applications set status = 'under_review' where receipt_number = any($1::text[])",
        [event.subject for event in events],
    )
    await _timeline(db, events, "review_opened", now)
    return []


async def intake_issued(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Intake: the office's mailboxes."""
    boxes = [(box, event.key) for event in events for box in event.data["mailboxes"]]
    await db.execute(
        """
        insert into mailboxes (mailbox_id, office_code, kind, active_from)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::date[]) on conflict (mailbox_id) do nothing
        """,
        [box["mailbox_id"] for box, _ in boxes],
        [office for _, office in boxes],
        [box["kind"] for box, _ in boxes],
        [_day(box["active_from"]) for box, _ in boxes],
    )
    gone = [each for event in events for each in event.data["abolitions"]]
    if gone:
        await db.execute(
            "update mailboxes set abolished_on = n.day from unnest($1::text[], $2::date[]) as n (box, day)"
            " where mailboxes.mailbox_id = n.box",
            [each["mailbox_id"] for each in gone],
            [_day(each["abolished_on"]) for each in gone],
        )
    await _timeline(db, events, "mailboxes_issued", now)
    return []


async def intake_completed(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Intake: completed, with its outcome and the news of it."""
    numbers = [event.subject for event in events]
    await db.execute(
        """
        update applications as a set status = 'review_completed', confirmed_start_date = n.start,
            completed_on = n.completed_on, viewable_from = n.since, viewable_until = n.until,
            mailbox_ids_issued = string_to_array(n.issued, ' '), mailbox_ids_abolished = string_to_array(n.gone, ' ')
        from unnest($1::text[], $2::date[], $3::date[], $4::date[], $5::text[], $6::text[], $7::timestamptz[])
            as n (receipt_number, start, completed_on, until, issued, gone, since)
        where a.receipt_number = n.receipt_number
        """,
        numbers,
        [_day(event.data["confirmed_start_date"]) for event in events],
        [_day(event.data["completed_on"]) for event in events],
        [_day(event.data["viewable_until"]) for event in events],
        [" ".join(event.data["mailbox_ids_issued"]) for event in events],
        [" ".join(event.data["mailbox_ids_abolished"]) for event in events],
        [datetime.fromisoformat(event.data["viewable_from"]) for event in events],
    )
    await _timeline(db, events, "review_completed", now)
    await db.execute(
        """
        insert into news_items (office_code, event_id, category, kind, receipt_number, occurred_at)
        select office, event_id, 'use_application', 'review_completed', receipt_number, $4
        from unnest($1::text[], $2::uuid[], $3::text[]) as n (office, event_id, receipt_number)
        on conflict (event_id, office_code) do nothing
        """,
        [event.key for event in events],
        [event.id for event in events],
        numbers,
        now,
    )
    return []


async def intake_mailed(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Intake: what became of each mail."""
    await db.execute(
        """
        insert into application_mails (receipt_number, mail, role, state, changed_at)
        select receipt_number, mail, role, 'sent', $4
        from unnest($1::text[], $2::text[], $3::text[]) as n (receipt_number, mail, role)
        on conflict (receipt_number, mail, role) do update set state = excluded.state, changed_at = excluded.changed_at
        """,
        [event.subject for event in events],
        [event.data["mail"] for event in events],
        [event.data["role"] for event in events],
        now,
    )
    await _timeline(db, events, "mail_sent", now)
    return []


async def review_received(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Review: a row, whom to ask, a line; opened."""
    await db.execute(
        """
        insert into reviews (receipt_number, office_code, applicant_office_code, kind, state, revision, company_name,
            office_name, received_at, received_on, review_starts_on, contract_version, requested_start_date, reason,
            warnings, mailbox_change, opened_at, moved_at)
        select d->>'receipt_number', d->>'office_code', d->>'applicant_office_code', d->>'kind', 'under_review',
            (d->>'revision')::int, d->>'company_name', d->>'office_name', (d->>'received_at')::timestamptz,
            (d->>'received_on')::date, (d->>'review_starts_on')::date, (d->>'contract_version')::int,
            (d->>'requested_start_date')::date, d->>'reason', d->'warnings', d->'mailbox_change', $2, $2
        from unnest($1::text[]) as t (text) cross join lateral (select t.text::jsonb as d) as parsed
        """,
        [json.dumps(event.data) for event in events],
        now,
    )
    await db.execute(
        """
        insert into review_contacts (receipt_number, revision, contact, system_administrator)
        select n, 1, c::jsonb, a::jsonb from unnest($1::text[], $2::text[], $3::text[]) as r (n, c, a)
        """,
        [event.subject for event in events],
        [json.dumps(event.data["contact"]) for event in events],
        [json.dumps(event.data["system_administrator"]) for event in events],
    )
    await _review_timeline(db, events, "opened", now)
    return [
        follow_up(event, REVIEW.name, "nss.review.opened.v1", {"revision": 1, "opened_at": now.isoformat()})
        for event in events
    ]


async def _review_timeline(db: Connection, events: Sequence[Received], step: str, now: datetime) -> None:
    await db.execute(
        """
        insert into timeline_entries (receipt_number, event_id, occurred_at, step, details)
        select n, e, $3, $4, '{}' from unnest($1::text[], $2::uuid[]) as r (n, e)
        on conflict (receipt_number, event_id) do nothing
        """,
        [event.subject for event in events],
        [event.id for event in events],
        now,
        step,
    )


async def review_issued(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Review: completed."""
    rows = await db.fetch(
        """
        update reviews as r set state = 'review_completed', moved_at = $2, completed_on = $3,
            mailbox_ids_issued = n.ids::jsonb, viewable_until = n.until
        from unnest($1::text[], $4::text[], $5::date[]) as n (receipt_number, ids, until)
        where r.receipt_number = n.receipt_number
        returning r.receipt_number, r.requested_start_date, r.confirmed_start_date
        """,
        [event.subject for event in events],
        now,
        now.date(),
        [json.dumps([box["mailbox_id"] for box in event.data["mailboxes"]]) for event in events],
        [_day(event.data["viewable_until"]) for event in events],
    )
    await _review_timeline(db, events, "completed", now)
    row_of = {row["receipt_number"]: row for row in rows}
    return [
        follow_up(event, REVIEW.name, "nss.review.completed.v1", _completed(event, row_of[event.subject], now))
        for event in events
    ]


def _completed(event: Received, review: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    issued = [box["mailbox_id"] for box in event.data["mailboxes"]]
    abolished = [each["mailbox_id"] for each in event.data["abolitions"]]
    return {
        "revision": 1,
        "kind": "mailbox_change",
        "office_code": event.key,
        "completed_at": now.isoformat(),
        "completed_on": now.date().isoformat(),
        "requested_start_date": review["requested_start_date"].isoformat(),
        "confirmed_start_date": review["confirmed_start_date"].isoformat(),
        "start_date_changed": False,
        "mailbox_ids_issued": issued,
        "mailbox_ids_abolished": abolished,
        "mailbox_ids_reissued": [],
        "viewable_from": event.data["viewable_from"],
        "viewable_until": event.data["viewable_until"],
        "mailboxes_after": {"smtp_pop3": 1 + len(issued) - len(abolished), "edifact": 0},
    }


async def review_mailed(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Review: a line for each mail."""
    await _review_timeline(db, events, "mail_sent", now)
    return []


def follow_up(event: Received, topic: str, event_type: str, data: Mapping[str, Any]) -> Outgoing:
    """The event that an event leads to."""
    return Outgoing(topic, event_type, event.key, event.subject, {"receipt_number": event.subject, **data}, event.id)
