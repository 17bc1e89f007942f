"""Queries on what the mail server reads: accounts opened and closed, and their hashes."""

from collections.abc import Sequence

from shared.kernel.identifiers import MailboxId
from shared.runtime.database import Connection


async def open_mail_server_accounts(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """Show active mailboxes with their hashes to the mail server."""
    await db.execute(
        """
        insert into mail_server_accounts (mailbox_id, password_hash, active)
        select mailbox_id, password_hash, true
        from mailbox_credentials
        where mailbox_id = any($1)
        on conflict (mailbox_id) do update set password_hash = excluded.password_hash, active = true
        """,
        mailbox_ids,
    )


async def close_mail_server_accounts(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """Have the mail server refuse logins and forget the hash; an opening mailbox gets its first row here."""
    await db.execute(
        """
        insert into mail_server_accounts (mailbox_id, password_hash, active)
        select mailbox_id, null, false
        from unnest($1::text[]) as given (mailbox_id)
        on conflict (mailbox_id) do update set password_hash = null, active = false
        """,
        mailbox_ids,
    )


async def delete_credentials(db: Connection, mailbox_ids: Sequence[MailboxId]) -> None:
    """Forget the hashes of mailboxes that have ended."""
    await db.execute("delete from mailbox_credentials where mailbox_id = any($1)", mailbox_ids)
