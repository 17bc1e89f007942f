"""The flow of applications as review can tell it from its own tables and the topics it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class FlowStation(StrEnum):
    """The four services in the order in which an application passes them."""

    INTAKE = "intake"
    REVIEW = "review"
    PROVISIONING = "provisioning"
    NOTIFIER = "notifier"


class FlowPlace(StrEnum):
    """Where applications and events stand and are counted."""

    HELD_EVENTS = "held_events"
    DEAD_LETTERS = "dead_letters"
    UNDER_REVIEW = "under_review"
    CLARIFICATION = "clarification"
    ISSUE_FAILED = "issue_failed"
    UNPUBLISHED = "unpublished"
    AWAITING_ISSUE = "awaiting_issue"
    AWAITING_START = "awaiting_start"
    AWAITING_MAIL = "awaiting_mail"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_FAILED = "mail_failed"


class FlowLevel(StrEnum):
    """How it stands there."""

    CALM = "calm"
    LATE = "late"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and since when the one that has stood there longest."""

    number: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at one place now. `age_seconds` is that of the oldest."""

    place: FlowPlace
    number: int
    age_seconds: int | None
    level: FlowLevel


@dataclass(frozen=True, slots=True)
class StationView:
    """One service: what stands there, and how long ago review last heard of it (None: not within living memory)."""

    station: FlowStation
    standings: Sequence[Standing]
    heard_seconds: int | None

    @property
    def level(self) -> FlowLevel:
        """The worst of its places."""
        return max((standing.level for standing in self.standings), key=list(FlowLevel).index, default=FlowLevel.CALM)


PLACES: Mapping[FlowStation, Sequence[FlowPlace]] = {
    FlowStation.INTAKE: (FlowPlace.HELD_EVENTS, FlowPlace.DEAD_LETTERS),
    FlowStation.REVIEW: (
        FlowPlace.UNDER_REVIEW,
        FlowPlace.CLARIFICATION,
        FlowPlace.ISSUE_FAILED,
        FlowPlace.UNPUBLISHED,
    ),
    FlowStation.PROVISIONING: (FlowPlace.AWAITING_ISSUE, FlowPlace.AWAITING_START),
    FlowStation.NOTIFIER: (FlowPlace.AWAITING_MAIL, FlowPlace.MAIL_DEFERRED, FlowPlace.MAIL_FAILED),
}
"""What waits on the way to review stands with intake, what review sends out with review."""

LATE_AFTER: Mapping[FlowPlace, timedelta] = {
    FlowPlace.HELD_EVENTS: timedelta(minutes=10),
    FlowPlace.UNPUBLISHED: timedelta(minutes=1),
    FlowPlace.AWAITING_ISSUE: timedelta(minutes=2),
    FlowPlace.AWAITING_MAIL: timedelta(minutes=15),
}
"""People take their time; what machines do has these limits, the same as the alert rules."""

TROUBLE = frozenset({FlowPlace.DEAD_LETTERS, FlowPlace.ISSUE_FAILED, FlowPlace.MAIL_FAILED})
"""Places where anything at all needs somebody."""


def view_flow(
    counts: Mapping[FlowPlace, Count], heard: Mapping[FlowStation, datetime], now: datetime
) -> Sequence[StationView]:
    """The four stations with everything that stands there now."""
    return [
        StationView(
            station,
            [_standing(place, counts.get(place, Count()), now) for place in places],
            _seconds(heard.get(station), now),
        )
        for station, places in PLACES.items()
    ]


def _standing(place: FlowPlace, count: Count, now: datetime) -> Standing:
    level, limit = FlowLevel.CALM, LATE_AFTER.get(place)
    if count.number and place in TROUBLE:
        level = FlowLevel.TROUBLE
    elif limit and count.oldest and now - count.oldest > limit:
        level = FlowLevel.LATE
    return Standing(place, count.number, _seconds(count.oldest, now), level)


def _seconds(instant: datetime | None, now: datetime) -> int | None:
    return None if instant is None else max(int((now - instant).total_seconds()), 0)
