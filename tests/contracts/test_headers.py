"""The table of headers is what the envelope writes: in every golden example, and in name and order."""

from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, to_headers
from shared.contracts.event_data import EventData
from shared.contracts.golden import GoldenExample, golden_example, golden_examples
from shared.contracts.headers import HEADERS, headers_schema
from tests.contracts.received import received, topic_of


@pytest.mark.parametrize("example", list(golden_examples()), ids=lambda example: f"{example.event_type}-{example.case}")
def test_every_golden_example_has_the_headers_of_the_table(example: GoldenExample) -> None:
    texts = {name: value.decode() for name, value in example.record.headers}
    assert [error.message for error in jsonschema_rs.iter_errors(dict(headers_schema()), texts)] == []
    assert set(texts) <= {header.name for header in HEADERS}


def test_the_table_names_every_header_the_envelope_writes_in_its_order(full_event: Event[EventData]) -> None:
    assert [name for name, _ in to_headers(full_event)] == [header.name for header in HEADERS]


@pytest.fixture
def full_event() -> Event[Any]:
    example = golden_example("nss.mail.sent.v1", "m1_to_contact").record
    event = decode_record(received(example), topic_of(example))
    assert isinstance(event, Event)
    return replace(event, causation_id=event.id, traceparent=f"00-{'1' * 32}-{'2' * 16}-01", sequence=1)
