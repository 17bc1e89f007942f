"""A service as a real process: what each role needs to be ready, how it stops, and the line it ends with if not."""

import asyncio
import json
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import asyncpg

from deploy.local.databases import with_database
from deploy.local.ports import choose_ports
from deploy.local.probes import readiness_url, why_not
from shared.contracts.topics import REVIEW
from shared.runtime.database import open_pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.service_process import LONGEST_STOP_SECONDS
from tests.component.runtime.outbox_parts import (
    UNUSED_PORT,
    environment_for,
    opened,
    order_violations,
    show,
    start_python,
    until,
)
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics

MODULE = "tests.component.runtime.small_service"


class Running:
    """A started process and its pages."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port

    async def status(self, path: str) -> int:
        """The answer's code; 0 where nobody answers."""
        return (await self.answer(path))[0]

    async def answer(self, path: str) -> tuple[int, str]:
        """The answer's code and content."""
        return await asyncio.to_thread(self._get, path)

    async def until_answers(self, path: str, code: int = 200) -> float:
        """Wait for a code; returns the seconds it took."""
        began = time.monotonic()

        async def has_code() -> bool:
            assert self.process.poll() is None, self.end()
            return await self.status(path) == code

        await until(has_code)
        return time.monotonic() - began

    def end(self) -> tuple[int, str, str]:
        """Exit code, stdout and stderr, when the process has ended within 40 s."""
        out, error = self.process.communicate(timeout=40)
        return self.process.returncode, out, error

    async def terminate(self) -> tuple[int, float]:
        """Exit code and seconds after SIGTERM."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code, _, _ = await asyncio.to_thread(self.end)
        return code, time.monotonic() - began

    def _get(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()
        except (URLError, OSError):
            return 0, ""


@contextmanager
def running(environment: Mapping[str, str], role: str) -> Iterator[Running]:
    """The small service in a role, killed in the end if it still runs."""
    port = choose_ports(["review"])["review"]
    process = start_python(MODULE, "--role", role, environment=dict(environment) | {"NSS_REVIEW_PORT": str(port)})
    try:
        yield Running(process, port)
    finally:
        process.kill()
        process.communicate()


async def ends(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a process that ends by itself."""
    process = start_python(MODULE, *arguments, environment=environment)
    try:
        _, error = await asyncio.to_thread(process.communicate, None, 40)
    finally:
        process.kill()
    return process.returncode, error.strip()


async def test_the_web_role_is_ready_and_serves_with_its_database_alone(url: str) -> None:
    with running(environment_for(url, UNUSED_PORT), "web") as service:
        seconds = await service.until_answers("/health/ready")
        assert await service.answer("/any/page") == (200, "a page")
        assert await service.status("/health/live") == 200
        assert await service.status("/health/startup") == 200
        assert 'nss_build_info{role="web",service="review"' in (await service.answer("/metrics"))[1]
        code, stop_seconds = await service.terminate()
    show(start_seconds=round(seconds, 2), stop_seconds=round(stop_seconds, 2))
    assert code == 0
    assert stop_seconds < LONGEST_STOP_SECONDS


async def test_pages_stay_ready_without_the_broker_and_the_worker_does_not(url: str) -> None:
    with running(environment_for(url, UNUSED_PORT), "all") as service:
        await service.until_answers("/health/ready")
        assert await service.answer("/any/page") == (200, "a page")
        assert await service.status("/health/ready?role=worker") == 503
        content: dict[str, Any] = json.loads((await service.answer("/health/ready?role=worker"))[1])
        assert content["checks"] == {"database": True, "consumer": False, "relay": True, "broker": False}
        assert await asyncio.to_thread(why_not, readiness_url(service.port)) == "consumer: no, broker: no"
        code, stop_seconds = await service.terminate()
    show(stop_seconds=round(stop_seconds, 2))
    assert code == 0
    assert stop_seconds < LONGEST_STOP_SECONDS


async def test_a_worker_without_a_broker_ends_with_one_clear_line(url: str) -> None:
    environment = environment_for(url, UNUSED_PORT, SMALL_SERVICE_BROKER_SECONDS="2")
    code, error = await ends(environment, "--role", "worker")
    assert code == 1
    assert error.startswith(f"review: Kafka at {UNUSED_PORT} could not be reached within 2 s")
    assert "\n" not in error


