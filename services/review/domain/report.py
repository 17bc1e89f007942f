"""The monthly report: received, days taken, and mailboxes added and abolished per office: what charges rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.review.domain.schedule import Schedule
from shared.kernel.business_days import DateNotCovered
from shared.kernel.identifiers import OfficeCode

FIRST_YEAR = 2000
LAST_YEAR = 2099


class InvalidMonth(ValueError):
    """The text is not a month `YYYY-MM`."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in Japan."""

    first: date

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return self.following.first - timedelta(days=1)

    @property
    def following(self) -> "Month":
        """The month after."""
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def preceding(self) -> "Month":
        """The month before."""
        return Month((self.first - timedelta(days=1)).replace(day=1))


def parse_month(text: str) -> Month:
    """`2026-11` as a month. Raises InvalidMonth."""
    year, _, month = text.partition("-")
    is_form = len(text) == len("2026-11") and year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    if not is_form or not FIRST_YEAR <= int(year) <= LAST_YEAR or int(month) not in range(1, 13):
        raise InvalidMonth(text)
    return Month(date(int(year), int(month), 1))


@dataclass(frozen=True, slots=True)
class OfficeActivity:
    """What happened at one office in a month, counted by the database.

    `received` by receipt date, `completed` by the date the review ended, mailboxes by the day the change takes effect.
    """

    office_code: OfficeCode
    company_name: str
    office_name: str
    received: int = 0
    completed: int = 0
    withdrawn: int = 0
    voided: int = 0
    added_smtp_pop3: int = 0
    added_edifact: int = 0
    abolished: int = 0


@dataclass(frozen=True, slots=True)
class CompletedReviews:
    """So many reviews of an office whose promise counted from one day and that ended on another."""

    office_code: OfficeCode
    counts_from: date
    completed_on: date
    reviews: int


@dataclass(frozen=True, slots=True)
class DaysTaken:
    """Business days that reviews took; all zero for none. `unknown` could not be counted: no calendar reaches them."""

    reviews: int = 0
    total: int = 0
    longest: int = 0
    within_target: int = 0
    unknown: int = 0

    @property
    def average(self) -> float | None:
        """Days per review, to one decimal; None where none was counted."""
        return round(self.total / self.reviews, 1) if self.reviews else None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One office in the report."""

    activity: OfficeActivity
    days: DaysTaken


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """A month; offices by code, and everything together."""

    month: Month
    lines: Sequence[ReportLine]
    days: DaysTaken

    def total_of(self, column: str) -> int:
        """The sum of one count over all offices."""
        return sum(getattr(line.activity, column) for line in self.lines)


def monthly_report(
    month: Month,
    activities: Sequence[OfficeActivity],
    completed: Sequence[CompletedReviews],
    schedule: Schedule | None,
    target_business_days: int,
) -> MonthlyReport:
    """The month's report out of its counts."""
    by_office: dict[OfficeCode, list[CompletedReviews]] = {}
    for each in completed:
        by_office.setdefault(each.office_code, []).append(each)
    lengths = _lengths(completed, schedule)
    lines = [
        ReportLine(activity, _days(by_office.get(activity.office_code, ()), lengths, target_business_days))
        for activity in sorted(activities, key=lambda activity: activity.office_code)
    ]
    return MonthlyReport(month, lines, _days(completed, lengths, target_business_days))


_Span = tuple[date, date]


def _lengths(completed: Sequence[CompletedReviews], schedule: Schedule | None) -> Mapping[_Span, int | None]:
    """Each span is counted once, however many offices share it."""
    return {span: _length(span, schedule) for span in {(each.counts_from, each.completed_on) for each in completed}}


def _length(span: _Span, schedule: Schedule | None) -> int | None:
    if schedule is None:
        return None
    try:
        return schedule.calendar.business_days_between(*span)
    except DateNotCovered:
        return None


def _days(completed: Sequence[CompletedReviews], lengths: Mapping[_Span, int | None], target: int) -> DaysTaken:
    counted = [(each.reviews, lengths[each.counts_from, each.completed_on]) for each in completed]
    known = [(reviews, days) for reviews, days in counted if days is not None]
    return DaysTaken(
        reviews=sum(reviews for reviews, _ in known),
        total=sum(reviews * days for reviews, days in known),
        longest=max((days for _, days in known), default=0),
        within_target=sum(reviews for reviews, days in known if days <= target),
        unknown=sum(reviews for reviews, days in counted if days is None),
    )
