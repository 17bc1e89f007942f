"""What provisioning does by the clock, on any number of workers. No rule and no SQL here."""

from collections.abc import Sequence

from services.provisioning import workflows
from services.provisioning.workflows import BookKeeping, NoticeDesk, Timetable, while_current
from shared.runtime.jobs import Job
from shared.runtime.web.sessions import Sessions

# An idle run is one look into a partial index that is empty.
TIMETABLE_SECONDS = 0.5
CLEANING_SECONDS = 60.0
KEY_STORE_SECONDS = 15.0
LEDGER_SECONDS = 10.0
AUDIT_SECONDS = 2.0


def build_jobs(timetable: Timetable, desk: NoticeDesk, sessions: Sessions, keeping: BookKeeping) -> Sequence[Job]:
    """Service starts, offices and windows closed, the ledger watched, the audit sealed, and what tidies up."""

    async def watch_ledger() -> int:
        return await workflows.watch_ledger(keeping)

    async def seal_audit() -> int:
        return await workflows.seal_audit(keeping.pool)

    async def start_services() -> int:
        return await workflows.start_services(timetable)

    async def close_offices() -> int:
        return await workflows.close_offices(timetable)

    async def announce_closing_windows() -> int:
        return await workflows.announce_closing_windows(timetable)

    async def close_windows() -> int:
        return await workflows.close_windows(timetable)

    async def forget_expired_tickets() -> int:
        return await workflows.forget_expired_tickets(desk)

    async def watch_notice_views() -> int:
        return await workflows.watch_notice_views(desk)

    async def check_key_store() -> int:
        return await workflows.check_key_store(timetable.key_store)

    watch = keeping.watch
    return (
        Job("watch_ledger", watch_ledger, every_seconds=LEDGER_SECONDS),
        Job("seal_audit", seal_audit, every_seconds=AUDIT_SECONDS),
        Job("start_services", while_current(watch, start_services), every_seconds=TIMETABLE_SECONDS),
        Job("close_offices", while_current(watch, close_offices), every_seconds=TIMETABLE_SECONDS),
        Job(
            "announce_closing_windows",
            while_current(watch, announce_closing_windows),
            every_seconds=TIMETABLE_SECONDS,
        ),
        Job("close_windows", close_windows, every_seconds=TIMETABLE_SECONDS, irreversible=True),
        Job("forget_expired_tickets", forget_expired_tickets, every_seconds=CLEANING_SECONDS),
        Job("watch_notice_views", watch_notice_views, every_seconds=CLEANING_SECONDS),
        Job("check_key_store", check_key_store, every_seconds=KEY_STORE_SECONDS),
        Job("delete_ended_sessions", sessions.delete_ended, every_seconds=CLEANING_SECONDS),
    )
