"""The stories a consumer is tested with: whole, in order, valid, and as hard to read as real topics are."""

import json
from itertools import pairwise

import pytest

from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, Record
from shared.contracts.stories import (
    STORIES,
    UNKNOWN_FIELD,
    ground,
    null_headers,
    retold,
    story,
    with_duplicates,
    with_unknown_field,
)
from shared.runtime.ids import new_uuid7
from tests.contracts.received import Received, received, topic_of


def event_of(record: Record) -> Event:  # type: ignore[type-arg]
    event = decode_record(received(record), topic_of(record))
    assert isinstance(event, Event)
    return event


def types_of(name: str) -> list[str]:
    return [event_of(record).type.removeprefix("nss.").removesuffix(".v1") for record in story(name)]


def test_the_manuals_story_runs_from_receipt_to_the_closed_window() -> None:
    types = [name for name in types_of("one_mailbox") if not name.startswith("mail.")]
    assert types == [
        "application.received", "review.opened", "review.approved", "mailbox.issued", "review.completed",
        "mailbox.notice-viewed", "mailbox.notice-viewed", "mailbox.service-started", "mailbox.window-closing",
        "mailbox.window-closed",
    ]  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_a_story_begins_with_its_receipt_or_question_and_never_steps_back_in_time(name: str) -> None:
    events = [event_of(record) for record in story(name)]
    assert len(events) > 3
    assert all(one.time <= other.time for one, other in pairwise(events))
    for source in {event.source for event in events}:
        numbers = [event.sequence or 0 for event in events if event.source == source]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("name", STORIES)
def test_a_retold_story_says_the_same_about_another_application(name: str) -> None:
    original, other = story(name), retold(story(name), "990001Z", "XYZ999", new_uuid7)
    number, office = STORIES[name], original[0].key.decode()
    text = "\n".join((record.value or b"").decode() + str(record.headers) + record.key.decode() for record in other)
    assert number not in text
    assert office not in text
    events = [event_of(record) for record in other]
    assert [event.type for event in events] == [event_of(record).type for record in original]
    assert {event.subject for event in events} == {"990001Z"}
    assert not {event.id for event in events} & {event_of(record).id for record in original}
    told = {event_of(record).id: event_of(record) for record in original}
    causes_told = [event_of(record).causation_id in told for record in original]
    assert [event.causation_id in {each.id for each in events} for event in events] == causes_told


def test_duplicates_come_at_once_and_later() -> None:
    records = story("reissue")
    doubled = list(with_duplicates(records))
    assert len(doubled) == 3 * len(records)
    assert doubled[0] == doubled[1] == doubled[2 * len(records)]


@pytest.mark.parametrize("record", [*story("corrected_and_moved"), *ground()], ids=lambda record: record.topic)
def test_a_record_with_an_unknown_field_still_means_the_same(record: Record) -> None:
    later = with_unknown_field(record)
    assert UNKNOWN_FIELD in json.loads(later.value or b"")
    assert event_of(later) == event_of(record)


def test_a_record_with_null_headers_still_means_the_same() -> None:
    record = story("one_mailbox")[0]
    added = null_headers(record)
    assert ("ce_causationid", None) in added
    there = Received(record.key, record.value, [*record.headers, *added])
    assert decode_record(there, topic_of(record)) == event_of(record)
