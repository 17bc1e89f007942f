"""Provisioning as a real process between a real broker and a real database: waiting, kill -9, what it prints."""

import asyncio
import signal
from datetime import timedelta

from shared.contracts.provisioning_events import MailboxesIssued, ServiceStarted
from tests.component.provisioning.service_process import A_LONG_TIME, Process, approvals, facts


async def test_an_approval_that_comes_first_is_issued_once_its_facts_have_come(process: Process) -> None:
    await process.start()
    await process.publish(*approvals(2))

    async def both_wait() -> bool:
        return await process.count("select count(*) from held_events") == 2

    await process.until(both_wait)
    await process.publish(*facts())
    await process.until_issued(2)
    issued = await process.published(MailboxesIssued)
    assert [[each.mailbox_id for each in event.mailboxes] for event in issued] == [["NAC00102"], ["NAC00103"]]
    assert await process.count("select count(*) from held_events") == 0


async def test_killed_between_allocation_and_commit_it_issues_once_and_leaves_no_gap(process: Process) -> None:
    await process.publish(*facts(), *approvals(5))
    doomed = await process.start(NSS_FAILPOINT="provisioning.between-allocation-and-commit")
    assert await asyncio.wait_for(doomed.wait(), A_LONG_TIME) == -signal.SIGKILL
    assert await process.count("select count(*) from issues") == 0
    await process.start()
    await process.until_issued(5)
    issued = await process.published(MailboxesIssued)
    serials = sorted(mailbox.mailbox_id for event in issued for mailbox in event.mailboxes)
    assert serials == [f"NAC0010{serial}" for serial in range(2, 7)]
    assert await process.count("select count(*) from sealed_passwords") == 5


async def test_when_the_clock_reaches_the_start_date_service_starts_without_anybodys_doing(process: Process) -> None:
    await process.publish(*facts(), *approvals(1))
    await process.start()
    await process.until_issued(1)
    (process.folder / "clock-offset").write_text(str(int(timedelta(days=10).total_seconds())))

    async def has_started() -> bool:
        return len(await process.published(ServiceStarted)) == 1

    await process.until(has_started)
    assert await process.count("select count(*) from mail_server_accounts where active") == 1
    assert "ERROR" not in process.output.read_text().upper()
