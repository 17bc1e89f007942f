"""Review's scheduled jobs."""

from collections.abc import Sequence

from services.review import workflows
from services.review.workflows import Dependencies
from shared.runtime.database import transaction
from shared.runtime.jobs import Job

POLICY_BATCH = 500
POLICY_EVERY_SECONDS = 0.5
CLEANING_SECONDS = 600.0


def build_jobs(deps: Dependencies, *, automatic_approval: bool) -> Sequence[Job]:
    """Ended sessions forgotten; and the automatic policy, where it is switched on."""

    async def approve_oldest() -> int:
        async with transaction(deps.pool) as db:
            return await workflows.approve_oldest(db, POLICY_BATCH, deps.clock.now(), deps.new_id)

    cleaning = Job("delete_ended_sessions", deps.sessions.delete_ended, CLEANING_SECONDS)
    if not automatic_approval:
        return (cleaning,)
    return (cleaning, Job("approve_oldest", approve_oldest, POLICY_EVERY_SECONDS))
