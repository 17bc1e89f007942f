"""What provisioning does by the clock, on any number of workers. No rule and no SQL here."""

from collections.abc import Sequence

from services.provisioning import workflows
from services.provisioning.workflows import NoticeDesk, Timetable
from shared.runtime.jobs import Job
from shared.runtime.web.sessions import Sessions

# An idle run is one look into a partial index that is empty.
TIMETABLE_SECONDS = 1.0
CLEANING_SECONDS = 60.0


def build_jobs(timetable: Timetable, desk: NoticeDesk, sessions: Sessions) -> Sequence[Job]:
    """Service starts, windows announced and closed, used tickets and ended sessions forgotten."""

    async def start_services() -> int:
        return await workflows.start_services(timetable)

    async def announce_closing_windows() -> int:
        return await workflows.announce_closing_windows(timetable)

    async def close_windows() -> int:
        return await workflows.close_windows(timetable)

    async def forget_expired_tickets() -> int:
        return await workflows.forget_expired_tickets(desk)

    return (
        Job("start_services", start_services, every_seconds=TIMETABLE_SECONDS),
        Job("announce_closing_windows", announce_closing_windows, every_seconds=TIMETABLE_SECONDS),
        Job("close_windows", close_windows, every_seconds=TIMETABLE_SECONDS, irreversible=True),
        Job("forget_expired_tickets", forget_expired_tickets, every_seconds=CLEANING_SECONDS),
        Job("delete_ended_sessions", sessions.delete_ended, every_seconds=CLEANING_SECONDS),
    )
