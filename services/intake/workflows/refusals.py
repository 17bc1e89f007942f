"""Why a workflow refuses; pages and API turn each into an answer."""

from datetime import datetime

from shared.kernel.identifiers import ReceiptNumber


class NotFound(LookupError):
    """There is no such thing for this office; a foreign thing looks the same (E21)."""


class OfficeNotRegistered(LookupError):
    """The office has a login and no contract yet."""


class DraftNotFound(LookupError):
    """The form was never saved, has expired, or belongs to another office."""


class OpenApplicationExists(RuntimeError):
    """The office has a mailbox application on its way already (E7)."""

    def __init__(self, receipt_number: ReceiptNumber) -> None:
        super().__init__("the office has an open mailbox application")
        self.receipt_number = receipt_number


class CheckPageOutdated(RuntimeError):
    """What the applicant saw on the check page no longer holds; nothing was registered."""


class LoginRefused(RuntimeError):
    """Unknown office or wrong password, told apart by nobody; `blocked_until` is set while no attempt is accepted."""

    def __init__(self, blocked_until: datetime | None = None) -> None:
        super().__init__("login refused")
        self.blocked_until = blocked_until


class ContractChangedMeanwhile(RuntimeError):
    """Two operators published the same office's contract at the same moment."""


class UnknownApplication(LookupError):
    """An event speaks of an application that intake does not have: its database was restored from an older state."""

    def __init__(self, receipt_number: str) -> None:
        super().__init__(f"no application {receipt_number}")
