"""Keeping new passwords: sealed for their window, hashed for the mail server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.provisioning import store, vault
from services.provisioning.domain.passwords import Credential, MailboxPassword
from services.provisioning.vault import KeyStore
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A new password for a mailbox, and the window in which it can be read."""

    mailbox_id: MailboxId
    receipt_number: ReceiptNumber
    closing_day: date
    """Last day of the window."""
    credential: Credential


async def keep_secrets(db: Connection, secrets: Sequence[NewSecret], key_store: KeyStore) -> None:
    """Seal the passwords and keep their hashes; what the mailboxes had before is overwritten.

    Raises KeyStoreUnavailable: nothing is ever kept unsealed.
    """
    if not secrets:
        return
    sealed = [
        each
        for closing_day, passwords in _by_closing_day(secrets).items()
        for each in await vault.seal_passwords(key_store, closing_day, passwords)
    ]
    receipts = {secret.mailbox_id: secret.receipt_number for secret in secrets}
    await store.insert_day_keys(db, sorted({secret.closing_day for secret in secrets}))
    await store.upsert_sealed_passwords(db, sealed, [receipts[each.mailbox_id] for each in sealed])
    await store.upsert_credentials(db, {secret.mailbox_id: secret.credential.mail_server_hash for secret in secrets})


async def check_key_store(key_store: KeyStore) -> int:
    """Look whether the key store can be used, before an approval asks; returns 0. Raises KeyStoreUnavailable."""
    await key_store.check()
    return 0


def _by_closing_day(secrets: Sequence[NewSecret]) -> Mapping[date, Mapping[MailboxId, MailboxPassword]]:
    by_day: dict[date, dict[MailboxId, MailboxPassword]] = {}
    for secret in secrets:
        by_day.setdefault(secret.closing_day, {})[secret.mailbox_id] = secret.credential.password
    return by_day
