"""Notifier's one job: sending what is due."""

from collections.abc import Sequence

from services.notifier import workflows
from services.notifier.workflows import Delivery
from shared.runtime.jobs import Job

DELIVERY_INTERVAL_SECONDS = 0.1


def build_jobs(delivery: Delivery) -> Sequence[Job]:
    """The sweep that also finds mails whose sender died; an idle sweep is one indexed query."""

    async def deliver_due_mails() -> int:
        return await workflows.deliver_due_mails(delivery)

    return (Job("deliver_due_mails", deliver_due_mails, every_seconds=DELIVERY_INTERVAL_SECONDS),)
