"""Alerts on a whole running stack: Prometheus scrapes it, something is broken, and the rule's question is true.

How long a symptom must last before anybody is told is promtool's part (`test_alert_rules`).
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.probes import MAIL_SINK
from deploy.observability.alerts import DAY
from shared.kernel.local_time import TOKYO
from tests.certificates import certificate_for
from tests.component.observability.conftest import Watcher, move_clock, put, received, superuser
from tests.town import Town, until

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("scraped")]

REFUSED = "refuse-550@naccs.example"


async def test_a_mail_server_that_is_away(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssMailServerAway") == []
    await asyncio.to_thread(town.stack.kill_part, MAIL_SINK)
    for office in town.offices[6:8]:
        await town.apply(office)
    await watcher.until_firing("NssMailServerAway", service="notifier")
    await asyncio.to_thread(town.stack.start_mail_sink)
    await watcher.until_silent("NssMailServerAway")


async def test_an_address_that_is_refused(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssMailFailures") == []
    await town.apply(town.offices[8], email=REFUSED, email_again=REFUSED)
    await watcher.until_firing("NssMailFailures", service="notifier", failure="refused")


async def test_a_poisoned_event(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssDeadLetters") == []
    await put(town, received("269990A", revision="many"))
    await watcher.until_firing("NssDeadLetters", service="review")


async def test_an_event_whose_fact_never_comes(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssHeldTooLong") == []
    await put(town, received("269991A", office_code="ZZZ999", applicant_office_code="ZZZ999"))

    async def waits() -> bool | None:
        return bool(await town.rows("review", "select 1 from held_events where reason = 'waiting'")) or None

    await until(waits, "review to hold the event")
    await move_clock(town, minutes=11)
    await watcher.until_firing("NssHeldTooLong", service="review", reason="waiting")


async def test_a_process_that_is_gone(town: Town, watcher: Watcher) -> None:
    await asyncio.to_thread(town.stack.kill_part, "notifier")
    await watcher.until_firing("NssServiceDown", service="notifier")
    await asyncio.to_thread(town.stack.restart_service, "notifier")
    await watcher.until_silent("NssServiceDown")


async def test_provisioning_away_while_somebody_approves(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssApplicationsStalled") == []
    number = await town.apply(town.offices[2])
    async with town.reviewer() as client:
        page = await town.case(client, number)
        await asyncio.to_thread(town.stack.kill_part, "provisioning")
        await client.approve(page, town.registration_day())
    town.clock.set_forward(town.clock.now() + timedelta(minutes=3))
    await watcher.until_firing("NssApplicationsStalled", service="review", awaits="issue")
    await asyncio.to_thread(town.stack.restart_service, "provisioning")
    await watcher.until_silent("NssApplicationsStalled")


async def test_the_broker_away(town: Town, watcher: Watcher) -> None:
    await asyncio.to_thread(town.stack.kill_part, "kafka")
    await town.apply(town.offices[3])
    town.clock.set_forward(town.clock.now() + timedelta(minutes=2))
    await watcher.until_firing("NssOutboxOld", service="intake")
    await asyncio.to_thread(town.stack.start_kafka)
    await watcher.until_silent("NssOutboxOld")


async def test_a_consumer_whose_database_does_not_let_it_work(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssLag") == []
    async with superuser(town, "notifier") as connection, connection.transaction():
        await connection.execute("lock table processed_events in access exclusive mode")
        await put(town, received("269992A"), seconds_ago=400)
        await watcher.until_firing("NssLag", service="notifier", topic="nss.application.v1")
        await watcher.until_firing("NssConsumerNotReady", service="notifier")
    await watcher.until_silent("NssLag")
    await watcher.until_silent("NssConsumerNotReady")


async def test_a_job_that_fails(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssWindowJobLate") == []
    async with superuser(town, "provisioning") as connection:
        await connection.execute("alter table issues rename to issues_away")
        await watcher.until_firing("NssJobFails", service="provisioning", job_name="close_windows")
        await watcher.until_firing("NssWindowJobLate")
        await connection.execute("alter table issues_away rename to issues")
    await watcher.until_silent("NssWindowJobLate")


async def test_keys_that_cannot_be_reached(town: Town, watcher: Watcher) -> None:
    keys = town.stack.keys.days
    away = keys.with_name("away")
    keys.rename(away)
    await watcher.until_firing("NssKeyStoreUnavailable", service="provisioning")
    away.rename(keys)
    await watcher.until_silent("NssKeyStoreUnavailable")


async def test_a_volume_of_keys_that_no_longer_answers(town: Town, watcher: Watcher) -> None:
    office = town.offices[9]
    await town.issue(office)
    assert await watcher.firing("NssConsumerNotPolling") == []
    number = await town.apply(office)
    async with town.reviewer() as client:
        page = await town.case(client, number)
        with reads_that_never_end(town.stack.keys.days):
            await client.approve(page, town.registration_day())
            await watcher.until_firing("NssConsumerNotPolling", service="provisioning")
    await watcher.until_silent("NssConsumerNotPolling")
    await town.status_becomes(office, number, "審査終了")


@contextmanager
def reads_that_never_end(folder: Path) -> Iterator[None]:
    """Every key is a pipe that nobody writes to, until the block ends."""
    keys = list(folder.glob("*.key"))
    for key in keys:
        key.rename(folder.with_name(key.name))
        os.mkfifo(key)
    try:
        yield
    finally:
        for key in keys:
            with ExitStack() as readers:
                with suppress(OSError):  # nobody reads this one
                    readers.callback(os.close, os.open(key, os.O_WRONLY | os.O_NONBLOCK))
                folder.with_name(key.name).replace(key)


async def test_a_ledger_restored_from_an_old_backup(town: Town, watcher: Watcher) -> None:
    await town.issue(town.offices[4])
    assert await watcher.firing("NssLedgerBehind") == []
    async with superuser(town, "provisioning") as connection:
        await connection.execute("create table kept as select * from event_sequences")
        await connection.execute("update event_sequences set last_sequence = 0")
        await asyncio.to_thread(town.stack.restart_service, "provisioning")
        await watcher.until_firing("NssLedgerBehind", service="provisioning")
        await connection.execute(
            "update event_sequences set last_sequence = kept.last_sequence from kept"
            " where kept.subject = event_sequences.subject"
        )
        await asyncio.to_thread(town.stack.restart_service, "provisioning")
    await watcher.until_silent("NssLedgerBehind")


async def test_an_old_key_and_a_certificate_that_ends(town: Town, watcher: Watcher, tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    file.write_bytes(certificate_for(datetime.now(UTC) - timedelta(days=1), 11))
    key, then = town.stack.keys.staff.private_key, time.time() - 401 * DAY
    os.utime(key, (then, then))
    environment = {"NSS_KAFKA_SECURITY_CA_FILE": str(file)}
    await asyncio.to_thread(town.stack.restart_service, "review", environment=environment)
    await watcher.until_firing("NssCertificateEnds", service="review", file="kafka_security_ca_file")
    await watcher.until_firing("NssKeyOld", service="review", file="staff_key_file")


async def test_a_notice_nobody_opens(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssNoticesUnread") == []
    number = await town.issue(town.offices[5])
    [row] = await town.rows("provisioning", "select closing_notice_on from issues where receipt_number = $1", number)
    noon = datetime.combine(row["closing_notice_on"], datetime.min.time(), TOKYO) + timedelta(hours=12)
    await town.move_clock(noon.astimezone(UTC))
    await watcher.until_firing("NssNoticesUnread", service="provisioning")
