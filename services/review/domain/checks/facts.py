"""The facts that checks are made on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.review.domain.contract import Contract
from services.review.domain.ledger import LedgerMailbox
from services.review.domain.review.record import Review
from services.review.domain.schedule import Schedule
from shared.kernel.identifiers import ReceiptNumber


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """The facts of the moment about one application.

    `mailboxes` are all of the office's, `pending_additions` what other approved applications will still be issued,
    `twins` the office's other open mailbox changes, `failed_mails` and `deferred_mails` codes of mails about it.
    """

    review: Review
    contract: Contract | None
    schedule: Schedule | None
    today: date
    mailboxes: Sequence[LedgerMailbox] = ()
    pending_additions: int = 0
    twins: Sequence[ReceiptNumber] = ()
    failed_mails: Sequence[str] = ()
    deferred_mails: Sequence[str] = ()
    has_contact: bool = True

    @property
    def additions(self) -> int:
        """How many mailboxes are to be added."""
        change = self.review.mailbox_change
        return change.add_smtp_pop3 + change.add_edifact if change else 0
