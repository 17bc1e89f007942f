"""The ID notice: what one application issued, as its page shows it. Secrets only while revealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.domain.viewing_window import business_days_left, is_open
from shared.contracts.event_data import MailboxKind
from shared.contracts.intake_events import SystemClass
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


class NoticeAction(StrEnum):
    """What somebody did with an ID notice, for the audit."""

    OPENED = "opened"
    REVEALED = "revealed"


class PasswordDisplay(StrEnum):
    """How the password cells read."""

    MASKED = "masked"
    REVEALED = "revealed"
    WINDOW_OVER = "window_over"


@dataclass(frozen=True, slots=True)
class NoticeMailbox:
    """One row of the notice's table."""

    mailbox_id: MailboxId
    kind: MailboxKind


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything on the notice but the passwords."""

    receipt_number: ReceiptNumber
    start_date: date
    office_code: OfficeCode
    company_abbreviation: str
    system_class: SystemClass
    customs: str
    billing_code: str
    viewable_until: date
    mailboxes: Sequence[NoticeMailbox] = ()


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as of one instant. `passwords` is empty unless they are revealed."""

    notice: Notice
    display: PasswordDisplay
    business_days_left: int | None
    """After today, up to the last day of the window; None where it cannot be told."""
    passwords: Mapping[MailboxId, MailboxPassword] = field(default_factory=dict, repr=False)


def show_masked(notice: Notice, calendar: BusinessCalendar | None, now: datetime) -> ShownNotice:
    """The notice with asterisks, or with the words for a closed window once it is over (E22)."""
    display = PasswordDisplay.MASKED if is_open(notice.viewable_until, now) else PasswordDisplay.WINDOW_OVER
    return ShownNotice(notice, display, business_days_left(calendar, notice.viewable_until, now))


def show_window_over(shown: ShownNotice) -> ShownNotice:
    """The same notice without any password, as after the window."""
    return replace(shown, display=PasswordDisplay.WINDOW_OVER, passwords={})


def reveal(shown: ShownNotice, passwords: Mapping[MailboxId, MailboxPassword]) -> ShownNotice:
    """The same notice with every password in clear, or as over if any of them no longer exists. Masked ones only."""
    if shown.display is not PasswordDisplay.MASKED:
        raise ValueError("only a masked notice can be revealed")
    if any(mailbox.mailbox_id not in passwords for mailbox in shown.notice.mailboxes):
        return show_window_over(shown)
    return replace(shown, display=PasswordDisplay.REVEALED, passwords=passwords)
