"""Comparing the ledger with nss.mailbox.v1, the books outside the database; a ledger that is behind issues nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from services.provisioning import store
from services.provisioning.domain.book_comparison import BookFault, BookFinding, compare_line
from services.provisioning.domain.books import BookLine, lines_by_office
from services.provisioning.domain.ledger import MailboxCause
from services.provisioning.workflows.topic_parts import (
    PART_RECORDS,
    TopicContent,
    TopicPart,
    events_of,
    find_parts,
    read_part,
)
from shared.contracts.topics import MAILBOX
from shared.kernel.identifiers import OfficeCode
from shared.kernel.retention import AUDIT_YEARS
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.logs import get_log
from shared.runtime.topic_reader import TopicReader, TopicStretch

SERVICE = "provisioning"
SUBJECTS_AT_ONCE = 1000
OFFICES_AT_ONCE = 10
MOST_FINDINGS = 100
FIRST_LOOK_SECONDS = 5.0


class LedgerNotCurrent(OSError):
    """Nothing may be issued: the ledger has not been compared yet, or lacks what the topic says. To be tried again."""


class LedgerWatch:
    """Whether this process has found the ledger to hold everything that was ever published."""

    def __init__(self, *, is_current: bool = False) -> None:
        self.is_current = is_current
        self._looked = asyncio.Event()
        if is_current:
            self._looked.set()

    def conclude(self, is_current: bool) -> None:
        """What a look has found."""
        self.is_current = is_current
        self._looked.set()

    async def first_look(self) -> None:
        """Wait a bounded time for the look that every start begins with; whatever it finds is told elsewhere."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK_SECONDS):
                await self._looked.wait()

    def require_current(self) -> None:
        """Raises LedgerNotCurrent."""
        if not self.is_current:
            raise LedgerNotCurrent("the ledger is behind its topic, or has not been compared yet")


