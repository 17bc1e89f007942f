"""The live view's judgement: what is calm, late or in trouble."""

from datetime import UTC, datetime, timedelta

import pytest

from services.review.domain.flow import (
    LATE_AFTER,
    PLACES,
    TROUBLE,
    Count,
    FlowLevel,
    FlowPlace,
    FlowStation,
    Standing,
    view_flow,
)

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


def standing_of(place: FlowPlace, count: Count) -> Standing:
    views = view_flow({place: count}, {}, NOW)
    [found] = [standing for view in views for standing in view.standings if standing.place is place]
    return found


def test_every_place_stands_with_one_station() -> None:
    assert sorted(place for places in PLACES.values() for place in places) == sorted(FlowPlace)
    assert list(PLACES) == list(FlowStation)


@pytest.mark.parametrize("place", FlowPlace)
def test_an_empty_place_is_calm(place: FlowPlace) -> None:
    assert standing_of(place, Count()) == Standing(place, 0, None, FlowLevel.CALM)


@pytest.mark.parametrize("place", sorted(TROUBLE))
def test_one_is_trouble_where_somebody_has_to_act(place: FlowPlace) -> None:
    assert standing_of(place, Count(1, NOW)).level is FlowLevel.TROUBLE


@pytest.mark.parametrize(("place", "limit"), LATE_AFTER.items())
def test_a_machine_is_late_after_its_limit(place: FlowPlace, limit: timedelta) -> None:
    assert standing_of(place, Count(1, NOW - limit)).level is FlowLevel.CALM
    assert standing_of(place, Count(1, NOW - limit - timedelta(seconds=1))).level is FlowLevel.LATE


def test_people_may_take_their_time() -> None:
    assert standing_of(FlowPlace.UNDER_REVIEW, Count(900, NOW - timedelta(days=9))).level is FlowLevel.CALM


def test_a_station_is_as_bad_as_its_worst_place() -> None:
    counts = {FlowPlace.HELD_EVENTS: Count(1, NOW - timedelta(hours=1)), FlowPlace.DEAD_LETTERS: Count(1, NOW)}
    intake, review, *_ = view_flow(counts, {FlowStation.INTAKE: NOW - timedelta(seconds=90)}, NOW)
    assert (intake.level, intake.heard_seconds) == (FlowLevel.TROUBLE, 90)
    assert (review.level, review.heard_seconds) == (FlowLevel.CALM, None)
