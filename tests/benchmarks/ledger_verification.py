"""What comparing the whole ledger with its topic takes: seconds, and memory beyond what the process had before.

`python -m tests.benchmarks.ledger_verification [--records N] [--part N]`. The records come from
a reader that makes them up; the ledger has a row for every ID they tell of.
"""

import argparse
import asyncio
import json
import resource
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context

from deploy.local.databases import migrations_of, with_database
from deploy.local.postgres import NAME as POSTGRES
from services.provisioning import workflows
from services.provisioning.workflows import BookKeeping, LedgerWatch
from services.provisioning.workflows.topic_parts import PART_RECORDS
from shared.contracts.envelope import to_record
from shared.contracts.provisioning_events import NoticeViewed, WindowClosed
from shared.contracts.topics import Topic
from shared.kernel.identifiers import OfficeCode, receipt_number
from shared.runtime.clock import SystemClock
from shared.runtime.database import open_connection, open_pool
from shared.runtime.migrations import apply_migrations
from shared.runtime.topic_reader import TopicStretch
from tests.benchmarks.servers import servers
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    RECEIPT,
    an_event,
    mailboxes_issued,
    service_started,
    window_closing,
)
from tests.sql import execute

RECORDS = 200_000
PARTITIONS = 6
PER_OFFICE = 50
BATCH = 500
LIFE = (
    mailboxes_issued(),
    NoticeViewed(receipt_number=RECEIPT, viewed_at=NOW, first_time=True),
    service_started(),
    window_closing(),
    WindowClosed(receipt_number=RECEIPT, closed_at=NOW, ever_viewed=True),
)
"""What the topic tells of one application with one mailbox."""

SEED = """
with applications as (
    select * from unnest($1::text[], $2::smallint[], $3::text[]) as given (office, serial, receipt)
), known as (
    insert into offices (office_code, contract_version, company_abbreviation, system_class, customs, billing_code,
        highest_serial)
    select office, 1, left(office, 3), 'common', '', '', max(serial) from applications group by office
), numbered as (
    insert into event_sequences (subject, last_sequence) select receipt, $4 from applications
)
insert into mailboxes (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from,
    entered_at, started_at, change, changed_at)
select office || lpad(serial::text, 2, '0'), office, serial, 'smtp_pop3', 'issued', receipt, 1, 'active', '2018-11-01',
    '2018-10-24', '2018-11-01', 'started', $5
from applications
"""


@dataclass(frozen=True, slots=True)
class MadeUpRecord:
    """One record at its place."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class MadeUpTopic:
    """nss.mailbox.v1 as it were after so many applications; nothing of it is kept."""

    applications: int

    def place(self, number: int) -> tuple[OfficeCode, int]:
        """Office and serial of the application's mailbox."""
        office, serial = divmod(number, PER_OFFICE)
        return OfficeCode(f"A{office // 1000:02X}{office % 1000:03d}"), serial + 1

    def of_partition(self, partition: int) -> range:
        """The applications whose offices fall to it."""
        return range(self.applications)[partition * PER_OFFICE :: PARTITIONS * PER_OFFICE]

    def length(self, partition: int) -> int:
        """How many records it has."""
        return sum(1 for _ in self._numbers(partition)) * len(LIFE)

    @asynccontextmanager
    async def read(
        self, _topic: Topic, start: Mapping[int, int], *, only: int | None = None
    ) -> AsyncIterator[TopicStretch]:
        """As the broker's reader."""
        chosen = [each for each in range(PARTITIONS) if only in (None, each)]
        ends = {partition: self.length(partition) for partition in chosen}

        async def batches() -> AsyncIterator[Sequence[MadeUpRecord]]:
            for partition in chosen:
                for batch in self._batches(partition, start.get(partition, 0)):
                    yield batch

        yield TopicStretch({each: start.get(each, 0) for each in chosen}, ends, batches())

    def _numbers(self, partition: int) -> Iterator[int]:
        for first in self.of_partition(partition):
            yield from range(first, min(first + PER_OFFICE, self.applications))

    def _batches(self, partition: int, start: int) -> Iterator[Sequence[MadeUpRecord]]:
        batch: list[MadeUpRecord] = []
        offset = 0
        for number in self._numbers(partition):
            for record in _life(partition, offset, receipt_number(2018, number + 1), *self.place(number)):
                offset += 1
                batch += [record] if record.offset >= start else []
            if len(batch) >= BATCH:
                yield batch
                batch = []
        yield batch


