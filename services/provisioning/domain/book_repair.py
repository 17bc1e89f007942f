"""What a restored ledger is to be given back from the books outside the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.provisioning.domain.book_comparison import BookFault, BookFinding
from services.provisioning.domain.books import LIVING, BookApplication, BookLine, Books
from shared.contracts.event_data import ApplicationKind
from shared.kernel.identifiers import MailboxId, office_of_mailbox

REPAIRABLE = (BookFault.BEHIND, BookFault.MISSING, BookFault.OUTDATED)


@dataclass(frozen=True, slots=True)
class Restoration:
    """What is written back, and what cannot be."""

    lines: Sequence[BookLine]
    """IDs that are missing or outdated."""
    applications: Sequence[BookApplication]
    """Those of which events were lost, or whose IDs those are."""
    without_password: Sequence[MailboxId]
    """Living mailboxes that got a password which the restored database has never had; sorted."""


def plan_restoration(books: Books, findings: Sequence[BookFinding]) -> Restoration:
    """What the findings ask for; nothing for those that no repair touches."""
    behind = {finding.subject for finding in findings if finding.fault is BookFault.BEHIND}
    lines = [books.lines[each] for each in _ids_to_restore(books, findings, behind) if each in books.lines]
    numbers = behind | {line.receipt_number for line in lines} | {line.abolition_receipt_number for line in lines}
    applications = [
        each for number, each in books.applications.items() if number in numbers or each.office_code in behind
    ]
    return Restoration(lines, applications, _without_password(books, lines, applications))


def _ids_to_restore(books: Books, findings: Sequence[BookFinding], behind: set[str]) -> Sequence[MailboxId]:
    ids = sorted(finding.subject for finding in findings if finding.fault in (BookFault.MISSING, BookFault.OUTDATED))
    # An office's closing is told under the office's code.
    ids += [mailbox_id for mailbox_id in books.lines if office_of_mailbox(mailbox_id) in behind]
    for application in books.applications.values():
        if application.receipt_number in behind:
            ids += application.mailbox_ids + books.abolitions.get(application.receipt_number, [])
    return [MailboxId(each) for each in dict.fromkeys(ids)]


def _without_password(
    books: Books, lines: Sequence[BookLine], applications: Sequence[BookApplication]
) -> Sequence[MailboxId]:
    reissued = {
        mailbox_id
        for application in applications
        if application.kind is ApplicationKind.PASSWORD_REISSUE
        for mailbox_id in application.mailbox_ids
    }
    issued = {line.mailbox_id for line in lines if line.kind is not None}
    living = {line.mailbox_id for line in books.lines.values() if line.status in LIVING}
    return sorted((issued | reissued) & living)
