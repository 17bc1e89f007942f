"""Intake's scheduled jobs: what it forgets by itself."""

from collections.abc import Sequence

from services.intake import workflows
from services.intake.workflows.dependencies import Dependencies
from shared.runtime.jobs import Job

EVERY_SECONDS = 600.0


def build_jobs(intake: Dependencies) -> Sequence[Job]:
    """Drafts after ten business days, sessions that have ended, old counts of wrong passwords."""

    async def expire_drafts() -> int:
        return await workflows.expire_drafts(intake.pool, intake.clock.now())

    async def forget_login_failures() -> int:
        return await workflows.forget_login_failures(intake.pool, intake.clock.now())

    return (
        Job("expire_drafts", expire_drafts, EVERY_SECONDS, irreversible=True),
        Job("forget_login_failures", forget_login_failures, EVERY_SECONDS),
        Job("delete_ended_sessions", intake.sessions.delete_ended, EVERY_SECONDS),
    )
