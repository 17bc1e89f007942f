"""Whole lives of applications, made of the golden examples: what a consumer sees from receipt to the end.

The examples about one receipt number belong together: ids, causes, times and sequences fit. Retold with another number
and office they are as good as new, so a consumer can be tested without any service of ours.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from shared.contracts.envelope import Record
from shared.contracts.golden import GoldenExample, golden_examples
from shared.contracts.headers import HEADERS

STORIES: Mapping[str, str] = {
    "one_mailbox": "260001A",
    "corrected_and_moved": "260002A",
    "abolition": "260003A",
    "reissue": "260004A",
    "withdrawn": "260005A",
}
"""Name of a story and the receipt number of its examples."""

GROUND = ("nss.schedule.published.v1", "nss.contract.published.v1")
UNKNOWN_FIELD = "added_in_a_later_release"
UNKNOWN_TYPE = "of-a-later-release"


def story(name: str) -> Sequence[Record]:
    """The records of a story in the order of decision. Raises KeyError for a name that is not in STORIES."""
    number = STORIES[name]
    told = [example.record for example in golden_examples() if _header(example.record, "ce_subject") == number]
    return sorted(told, key=lambda record: _header(record, "ce_time"))


def ground() -> Sequence[Record]:
    """The registers a consumer may want first: schedules and contracts, as published before any application."""
    return [example.record for example in _ground_examples()]


def retold(
    records: Sequence[Record], receipt_number: str, office_code: str, new_id: Callable[[], UUID]
) -> Sequence[Record]:
    """The same story about another application of another office, with ids of its own."""
    old_number, old_office = _header(records[0], "ce_subject"), records[0].key.decode()
    ids = {_header(record, "ce_id"): str(new_id()) for record in records}

    def exchange(text: str) -> str:
        exchanged = text.replace(old_number, receipt_number).replace(old_office, office_code)
        return ids.get(exchanged, exchanged)

    return [
        replace(
            record,
            key=exchange(record.key.decode()).encode(),
            value=None if record.value is None else exchange(record.value.decode()).encode(),
            headers=[(name, exchange(raw.decode()).encode()) for name, raw in record.headers],
        )
        for record in records
    ]


def with_duplicates(records: Sequence[Record]) -> Iterator[Record]:
    """Each record again at once, and the whole story once more behind its end, as a redelivery would."""
    for record in records:
        yield record
        yield record
    yield from records


def with_unknown_field(record: Record) -> Record:
    """The record as a later release may write it: one more field, which consumers must ignore."""
    if record.value is None:
        return record
    data = {**json.loads(record.value), UNKNOWN_FIELD: "ignore me"}
    return replace(record, value=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def null_headers(record: Record) -> Sequence[tuple[str, None]]:
    """The headers that the record lacks, as change data capture writes them: they mean nothing."""
    there = {name for name, _ in record.headers}
    return [(header.name, None) for header in HEADERS if header.name not in there]


def of_unknown_type(record: Record, new_id: Callable[[], UUID]) -> Record:
    """An event behind this one of a type that a later release may bring, which consumers must pass over."""
    headers = dict(record.headers)
    headers["ce_type"] = f"{_header(record, 'ce_type').rpartition('.')[0]}-{UNKNOWN_TYPE}.v1".encode()
    headers["ce_id"] = str(new_id()).encode()
    headers["ce_sequence"] = f"{int(_header(record, 'ce_sequence')) + 1:010}".encode()
    return replace(record, headers=list(headers.items()))


def _ground_examples() -> list[GoldenExample]:
    found = [example for example in golden_examples() if example.event_type in GROUND]
    return sorted(found, key=lambda example: _header(example.record, "ce_time"))


def _header(record: Record, name: str) -> str:
    return dict(record.headers)[name].decode()