def _templates() -> Sequence[tuple[bytes, Sequence[tuple[str, bytes]]]]:
    records = [to_record(an_event(data, sequence=place)) for place, data in enumerate(LIFE, start=1)]
    return [(record.value or b"", list(record.headers)) for record in records]


TEMPLATES = _templates()


def _life(partition: int, offset: int, receipt: str, office: str, serial: int) -> Iterator[MadeUpRecord]:
    number, code, mailbox = receipt.encode(), office.encode(), f"{office}{serial:02d}".encode()

    def told(text: bytes) -> bytes:
        return (
            text.replace(RECEIPT.encode(), number).replace(NEW_MAILBOX.encode(), mailbox).replace(OFFICE.encode(), code)
        )

    for place, (value, headers) in enumerate(TEMPLATES):
        yield MadeUpRecord(partition, offset + place, code, told(value), [(name, told(text)) for name, text in headers])


async def measure(dsn: str, records: int, part_records: int) -> dict[str, float]:
    """One whole comparison. Memory in MiB."""
    topic = MadeUpTopic(records // len(LIFE))
    name = f"nss_bench_verification_{secrets.token_hex(4)}"
    await execute(dsn, f'create database "{name}"')
    url = with_database(dsn, name)
    try:
        await apply_migrations(url, migrations_of("provisioning"))
        # In a process of its own: what filling takes must not hide what comparing takes.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            elsewhere.submit(seed, url, topic).result()
        pool = await open_pool(url, application_name="bench", max_size=2)
        keeping = BookKeeping(pool, SystemClock(), topic, LedgerWatch(), part_records=part_records)
        before, began, worked = _resident_mib(), time.monotonic(), time.process_time()
        report = await workflows.verify_ledger(keeping)
        figures = {
            "records": report.events,
            "part_records": part_records,
            "findings": len(report.findings),
            "seconds": round(time.monotonic() - began, 1),
            "cpu_seconds": round(time.process_time() - worked, 1),
            "peak_growth_mib": round(_resident_mib() - before, 1),
        }
        await pool.close()
    finally:
        await execute(dsn, f'drop database "{name}" with (force)')
    return figures


def seed(url: str, topic: MadeUpTopic) -> None:
    """A row for every ID that the topic tells of."""
    asyncio.run(_fill(url, topic))


async def _fill(url: str, topic: MadeUpTopic) -> None:
    step = 10_000 - 10_000 % PER_OFFICE
    db = await open_connection(url, application_name="bench")
    try:
        await db.execute("set statement_timeout = 0")
        for first in range(0, topic.applications, step):
            numbers = range(first, min(first + step, topic.applications))
            places = [topic.place(number) for number in numbers]
            async with db.transaction():
                # Filling is no part of the measure; the ledger's triggers would take minutes.
                await db.execute("set local session_replication_role = replica")
                await db.execute(
                    SEED,
                    [office for office, _ in places],
                    [serial for _, serial in places],
                    [receipt_number(2018, number + 1) for number in numbers],
                    len(LIFE),
                    datetime.now(UTC),
                    timeout=600,
                )
        await db.execute("analyze", timeout=600)
    finally:
        await db.close()


def _resident_mib() -> float:
    """The most this process has ever had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)


def main() -> None:
    """Measure once, print JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ledger_verification")
    parser.add_argument("--records", type=int, default=RECORDS, help=f"default {RECORDS}")
    parser.add_argument("--part", type=int, default=PART_RECORDS, help=f"records in memory, default {PART_RECORDS}")
    given = parser.parse_args()
    with servers(POSTGRES) as stack:
        print(json.dumps(asyncio.run(measure(stack.state.postgres_dsn, given.records, given.part))))


if __name__ == "__main__":
    main()
