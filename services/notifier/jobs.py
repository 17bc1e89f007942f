"""Notifier's jobs: sending, the digest, forgetting, and listening for bounces."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.notifier import workflows
from services.notifier.mailer import BounceIntake
from services.notifier.workflows import Delivery, DigestDesk, Retention
from shared.runtime.jobs import Job

LOOK_EVERY_SECONDS = 0.1
DIGEST_EVERY_SECONDS = 60.0
FORGET_EVERY_SECONDS = 600.0
LISTEN_EVERY_SECONDS = 30.0


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
