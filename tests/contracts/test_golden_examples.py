"""Every golden example is exactly what we would write, and reads back as what it says."""

import json
from datetime import date
from itertools import groupby
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event

from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, Record, encode_data, to_record
from shared.contracts.event_data import EventData
from shared.contracts.golden import EXAMPLES_FOLDER, GoldenExample, example_path, golden_example, golden_examples
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.provisioning_events import MailboxesIssued
from shared.contracts.registry import EVENT_MODELS, producers_of
from shared.contracts.review_events import ApplicationApproved, ReviewCompleted
from shared.contracts.schemas import schema_of
from shared.kernel.business_days import (
    LAST_COVERED_DAY,
    BusinessCalendar,
    system_setting_deadline,
    viewing_window_end,
)
from shared.kernel.japanese_text import is_full_width, is_katakana, unprintable_characters, widen
from shared.kernel.local_time import local_date
from tests.contracts.received import Received, received, topic_of

EXAMPLES = list(golden_examples())
REQUIRED_HEADERS = [
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_partitionkey", "ce_dataschema",
    "content-type",
]  # fmt: skip
OPTIONAL_HEADERS = ["ce_sequence", "ce_causationid", "ce_correlationid", "traceparent"]

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.event_type}-{e.case}")


def decoded(record: Record) -> Event[EventData]:
    event = decode_record(received(record), topic_of(record))
    assert isinstance(event, Event)
    return event


def header_texts(example: GoldenExample) -> dict[str, str]:
    return {name: text.decode() for name, text in example.record.headers}


def test_every_event_type_has_an_example_and_every_example_a_type() -> None:
    assert {example.event_type for example in EXAMPLES} == set(EVENT_MODELS)


def test_examples_are_found_by_type_and_case() -> None:
    example = golden_example("nss.application.received.v1", "one_mailbox")
    assert example_path(example.event_type, example.case) == (
        EXAMPLES_FOLDER / "application.received" / "v1" / "one_mailbox.json"
    )
    assert example.data["receipt_number"] == "260001A"


@each_example
def test_the_record_is_byte_for_byte_what_we_write(example: GoldenExample) -> None:
    event = decoded(example.record)
    assert type(event.data) is EVENT_MODELS[example.event_type]
    assert to_record(event) == example.record


@each_example
def test_the_file_holds_no_null_and_no_field_that_the_model_would_drop(example: GoldenExample) -> None:
    model = EVENT_MODELS[example.event_type]
    assert json.loads(encode_data(model.model_validate(example.data))) == example.data
    assert not _holds_null(example.data)


@each_example
def test_the_headers_are_those_of_the_envelope(example: GoldenExample) -> None:
    texts = header_texts(example)
    assert [name for name in texts if name not in OPTIONAL_HEADERS] == REQUIRED_HEADERS
    assert set(texts) <= {*REQUIRED_HEADERS, *OPTIONAL_HEADERS}
    assert texts["ce_specversion"] == "1.0"
    assert texts["ce_type"] == example.event_type
    assert texts["ce_source"] in {f"/nss/{producer}" for producer in producers_of(EVENT_MODELS[example.event_type])}
    assert texts["ce_partitionkey"].encode() == example.record.key
    assert texts["ce_dataschema"] == f"/schemas/{example.event_type}.json"
    assert texts["content-type"] == "application/json"
    assert ("ce_sequence" in texts) == (texts["ce_source"] != "/nss/operator")
    assert len(texts.get("ce_sequence", "0000000001")) == 10
    assert texts["ce_time"][-1] == "Z"
    assert len(texts["ce_time"]) == len("2026-11-23T06:07:08.123Z")


@each_example
def test_the_subject_is_the_receipt_number_and_correlates_if_there_is_one(example: GoldenExample) -> None:
    texts = header_texts(example)
    receipt_number = example.data.get("receipt_number")
    assert texts["ce_subject"] == (receipt_number or texts["ce_partitionkey"])
    assert texts.get("ce_correlationid") == receipt_number


@each_example
def test_the_cloudevents_library_reads_what_we_write(example: GoldenExample) -> None:
    foreign = from_binary_event(_as_message(example.record))
    event = decoded(example.record)
    assert (foreign.get_id(), foreign.get_type(), foreign.get_source()) == (str(event.id), event.type, event.source)
    assert (foreign.get_subject(), foreign.get_time()) == (event.subject, event.time)
    assert foreign.get_datacontenttype() == "application/json"
    assert foreign.get_extension("partitionkey") == event.key
    assert foreign.get_data() == example.data


