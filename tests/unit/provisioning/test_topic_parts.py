"""The topic read in parts: every office whole, in one part, in order, and no part longer than about its share."""

from collections import Counter

import pytest

from services.provisioning.domain.books import lines_by_office
from services.provisioning.workflows.topic_parts import TopicContent, find_parts, read_part
from tests.benchmarks.ledger_verification import LIFE, PARTITIONS, PER_OFFICE, MadeUpTopic
from tests.builders import an_event, mailboxes_issued

APPLICATIONS = 900
RECORDS = APPLICATIONS * len(LIFE)


@pytest.mark.parametrize(
    ("part_records", "parts"), [(RECORDS, PARTITIONS), (RECORDS // PARTITIONS // 3, 3 * PARTITIONS)]
)
async def test_the_parts_together_are_the_topic_and_no_office_is_in_two(part_records: int, parts: int) -> None:
    topic = MadeUpTopic(APPLICATIONS)
    found = await find_parts(topic, part_records)
    contents = [await read_part(topic, part) for part in found]
    assert len(found) == parts
    assert sum(content.events for content in contents) == RECORDS
    offices = Counter(office for content in contents for office in lines_by_office(content.books))
    assert set(offices.values()) == {1}
    assert len(offices) == APPLICATIONS / PER_OFFICE


async def test_an_empty_topic_has_no_part() -> None:
    assert await find_parts(MadeUpTopic(0), 100) == []


async def test_an_event_that_the_relay_sent_twice_counts_once() -> None:
    content = TopicContent()
    for sequence in (1, 1, 2):
        content.read(an_event(mailboxes_issued(), sequence=sequence))
    assert (content.events, len(content.books.lines)) == (2, 1)
