"""The worker parts of one process: relay, consumer and jobs, started beside the pages and stopped in order."""

import asyncio
from collections.abc import Coroutine

from aiokafka.errors import KafkaError

from shared.runtime.consumer import EventConsumer
from shared.runtime.event_relay import EventRelay
from shared.runtime.health import ProcessState
from shared.runtime.held_measures import measure_job
from shared.runtime.ids import new_uuid7
from shared.runtime.jobs import JobRunner
from shared.runtime.kafka import KafkaUnreachable, check_broker
from shared.runtime.lag_measures import LagMeter, group_of_hooks, own_group
from shared.runtime.logs import get_log
from shared.runtime.metrics import measure_consumer
from shared.runtime.outbox_archive import archive_job
from shared.runtime.processed_purge import purge_job
from shared.runtime.recall import RecallWatch
from shared.runtime.service_parts import CannotStart, ServiceDefinition, ServiceParts
from shared.runtime.settings import ServiceRole

BROKER_AT_START_SECONDS = 30.0
CONSUMER_STOP_SECONDS = 12.0
RETRY_SECONDS = 2.0

log = get_log()


class Worker:
    """Relay, consumer and jobs of one process.

    A process of role `worker` gives up when no broker answers at its start; one that also serves pages keeps serving
    and keeps asking.
    """

    def __init__(
        self,
        definition: ServiceDefinition,
        role: ServiceRole,
        state: ProcessState,
        parts: ServiceParts,
        recall: RecallWatch | None = None,
    ) -> None:
        self._recall = recall
        self._name, self._settings, self._role = definition.name, definition.settings, role
        self._state = state
        self._relay = EventRelay(service=self._name, settings=self._settings, clock=state.clock)
        self._consumer = EventConsumer(
            router=parts.router, pool=state.pool, clock=state.clock, new_id=new_uuid7, settings=self._settings
        )
        groups = [own_group(self._name, parts.router.topics), *([group_of_hooks()] if parts.hooks else [])]
        self._lag = LagMeter(self._name, self._settings, groups)
        jobs = [
            *parts.jobs,
            archive_job(state.pool, state.clock),
            purge_job(state.pool, state.clock, parts.router.topics),
            measure_job(self._name, state.pool, state.clock),
            self._lag.job(),
            *([recall.job()] if recall else []),
        ]
        compared = recall.compared if recall else None
        self._jobs = JobRunner(jobs, pool=state.pool, clock=state.clock, service=self._name, compared=compared)

    async def run(self) -> None:
        """Start the parts, then wait. In a process that is nothing but a worker, raises what makes work impossible.

        A database that is older than its topics is waited for; one that becomes so ends the process (CannotStart).
        """
        if self._recall:
            await self._recall.settle()
        self._jobs.start()
        if self._recall and self._recall.is_put_off:
            await self._wait_for_broker()
            await self._recall.compare()
            _refuse_when_behind(self._recall)
        self._relay.start()
        self._state.relay = self._relay
        await self._wait_for_broker()
        self._state.consumer = self._consumer
        await self._start_consumer()
        measure_consumer(self._name, self._consumer)
        if self._recall is None:
            await asyncio.Event().wait()
        else:
            await self._recall.found_behind()
            _refuse_when_behind(self._recall)

    async def stop(self) -> None:
        """The relay last, as it tells what the consumer's batch in hand has done; each within its own time."""
        await asyncio.gather(_stop_in_time(self._consumer.stop()), self._jobs.stop())
        await asyncio.gather(self._lag.close(), self._relay.stop())

    async def _wait_for_broker(self) -> None:
        while True:
            try:
                return await check_broker(self._settings, give_up_seconds=BROKER_AT_START_SECONDS)
            except KafkaUnreachable as problem:
                if self._role == "worker":
                    raise
                log.warning("pages are served, events wait", reason=str(problem))

    async def _start_consumer(self) -> None:
        while True:
            try:
                return await self._consumer.start()
            except (KafkaError, OSError) as error:
                problem = self._consumer.unready_reason or type(error).__name__
                if self._role == "worker":
                    raise CannotStart(problem) from error
                log.warning("pages are served, events wait", reason=problem)
            await asyncio.sleep(RETRY_SECONDS)


def _refuse_when_behind(recall: RecallWatch) -> None:
    if not recall.is_current:
        raise CannotStart(recall.end_line)


async def _stop_in_time(stop: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(stop)
    done, _ = await asyncio.wait([task], timeout=CONSUMER_STOP_SECONDS)
    if not done:
        log.error("the consumer did not stop in time")
        task.cancel()
    elif error := task.exception():
        log.error("the consumer stopped badly", error=type(error).__name__)
