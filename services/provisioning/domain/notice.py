"""The ID notice: what one application issued or reissued, as its page shows it. Secrets only while revealed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.domain.viewing_window import business_days_left, is_open
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.intake_events import SystemClass
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.kernel.local_time import local_date


class NoticeAction(StrEnum):
    """What somebody did with an ID notice, for the audit."""

    OPENED = "opened"
    REVEALED = "revealed"


class PasswordDisplay(StrEnum):
    """How a password cell reads."""

    MASKED = "masked"
    REVEALED = "revealed"
    WINDOW_OVER = "window_over"


@dataclass(frozen=True, slots=True)
class NoticeMailbox:
    """One mailbox of the notice."""

    mailbox_id: MailboxId
    kind: MailboxKind
    is_readable: bool
    """A sealed password that this application gave still exists."""
    reissued_by: ReceiptNumber | None
    """The later application whose password is the one that works now."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, as intake's ticket says: for which office's application, and logged in as which office."""

    office_code: OfficeCode
    acting_office: OfficeCode


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One look at a notice. `revealed` are the mailboxes whose passwords were shown in clear."""

    view_id: UUID
    receipt_number: ReceiptNumber
    acting_office: OfficeCode
    action: NoticeAction
    window_open: bool
    revealed: Collection[MailboxId]
    viewed_at: datetime


@dataclass(frozen=True, slots=True)
class PastView:
    """One look at a notice, as the page itself tells it."""

    viewed_at: datetime
    acting_office: OfficeCode
    action: NoticeAction
    revealed: Sequence[MailboxId]


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything on the notice but the passwords."""

    receipt_number: ReceiptNumber
    kind: ApplicationKind
    issued_at: datetime
    start_date: date | None
    """None for a reissue, which starts nothing."""
    office_code: OfficeCode
    company_abbreviation: str
    system_class: SystemClass
    customs: str
    billing_code: str
    viewable_until: date
    closed_at: datetime | None
    mailboxes: Sequence[NoticeMailbox] = ()
    past_views: Sequence[PastView] = ()

    def is_open(self, now: datetime) -> bool:
        """Whether its passwords may be shown: the clock decides, whatever rows still exist."""
        return self.closed_at is None and is_open(self.viewable_until, now)

    @property
    def ended_on(self) -> date:
        """The last day on which passwords could be read, where the window is over."""
        return self.viewable_until if self.closed_at is None else min(self.viewable_until, local_date(self.closed_at))


@dataclass(frozen=True, slots=True)
class ShownMailbox:
    """One row of the page. `password` is there while it is revealed, and else not."""

    mailbox: NoticeMailbox
    display: PasswordDisplay
    password: MailboxPassword | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as of one instant."""

    notice: Notice
    rows: Sequence[ShownMailbox]
    is_open: bool
    business_days_left: int | None
    """After today, up to the last day of the window; None where it cannot be told."""

    def ids(self, display: PasswordDisplay) -> list[MailboxId]:
        """The mailboxes whose password cell reads like that."""
        return [row.mailbox.mailbox_id for row in self.rows if row.display is display]


def show_masked(notice: Notice, calendar: BusinessCalendar | None, now: datetime) -> ShownNotice:
    """The notice with asterisks, and with the words for a closed window where nothing can be read any more (E22)."""
    is_open_now = notice.is_open(now)
    rows = [
        ShownMailbox(
            mailbox, PasswordDisplay.MASKED if is_open_now and mailbox.is_readable else PasswordDisplay.WINDOW_OVER
        )
        for mailbox in notice.mailboxes
    ]
    can_be_read = any(row.display is PasswordDisplay.MASKED for row in rows)
    return ShownNotice(notice, rows, can_be_read, business_days_left(calendar, notice.viewable_until, now))


def show_window_over(shown: ShownNotice) -> ShownNotice:
    """The same notice without any password, as after the window."""
    rows = [ShownMailbox(row.mailbox, PasswordDisplay.WINDOW_OVER) for row in shown.rows]
    return replace(shown, rows=rows, is_open=False)


def reveal(shown: ShownNotice, passwords: Mapping[MailboxId, MailboxPassword]) -> ShownNotice:
    """The same notice with these passwords in clear. Masked rows alone can be revealed."""
    rows = [
        replace(row, display=PasswordDisplay.REVEALED, password=passwords[row.mailbox.mailbox_id])
        if row.display is PasswordDisplay.MASKED and row.mailbox.mailbox_id in passwords
        else row
        for row in shown.rows
    ]
    return replace(shown, rows=rows)
