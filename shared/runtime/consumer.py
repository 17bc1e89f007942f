"""The consumer of a service: its polls in order, its memberships of the group, its stop and its health."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from time import monotonic

import structlog
from aiokafka.errors import KafkaError

from shared.contracts.topics import ServiceName, consumer_group
from shared.runtime.brake import Brake
from shared.runtime.clock import Clock
from shared.runtime.consumer_context import ConsumerContext, ConsumerCounts
from shared.runtime.consumer_failures import RetryInPlace, code_of
from shared.runtime.consumer_member import GroupMember
from shared.runtime.consumer_redo import PollHandler
from shared.runtime.database import Pool
from shared.runtime.event_batch import PolledRecord, read_batch
from shared.runtime.event_router import EventRouter
from shared.runtime.failpoints import reach
from shared.runtime.held_events_drain import HeldEventDrainer
from shared.runtime.ids import NewId
from shared.runtime.kafka import refused_line
from shared.runtime.settings import ServiceSettings

MAX_RECORDS: Mapping[ServiceName, int] = {"intake": 500, "review": 500, "provisioning": 50, "notifier": 500}
"""Records per poll, and so per transaction: fewer where one event means a slow hash."""

HAND_OVER_SECONDS = 45.0
STOP_SECONDS = 10.0
CHECK_SECONDS = 1.0
UNREADY_AFTER_SECONDS = 8.0
REPLACE_AFTER_SECONDS = 15.0
JOIN_SECONDS = 60.0
JOIN_AGAIN_SECONDS = 2.0

log = structlog.get_logger(__name__)


class EventConsumer:
    """Consumes the router's topics into its workflows, effectively once, in order per key.

    Start it beside the pages: `start` returns only after the first assignment. It needs two connections of the pool.
    """

    def __init__(
        self,
        *,
        router: EventRouter,
        pool: Pool,
        clock: Clock,
        new_id: NewId,
        settings: ServiceSettings,
        max_records: int | None = None,
    ) -> None:
        self._settings = settings
        self._max_records = max_records or MAX_RECORDS[router.service]
        self._context = ConsumerContext(router, clock, new_id)
        self._wanted = self._context.wanted_types
        self._topics = {topic.name_with(settings.topic_prefix): topic for topic in router.topics}
        self._brake = Brake()
        self._retry = RetryInPlace()
        self._drain_retry = RetryInPlace()
        self._drainer = HeldEventDrainer(pool, self._context, self._drain_retry)
        self._polls = PollHandler(pool, self._context, self._brake, self._retry, self._drainer.wake)
        self._batch_lock = asyncio.Lock()
        self._stopping = False
        self._join_problem: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._member = self._new_member()

    async def start(self) -> None:
        """Join the group and consume; returns after the first assignment.

        Raises KafkaError or OSError, TimeoutError after a minute; it may then be called again.
        """
        await self._join()
        loops = (self._drainer.run(), self._release_brakes(), self._commit_again(), self._replace_when_stuck())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Finish or give up the batch in hand, hand the partitions over, end the tasks; bounded to about 20 s."""
        self._stopping = True
        self._retry.leaving.set()
        self._drain_retry.leaving.set()
        self._drainer.wake(())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._batch_lock:
                pass
        await self._member.leave()
        await self._end_tasks()

    def progress_age_seconds(self) -> float:
        """Since when the loop has neither polled nor retried: a broker that is away does not stop it, a hang does."""
        return monotonic() - max(self._member.polled_at, self._retry.tried_at)

    @property
    def ready(self) -> bool:
        """Whether events flow."""
        return self.unready_reason is None

    @property
    def unready_reason(self) -> str | None:
        """Why events do not flow; None if they do."""
        if not self._member.has_joined:
            return self._join_problem or "the consumer has not joined its group yet"
        if self._retry.is_failing:
            return "the database has failed for more than 10 s"
        if self._member.troubled_seconds() > UNREADY_AFTER_SECONDS:
            return "the broker has refused polls or commits for more than 8 s"
        if self._brake.braked_topics:
            return f"braked, because most records fail: {', '.join(self._brake.braked_topics)}"
        return None

    @property
    def counts(self) -> ConsumerCounts:
        """Totals since the process started."""
        return self._context.counts

    @property
    def braked_topics(self) -> tuple[str, ...]:
        """Topics that stand still because most of their records fail."""
        return self._brake.braked_topics

    async def on_poll(self, member: GroupMember, records: Sequence[PolledRecord]) -> None:
        """Handle one poll, then commit its offsets; what cannot be handled now is polled again."""
        async with self._batch_lock:
            if member is not self._member or self._retry.leaving.is_set():
                return
            try:
                await self._handle(member, records)
            except Exception as error:
                # Not a record's fault, and nothing may be passed over: read it all again.
                log.error("consumer.poll_failed", error=code_of(error))
                member.seek_back(records, {})
                await asyncio.sleep(CHECK_SECONDS)

    async def hand_over(self, member: GroupMember) -> None:
        """Partitions are about to go: stop retrying and let the batch in hand end."""
        if member is not self._member:
            return
        self._retry.leaving.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_SECONDS), self._batch_lock:
                member.forget_uncommitted()

    def take_over(self, member: GroupMember) -> None:
        """Partitions have come."""
        if self._stopping or member is not self._member:
            return
        self._retry.leaving.clear()
        self._pause_braked()

    async def _handle(self, member: GroupMember, records: Sequence[PolledRecord]) -> None:
        self.counts.polls += 1
        self.counts.received += len(records)
        progress = await self._polls.handle(await read_batch(records, self._topics, self._wanted))
        reach("consumer.after-commit-before-offset-commit")
        if progress.braked:
            self._pause_braked()
        member.seek_back(records, progress.next_offsets)
        await member.commit(progress.next_offsets)

    async def _commit_again(self) -> None:
        """Where no new records come, nothing else would commit what failed, and the lag would stay for ever."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            async with self._batch_lock:
                if not self._stopping:
                    await self._member.commit({})

    def _pause_braked(self) -> None:
        """At each brake, and at each assignment, which forgets what was paused."""
        self._member.pause(self._on_broker(self._brake.braked_topics))

    async def _release_brakes(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            released = set(self._brake.release_due(monotonic()))
            if released:
                log.warning("consumer.brake_released", topics=sorted(released))
                self._member.resume(self._on_broker(released))

    def _on_broker(self, names: Collection[str]) -> Collection[str]:
        """The topics' names there, with the prefix."""
        return {name for name, topic in self._topics.items() if topic.name in names}

    async def _replace_when_stuck(self) -> None:
        """A member whose polls or commits fail for long does not recover: leave the group and join anew."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._member.troubled_seconds() > REPLACE_AFTER_SECONDS and not self._stopping:
                log.error("consumer.member_replaced", troubled_seconds=round(self._member.troubled_seconds()))
                self.counts.members_replaced += 1
                await self._replace_member()
                await self._join_at_last()

    async def _join_at_last(self) -> None:
        while not self._stopping:
            try:
                await self._join()
                break
            except (KafkaError, OSError) as error:
                log.warning("consumer.join_failed", error=code_of(error))
            await asyncio.sleep(JOIN_AGAIN_SECONDS)

    async def _join(self) -> None:
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await self._member.join()
        except (KafkaError, OSError) as error:
            self._join_problem = refused_line(self._settings, error, "the consumer could not join its group")
            await self._replace_member()
            raise

    async def _replace_member(self) -> None:
        """Leave the group; a member is never used again."""
        former, self._member = self._member, self._new_member()
        self._retry.leaving.set()  # until partitions come, work in hand is given up
        await former.leave()

    def _new_member(self) -> GroupMember:
        return GroupMember(
            group=consumer_group(self._context.service, self._settings.topic_prefix),
            topics=list(self._topics),
            max_records=self._max_records,
            settings=self._settings,
            counts=self._context.counts,
            owner=self,
        )

    async def _end_tasks(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*self._tasks[:1], return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
