"""Notifier's jobs: sending, the digest, forgetting, and listening for bounces; and what posts to receivers of hooks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from services.notifier import workflows
from services.notifier.mailer import BounceIntake
from services.notifier.workflows import Delivery, DigestDesk, HookDesk, RecordsSince, Retention
from shared.runtime.consumer_failures import code_of
from shared.runtime.jobs import Job
from shared.runtime.logs import get_log

LOOK_EVERY_SECONDS = 0.1
DIGEST_EVERY_SECONDS = 60.0
FORGET_EVERY_SECONDS = 600.0
LISTEN_EVERY_SECONDS = 30.0
HOOKS_EVERY_SECONDS = 0.2
REPLAYS_EVERY_SECONDS = 1.0
EXPIRE_EVERY_SECONDS = 60.0
MEASURE_EVERY_SECONDS = 15.0

log = get_log()


def build_jobs(
    delivery: Delivery,
    retention: Retention,
    *,
    lanes: int = 1,
    digest_desk: DigestDesk | None = None,
    bounce_intake: BounceIntake | None = None,
) -> Sequence[Job]:
    """Every lane sends on its own, one mail after the other; an idle look is one indexed query."""
    jobs = [
        Job("deliver_due_mails", partial(workflows.deliver_due_mails, delivery), LOOK_EVERY_SECONDS * lanes,
            full_batch=delivery.batch_size)
        for _ in range(lanes)
    ]  # fmt: skip
    jobs += [
        Job("measure_mails", partial(workflows.measure_mails, delivery.pool, delivery.clock), MEASURE_EVERY_SECONDS),
        # Here and not beside the posting, so that it shows when nobody posts.
        Job("measure_hooks", partial(workflows.measure_hooks, delivery.pool, delivery.clock), MEASURE_EVERY_SECONDS),
        Job("erase_mails", partial(workflows.erase_mails, retention), FORGET_EVERY_SECONDS, irreversible=True),
        Job("erase_contacts", partial(workflows.erase_contacts, retention), FORGET_EVERY_SECONDS, irreversible=True),
    ]
    if digest_desk is not None:
        jobs += [
            Job("queue_digests", partial(workflows.queue_digests, digest_desk), DIGEST_EVERY_SECONDS),
            Job("send_digests", partial(workflows.send_digests, digest_desk), DIGEST_EVERY_SECONDS),
        ]
    if bounce_intake is not None:
        jobs.append(Job("listen_for_bounces", _listen(bounce_intake), LISTEN_EVERY_SECONDS))
    return jobs


def _listen(intake: BounceIntake) -> Callable[[], Awaitable[int]]:
    """A port that is taken is tried again, like everything that fails in a job."""

    async def listen() -> int:
        await intake.listen()
        return 0

    return listen


def build_hook_jobs(desk: HookDesk, records_since: RecordsSince) -> Sequence[Job]:
    """What happens beside the posting itself."""
    return [
        Job("replay_posts", partial(workflows.replay_posts, desk, records_since), REPLAYS_EVERY_SECONDS),
        Job("expire_posts", partial(workflows.expire_posts, desk), EXPIRE_EVERY_SECONDS),
        Job("forget_posts", partial(workflows.forget_posts, desk), FORGET_EVERY_SECONDS, irreversible=True),
    ]


class HookDispatcher:
    """Serves every receiver that something is due for in a task of its own, so that a slow one delays nobody else."""

    def __init__(self, desk: HookDesk) -> None:
        self._desk = desk
        self._served: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look for work until cancelled; then what is under way is cut off, and posted again when its claim is over."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(HOOKS_EVERY_SECONDS)
        finally:
            for task in self._served.values():
                task.cancel()
            await asyncio.gather(*self._served.values(), return_exceptions=True)

    async def _look(self) -> None:
        self._served = {hook_id: task for hook_id, task in self._served.items() if not task.done()}
        try:
            due = await workflows.find_due_hooks(self._desk)
        except Exception as error:
            # A loop that must never end: a database that is away comes back.
            log.warning("hooks cannot be looked for", error=code_of(error))
            return
        for hook_id in due:
            if hook_id not in self._served:
                self._served[hook_id] = asyncio.create_task(self._serve(hook_id), name=f"hook {hook_id}")

    async def _serve(self, hook_id: UUID) -> None:
        try:
            while await workflows.serve_hook(self._desk, hook_id):
                pass
        except Exception as error:
            # The claims run out and somebody takes them up again; the others' tasks are not touched.
            log.error("hook cannot be served", hook_id=str(hook_id), error=code_of(error))
