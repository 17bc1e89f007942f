"""The copy of a dead letter on its topic."""

from datetime import UTC, datetime

from shared.contracts.envelope import to_record
from shared.contracts.topics import MAIL
from shared.runtime.dead_letters import copy_of
from shared.runtime.event_batch import Delivery, Failure
from tests.builders import an_event, mail_sent
from tests.contracts.received import Received

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_null_header_is_not_copied_for_it_means_the_same_as_none() -> None:
    event = an_event(mail_sent())
    record = to_record(event)
    there = Received(record.key, b"{", [("traceparent", None), *record.headers])
    delivery = Delivery(there, MAIL, (MAIL.name, 0), event.source, event.id, event.subject, event.type, None)
    key, value, headers = copy_of(delivery, Failure("contract", "bad-json"), NOW)
    assert (key, value) == (record.key, b"{")
    assert headers[: len(record.headers)] == list(record.headers)
    assert ("dlq-error-code", b"bad-json") in headers
