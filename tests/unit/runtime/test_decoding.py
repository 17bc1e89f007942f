"""Decoding: every way in which a record can be wrong has a stable code, keeps its identity and leaks nothing."""

import traceback
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.decoding import (
    ContractError,
    FutureRecord,
    SkippedRecord,
    Tombstone,
    decode_record,
)
from shared.contracts.envelope import Event, to_record
from shared.contracts.topics import APPLICATION, CONTRACT, MAIL, Topic
from tests.builders import a_contract, an_application_received, an_event, mail_sent


@dataclass(frozen=True)
class Received:
    """A record as a Kafka client hands it over."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int = 3
    offset: int = 42

    def with_header(self, name: str, value: bytes | None) -> "Received":
        kept = tuple(header for header in self.headers if header[0] != name)
        return replace(self, headers=(*kept, (name, value)))

    def without_header(self, name: str) -> "Received":
        return replace(self, headers=tuple(header for header in self.headers if header[0] != name))


EVENT = an_event(mail_sent())
PLACE = "nss.mail.v1/3/42"


def received(event: Event[Any] = EVENT) -> Received:
    record = to_record(event)
    return Received(record.key, record.value, tuple(record.headers))


GOOD = received()
CASES: list[tuple[str, Received, Topic, str]] = [
    ("no value", replace(GOOD, value=None), MAIL, "null-value"),
    ("no value and no key in a compacted topic", replace(GOOD, key=None, value=None), CONTRACT, "null-value"),
    ("no id", GOOD.without_header("ce_id"), MAIL, "missing-id"),
    ("an id that is no UUID", GOOD.with_header("ce_id", b"17"), MAIL, "malformed-id"),
    ("an id that is not UTF-8", GOOD.with_header("ce_id", b"\xff\xfe"), MAIL, "malformed-id"),
    ("a null id", GOOD.with_header("ce_id", None), MAIL, "missing-id"),
    ("a null type", GOOD.with_header("ce_type", None), MAIL, "missing-type"),
    ("no source", GOOD.without_header("ce_source"), MAIL, "missing-source"),
    ("a source with a null character", GOOD.with_header("ce_source", b"/nss\0"), MAIL, "malformed-source"),
    ("no subject", GOOD.without_header("ce_subject"), MAIL, "missing-subject"),
    ("a subject that is not UTF-8", GOOD.with_header("ce_subject", b"\xc3\x28"), MAIL, "malformed-subject"),
    ("an overlong subject", GOOD.with_header("ce_subject", b"x" * 300), MAIL, "malformed-subject"),
    ("no type", GOOD.without_header("ce_type"), MAIL, "missing-type"),
    ("a type that is not UTF-8", GOOD.with_header("ce_type", b"\xff"), MAIL, "malformed-type"),
    ("a foreign type", GOOD.with_header("ce_type", b"com.example.thing"), MAIL, "malformed-type"),
    ("a type of major 0", GOOD.with_header("ce_type", b"nss.mail.sent.v0"), MAIL, "malformed-type"),
    ("no time", GOOD.without_header("ce_time"), MAIL, "missing-time"),
    ("no instant", GOOD.with_header("ce_time", b"yesterday"), MAIL, "malformed-time"),
    ("a time without a zone", GOOD.with_header("ce_time", b"2026-11-23T06:07:08"), MAIL, "malformed-time"),
    ("a sequence that is no number", GOOD.with_header("ce_sequence", b"-1"), MAIL, "malformed-sequence"),
    ("a cause that is no UUID", GOOD.with_header("ce_causationid", b"x"), MAIL, "malformed-causationid"),
    ("no key", replace(GOOD, key=None), MAIL, "missing-key"),
    ("a key that is not UTF-8", replace(GOOD, key=b"\xff"), MAIL, "malformed-key"),
    ("a value that is no JSON", replace(GOOD, value=b"{secret"), MAIL, "bad-json"),
    ("a value that is not UTF-8", replace(GOOD, value=b'{"mail": "\xff secret"}'), MAIL, "bad-json"),
    ("an empty value", replace(GOOD, value=b""), MAIL, "bad-json"),
    ("data that lack fields", replace(GOOD, value=b'{"mail": "secret"}'), MAIL, "invalid-data"),
    ("a type of another topic", GOOD, APPLICATION, "wrong-topic"),
]


@pytest.mark.parametrize(("record", "topic", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_breaks_the_contract_has_a_stable_code_and_leaks_nothing(
    record: Received, topic: Topic, code: str
) -> None:
    with pytest.raises(ContractError) as caught:
        decode_record(record, topic)
    assert caught.value.code == code
    printed = "".join(traceback.format_exception(caught.value))
    assert "secret" not in printed.replace("\n    ", "")


def test_what_is_readable_of_a_broken_record_is_kept() -> None:
    with pytest.raises(ContractError) as caught:
        decode_record(replace(GOOD, value=b"{"), MAIL)
    identity = caught.value.identity
    assert (identity.event_id, identity.source) == (EVENT.id, "/nss/notifier")
    assert (identity.subject, identity.event_type) == (EVENT.subject, "nss.mail.sent.v1")


def test_a_record_with_nothing_readable_is_named_after_its_place() -> None:
    with pytest.raises(ContractError) as caught:
        decode_record(replace(GOOD, headers=()), MAIL)
    identity = caught.value.identity
    assert identity.event_id == uuid5(NAMESPACE_URL, PLACE)
    assert (identity.source, identity.subject, identity.event_type) == ("", PLACE, None)


@pytest.mark.parametrize("event", [EVENT, an_event(a_contract(), sequence=None), an_event(an_application_received())])
def test_a_good_record_gives_back_its_event(event: Event[Any]) -> None:
    assert decode_record(received(event), event.data.topic) == event


def test_foreign_headers_are_nobodys_business_even_if_unreadable() -> None:
    noisy = GOOD.with_header("x-blob", b"\xff\x00").with_header("traceparent", b"\xff").with_header("reply_to", b"x")
    assert decode_record(noisy, MAIL) == EVENT


@pytest.mark.parametrize("record", [GOOD, Received(b"NAC001", None, GOOD.headers)], ids=["an event", "a tombstone"])
def test_a_header_that_is_null_is_read_as_one_that_is_absent(record: Received) -> None:
    topic = MAIL if record.value else CONTRACT
    for name, _ in record.headers:
        assert told(record.with_header(name, None), topic) == told(record.without_header(name), topic), name


def told(record: Received, topic: Topic) -> object:
    """What the decoder makes of it: an event, or why there is none."""
    try:
        return decode_record(record, topic)
    except ContractError as refused:
        return refused.code, refused.identity


def test_an_unknown_type_of_a_known_major_is_skipped() -> None:
    assert isinstance(decode_record(GOOD.with_header("ce_type", b"nss.mail.imagined.v1"), MAIL), SkippedRecord)


def test_a_type_that_nobody_wants_is_skipped_without_a_look_at_its_data() -> None:
    assert isinstance(decode_record(replace(GOOD, value=b"{"), MAIL, wanted=frozenset()), SkippedRecord)


@pytest.mark.parametrize("name", [b"nss.mail.sent.v2", b"nss.mail.imagined.v37"])
def test_a_future_major_is_kept(name: bytes) -> None:
    assert isinstance(decode_record(GOOD.with_header("ce_type", name), MAIL), FutureRecord)


def test_an_unknown_value_of_a_closed_enumeration_is_kept_for_a_reader_that_knows_it() -> None:
    application = received(an_event(an_application_received()))
    assert application.value is not None
    changed = application.value.replace(b'"mailbox_change"', b'"mailbox_merger"', 1)
    assert b"merger" in changed
    assert isinstance(decode_record(replace(application, value=changed), APPLICATION), FutureRecord)


def test_a_keyed_null_in_a_compacted_topic_is_a_tombstone_of_its_key() -> None:
    bare = Received(b"NAC001", None, ())
    decoded = decode_record(bare, CONTRACT)
    assert isinstance(decoded, Tombstone)
    assert decoded.identity.subject == "NAC001"


@given(
    st.builds(
        Received,
        key=st.none() | st.binary(max_size=40),
        value=st.none() | st.binary(max_size=60),
        headers=st.lists(
            st.tuples(
                st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "x"]),
                st.none() | st.binary(max_size=40) | st.sampled_from([raw for _, raw in GOOD.headers]),
            ),
            max_size=9,
        ).map(tuple),
    )
)
def test_no_bytes_whatever_raise_anything_else(record: Received) -> None:
    for topic in (MAIL, CONTRACT):
        try:
            decode_record(record, topic)
        except ContractError as error:
            identity = error.identity
            assert identity.subject and "\0" not in identity.subject + identity.source  # noqa: PT018  or none