@each_example
def test_we_read_what_the_cloudevents_library_writes(example: GoldenExample) -> None:
    event = decoded(example.record)
    message = to_binary_event(from_binary_event(_as_message(example.record)))
    rewritten = Received(key=str(message.key).encode(), value=message.value, headers=list(message.headers.items()))
    reread = decode_record(rewritten, topic_of(example.record))
    assert isinstance(reread, Event)
    assert (reread.data, reread.id, reread.sequence, reread.time) == (event.data, event.id, event.sequence, event.time)


@each_example
def test_only_fields_of_the_released_schema_occur(example: GoldenExample) -> None:
    schema = schema_of(EVENT_MODELS[example.event_type])
    assert set(example.data) <= set(schema["properties"])
    assert set(schema["required"]) <= set(example.data)


def test_numbers_rise_by_one_per_source_and_subject() -> None:
    def stream(example: GoldenExample) -> tuple[str, str]:
        return header_texts(example)["ce_source"], header_texts(example)["ce_subject"]

    numbered = sorted((e for e in EXAMPLES if "ce_sequence" in header_texts(e)), key=stream)
    for _, examples in groupby(numbered, key=stream):
        numbers = sorted(int(header_texts(example)["ce_sequence"]) for example in examples)
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_cause_is_an_example_too() -> None:
    ids = [header_texts(example)["ce_id"] for example in EXAMPLES]
    assert len(set(ids)) == len(ids)
    assert {texts["ce_causationid"] for e in EXAMPLES if "ce_causationid" in (texts := header_texts(e))} <= set(ids)


def test_the_examples_tell_the_demos_story() -> None:
    asked = _data(ApplicationReceived, "one_mailbox")
    approved = _data(ApplicationApproved, "start_date_moved")
    issued = _data(MailboxesIssued, "one_mailbox")
    completed = _data(ReviewCompleted, "start_date_moved")
    assert asked.receipt_number == approved.receipt_number == issued.receipt_number == "260001A"
    assert asked.requested_start_date == approved.requested_start_date != approved.confirmed_start_date
    assert [mailbox.mailbox_id for mailbox in issued.mailboxes] == completed.mailbox_ids_issued == ["NAC00102"]
    assert issued.viewable_until == completed.viewable_until == date(2026, 12, 14)


def test_dates_in_the_examples_follow_the_time_rules() -> None:
    calendar = BusinessCalendar(version=2, covers_until=LAST_COVERED_DAY)
    completions = [decoded(e.record).data for e in EXAMPLES if e.event_type == ReviewCompleted.ce_type]
    for data in completions:
        assert isinstance(data, ReviewCompleted)
        assert data.completed_on == local_date(data.completed_at)
        if data.viewable_until is not None:
            opening = data.confirmed_start_date or data.completed_on
            assert data.viewable_until == viewing_window_end(calendar, opening)
        if data.system_setting_deadline is not None:
            assert data.confirmed_start_date is not None
            assert data.system_setting_deadline == system_setting_deadline(calendar, data.confirmed_start_date)


def test_an_abolition_alone_opens_no_window_and_a_reissue_has_no_start_date() -> None:
    for example in (
        golden_example("nss.mailbox.issued.v1", "abolition_only"),
        golden_example("nss.review.completed.v1", "abolition_only"),
    ):
        assert "viewable_from" not in example.data
        assert "viewable_until" not in example.data
    for event_type in ("application.received", "review.approved", "review.completed"):
        reissue = golden_example(f"nss.{event_type}.v1", "password_reissue")
        assert "requested_start_date" not in reissue.data
        assert "confirmed_start_date" not in reissue.data


def test_rare_letters_of_names_survive_unescaped() -> None:
    value = golden_example("nss.application.received.v1", "add_and_abolish_with_rare_letters").record.value
    assert value is not None
    for letter in ("𠮷", "髙", "㈱", "①"):
        assert letter.encode() in value
    assert b"\\u" not in value


@each_example
def test_example_texts_keep_the_rules_of_japanese_input(example: GoldenExample) -> None:
    for name, text in _texts(example.data):
        assert unprintable_characters(text) == []
        if name.endswith("_kana"):
            assert is_katakana(text)
        if name.endswith("_name"):
            assert is_full_width(text)
            assert widen(text) == text
        if name == "email":
            assert text.endswith(".example")


def _data(model: type[Any], case: str) -> Any:
    return decoded(golden_example(model.ce_type, case).record).data


def _as_message(record: Record) -> KafkaMessage:
    assert record.value is not None
    return KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_null(part) for part in value.values())
    if isinstance(value, list):
        return any(_holds_null(part) for part in value)
    return value is None


def _texts(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [text for field, part in value.items() for text in _texts(part, field)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part, name)]
    return [(name, value)] if isinstance(value, str) else []
