"""A workflow that never returns is seen at /metrics: the consumer's own age is what NssConsumerNotPolling asks for."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import Event, to_record
from shared.contracts.intake_events import ApplicationReceived
from shared.runtime.clock import SystemClock
from shared.runtime.consumer import EventConsumer
from shared.runtime.database import open_pool
from shared.runtime.event_router import EventRouter
from shared.runtime.ids import new_uuid7
from shared.runtime.metrics import measure_consumer, render_metrics
from tests.builders import an_application_received, an_event
from tests.component.runtime.outbox_parts import settings_for
from tests.conftest import CreateDatabase, PreparedTopics
from tests.scraped import families_of

STILL_SECONDS = 3.0


def shown_progress() -> float:
    """What a scrape of the process shows now."""
    [sample] = families_of(render_metrics("review", "worker")[0].decode())["nss_consumer_progress_seconds"].samples
    return float(sample.value)


async def test_a_workflow_that_never_returns_shows_as_a_consumer_that_stands_still(
    topics: PreparedTopics, service_database: CreateDatabase
) -> None:
    hanging, freed = asyncio.Event(), asyncio.Event()

    async def hang(_db: Any, _events: Sequence[Event[ApplicationReceived]]) -> None:
        hanging.set()
        await freed.wait()

    url = await service_database("review")
    router = EventRouter("review")
    router.on(ApplicationReceived, hang)
    pool = await open_pool(url, application_name="hanging")
    settings = settings_for(url, topics.bootstrap, topics.prefix)
    consumer = EventConsumer(router=router, pool=pool, clock=SystemClock(), new_id=new_uuid7, settings=settings)
    await consumer.start()
    measure_consumer("review", consumer)
    async with AIOKafkaProducer(bootstrap_servers=topics.bootstrap) as producer:
        record = to_record(an_event(an_application_received()), topics.prefix)
        await producer.send_and_wait(record.topic, record.value, record.key, headers=list(record.headers))
    async with asyncio.timeout(20):
        await hanging.wait()
    await asyncio.sleep(STILL_SECONDS)
    assert shown_progress() >= STILL_SECONDS
    freed.set()
    async with asyncio.timeout(20):
        while shown_progress() >= STILL_SECONDS:  # noqa: ASYNC110  what a scrape shows
            await asyncio.sleep(0.1)
    await consumer.stop()
    await pool.close()
