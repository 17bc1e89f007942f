"""Events that a restored database no longer remembers: found in the topics again, and queued to be handled.

The consumer group's offsets outlive a restored database, so the broker does not deliver these events again.
"""

from collections.abc import Container, Sequence
from datetime import datetime

from shared.contracts.decoding import ReceivedRecord
from shared.contracts.topics import Topic
from shared.runtime.database import Connection
from shared.runtime.event_batch import Delivery, read_delivery
from shared.runtime.held_events import Holding, insert_held, lock_heads
from shared.runtime.processed_events import claim_events, find_processed, update_status


async def count_missed(db: Connection, topic: Topic, records: Sequence[ReceivedRecord], wanted: Container[str]) -> int:
    """How many of the records this service acts on and has no memory of."""
    deliveries = _wanted(topic, records, wanted)
    return len(deliveries) - len(await find_processed(db, [delivery.key for delivery in deliveries]))


async def queue_missed(
    db: Connection, topic: Topic, records: Sequence[ReceivedRecord], wanted: Container[str], now: datetime
) -> int:
    """Put those records into their queues, in their order; the sweep of held events handles them. Returns how many."""
    deliveries = _wanted(topic, records, wanted)
    if not deliveries:
        return 0
    claimed = await claim_events(db, [each.key for each in deliveries], [topic.name for _ in deliveries], now)
    missed = [each for each in deliveries if claimed is None or each.key in claimed]
    await lock_heads(db, {each.queue for each in missed})
    await insert_held(db, [Holding(each, "behind") for each in missed], now)
    await update_status(db, [each.key for each in missed], "held", now)
    return len(missed)


def _wanted(topic: Topic, records: Sequence[ReceivedRecord], wanted: Container[str]) -> list[Delivery]:
    """Each once; a type that nobody here acts on is nothing to be missed."""
    deliveries = [read_delivery(record, topic, (topic.name, record.partition), wanted) for record in records]
    by_key = {delivery.key: delivery for delivery in deliveries if not delivery.is_skipped}
    return list(by_key.values())
