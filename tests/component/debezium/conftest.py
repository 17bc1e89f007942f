"""Kafka Connect takes seconds to start: once for the folder."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.debezium_ground import DebeziumGround, Outbox, debezium_ground


@pytest.fixture(scope="session")
def ground() -> Iterator[DebeziumGround]:
    """Kafka, PostgreSQL and Kafka Connect."""
    with debezium_ground() as started:
        yield started


@pytest.fixture
async def outbox(ground: DebeziumGround) -> AsyncIterator[Outbox]:
    """Review's, empty, with neither slot nor connector."""
    async with ground.outbox() as fresh:
        yield fresh
