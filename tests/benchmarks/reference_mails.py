"""The bare pipeline's mails: queued per event, claimed, marked and told, without a mail server; and its approvals."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.contracts.topics import MAIL, REVIEW
from tests.benchmarks.reference_outbox import Connection, Outgoing, Received

ROLES = ("contact", "administrator")
DAY = "2026-12-01"


async def notifier_received(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Notifier: whom to write, and the receipt mails."""
    await db.execute(
        """
        insert into application_contacts (receipt_number, revision, office_code, company_name, office_name,
            received_on, contact_name, contact_email, contact_department, administrator_name, administrator_email,
            recorded_at)
        select d->>'receipt_number', 1, d->>'office_code', d->>'company_name', d->>'office_name',
            (d->>'received_on')::date, d->'contact'->>'family_name', d->'contact'->>'email', '',
            d->'system_administrator'->>'name', d->'system_administrator'->>'email', $2
        from unnest($1::text[]) as t (text) cross join lateral (select t.text::jsonb as d) as parsed
        """,
        [json.dumps(event.data) for event in events],
        now,
    )
    await _queue(db, events, "M1", now)
    return []


async def notifier_completed(db: Connection, events: Sequence[Received], now: datetime) -> list[Outgoing]:
    """Notifier: the completion mails."""
    await db.fetch(
        "select receipt_number, contact_email from application_contacts where receipt_number = any($1::text[])",
        [event.subject for event in events],
    )
    await _queue(db, events, "M2", now)
    return []


async def _queue(db: Connection, events: Sequence[Received], mail: str, now: datetime) -> None:
    pairs = [(event, role) for event in events for role in ROLES]
    await db.execute(
        """
        insert into mails (receipt_number, office_code, event_id, mail, template_version, role, sealed, address_hash,
            message_key, due_at, queued_at)
        select n, o, e, $5, 1, r, f, $8, e::text || r, $6, $6
        from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $7::bytea[]) as m (n, o, e, r, f)
        on conflict (receipt_number, event_id, role) do nothing
        """,
        [event.subject for event, _ in pairs],
        [event.key for event, _ in pairs],
        [event.id for event, _ in pairs],
        [role for _, role in pairs],
        mail,
        now,
        [json.dumps([role, role, _facts(event)], ensure_ascii=False).encode() for event, role in pairs],
        bytes(32),
    )


def _facts(event: Received) -> dict[str, Any]:
    """As much text as a template needs."""
    return {
        "company_name": event.data.get("company_name", "x" * 12),
        "office_name": event.data.get("office_name", "x" * 12),
        "department": "x" * 8,
        "recipient_name": "x" * 6,
        "receipt_number": event.subject,
        "received_on": DAY,
        "confirmed_start_date": DAY,
        "viewable_until": DAY,
    }


async def claim_mails(db: Connection, limit: int, now: datetime) -> list[Any]:
    """Take due mails, as a sender would before it talks."""
    rows: list[Any] = await db.fetch(
        """
        with due as (
            select mail_id from mails where state in ('queued', 'sending') and due_at <= $1
            order by due_at, mail_id limit $2 for update skip locked
        )
        update mails set state = 'sending', attempts = attempts + 1, due_at = $1 + interval '10 minutes'
        from due where mails.mail_id = due.mail_id
        returning mails.mail_id, receipt_number, office_code, event_id, mail, role, message_key, sealed, attempts
        """,
        now,
        limit,
    )
    return rows


async def mark_mails(db: Connection, claimed: Sequence[Any], now: datetime) -> list[Outgoing]:
    """They count as accepted; one event each."""
    await db.execute(
        "update mails set state = 'sent', ended_at = $2 where mail_id = any($1::bigint[])",
        [mail["mail_id"] for mail in claimed],
        now,
    )
    await db.execute(
        """
        insert into mail_attempts (mail_id, attempt, ended_at, outcome)
        select id, attempt, $3, 'accepted' from unnest($1::bigint[], $2::int[]) as tried (id, attempt)
        """,
        [mail["mail_id"] for mail in claimed],
        [mail["attempts"] for mail in claimed],
        now,
    )
    return [mail_sent(mail, now) for mail in claimed]


async def approve(db: Connection, limit: int, now: datetime) -> list[Outgoing]:
    """Approve the oldest under review, set-based, as wished."""
    rows = await db.fetch(
        """
        select receipt_number, office_code, mailbox_change::text as change, requested_start_date from reviews
        where state = 'under_review' order by review_starts_on, receipt_number limit $1 for update skip locked
        """,
        limit,
    )
    if not rows:
        return []
    await db.execute(
        """
        update reviews set state = 'approved', moved_at = $2, approved_at = $2, approved_by = 'bench',
            decided_by = 'policy', confirmed_start_date = requested_start_date,
            calendar_version = 1, schedule_version = 1
        where receipt_number = any($1::text[])
        """,
        [row["receipt_number"] for row in rows],
        now,
    )
    outgoing = [
        Outgoing(REVIEW.name, "nss.review.approved.v1", row["office_code"], row["receipt_number"], _approved(row, now))
        for row in rows
    ]
    await db.execute(
        """
        insert into timeline_entries (receipt_number, event_id, occurred_at, step, details)
        select n, gen_random_uuid(), $2, 'approved', '{}' from unnest($1::text[]) as r (n)
        """,
        [row["receipt_number"] for row in rows],
        now,
    )
    return outgoing


def _approved(row: Any, now: datetime) -> dict[str, Any]:
    change, start = json.loads(row["change"]), row["requested_start_date"].isoformat()
    return {
        "receipt_number": row["receipt_number"],
        "revision": 1,
        "kind": "mailbox_change",
        "office_code": row["office_code"],
        "contract_version": 1,
        "approved_at": now.isoformat(),
        "requested_start_date": start,
        "confirmed_start_date": start,
        "add_smtp_pop3": change["add_smtp_pop3"],
        "add_edifact": 0,
        "abolish": change["abolish"],
        "reissue": [],
        "start_date_changed": False,
        "system_setting_required": False,
        "calendar_version": 1,
        "schedule_version": 1,
        "policy_version": 1,
        "decided_by": "policy",
    }


def mail_sent(mail: Mapping[str, Any], now: datetime) -> Outgoing:
    """The event that tells a mail's fate."""
    data = {
        "receipt_number": mail["receipt_number"],
        "mail": mail["mail"],
        "role": mail["role"],
        "template_version": 1,
        "message_id": f"<{mail['message_key']}@bench.example>",
        "attempts": 1,
        "sent_at": now.isoformat(),
        "ambiguous": False,
    }
    return Outgoing(MAIL.name, "nss.mail.sent.v1", mail["office_code"], mail["receipt_number"], data, mail["event_id"])
