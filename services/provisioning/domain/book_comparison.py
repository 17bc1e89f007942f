"""Where the ledger and the books outside the database disagree."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.provisioning.domain.books import BookLine
from services.provisioning.domain.ledger import LedgerRow


class BookFault(StrEnum):
    """How the ledger and the topic disagree."""

    BEHIND = "behind"
    """The topic has events of this subject that the database does not remember publishing: it was restored."""
    MISSING = "missing"
    """The topic tells of an ID that the ledger lacks."""
    OUTDATED = "outdated"
    """The ledger's row is older than what the topic says of the ID."""
    CONTRADICTS = "contradicts"
    """The ledger says something else of the ID, although it is not older."""
    UNPUBLISHED = "unpublished"
    """The ledger has issued an ID of which the topic knows nothing and nothing is on its way."""


@dataclass(frozen=True, slots=True)
class BookFinding:
    """One disagreement. `subject` is a mailbox ID, or for BEHIND a receipt number or an office code."""

    fault: BookFault
    subject: str


def compare_line(line: BookLine, row: LedgerRow | None) -> BookFault | None:
    """How the ledger's row disagrees with the topic; None where it says the same, or is ahead of what is published."""
    if row is None:
        return BookFault.MISSING
    if line.kind is not None and (row.kind, row.receipt_number) != (line.kind, line.receipt_number):
        return BookFault.CONTRADICTS
    if row.status is line.status:
        return None
    # Events carry milliseconds; a row changed in the same one is no older.
    if _milliseconds(row.changed_at) < _milliseconds(line.said_at):
        return BookFault.OUTDATED
    return None if _milliseconds(row.changed_at) > _milliseconds(line.said_at) else BookFault.CONTRADICTS


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
