"""The password window: from the issue to 24:00 JST of the second business day after the start date (T3, B35).

A reissue has no start date: its window counts from the day of the reissue (E23). A window that is open may become
longer, when the start date moves (E18) or the calendar changes (E34), and never shorter.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.contracts.provisioning_events import WindowClosed, WindowClosing
from shared.kernel.business_days import BusinessCalendar, DateNotCovered, viewing_window_end
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.kernel.local_time import end_of_day, local_date


class WindowChangeCause(StrEnum):
    """Why a window changed after its opening, for the audit."""

    CALENDAR_CHANGED = "calendar_changed"
    START_DATE_MOVED = "start_date_moved"
    REISSUED = "reissued"
    VOIDED = "voided"
    ABOLISHED = "abolished"
    OFFICE_CLOSED = "office_closed"


@dataclass(frozen=True, slots=True)
class ViewingWindow:
    """When the passwords of one application can be read."""

    viewable_from: datetime
    viewable_until: date
    """Last day, in Japan, on which they can be read."""
    closing_notice_on: date
    """Day on which somebody who has not looked yet is reminded: one business day before the last."""


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that has not ended, as the books have it."""

    receipt_number: ReceiptNumber
    counted_from: date
    """The start date, or the day of a reissue: two business days after it the window ends."""
    viewable_until: date


@dataclass(frozen=True, slots=True)
class WindowExtension:
    """A window that ends later than was said before."""

    receipt_number: ReceiptNumber
    cause: WindowChangeCause
    calendar_version: int
    old_until: date
    new_until: date
    closing_notice_on: date


@dataclass(frozen=True, slots=True)
class DueWindow:
    """A window that is about to end, or has ended."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    viewable_until: date
    ever_viewed: bool


def viewing_window(calendar: BusinessCalendar, issued_at: datetime, start_date: date) -> ViewingWindow:
    """The window of passwords issued at that instant for service from that date. Raises DateNotCovered."""
    viewable_until = viewing_window_end(calendar, start_date)
    return ViewingWindow(issued_at, viewable_until, _closing_notice_on(calendar, viewable_until))


def reissue_window(calendar: BusinessCalendar, reissued_at: datetime) -> ViewingWindow:
    """The window of passwords reissued at that instant: it counts from that day. Raises DateNotCovered."""
    return viewing_window(calendar, reissued_at, local_date(reissued_at))


def extension(calendar: BusinessCalendar, window: OpenWindow, cause: WindowChangeCause) -> WindowExtension | None:
    """What becomes of an open window, counted anew; None where it would not end later. Raises DateNotCovered."""
    new_until = viewing_window_end(calendar, window.counted_from)
    if new_until <= window.viewable_until:
        return None
    return WindowExtension(
        receipt_number=window.receipt_number,
        cause=cause,
        calendar_version=calendar.version,
        old_until=window.viewable_until,
        new_until=new_until,
        closing_notice_on=_closing_notice_on(calendar, new_until),
    )


def extension_by_calendar(calendar: BusinessCalendar, window: OpenWindow) -> WindowExtension | None:
    """What a new calendar makes of an open window; None where it stays, or where the calendar cannot tell (E34)."""
    try:
        return extension(calendar, window, WindowChangeCause.CALENDAR_CHANGED)
    except DateNotCovered:
        return None


def is_open(viewable_until: date, now: datetime) -> bool:
    """Whether passwords may still be shown: until 24:00 JST of the last day, asked at every request."""
    return now < end_of_day(viewable_until)


def business_days_left(calendar: BusinessCalendar | None, viewable_until: date, now: datetime) -> int | None:
    """Business days after today up to the last day, 0 on that day; None where the calendar cannot tell."""
    if calendar is None:
        return None
    try:
        return calendar.business_days_between(local_date(now), viewable_until)
    except DateNotCovered:
        return None


def window_closing(window: DueWindow) -> WindowClosing:
    """The event's data one business day before the window ends."""
    return WindowClosing(
        receipt_number=window.receipt_number,
        viewable_until=window.viewable_until,
        ever_viewed=window.ever_viewed,
    )


def window_closed(window: DueWindow, now: datetime) -> WindowClosed:
    """The event's data once the secrets are destroyed."""
    return WindowClosed(receipt_number=window.receipt_number, closed_at=now, ever_viewed=window.ever_viewed)


def _closing_notice_on(calendar: BusinessCalendar, viewable_until: date) -> date:
    return calendar.add_business_days(viewable_until, -1)
