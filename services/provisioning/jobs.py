"""What provisioning does by the clock, on any number of workers. No rule and no SQL here."""

from collections.abc import Sequence
from functools import partial

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
MEASURE_SECONDS = 15.0
RETENTION_SECONDS = 3600.0


def build_jobs(timetable: Timetable, desk: NoticeDesk, sessions: Sessions, keeping: BookKeeping) -> Sequence[Job]:
    """Service starts, offices and windows closed, the ledger watched, the audit sealed, and what tidies up."""
    watch = keeping.watch
    start_services = while_current(watch, partial(workflows.start_services, timetable))
    close_offices = while_current(watch, partial(workflows.close_offices, timetable))
    announce_closing_windows = while_current(watch, partial(workflows.announce_closing_windows, timetable))
    return (
        Job("watch_ledger", partial(workflows.watch_ledger, keeping), every_seconds=LEDGER_SECONDS),
        Job("seal_audit", partial(workflows.seal_audit, keeping.pool), every_seconds=AUDIT_SECONDS),
        Job("measure_audit", partial(workflows.measure_audit, keeping.pool), every_seconds=MEASURE_SECONDS),
        # What is abolished stays so: a wrong clock may end nothing.
        Job("start_services", start_services, every_seconds=TIMETABLE_SECONDS, irreversible=True),
        Job("close_offices", close_offices, every_seconds=TIMETABLE_SECONDS, irreversible=True),
        Job("announce_closing_windows", announce_closing_windows, every_seconds=TIMETABLE_SECONDS),
        Job(
            "close_windows",
            partial(workflows.close_windows, timetable),
            every_seconds=TIMETABLE_SECONDS,
            irreversible=True,
        ),
        Job("check_key_store", partial(workflows.check_key_store, timetable.key_store), KEY_STORE_SECONDS),
        Job("watch_notice_views", partial(workflows.watch_notice_views, desk), every_seconds=CLEANING_SECONDS),
        Job("forget_expired_tickets", partial(workflows.forget_expired_tickets, desk), every_seconds=CLEANING_SECONDS),
        Job("delete_ended_sessions", sessions.delete_ended, every_seconds=CLEANING_SECONDS),
        *_retention_jobs(keeping),
    )


def _retention_jobs(keeping: BookKeeping) -> Sequence[Job]:
    cut_audit = partial(workflows.cut_audit, keeping)
    forget_notice_views = partial(workflows.forget_notice_views, keeping)
    return (
        Job("cut_audit", cut_audit, every_seconds=RETENTION_SECONDS, irreversible=True),
        Job("forget_notice_views", forget_notice_views, every_seconds=RETENTION_SECONDS, irreversible=True),
    )
