"""Intake's scheduled jobs: what it forgets and what it withdraws by itself."""

from collections.abc import Sequence

from services.intake import workflows
from services.intake.workflows.dependencies import Dependencies
from shared.runtime.jobs import Job

EVERY_SECONDS = 600.0
EVERY_MINUTE = 60.0
MEASURE_SECONDS = 15.0


def build_jobs(intake: Dependencies) -> Sequence[Job]:
    """Drafts, people, what a closed office left open, ended sessions, counts of wrong passwords, and measures."""

    async def expire_drafts() -> int:
        return await workflows.expire_drafts(intake.pool, intake.clock.now())

    async def erase_contacts() -> int:
        return await workflows.erase_contacts(intake.pool, intake.retention, intake.clock.now())

    async def forget_contract_versions() -> int:
        return await workflows.forget_contract_versions(intake.pool, intake.retention, intake.clock.now())

    async def withdraw_for_closed_offices() -> int:
        return await workflows.withdraw_for_closed_offices(intake.pool, intake.clock.now(), intake.new_id)

    async def republish_contracts() -> int:
        return await workflows.republish_contracts(intake.pool, intake.clock.now(), intake.new_id)

    async def forget_answers() -> int:
        return await workflows.forget_answers(intake.pool, intake.clock.now())

    async def measure_stalled() -> int:
        return await workflows.measure_stalled(intake.pool, intake.clock.now())

    return (
        Job("expire_drafts", expire_drafts, EVERY_SECONDS, irreversible=True),
        Job("erase_contacts", erase_contacts, EVERY_SECONDS, irreversible=True),
        Job("forget_contract_versions", forget_contract_versions, EVERY_SECONDS, irreversible=True),
        Job("withdraw_for_closed_offices", withdraw_for_closed_offices, EVERY_MINUTE, irreversible=True),
        Job("republish_contracts", republish_contracts, EVERY_SECONDS),
        Job("forget_answers", forget_answers, EVERY_SECONDS),
        Job("measure_stalled", measure_stalled, MEASURE_SECONDS),
        *_account_jobs(intake),
    )


def _account_jobs(intake: Dependencies) -> Sequence[Job]:
    async def forget_login_failures() -> int:
        return await workflows.forget_login_failures(intake.pool, intake.clock.now())

    async def forget_address_failures() -> int:
        return await workflows.forget_address_failures(intake.pool, intake.clock.now())

    async def forget_account_audit() -> int:
        before = intake.retention.audited_before(intake.clock.now())
        return await workflows.forget_account_audit(intake.pool, before)

    return (
        Job("forget_login_failures", forget_login_failures, EVERY_SECONDS),
        Job("forget_address_failures", forget_address_failures, EVERY_SECONDS),
        Job("forget_account_audit", forget_account_audit, EVERY_SECONDS, irreversible=True),
        Job("delete_ended_sessions", intake.sessions.delete_ended, EVERY_SECONDS),
    )
