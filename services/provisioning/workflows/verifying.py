"""Comparing the ledger with nss.mailbox.v1, the books outside the database; a ledger that is behind issues nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from services.provisioning import store
from services.provisioning.domain.book_comparison import BookFault, BookFinding, compare_line
from services.provisioning.domain.books import Books
from shared.contracts.decoding import ContractError, ReceivedRecord, decode_record
from shared.contracts.envelope import Event
from shared.contracts.topics import MAILBOX
from shared.kernel.identifiers import MailboxId
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.logs import get_log
from shared.runtime.topic_reader import TopicReader, TopicStretch

SERVICE = "provisioning"
COMPARED_AT_ONCE = 5000
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
    audit_years: int = 7
    """How long the audit is kept; the database refuses to let go of anything younger than seven years."""


@dataclass(slots=True)
class TopicContent:
    """What was read of the topic: the highest number per subject, and the books where they were asked for."""

    sequences: dict[str, int] = field(default_factory=dict)
    books: Books = field(default_factory=Books)
    events: int = 0

    def number(self, event: Event) -> bool:  # type: ignore[type-arg]
        """Note the event's number; false for one that came before, which the relay may send twice."""
        if event.sequence is None or event.sequence <= self.sequences.get(event.subject, 0):
            return False
        self.sequences[event.subject] = event.sequence
        self.events += 1
        return True


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The outcome of a whole comparison; at most a hundred findings."""

    events: int
    mailboxes: int
    is_current: bool
    findings: tuple[BookFinding, ...]


async def watch_ledger(keeping: BookKeeping) -> int:
    """Compare what has been published since the last look, and decide whether this process may issue.

    Events whose numbers the database has never given were published by a database that was newer: this one has been
    restored. Raises KafkaUnreachable and TimeoutError, and then decides nothing. Returns 0: a look has no rest.
    """
    async with keeping.pool.acquire() as db:
        checkpoints = await store.find_checkpoints(db)
    async with keeping.reader.read(MAILBOX, checkpoints) as stretch:
        content = await _numbers(stretch)
        cut = [partition for partition, offset in checkpoints.items() if stretch.end.get(partition, 0) < offset]
    if cut:
        get_log().error("the topic is shorter than it was: republish it from the outbox's archive", partitions=cut)
    async with transaction(keeping.pool) as db:
        behind = await store.find_subjects_behind(db, content.sequences)
        if not behind:
            await store.upsert_checkpoints(db, stretch.end)
        await _conclude(db, keeping, [BookFinding(BookFault.BEHIND, subject) for subject in behind])
    return 0


async def verify_ledger(keeping: BookKeeping) -> LedgerReport:
    """Compare the whole ledger with the whole topic. Raises KafkaUnreachable, TimeoutError."""
    content = await read_books(keeping)
    async with transaction(keeping.pool) as db:
        findings = await compare(db, content)
        await _conclude(db, keeping, findings)
    return LedgerReport(content.events, len(content.books.lines), not findings, tuple(findings[:MOST_FINDINGS]))


async def read_books(keeping: BookKeeping) -> TopicContent:
    """Everything that the topic says. Raises KafkaUnreachable, TimeoutError."""
    content = TopicContent()
    async with keeping.reader.read(MAILBOX, {}) as stretch:
        async for records in stretch.batches:
            for event in _events(records):
                if content.number(event):
                    content.books.read(event)
    return content


async def compare(db: Connection, content: TopicContent) -> list[BookFinding]:
    """Every disagreement. Read after the topic, a ledger in order holds at least what the topic says."""
    findings = [
        BookFinding(BookFault.BEHIND, subject) for subject in await store.find_subjects_behind(db, content.sequences)
    ]
    findings += await _compare_lines(db, content.books)
    unpublished = await store.find_unpublished(db, MOST_FINDINGS, list(content.books.lines))
    return findings + [BookFinding(BookFault.UNPUBLISHED, mailbox_id) for mailbox_id in unpublished]


async def _compare_lines(db: Connection, books: Books) -> list[BookFinding]:
    findings: list[BookFinding] = []
    ids: Sequence[MailboxId] = list(books.lines)
    for start in range(0, len(ids), COMPARED_AT_ONCE):
        part = ids[start : start + COMPARED_AT_ONCE]
        rows = await store.find_rows_of_mailboxes(db, part)
        faults = {mailbox_id: compare_line(books.lines[mailbox_id], rows.get(mailbox_id)) for mailbox_id in part}
        findings += [BookFinding(fault, mailbox_id) for mailbox_id, fault in faults.items() if fault is not None]
    return findings


async def _conclude(db: Connection, keeping: BookKeeping, findings: Sequence[BookFinding]) -> None:
    """Remember the outcome, for every process's eyes; this one may issue from now on, or may not."""
    kept: list[Mapping[str, str]] = [
        {"fault": finding.fault.value, "subject": finding.subject} for finding in findings[:MOST_FINDINGS]
    ]
    await store.upsert_ledger_check(db, not findings, kept, keeping.clock.now())
    if findings and keeping.watch.is_current:
        get_log().error("the ledger is not current: nothing is issued until it is repaired", findings=len(findings))
    keeping.watch.conclude(not findings)
    metrics.LEDGER_CURRENT.labels(SERVICE).set(int(not findings))
    metrics.LEDGER_FINDINGS.labels(SERVICE).set(len(findings))


async def _numbers(stretch: TopicStretch) -> TopicContent:
    content = TopicContent()
    async for records in stretch.batches:
        for event in _events(records):
            content.number(event)
    return content


def _events(records: Sequence[ReceivedRecord]) -> list[Event]:  # type: ignore[type-arg]
    """The readable events; what is not ours to read tells nothing of an ID."""
    events = []
    for record in records:
        try:
            decoded = decode_record(record, MAILBOX)
        except ContractError:
            get_log().error("unreadable record in the topic", partition=record.partition, offset=record.offset)
            continue
        if isinstance(decoded, Event):
            events.append(decoded)
    return events
