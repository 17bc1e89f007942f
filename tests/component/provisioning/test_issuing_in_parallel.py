"""Four processes that each deliver every approval, in orders of their own, to two hundred offices."""

import asyncio
import sys

import pytest

from deploy.local.databases import with_database
from tests.builders import a_contract
from tests.component.provisioning.conftest import Provisioning
from tests.component.provisioning.issuing_process import OFFICES, approvals, office_of

PROCESSES = 4
PATIENCE_SECONDS = 240.0


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.full)])
async def test_no_id_twice_and_no_gap_unexplained(provisioning: Provisioning, postgres_dsn: str, count: int) -> None:
    await provisioning.publish_contracts(*(a_contract(office_code=office_of(rank)) for rank in range(OFFICES)))
    ((name,),) = await provisioning.rows("select current_database()")
    url = with_database(postgres_dsn, name)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.component.provisioning.issuing_process",
            url, str(provisioning.key_directory), str(count), str(seed),
        )
        for seed in range(PROCESSES)
    ]  # fmt: skip
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert [await process.wait() for process in processes] == [0] * PROCESSES
    await no_number_is_wrong(provisioning)
    await every_application_has_its_answer(provisioning, count)


async def no_number_is_wrong(provisioning: Provisioning) -> None:
    """The ledger's rows are 1 to the office's counter, each once; at most 99."""
    wrong = await provisioning.rows(
        """
        select office_code, highest_serial, array_agg(serial order by serial)
        from offices left join mailboxes using (office_code)
        group by office_code, highest_serial
        having array_agg(serial::integer order by serial) <> array(select generate_series(1, highest_serial))
        """
    )
    assert wrong == []


async def every_application_has_its_answer(provisioning: Provisioning, count: int) -> None:
    """One event each: issued with everything it asked for, or refused with nothing."""
    rows = await provisioning.rows(
        "select subject, array_agg(distinct type) from event_outbox where topic = 'nss.mailbox.v1' group by subject"
    )
    answers = dict(rows)
    asked = {event.data.receipt_number: event.data for event in approvals(count)}
    assert answers.keys() == asked.keys()
    boxes = dict(
        await provisioning.rows(
            "select receipt_number, count(*) from mailboxes where receipt_number is not null group by receipt_number"
        )
    )
    issued = {row[0] for row in await provisioning.rows("select receipt_number from issues")}
    for number, approval in asked.items():
        wanted = approval.add_smtp_pop3 + approval.add_edifact if number in issued else 0
        assert boxes.get(number, 0) == wanted, number
    ((credentials, sealed, entered),) = await provisioning.rows(
        "select (select count(*) from mailbox_credentials), (select count(*) from sealed_passwords),"
        " (select count(*) from mailboxes where cause = 'issued')"
    )
    assert credentials == sealed == entered
    events = await provisioning.rows(
        "select subject from event_outbox where type = 'nss.mailbox.issued.v1' group by subject having count(*) > 1"
    )
    assert events == []
