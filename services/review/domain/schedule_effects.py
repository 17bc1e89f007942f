"""What another schedule would change, and what it leaves alone: confirmed dates and open windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.review.domain.schedule import Schedule
from shared.contracts.people import CalendarException, RegistrationDay


@dataclass(frozen=True, slots=True)
class Promise:
    """What so many applicants have been told: a start date, and the last day their passwords can be read."""

    start_date: date
    viewable_until: date | None
    applications: int


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """The difference between two schedules, and whom it would touch if dates followed it, which they do not.

    `starts_kept`: confirmed start dates that leave the table, each with its number of applications. `windows_kept`:
    how many open password windows a changed business day falls into.
    """

    added: Sequence[RegistrationDay]
    removed: Sequence[RegistrationDay]
    altered: Sequence[tuple[RegistrationDay, RegistrationDay]]
    closures_added: Sequence[CalendarException]
    closures_removed: Sequence[CalendarException]
    openings_added: Sequence[CalendarException]
    openings_removed: Sequence[CalendarException]
    coverage: tuple[date, date] | None
    starts_kept: Sequence[tuple[date, int]]
    windows_kept: int

    @property
    def is_empty(self) -> bool:
        """Whether the schedules say the same."""
        lists = (self.added, self.removed, self.altered, self.closures_added, self.closures_removed)
        return not any((*lists, self.openings_added, self.openings_removed, self.coverage))


def change_of(current: Schedule | None, following: Schedule, promises: Sequence[Promise]) -> ScheduleChange:
    """What publishing `following` would change against `current`."""
    before = {row.registration_date: row for row in current.registration_days} if current else {}
    after = {row.registration_date: row for row in following.registration_days}
    removed = [row for day, row in before.items() if day not in after]
    gone = {row.registration_date for row in removed}
    exceptions = _exception_changes(current, following)
    touched = {exception.date for each in exceptions for exception in each}
    return ScheduleChange(
        added=[row for day, row in after.items() if day not in before],
        removed=removed,
        altered=[(before[day], row) for day, row in after.items() if day in before and before[day] != row],
        closures_added=exceptions[0],
        closures_removed=exceptions[1],
        openings_added=exceptions[2],
        openings_removed=exceptions[3],
        coverage=_coverage(current, following),
        starts_kept=[(each.start_date, each.applications) for each in promises if each.start_date in gone],
        windows_kept=sum(each.applications for each in promises if _falls_into(each, touched)),
    )


def _exception_changes(current: Schedule | None, following: Schedule) -> list[list[CalendarException]]:
    closures, openings = (current.closures, current.openings) if current else ((), ())
    pairs = [
        (following.closures, closures),
        (closures, following.closures),
        (following.openings, openings),
        (openings, following.openings),
    ]
    return [[each for each in these if each not in those] for these, those in pairs]


def _coverage(current: Schedule | None, following: Schedule) -> tuple[date, date] | None:
    if current is None or current.covers_until == following.covers_until:
        return None
    return current.covers_until, following.covers_until


def _falls_into(promise: Promise, days: set[date]) -> bool:
    until = promise.viewable_until
    return until is not None and any(promise.start_date <= day <= until for day in days)
