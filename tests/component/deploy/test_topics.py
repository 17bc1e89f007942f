"""Topics on a real broker: made once, compared ever after, never changed."""

import secrets
from collections.abc import AsyncIterator

import pytest

from deploy.errors import StackError
from deploy.operate.topics import TopicLayout, compare_topics, create_topics, delete_topics
from shared.contracts.topics import TOPICS


@pytest.fixture
async def prefix(kafka_bootstrap: str) -> AsyncIterator[str]:
    """A prefix nobody else uses; its topics go when the test ends."""
    chosen = f"b{secrets.token_hex(4)}."
    yield chosen
    await delete_topics({"bootstrap_servers": kafka_bootstrap}, chosen)


async def test_every_topic_of_the_registry_is_made_as_the_registry_says(kafka_bootstrap: str, prefix: str) -> None:
    client, layout = {"bootstrap_servers": kafka_bootstrap}, TopicLayout(prefix)
    before = await create_topics(client, layout)
    after = await compare_topics(client, layout)
    assert [finding.name for finding in after] == [prefix + topic.name for topic in TOPICS]
    assert {finding.condition for finding in before} == {"missing"}
    assert {finding.condition for finding in after} == {"as wanted"}


async def test_making_them_again_makes_nothing(kafka_bootstrap: str, prefix: str) -> None:
    client, layout = {"bootstrap_servers": kafka_bootstrap}, TopicLayout(prefix)
    await create_topics(client, layout)
    assert {finding.condition for finding in await create_topics(client, layout)} == {"as wanted"}


async def test_a_topic_that_differs_is_told_and_left_as_it_is(kafka_bootstrap: str, prefix: str) -> None:
    client = {"bootstrap_servers": kafka_bootstrap}
    await create_topics(client, TopicLayout(prefix, partitions=2))
    wanted = TopicLayout(prefix)
    findings = {finding.name: finding for finding in await create_topics(client, wanted)}
    assert findings[f"{prefix}nss.contract.v1"].differences == ("partitions is 2, wanted 6",)
    assert findings[f"{prefix}nss.schedule.v1"].differences == ("partitions is 2, wanted 1",)
    assert {finding.condition for finding in await compare_topics(client, wanted)} == {"differs"}


async def test_a_broker_that_does_not_answer_is_told_by_its_address() -> None:
    with pytest.raises(StackError, match=r"Kafka at 127\.0\.0\.1:1 cannot be reached"):
        await compare_topics({"bootstrap_servers": "127.0.0.1:1"}, TopicLayout())
