"""Parts for tests of outbox, relay and service: numbered events, settings, processes, and what the log shows."""

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.contracts.envelope import Event
from shared.contracts.review_events import ReviewOpened
from shared.runtime.ids import new_uuid7
from shared.runtime.settings import ServiceSettings
from tests.builders import NOW

UNUSED_PORT = "127.0.0.1:9"


class ReviewSettings(ServiceSettings):
    """Settings of review without its own files."""

    model_config = SettingsConfigDict(env_prefix="NSS_REVIEW_")


def settings_for(url: str, bootstrap: str, prefix: str = "", **fields: Any) -> ReviewSettings:
    """Settings that point at a test's own database and topics."""
    given: dict[str, Any] = {
        "database_url": SecretStr(url),
        "relay_database_url": SecretStr(url),
        "kafka_bootstrap": bootstrap,
        "topic_prefix": prefix,
        "environment": "test",
        "port": 0,
    }
    return ReviewSettings(**(given | fields))


def environment_for(url: str, bootstrap: str, prefix: str = "", **more: str) -> dict[str, str]:
    """The same as a process's environment, without the variables of this test run."""
    plain = {name: text for name, text in os.environ.items() if not name.startswith("NSS_")}
    ours = {
        "NSS_ENVIRONMENT": "test",
        "NSS_KAFKA_BOOTSTRAP": bootstrap,
        "NSS_TOPIC_PREFIX": prefix,
        "NSS_REVIEW_DATABASE_URL": url,
        "NSS_REVIEW_RELAY_DATABASE_URL": url,
        "NSS_REVIEW_PORT": "0",
        "PYTHONPATH": str(Path.cwd()),
        "PYTHONUNBUFFERED": "1",
    }
    return plain | ours | more


def start_python(module: str, *arguments: str, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A Python process whose output can be read."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def opened(receipt_number: str, key: str = "NAC001", event_id: UUID | None = None) -> Event[ReviewOpened]:
    """A small event of an application, not numbered yet."""
    data = ReviewOpened(receipt_number=receipt_number, revision=1, opened_at=NOW)
    return Event(
        data=data,
        id=event_id or new_uuid7(),
        key=key,
        subject=receipt_number,
        time=NOW,
        correlation_id=receipt_number,
    )


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 60.0) -> None:
    """Wait for what no event announces, a bounded time."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


def header(record: Any, name: str) -> str:
    """One header's text."""
    return str(dict(record.headers)[name].decode())


def first_sequences(records: Iterable[Any]) -> dict[str, list[int]]:
    """Per subject the sequence numbers in the order the log first shows them; a repeated one counts once."""
    seen: dict[str, dict[int, None]] = defaultdict(dict)
    for record in records:
        seen[header(record, "ce_subject")].setdefault(int(header(record, "ce_sequence")))
    return {subject: list(numbers) for subject, numbers in seen.items()}


def order_violations(records: Iterable[Any]) -> int:
    """How many subjects do not begin at 1 and rise by one."""
    return sum(numbers != list(range(1, len(numbers) + 1)) for numbers in first_sequences(records).values())


def duplicates(records: Sequence[Any]) -> int:
    """How many records repeat an earlier event."""
    return len(records) - len({header(record, "ce_id") for record in records})


def show(**counts: int | float) -> None:
    """Print what a test counted: sent, effects, duplicates, violations."""
    sys.stdout.write(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()) + "\n")
