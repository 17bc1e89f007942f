"""Every query of notifier, one function per statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.mails import ApplicationContacts, Facts, PlannedMail, Recipient
from shared.contracts.notifier_events import Mail, MailFailure, RecipientRole
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail whose next attempt is ours. `attempts` counts this one; `ambiguous` if it may have arrived before."""

    mail_id: int
    receipt_number: ReceiptNumber
    office_code: str
    event_id: UUID
    traceparent: str | None
    mail: Mail
    template_version: int
    role: RecipientRole
    address: str
    facts: Facts
    message_key: str
    queued_at: datetime
    attempts: int
    ambiguous: bool


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
            received_on, contact_name, contact_email, contact_department, administrator_name, administrator_email
        from application_contacts
        where receipt_number = any($1::text[])
        order by receipt_number, revision desc
        """,
        receipt_numbers,
    )
    return {row["receipt_number"]: _contacts(row) for row in rows}


async def insert_mails(db: Connection, mails: Sequence[PlannedMail], now: datetime) -> None:
    """Queue mails; one that is already queued for the same event and role stays as it is (I6)."""
    if not mails:
        return
    await db.execute(
        """
        insert into mails (receipt_number, office_code, event_id, traceparent, mail, template_version, role, address,
            facts, message_key, due_at, queued_at)
        select receipt_number, office_code, event_id, traceparent, mail, template_version, role, address,
            facts::jsonb, message_key, due_at, $12
        from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::timestamptz[])
            as planned (receipt_number, office_code, event_id, traceparent, mail, template_version, role, address,
                facts, message_key, due_at)
        on conflict (receipt_number, event_id, role) do nothing
        """,
        [m.receipt_number for m in mails],
        [m.office_code for m in mails],
        [m.event_id for m in mails],
        [m.traceparent for m in mails],
        [m.mail.value for m in mails],
        [m.template_version for m in mails],
        [m.role.value for m in mails],
        [m.address for m in mails],
        [json.dumps(dict(m.facts), ensure_ascii=False) for m in mails],
        [m.message_key for m in mails],
        [m.due_at for m in mails],
        now,
    )


async def claim_due_mails(db: Connection, limit: int, now: datetime, claimed_until: datetime) -> list[ClaimedMail]:
    """Take mails whose attempt is due. One found in `sending` belongs to a process that died: it may have arrived."""
    rows = await db.fetch(
        """
        with due as (
            select mail_id, state from mails
            where state in ('queued', 'sending') and due_at <= $1
            order by due_at, mail_id limit $2
            for update skip locked
        )
        update mails set state = 'sending', attempts = attempts + 1, due_at = $3,
            ambiguous = ambiguous or due.state = 'sending'
        from due where mails.mail_id = due.mail_id
        returning mails.mail_id, receipt_number, office_code, event_id, traceparent, mail, template_version, role,
            address, facts, message_key, queued_at, attempts, ambiguous
        """,
        now,
        limit,
        claimed_until,
    )
    return [_claimed(row) for row in rows]


async def mark_sent(db: Connection, mail_ids: Sequence[int], now: datetime) -> None:
    """The mail server has accepted these mails."""
    await db.execute("update mails set state = 'sent', ended_at = $2 where mail_id = any($1::bigint[])", mail_ids, now)


async def mark_for_retry(
    db: Connection, mail_id: int, due_at: datetime, reply_code: int | None, ambiguous: bool
) -> None:
    """Another attempt follows at `due_at`."""
    await db.execute(
        """
        update mails set state = 'queued', due_at = $2, reply_code = $3, ambiguous = ambiguous or $4
        where mail_id = $1
        """,
        mail_id,
        due_at,
        reply_code,
        ambiguous,
    )


async def mark_given_up(
    db: Connection, mail_id: int, failure: MailFailure, reply_code: int | None, now: datetime
) -> None:
    """No further attempt: the failure is a stored, visible state."""
    await db.execute(
        """
        update mails set state = 'failed', ended_at = $4, failure_class = $2, reply_code = $3 where mail_id = $1
        """,
        mail_id,
        failure.value,
        reply_code,
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
    )


def _claimed(row: Any) -> ClaimedMail:
    return ClaimedMail(
        mail_id=row["mail_id"],
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        event_id=row["event_id"],
        traceparent=row["traceparent"],
        mail=Mail(row["mail"]),
        template_version=row["template_version"],
        role=RecipientRole(row["role"]),
        address=row["address"],
        facts=row["facts"],
        message_key=row["message_key"],
        queued_at=row["queued_at"],
        attempts=row["attempts"],
        ambiguous=row["ambiguous"],
    )
