"""Any event of any model survives its journey through record headers and bytes, at the cost of microseconds."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, to_record
from shared.contracts.event_data import EventData, format_instant
from shared.contracts.golden import golden_example
from shared.contracts.registry import EVENT_MODELS, producers_of
from tests.contracts.model_strategies import ANY_INSTANT, instances_of
from tests.contracts.received import received, topic_of

MODELS = list(EVENT_MODELS.values())
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
TRACES = st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", fullmatch=True)
MICROSECONDS = 1_000_000


def events_of(model: type[EventData]) -> st.SearchStrategy[Event[EventData]]:
    return st.builds(
        Event,
        data=instances_of(model),
        id=st.uuids(version=4) | st.uuids().map(lambda anything: UUID(int=anything.int)),
        key=NAMES,
        subject=NAMES,
        time=ANY_INSTANT.map(lambda instant: datetime.fromisoformat(format_instant(instant))),
        source=st.sampled_from([f"/nss/{producer}" for producer in producers_of(model)]),
        sequence=st.none() | st.integers(1, 9_999_999_999),
        causation_id=st.none() | st.uuids(),
        correlation_id=st.none() | NAMES,
        traceparent=st.none() | TRACES,
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.ce_type)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_event_reads_back_as_it_was_written(model: type[EventData], data: Any) -> None:
    event = data.draw(events_of(model))
    record = to_record(event)
    read = decode_record(received(record), topic_of(record))
    assert read == event
    assert isinstance(read, Event)
    assert to_record(read) == record


@given(prefix=st.text("abc.", max_size=8))
def test_the_prefix_changes_the_topics_name_and_nothing_else(prefix: str) -> None:
    example = golden_example("nss.mail.sent.v1", "m1_to_contact").record
    event = decode_record(received(example), topic_of(example))
    assert isinstance(event, Event)
    record = to_record(event, prefix)
    assert record.topic == prefix + "nss.mail.v1"
    assert (record.key, record.value, record.headers) == (example.key, example.value, example.headers)


def test_writing_and_reading_an_event_takes_far_less_than_a_millisecond() -> None:
    record = golden_example("nss.application.received.v1", "add_and_abolish_with_rare_letters").record
    event = decode_record(received(record), topic_of(record))
    assert isinstance(event, Event)
    writing = _fastest_of(lambda: to_record(event))
    reading = _fastest_of(lambda: decode_record(received(record), topic_of(record)))
    print(f"write {writing * MICROSECONDS:.0f} µs, read {reading * MICROSECONDS:.0f} µs")  # noqa: T201  a figure to see
    assert max(writing, reading) < 500 / MICROSECONDS


def _fastest_of(work: Any, rounds: int = 20, calls: int = 20) -> float:
    def one_round() -> float:
        started = time.perf_counter()
        for _ in range(calls):
            work()
        return (time.perf_counter() - started) / calls

    return min(one_round() for _ in range(rounds))
