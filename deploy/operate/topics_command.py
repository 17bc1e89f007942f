"""`nss topics`: how the registry's topics stand on the broker the command speaks to, and making what is missing."""

from collections.abc import Sequence

from deploy.operate.broker import find_broker
from deploy.operate.topics import TopicFinding, TopicLayout, compare_topics, create_topics
from shared.runtime.kafka import client_options
from shared.runtime.settings import KafkaSettings


async def make_topics(*, dry_run: bool) -> Sequence[TopicFinding]:
    """Make what is missing, unless this is a dry run; what was found before."""
    broker = find_broker()
    act = compare_topics if dry_run else create_topics
    return await act(client_options(broker), _layout(broker))


async def look_at_topics() -> Sequence[TopicFinding]:
    """Every topic of the registry compared with the broker."""
    broker = find_broker()
    return await compare_topics(client_options(broker), _layout(broker))


def _layout(broker: KafkaSettings) -> TopicLayout:
    return TopicLayout(broker.topic_prefix, broker.replication_factor, broker.min_insync_replicas)
