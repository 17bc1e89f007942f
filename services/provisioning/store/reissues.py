"""Queries that reissue passwords."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.provisioning.domain.ledger import MailboxStatus
from services.provisioning.domain.reissuing import Reissue
from shared.kernel.identifiers import MailboxId, OfficeCode
from shared.runtime.database import Connection


async def find_living_mailboxes(
    db: Connection, office_codes: Sequence[OfficeCode]
) -> Mapping[OfficeCode, Mapping[MailboxId, MailboxStatus]]:
    """Per office, the mailboxes in use or to be used, with their status. To be asked after the offices are locked."""
    rows = await db.fetch(
        "select office_code, mailbox_id, status from mailboxes"
        " where office_code = any($1) and status in ('issued', 'active')",
        office_codes,
    )
    living: dict[OfficeCode, dict[MailboxId, MailboxStatus]] = defaultdict(dict)
    for row in rows:
        living[OfficeCode(row["office_code"])][MailboxId(row["mailbox_id"])] = MailboxStatus(row["status"])
    return living


async def insert_reissue(db: Connection, reissue: Reissue) -> None:
    """Remember a reissue and its window; a second one of the same application fails the transaction."""
    await db.execute(
        """
        insert into issues (receipt_number, revision, office_code, kind, issued_at, viewable_until, closing_notice_on)
        values ($1, $2, $3, 'password_reissue', $4, $5, $6)
        """,
        reissue.receipt_number,
        reissue.revision,
        reissue.office_code,
        reissue.reissued_at,
        reissue.window.viewable_until,
        reissue.window.closing_notice_on,
    )


async def insert_reissued_mailboxes(db: Connection, reissue: Reissue) -> None:
    """Remember which mailboxes got a new password, in the order they were asked for."""
    await db.execute(
        """
        insert into reissued_mailboxes (receipt_number, line, mailbox_id)
        select $1, line, mailbox_id from unnest($2::text[]) with ordinality as given (mailbox_id, line)
        """,
        reissue.receipt_number,
        reissue.mailbox_ids,
    )


async def audit_reissue(db: Connection, reissue: Reissue) -> None:
    """Write down that each mailbox's old password is dead, and why."""
    await db.execute(
        """
        select write_audit_entry($3, 'password.reissued', mailbox_id, jsonb_build_object('receipt_number', $1::text))
        from unnest($2::text[]) as given (mailbox_id)
        """,
        reissue.receipt_number,
        reissue.mailbox_ids,
        reissue.reissued_at,
    )
