"""Why a workflow refuses; pages and API turn each into an answer."""

from collections.abc import Mapping
from datetime import datetime

from services.intake.domain.application import ApplicationStatus
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.new_password import NewPasswordProblem
from shared.kernel.identifiers import OfficeCode, ReceiptNumber


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


class TooManyApplications(RuntimeError):
    """The office has registered as many applications as it may within an hour; there is room again at `room_at`."""

    def __init__(self, most: int, room_at: datetime) -> None:
        super().__init__("too many applications within an hour")
        self.most = most
        self.room_at = room_at


class CheckPageOutdated(RuntimeError):
    """What the applicant saw on the check page no longer holds; nothing was registered."""


class FormRefused(RuntimeError):
    """The form has errors; nothing was written."""

    def __init__(self, errors: FormErrors) -> None:
        super().__init__("the form has errors")
        self.errors = errors


class NotInClarification(RuntimeError):
    """The question is no longer open: answered, withdrawn or taken back by somebody who was faster."""

    def __init__(self, receipt_number: ReceiptNumber, status: ApplicationStatus) -> None:
        super().__init__(f"{receipt_number} is {status.value}")
        self.receipt_number = receipt_number
        self.status = status


class WithdrawalTooLate(RuntimeError):
    """The review has ended, or the application has no effect any more (E30)."""

    def __init__(self, receipt_number: ReceiptNumber, status: ApplicationStatus) -> None:
        super().__init__(f"{receipt_number} is {status.value}")
        self.receipt_number = receipt_number
        self.status = status


class GrantRevoked(RuntimeError):
    """The office applied for a sister office whose grant it has lost: it may look at the application and no more."""

    def __init__(self, receipt_number: ReceiptNumber, office_code: OfficeCode) -> None:
        super().__init__(f"{receipt_number} is left to {office_code}")
        self.receipt_number = receipt_number
        self.office_code = office_code


class LoginRefused(RuntimeError):
    """Unknown office or wrong password, told apart by nobody; `blocked_until` is set while no attempt is accepted."""

    def __init__(self, blocked_until: datetime | None = None) -> None:
        super().__init__("login refused")
        self.blocked_until = blocked_until


class InitialPasswordExpired(RuntimeError):
    """The password is right, was given out by an operator, and has not been used in time."""


class NewPasswordRefused(RuntimeError):
    """The password was not changed; `problems` by field name."""

    def __init__(self, problems: Mapping[str, NewPasswordProblem]) -> None:
        super().__init__("the password was not changed")
        self.problems = problems


class AccountUnknown(LookupError):
    """The office has no account, or a closed one."""


class AccountExists(RuntimeError):
    """The office has an open account already."""


class SisterNotAllowed(RuntimeError):
    """The sister office belongs to another company, or is the office itself."""


class ContractChangedMeanwhile(RuntimeError):
    """Two operators published the same office's contract at the same moment."""


class UnknownApplication(LookupError):
    """An event speaks of an application that intake does not have: its database was restored from an older state."""

    def __init__(self, receipt_number: str) -> None:
        super().__init__(f"no application {receipt_number}")


class UnknownClarification(LookupError):
    """An event speaks of a question that intake does not have, although it comes on the same topic before."""

    def __init__(self, clarification_id: str) -> None:
        super().__init__(f"no clarification {clarification_id}")
