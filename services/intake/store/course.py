"""The course of applications: timeline entries, and what became of each mail."""

from collections.abc import Sequence

from services.intake.domain.timeline import (
    Actor,
    MailOutcome,
    MailState,
    TimelineEntry,
    TimelineKind,
)
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def insert_timeline_entries(db: Connection, entries: Sequence[TimelineEntry]) -> None:
    """Add entries; one per event, however often it comes."""
    await db.execute(
        """
        insert into timeline_entries (receipt_number, event_id, kind, actor, occurred_at, mail, role, next_on, note)
        select receipt_number, event_id, kind, actor, occurred_at, mail, role, next_on, note
        from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
            $8::date[], $9::text[])
            as new (receipt_number, event_id, kind, actor, occurred_at, mail, role, next_on, note)
        on conflict (event_id) do nothing
        """,
        [entry.receipt_number for entry in entries],
        [entry.event_id for entry in entries],
        [entry.kind.value for entry in entries],
        [entry.actor.value for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.mail for entry in entries],
        [entry.role for entry in entries],
        [entry.next_on for entry in entries],
        [entry.note for entry in entries],
    )


async def list_timeline(db: Connection, receipt_number: str) -> list[TimelineEntry]:
    """The application's course, oldest first."""
    rows = await db.fetch(
        """
        select receipt_number, event_id, kind, actor, occurred_at, mail, role, next_on, note
        from timeline_entries where receipt_number = $1 order by occurred_at, entry_id
        """,
        receipt_number,
    )
    return [
        TimelineEntry(
            receipt_number=ReceiptNumber(row["receipt_number"]),
            event_id=row["event_id"],
            kind=TimelineKind(row["kind"]),
            actor=Actor(row["actor"]),
            occurred_at=row["occurred_at"],
            mail=Mail(row["mail"]) if row["mail"] else None,
            role=RecipientRole(row["role"]) if row["role"] else None,
            next_on=row["next_on"],
            note=row["note"],
        )
        for row in rows
    ]


async def upsert_mail_outcomes(db: Connection, outcomes: Sequence[MailOutcome]) -> None:
    """Keep the latest outcome per mail and role; a mail that was sent or given up is never deferred again."""
    await db.executemany(
        """
        insert into application_mails (receipt_number, mail, role, state, changed_at) values ($1, $2, $3, $4, $5)
        on conflict (receipt_number, mail, role) do update
            set state = excluded.state, changed_at = excluded.changed_at
            where application_mails.state = 'deferred' or excluded.state = 'sent'
        """,
        [
            (each.receipt_number, each.mail.value, each.role.value, each.state.value, each.changed_at)
            for each in outcomes
        ],
    )


async def find_mail_outcomes(db: Connection, receipt_number: str) -> list[MailOutcome]:
    """What became of each mail of the application."""
    rows = await db.fetch(
        "select mail, role, state, changed_at from application_mails where receipt_number = $1 order by mail, role",
        receipt_number,
    )
    return [
        MailOutcome(
            receipt_number=ReceiptNumber(receipt_number),
            mail=Mail(row["mail"]),
            role=RecipientRole(row["role"]),
            state=MailState(row["state"]),
            changed_at=row["changed_at"],
        )
        for row in rows
    ]