def while_current(watch: LedgerWatch, run: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """A job that rests while the ledger is not current: what it would do may have been done already."""

    async def guarded() -> int:
        return await run() if watch.is_current else 0

    return guarded


@dataclass(frozen=True, slots=True)
class BookKeeping:
    """What keeping the books needs."""

    pool: Pool
    clock: Clock
    reader: TopicReader
    watch: LedgerWatch
    content_grace_days: int = 30
    audit_years: int = AUDIT_YEARS
    """How long the audit is kept; the database refuses to let go of anything younger than seven years."""
    part_records: int = PART_RECORDS
    """About how many records of the topic are in memory at once."""


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The outcome of a whole comparison; at most a hundred findings."""

    events: int
    mailboxes: int
    is_current: bool
    findings: tuple[BookFinding, ...]


@dataclass(slots=True)
class Comparison:
    """What has been compared so far. Findings are counted, and the first hundred kept."""

    events: int = 0
    mailboxes: int = 0
    offices: set[OfficeCode] = field(default_factory=set)
    """Those that the topic tells of."""
    count: int = 0
    findings: list[BookFinding] = field(default_factory=list)

    def find(self, findings: Sequence[BookFinding]) -> None:
        """More disagreements."""
        self.count += len(findings)
        self.findings += findings[: MOST_FINDINGS - len(self.findings)]


async def watch_ledger(keeping: BookKeeping) -> int:
    """Compare what has been published since the last look, and decide whether this process may issue.

    Events whose numbers the database has never given were published by a database that was newer: this one has been
    restored. Raises KafkaUnreachable and TimeoutError, and then decides nothing. Returns 0: a look has no rest.
    """
    found = Comparison()
    async with keeping.pool.acquire() as db:
        checkpoints = await store.find_checkpoints(db)
    async with keeping.reader.read(MAILBOX, checkpoints) as stretch:
        async for sequences in _numbers(stretch):
            async with keeping.pool.acquire() as db:
                found.find(_behind(await store.find_subjects_behind(db, sequences)))
        cut = [partition for partition, offset in checkpoints.items() if stretch.end.get(partition, 0) < offset]
    if cut:
        get_log().error("the topic is shorter than it was: republish it from the outbox's archive", partitions=cut)
    async with transaction(keeping.pool) as db:
        if not found.count:
            await store.upsert_checkpoints(db, stretch.end)
        await _conclude(db, keeping, found)
    return 0


async def verify_ledger(keeping: BookKeeping) -> LedgerReport:
    """Compare the whole ledger with the whole topic. Raises KafkaUnreachable, TimeoutError."""
    found = Comparison()
    for part in await find_parts(keeping.reader, keeping.part_records):
        await _verify_part(keeping, part, found)
    async with transaction(keeping.pool) as db:
        unpublished = await store.find_unpublished_of_others(db, MOST_FINDINGS, sorted(found.offices))
        found.find([BookFinding(BookFault.UNPUBLISHED, mailbox_id) for mailbox_id in unpublished])
        await _conclude(db, keeping, found)
    return LedgerReport(found.events, found.mailboxes, not found.count, tuple(found.findings))


async def _verify_part(keeping: BookKeeping, part: TopicPart, found: Comparison) -> None:
    """What was read goes before the next part is read."""
    content = await read_part(keeping.reader, part)
    async with transaction(keeping.pool) as db:
        found.find(await compare(db, content))
    found.events += content.events
    found.mailboxes += len(content.books.lines)
    found.offices.update(lines_by_office(content.books))


async def compare(db: Connection, content: TopicContent) -> list[BookFinding]:
    """Every disagreement about a part's offices. Read after the topic, a ledger in order holds all that it says."""
    findings: list[BookFinding] = []
    subjects = list(content.sequences.items())
    for start in range(0, len(subjects), SUBJECTS_AT_ONCE):
        sequences = dict(subjects[start : start + SUBJECTS_AT_ONCE])
        findings += _behind(await store.find_subjects_behind(db, sequences))
    by_office = sorted(lines_by_office(content.books).items())
    for start in range(0, len(by_office), OFFICES_AT_ONCE):
        findings += await _compare_offices(db, dict(by_office[start : start + OFFICES_AT_ONCE]))
    return findings


async def _compare_offices(db: Connection, by_office: Mapping[OfficeCode, Sequence[BookLine]]) -> list[BookFinding]:
    rows = await store.find_rows_of_offices(db, list(by_office))
    faults = {
        line.mailbox_id: compare_line(line, rows.get(line.mailbox_id)) for lines in by_office.values() for line in lines
    }
    findings = [BookFinding(fault, mailbox_id) for mailbox_id, fault in faults.items() if fault is not None]
    issued = [row.mailbox_id for row in rows.values() if row.cause is MailboxCause.ISSUED]
    untold = [mailbox_id for mailbox_id in issued if mailbox_id not in faults]
    unpublished = await store.find_unpublished(db, untold)
    return findings + [BookFinding(BookFault.UNPUBLISHED, mailbox_id) for mailbox_id in unpublished]


def _behind(subjects: Sequence[str]) -> list[BookFinding]:
    return [BookFinding(BookFault.BEHIND, subject) for subject in subjects]


async def _conclude(db: Connection, keeping: BookKeeping, found: Comparison) -> None:
    """Remember the outcome, for every process's eyes; this one may issue from now on, or may not."""
    kept: list[Mapping[str, str]] = [
        {"fault": finding.fault.value, "subject": finding.subject} for finding in found.findings
    ]
    await store.upsert_ledger_check(db, not found.count, kept, keeping.clock.now())
    if found.count and keeping.watch.is_current:
        get_log().error("the ledger is not current: nothing is issued until it is repaired", findings=found.count)
    keeping.watch.conclude(not found.count)
    metrics.LEDGER_CURRENT.labels(SERVICE).set(int(not found.count))
    metrics.LEDGER_FINDINGS.labels(SERVICE).set(found.count)


async def _numbers(stretch: TopicStretch) -> AsyncIterator[Mapping[str, int]]:
    """The highest number per subject, of so many subjects at a time; one may come again with a later number."""
    sequences: dict[str, int] = {}
    async for event in events_of(stretch):
        if event.sequence is not None:
            sequences[event.subject] = max(event.sequence, sequences.get(event.subject, 0))
        if len(sequences) >= SUBJECTS_AT_ONCE:
            yield sequences
            sequences = {}
    if sequences:
        yield sequences