async def test_a_worker_publishes_and_serves_no_page(url: str, topics: PreparedTopics) -> None:
    pool = await open_pool(url, application_name="test")
    with running(environment_for(url, topics.bootstrap, topics.prefix), "worker") as service:
        seconds = await service.until_answers("/health/ready")
        assert await service.status("/any/page") == 404
        for number in range(20):
            async with transaction(pool) as db:
                await append_events(db, [opened(f"18{number % 4:04d}A") for _ in range(10)])

        async def outbox_is_empty() -> bool:
            return not await pool.fetchval("select exists (select from event_outbox)")

        await until(outbox_is_empty)
        code, stop_seconds = await service.terminate()
    await pool.close()
    records = [record for _, record in await read_topics(topics.bootstrap, [REVIEW], topics.prefix)]
    show(ready_seconds=round(seconds, 2), stop_seconds=round(stop_seconds, 2), sent=200, records=len(records))
    assert (code, len(records), order_violations(records)) == (0, 200, 0)
    assert stop_seconds < LONGEST_STOP_SECONDS


async def test_a_broker_that_comes_later_makes_the_worker_parts_ready(url: str, topics: PreparedTopics) -> None:
    port = choose_ports(["review"])["review"]
    environment = environment_for(url, f"127.0.0.1:{port}", topics.prefix, SMALL_SERVICE_BROKER_SECONDS="1")
    with running(environment, "all") as service:
        await service.until_answers("/health/ready")
        assert await service.status("/health/ready?role=worker") == 503
        async with door_to(topics.bootstrap, port):
            seconds = await service.until_answers("/health/ready?role=worker")
        show(seconds_until_worker_ready=round(seconds, 2))


async def test_a_database_that_goes_makes_pages_unready_and_comes_back(url: str, postgres_dsn: str) -> None:
    name = url.rpartition("/")[2].partition("?")[0]
    admin = await asyncpg.connect(postgres_dsn)
    with running(environment_for(url, UNUSED_PORT), "web") as service:
        await service.until_answers("/health/ready")
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        await service.until_answers("/health/ready", 503)
        assert await service.status("/health/live") == 200
        await admin.execute(f'alter database "{name}" allow_connections true')
        healed = await service.until_answers("/health/ready")
    await admin.close()
    show(healed_seconds=round(healed, 2))


async def test_a_port_in_use_is_said_in_one_line(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, error = await ends(environment_for(url, UNUSED_PORT, NSS_REVIEW_PORT=str(port)), "--role", "web")
    assert code == 1
    assert error == (
        f"review: cannot listen on 127.0.0.1 port {port} (Address already in use): "
        "stop what uses it or set NSS_REVIEW_PORT"
    )


async def test_a_database_behind_is_refused_until_migrated(postgres_dsn: str) -> None:
    name = f"nss_test_behind_{secrets.token_hex(5)}"
    url = with_database(postgres_dsn, name)
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f'create database "{name}"')
    try:
        code, error = await ends(environment_for(url, UNUSED_PORT), "--role", "web")
        assert code == 1
        assert error.startswith("review: the database lacks ")
        assert error.endswith("first 0001_create_event_tables.sql: run nss migrate, then start again")
        assert await ends(environment_for(url, UNUSED_PORT), "--migrate") == (0, "")
        with running(environment_for(url, UNUSED_PORT), "web") as service:
            await service.until_answers("/health/ready")
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


async def test_a_database_that_does_not_exist_is_said_without_the_password() -> None:
    nowhere = environment_for(
        "postgresql://who:sekrit@127.0.0.1:9/nowhere", UNUSED_PORT, SMALL_SERVICE_DATABASE_SECONDS="1"
    )
    code, error = await ends(nowhere, "--migrate")
    assert code == 1
    assert error.startswith("review: database nowhere at 127.0.0.1:9 as who did not answer within 1 s")
    assert "sekrit" not in error


async def test_log_lines_are_json_with_the_service_in_each(url: str) -> None:
    with ExitStack() as closing:
        service = closing.enter_context(running(environment_for(url, UNUSED_PORT), "web"))
        await service.until_answers("/health/ready")
        service.process.send_signal(signal.SIGTERM)
        _, out, error = await asyncio.to_thread(service.end)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines] == ["started", "stopped"]
    assert {line["service"] for line in lines} == {"review"}
    assert error == ""


@asynccontextmanager
async def door_to(address: str, port: int) -> AsyncIterator[None]:
    """A port that leads to the broker while open; the broker then tells clients its own address."""
    host, _, behind = address.rpartition(":")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_broker = await asyncio.open_connection(host, int(behind))
        await asyncio.gather(pump(reader, to_broker[1]), pump(to_broker[0], writer))

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.close()

    server = await asyncio.start_server(carry, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
