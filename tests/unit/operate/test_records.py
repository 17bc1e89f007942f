"""A record as the command looks at it."""

from aiokafka.structs import ConsumerRecord

from deploy.operate.records import seen_record
from shared.contracts.golden import golden_example
from shared.contracts.topics import APPLICATION

RECEIVED = golden_example("nss.application.received.v1", "one_mailbox").record


def test_a_null_header_is_absent_and_the_key_stands_for_its_subject() -> None:
    headers = [(name, None if name == "ce_subject" else raw) for name, raw in RECEIVED.headers]
    record: ConsumerRecord = ConsumerRecord(
        APPLICATION.name, 0, 7, 1_764_000_000_000, 0, RECEIVED.key, RECEIVED.value, None, 0, 0, tuple(headers)
    )
    seen = seen_record(record, APPLICATION, 0)
    assert "ce_subject" not in seen.headers
    assert seen.subject == RECEIVED.key.decode()
