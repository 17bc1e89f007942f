"""A clock that is not the database's: nothing that cannot be undone is done by it, and operators are told."""

from datetime import datetime

from prometheus_client import REGISTRY

from services.provisioning.jobs import build_jobs
from services.provisioning.workflows import BookKeeping
from shared.kernel.local_time import TOKYO
from shared.runtime.jobs import JobRunner
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import NEW_MAILBOX, OPENING_MAILBOX, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.notice_browser import BASE_URL
from tests.component.provisioning.topic_of_outbox import KeptTopics
from tests.town import until

LONG_AFTER = datetime(2018, 12, 3, tzinfo=TOKYO)
"""The windows are over, the service has started; the database's own clock is years away."""
FINAL = {"start_services", "close_offices", "close_windows", "cut_audit", "forget_notice_views"}


def stopped_for_the_clock(job: str) -> float:
    labels = {"service": "provisioning", "job_name": job, "outcome": "ClocksDiffer"}
    return REGISTRY.get_sample_value("nss_job_runs_total", labels) or 0.0


async def test_a_clock_that_jumped_destroys_no_key_and_ends_no_mailbox(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))
    provisioning.clock.set(LONG_AFTER)
    keeping = BookKeeping(provisioning.pool, provisioning.clock, KeptTopics(), provisioning.tools.watch)
    policy = PageSettings("provisioning", BASE_URL).session_policy()
    sessions = Sessions(provisioning.pool, provisioning.clock, policy, new_token)
    jobs = [job for job in build_jobs(provisioning.timetable, provisioning.desk, sessions, keeping) if job.irreversible]
    assert {job.name for job in jobs} == FINAL
    counted = {name: stopped_for_the_clock(name) for name in FINAL}
    runner = JobRunner(jobs, pool=provisioning.pool, clock=provisioning.clock, service="provisioning")
    runner.start()

    async def all_stopped() -> bool | None:
        return all(stopped_for_the_clock(name) > counted[name] for name in FINAL) or None

    await until(all_stopped, "every final job to stop")
    await runner.stop()
    assert [path.name for path in provisioning.key_directory.iterdir()] == ["2018-11-05.key"]
    assert await provisioning.rows("select mailbox_id from sealed_passwords") == [(NEW_MAILBOX,)]
    assert await provisioning.rows("select mailbox_id, status from mailboxes order by serial") == [
        (OPENING_MAILBOX, "active"),
        (NEW_MAILBOX, "issued"),
    ]
