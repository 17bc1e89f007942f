"""Whom to write about each application, when it ended, and why its start date moved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.mails import ApplicationContacts, Recipient
from shared.contracts.envelope import Event
from shared.contracts.notifier_events import RecipientRole
from shared.contracts.review_events import StartDateChanged
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def insert_contacts(db: Connection, contacts: Sequence[ApplicationContacts], now: datetime) -> None:
    """Keep the contacts of new revisions."""
    await db.executemany(
        """
        insert into application_contacts (receipt_number, revision, office_code, company_name, office_name, received_on,
            contact_name, contact_email, contact_department, administrator_name, administrator_email, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict do nothing
        """,
        [
            (
                c.receipt_number,
                c.revision,
                c.office_code,
                c.company_name,
                c.office_name,
                date.fromisoformat(c.received_on),
                c.contact.name,
                c.contact.email,
                c.contact.department,
                c.administrator.name,
                c.administrator.email,
                now,
            )
            for c in contacts
        ],
    )


async def find_latest_contacts(
    db: Connection, receipt_numbers: Sequence[str]
) -> dict[ReceiptNumber, ApplicationContacts]:
    """The contacts of each application's highest revision."""
    rows = await db.fetch(
        """
        select distinct on (receipt_number) receipt_number, revision, office_code, company_name, office_name,
            received_on, contact_name, contact_email, contact_department, administrator_name, administrator_email,
            erased_at is not null as erased
        from application_contacts
        where receipt_number = any($1::text[])
        order by receipt_number, revision desc
        """,
        receipt_numbers,
    )
    return {row["receipt_number"]: _contacts(row) for row in rows}


async def insert_ends(db: Connection, ends: Mapping[str, datetime]) -> None:
    """Note when applications ended; the latest end counts."""
    await db.execute(
        """
        insert into application_ends as known (receipt_number, ended_at)
        select receipt_number, ended_at from unnest($1::text[], $2::timestamptz[]) as new (receipt_number, ended_at)
        on conflict (receipt_number) do update set ended_at = greatest(known.ended_at, excluded.ended_at)
        """,
        sorted(ends),
        [ends[number] for number in sorted(ends)],
    )


async def insert_start_date_reasons(db: Connection, changes: Sequence[Event[StartDateChanged]], now: datetime) -> None:
    """Keep why start dates move, for the mail that follows the move."""
    await db.executemany(
        """
        insert into start_date_reasons (event_id, receipt_number, reason, recorded_at) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        [(change.id, change.data.receipt_number, change.data.note, now) for change in changes],
    )


async def find_start_date_reasons(db: Connection, event_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Those that these events gave."""
    rows = await db.fetch("select event_id, reason from start_date_reasons where event_id = any($1::uuid[])", event_ids)
    return {row["event_id"]: row["reason"] for row in rows}


async def lock_ended_applications(db: Connection, ended_before: datetime, limit: int) -> list[str]:
    """Applications that ended before then and whose people are still known; locked."""
    rows = await db.fetch(
        """
        select receipt_number from application_ends
        where contacts_erased_at is null and ended_at < $1
        order by ended_at limit $2 for update skip locked
        """,
        ended_before,
        limit,
    )
    return [row["receipt_number"] for row in rows]


async def erase_contacts(db: Connection, receipt_numbers: Sequence[str], now: datetime) -> None:
    """Forget names and addresses; the row stays, so that a late event finds that nobody is left to write to."""
    await db.execute(
        """
        update application_contacts set contact_name = '', contact_email = '', contact_department = '',
            administrator_name = '', administrator_email = '', erased_at = $2
        where receipt_number = any($1::text[])
        """,
        receipt_numbers,
        now,
    )
    await db.execute(
        "update application_ends set contacts_erased_at = $2 where receipt_number = any($1::text[])",
        receipt_numbers,
        now,
    )


def _contacts(row: Any) -> ApplicationContacts:
    return ApplicationContacts(
        receipt_number=row["receipt_number"],
        revision=row["revision"],
        office_code=row["office_code"],
        company_name=row["company_name"],
        office_name=row["office_name"],
        received_on=row["received_on"].isoformat(),
        contact=Recipient(RecipientRole.CONTACT, row["contact_name"], row["contact_email"], row["contact_department"]),
        administrator=Recipient(RecipientRole.ADMINISTRATOR, row["administrator_name"], row["administrator_email"]),
        erased=row["erased"],
    )
