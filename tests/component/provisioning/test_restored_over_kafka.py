"""A restored database between a real broker and a real process: it issues nothing until an operator has it repaired."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from shared.contracts.envelope import Event
from shared.contracts.provisioning_events import MailboxesIssued
from shared.kernel.identifiers import receipt_number
from shared.runtime.clock import SystemClock
from shared.runtime.staff_tokens import StaffIdentity, sign_staff_token
from tests.component.provisioning.notice_browser import make_keys
from tests.component.provisioning.service_process import Process, approvals, facts
from tests.scraped import families_of


async def copy_database(dsn: str, source: str, target: str) -> None:
    """Make `target` a copy of `source`; nobody may be connected."""
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f'drop database if exists "{target}" with (force)')
        await admin.execute(f'create database "{target}" template "{source}"')
    finally:
        await admin.close()


async def stopped(running: Process, each: asyncio.subprocess.Process) -> None:
    each.terminate()
    assert await asyncio.wait_for(each.wait(), 60) == 0, running.output.read_text()[-2000:]


def port_of(running: Process) -> int:
    """The port of the process that was started last."""
    return int(re.findall(r'"port": ?([0-9]+)', running.output.read_text())[-1])


async def asked(running: Process, path: str, private_key: Path, **body: Any) -> dict[str, Any]:
    """What the process answers an operator."""
    token = sign_staff_token(StaffIdentity("ops-1", ["operator"]), private_key, SystemClock().now())
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.post(
            f"http://127.0.0.1:{port_of(running)}/operate/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
    answer.raise_for_status()
    return dict(answer.json())


async def until_noticed(process: Process) -> None:
    """Wait until the ledger is known to be behind."""

    async def is_noticed() -> bool:
        return await process.count("select count(*) from ledger_checks where not is_current") == 1

    await process.until(is_noticed)


async def looks_for_services_to_start(process: Process) -> float:
    """How often the process has looked whether a service is to be started."""
    async with httpx2.AsyncClient(timeout=30) as client:
        shown = (await client.get(f"http://127.0.0.1:{port_of(process)}/metrics")).text
    runs = families_of(shown)["nss_job_runs"].samples
    return sum(run.value for run in runs if run.labels["job_name"] == "start_services" and run.name.endswith("_total"))


async def issued_and_lost(process: Process, dsn: str, approval: Event[Any]) -> None:
    """Issue for what is published, take a backup, issue for the approval, and go back to the backup."""
    name = process.url.rpartition("/")[2]
    running = await process.start()
    await process.until_issued(1)
    await stopped(process, running)
    await copy_database(dsn, name, f"{name}_backup")
    await process.publish(approval)
    running = await process.start()
    await process.until_issued(2)
    await stopped(process, running)
    await copy_database(dsn, f"{name}_backup", name)
    admin = await asyncpg.connect(dsn)
    await admin.execute(f'drop database "{name}_backup"')
    await admin.close()


async def test_a_database_restored_to_yesterday_never_gives_a_number_twice(
    process: Process, postgres_dsn: str, tmp_path: Path
) -> None:
    staff = tmp_path / "staff"
    staff.mkdir()
    private_key, public_keys = make_keys(staff)
    first, second, third = approvals(3)
    await process.publish(*facts(), first)
    await issued_and_lost(process, postgres_dsn, second)
    await process.publish(third)
    await process.start(NSS_STAFF_KEYS_DIR=str(public_keys))

    await until_noticed(process)
    assert await process.count("select count(*) from mailboxes where cause = 'issued'") == 1

    plan = await asked(process, "/ledger/repair", private_key, dry_run=True)
    assert (plan["mailboxes"], plan["without_password"]) == (["NAC00103"], ["NAC00103"])
    assert await process.count("select count(*) from mailboxes where cause = 'issued'") == 1
    await asked(process, "/ledger/repair", private_key, dry_run=False)
    await process.until_issued(3)
    issued = await process.published(MailboxesIssued)
    assert sorted((event.receipt_number, event.mailboxes[0].mailbox_id) for event in issued) == [
        (receipt_number(2018, number), f"NAC0010{number + 1}") for number in (1, 2, 3)
    ]
    verified = await asked(process, "/ledger/verification", private_key)
    assert (verified["is_current"], verified["findings"]) == (True, [])


async def test_services_start_and_windows_are_announced_only_on_a_ledger_that_was_compared(process: Process) -> None:
    """A start while the ledger is unknown could tell twice what was told before."""
    await process.publish(*facts(), *approvals(1))
    running = await process.start()
    await process.until_issued(1)
    await stopped(process, running)
    connection = await asyncpg.connect(process.url)
    await connection.execute("update event_sequences set last_sequence = 0")
    await connection.close()
    (process.folder / "clock-offset").write_text(str(int(timedelta(days=10).total_seconds())))
    await process.start()
    await until_noticed(process)
    before = await looks_for_services_to_start(process)

    async def has_looked() -> bool:
        return await looks_for_services_to_start(process) > before

    await process.until(has_looked)
    if await process.count("select count(*) from issues where started_at is not null"):
        pytest.fail("the service was started on a ledger that is behind")
