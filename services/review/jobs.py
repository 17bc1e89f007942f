"""Review's scheduled jobs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from services.review import workflows
from services.review.workflows import Dependencies
from shared.runtime.database import Connection, transaction
from shared.runtime.ids import NewId
from shared.runtime.jobs import Job

POLICY_BATCH = 500
POLICY_EVERY_SECONDS = 0.5
BATCH = 200
REMINDING_SECONDS = 60.0
VOIDING_SECONDS = 5.0
BULK_SECONDS = 5.0
LISTING_SECONDS = 60.0
CLEANING_SECONDS = 600.0
UPKEEP_SECONDS = 3600.0
MEASURE_SECONDS = 15.0

Due = Callable[[Connection, int, datetime, NewId], Awaitable[int]]


def build_jobs(deps: Dependencies, *, automatic_approval: bool) -> Sequence[Job]:
    """What the clock does; ended sessions forgotten; and the automatic policy, where it is switched on.

    Voiding cannot be undone, so it waits while the clocks of process and database differ.
    """

    async def approve_oldest() -> int:
        async with transaction(deps.pool) as db:
            return await workflows.approve_oldest(db, POLICY_BATCH, deps.clock.now(), deps.new_id, deps.second_approver)

    async def finish_bulk_approvals() -> int:
        now, new_id = deps.clock.now(), deps.new_id
        return int(await workflows.decide_next_bulk_item(deps.pool, None, deps.second_approver, now, new_id))

    due = [
        Job("remind_of_questions", _due(deps, workflows.remind_of_questions), REMINDING_SECONDS),
        Job("void_missing_settings", _due(deps, workflows.void_missing_settings), VOIDING_SECONDS, irreversible=True),
        Job("note_missed_voids", _due(deps, workflows.note_missed_voids), REMINDING_SECONDS),
        Job("void_in_closed_offices", _due(deps, workflows.void_in_closed_offices), VOIDING_SECONDS, irreversible=True),
        Job("finish_bulk_approvals", finish_bulk_approvals, BULK_SECONDS),
        Job("delete_ended_sessions", deps.sessions.delete_ended, CLEANING_SECONDS),
    ]
    if automatic_approval:
        due.append(Job("approve_oldest", approve_oldest, POLICY_EVERY_SECONDS))
    return due


def build_upkeep_jobs(deps: Dependencies, *, contact_days: int, audit_years: int) -> Sequence[Job]:
    """What may not be kept is forgotten, and the schedule is told again every week.

    Erasing cannot be undone, so it waits while the clocks of process and database differ.
    """
    pool, clock = deps.pool, deps.clock

    async def erase_contacts() -> int:
        return await workflows.erase_contacts(pool, clock.now(), contact_days)

    async def drop_old_audit() -> int:
        return await workflows.drop_old_audit(pool, clock.now(), audit_years)

    async def republish_schedule() -> int:
        return await workflows.republish_schedule(pool, clock.now(), deps.new_id)

    async def list_unread() -> int:
        return await workflows.list_unread(pool, clock.now())

    async def forget_old_claims() -> int:
        return await workflows.forget_old_claims(pool, clock.now())

    async def forget_old_provider_logins() -> int:
        return await workflows.forget_old_provider_logins(pool, clock.now())

    async def measure_stalled() -> int:
        return await workflows.measure_stalled(pool, clock.now())

    return (
        Job("erase_contacts", erase_contacts, UPKEEP_SECONDS, irreversible=True),
        Job("drop_old_audit", drop_old_audit, UPKEEP_SECONDS, irreversible=True),
        Job("republish_schedule", republish_schedule, UPKEEP_SECONDS),
        Job("list_unread", list_unread, LISTING_SECONDS),
        Job("forget_old_claims", forget_old_claims, UPKEEP_SECONDS),
        Job("forget_old_provider_logins", forget_old_provider_logins, CLEANING_SECONDS),
        Job("measure_stalled", measure_stalled, MEASURE_SECONDS),
    )


def _due(deps: Dependencies, workflow: Due) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        async with transaction(deps.pool) as db:
            return await workflow(db, BATCH, deps.clock.now(), deps.new_id)

    return run
