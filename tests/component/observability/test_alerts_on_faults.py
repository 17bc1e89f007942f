"""Alerts on a whole running stack: Prometheus scrapes it, something is broken, and the rule's question is true.

How long a symptom must last before anybody is told is promtool's part (`test_alert_rules`).
"""

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
import yaml
from aiokafka import AIOKafkaProducer

from deploy.local.databases import with_database
from deploy.local.probes import MAIL_SINK
from deploy.observability.alerts import ALERTS, DAY
from shared.contracts.envelope import Record
from shared.contracts.golden import golden_example
from shared.contracts.topics import SERVICES, ServiceName
from shared.kernel.local_time import TOKYO
from shared.runtime.ids import new_uuid7
from tests.certificates import certificate_for
from tests.town import Town, founded_town, invented_offices, until

pytestmark = pytest.mark.full

PATIENCE_SECONDS = 150.0
REFUSED = "refuse-550@naccs.example"
RECEIVED = golden_example("nss.application.received.v1", "one_mailbox").record
ASKED = {alert.name: alert.expression for alert in ALERTS}


@dataclass(frozen=True, slots=True)
class Watcher:
    """A Prometheus that scrapes every service each second."""

    url: str

    async def firing(self, name: str) -> list[dict[str, str]]:
        """The labels of each case in which the rule's question is true now."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = (await client.get(f"{self.url}/api/v1/query", params={"query": ASKED[name]})).json()
        assert answer["status"] == "success", answer
        return [each["metric"] for each in answer["data"]["result"]]

    async def until_firing(self, name: str, **labels: str) -> None:
        """Wait until the rule's question is true of these labels."""

        async def look() -> bool | None:
            return any(each.items() >= labels.items() for each in await self.firing(name)) or None

        began = time.monotonic()
        await until(look, f"{name} {labels}", seconds=PATIENCE_SECONDS)
        print(f"{name} {labels} after {time.monotonic() - began:.0f} s")  # noqa: T201  the figures of the proof

    async def until_silent(self, name: str) -> None:
        """Wait until the rule's question is true of nothing."""

        async def look() -> bool | None:
            return not await self.firing(name) or None

        await until(look, f"{name} to be over", seconds=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A stack of this file's own, which is damaged."""
    with founded_town(invented_offices(8)) as founded:
        yield founded


@pytest.fixture(scope="module")
def watcher(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    """Prometheus on the stack's services."""
    folder = tmp_path_factory.mktemp("prometheus")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    targets = [{"targets": [town.urls[service].removeprefix("http://")]} for service in SERVICES]
    scrape = {"job_name": "nss", "honor_labels": True, "static_configs": targets}
    (folder / "prometheus.yaml").write_text(
        yaml.safe_dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [scrape]})
    )
    command = ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
               f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Watcher(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(autouse=True)
async def scraped(town: Town, watcher: Watcher) -> None:
    """All four services are seen before anything is broken."""

    async def look() -> bool | None:
        try:
            return not await watcher.firing("NssServiceDown") or None
        except httpx2.TransportError:
            return None

    await until(look, "Prometheus to see all services", seconds=PATIENCE_SECONDS)


async def put(town: Town, record: Record, *, seconds_ago: float = 0.0) -> None:
    """A record that arrived so long ago."""
    producer = AIOKafkaProducer(bootstrap_servers=town.stack.state.kafka_bootstrap)
    await producer.start()
    try:
        stamp = round((time.time() - seconds_ago) * 1000)
        await producer.send_and_wait(
            record.topic, record.value, record.key, headers=list(record.headers), timestamp_ms=stamp
        )
    finally:
        await producer.stop()


def received(number: str, **changes: Any) -> Record:
    """An application nobody made."""
    texts = dict(RECEIVED.headers) | {
        "ce_subject": number.encode(), "ce_id": str(new_uuid7()).encode(), "ce_correlationid": number.encode(),
    }  # fmt: skip
    data = {**json.loads(RECEIVED.value or b"{}"), "receipt_number": number, **changes}
    key = str(data["office_code"]).encode()
    texts["ce_partitionkey"] = key
    return replace(RECEIVED, key=key, headers=list(texts.items()), value=json.dumps(data).encode())


@asynccontextmanager
async def superuser(town: Town, service: ServiceName) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Who may do anything to a service's database."""
    name = town.databases[service].rpartition("/")[2].partition("?")[0]
    connection = await asyncpg.connect(with_database(town.stack.state.postgres_dsn, name))
    try:
        yield connection
    finally:
        await connection.close()


async def move_clock(town: Town, **by: float) -> None:
    await town.move_clock(town.clock.now() + timedelta(**by))


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
