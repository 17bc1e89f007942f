"""Whether the mail server has exactly the accounts that the ledger says are active."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.identifiers import MailboxId


class DriftFault(StrEnum):
    """How an account differs."""

    MISSING = "missing"
    """Active in the ledger, and the mail server does not have it."""
    EXTRA = "extra"
    """The mail server has it, and the ledger says that nobody may log in."""
    CHANGED = "changed"
    """Both have it, with different passwords."""
    REPEATED = "repeated"
    """The mail server has it more than once."""


@dataclass(frozen=True, slots=True)
class ExportedAccount:
    """One account of the mail server's list. `fingerprint` is the SHA-256 of its password hash, where that was told."""

    name: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One account that differs."""

    fault: DriftFault
    account: str


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The outcome of one comparison."""

    compared_at: datetime
    compared_by: str
    accounts: int
    """How many accounts the mail server's list had."""
    findings: tuple[DriftFinding, ...]


def find_drift(active: Mapping[MailboxId, str | None], exported: Iterable[ExportedAccount]) -> tuple[DriftFinding, ...]:
    """Every difference, sorted by account. `active` has the ledger's active mailboxes with their fingerprints.

    Passwords are compared where both sides tell a fingerprint: an opening mailbox's is not known here.
    """
    by_name: dict[str, ExportedAccount] = {}
    findings: list[DriftFinding] = []
    for account in exported:
        if account.name in by_name:
            findings.append(DriftFinding(DriftFault.REPEATED, account.name))
        by_name[account.name] = account
    for mailbox_id, fingerprint in active.items():
        found = by_name.pop(mailbox_id, None)
        if found is None:
            findings.append(DriftFinding(DriftFault.MISSING, mailbox_id))
        elif fingerprint and found.fingerprint and fingerprint != found.fingerprint:
            findings.append(DriftFinding(DriftFault.CHANGED, mailbox_id))
    findings += [DriftFinding(DriftFault.EXTRA, name) for name in by_name]
    return tuple(sorted(findings, key=lambda finding: (finding.account, finding.fault)))
