"""A whole running stack that may be damaged, a Prometheus that scrapes it, and what damages it."""

import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2
import pytest
import yaml
from aiokafka import AIOKafkaProducer

from deploy.local.databases import with_database
from deploy.observability.alerts import ALERTS
from shared.contracts.envelope import Record
from shared.contracts.golden import golden_example
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.ids import new_uuid7
from tests.town import InVain, Town, founded_town, invented_offices, until

PATIENCE_SECONDS = 150.0
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
    """A stack of each file's own, which is damaged."""
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


@pytest.fixture
async def scraped(town: Town, watcher: Watcher) -> None:
    """All four services are seen before anything is broken."""

    async def look() -> bool | None:
        try:
            return not await watcher.firing("NssServiceDown") or None
        except httpx2.TransportError:
            return None

    try:
        await until(look, "Prometheus to see all services", seconds=PATIENCE_SECONDS)
    except InVain as problem:
        raise InVain(f"{problem}; missing: {await watcher.firing('NssServiceDown')}; {town.stack.status()}") from None


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
    """An application nobody made; without a sequence, for intake would miss an event of its own otherwise."""
    texts = dict(RECEIVED.headers) | {
        "ce_subject": number.encode(), "ce_id": str(new_uuid7()).encode(), "ce_correlationid": number.encode(),
    }  # fmt: skip
    del texts["ce_sequence"]
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
