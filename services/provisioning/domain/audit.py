"""The audit's chain of hashes: each seals one entry and everything before it, so that no byte can change unseen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from shared.kernel.local_time import TOKYO

HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)
"""What the first seal takes for the hash before it."""


class AuditFault(StrEnum):
    """What is wrong with the audit."""

    ALTERED = "altered"
    """The entry or its hash is not what was sealed; every later seal is then in doubt as well."""
    SEAL_MISSING = "seal_missing"
    """The positions of the chain leave one out."""
    ENTRY_MISSING = "entry_missing"
    """A seal whose entry is gone."""
    NEVER_SEALED = "never_sealed"
    """An entry outside the chain that nobody will take up."""
    HEAD_DIFFERS = "head_differs"
    """The chain is not the one that was noted elsewhere: it was cut or written anew."""
    HEAD_LET_GO = "head_let_go"
    """What was noted elsewhere is so old that it has been let go: it proves nothing any more."""
    ANCHOR_UNTOLD = "anchor_untold"
    """The chain begins after an anchor of which the audit itself says nothing: its front was taken away."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened, as it was written down."""

    entry: int
    happened_at: datetime
    action: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain. Positions count from 1 without a gap; the first that is left follows the anchor."""

    position: int
    entry: int
    hash: bytes


GENESIS_SEAL = Seal(position=0, entry=0, hash=GENESIS)


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A link of the chain with its entry; None where the entry is gone."""

    seal: Seal
    entry: AuditEntry | None


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One fault, and the position in the chain or the number of the entry it was found at."""

    fault: AuditFault
    at: int


def seal_entries(entries: Sequence[AuditEntry], last: Seal) -> list[Seal]:
    """The links that follow `last`, one per entry, in the order given."""
    seals: list[Seal] = []
    for entry in entries:
        last = Seal(last.position + 1, entry.entry, _hash(last.hash, entry))
        seals.append(last)
    return seals


def verify_links(links: Sequence[SealedEntry], last: Seal) -> list[AuditFinding]:
    """The faults in a stretch of the chain that follows `last`. Each hash is checked against the stored one before it,
    so that one altered byte is found where it is and does not drown the rest in findings.
    """
    findings: list[AuditFinding] = []
    for link in links:
        seal = link.seal
        if seal.position != last.position + 1:
            findings.append(AuditFinding(AuditFault.SEAL_MISSING, last.position + 1))
        elif link.entry is None:
            findings.append(AuditFinding(AuditFault.ENTRY_MISSING, seal.position))
        elif _hash(last.hash, link.entry) != seal.hash:
            findings.append(AuditFinding(AuditFault.ALTERED, seal.position))
        last = seal
    return findings


def outlived_before(today: date, kept_years: int) -> datetime:
    """Entries from before that instant may be let go: midnight in Japan, so that a day goes as one."""
    years_ago = date(today.year - kept_years, today.month, min(today.day, 28))
    return datetime.combine(years_ago, time(), TOKYO)


def last_outlived(links: Sequence[SealedEntry], before: datetime) -> Seal | None:
    """The last link of a verified stretch up to which every entry is from before that instant; None without one.

    A younger entry holds back the older ones behind it: only the chain's front can go without breaking the rest.
    """
    last: Seal | None = None
    for link in links:
        if link.entry is None or link.entry.happened_at >= before:
            break
        last = link.seal
    return last


def _hash(before: bytes, entry: AuditEntry) -> bytes:
    """SHA-256 over the hash before it and the entry's canonical JSON."""
    content = [entry.entry, entry.happened_at.astimezone(UTC).isoformat(), entry.action, entry.subject, entry.detail]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + text.encode()).digest()
