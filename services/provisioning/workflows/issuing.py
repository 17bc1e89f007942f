"""Issuing: from approvals to IDs, sealed passwords and one event each, all or nothing per application."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.provisioning import store
from services.provisioning.domain.issuing import (
    Issue,
    OfficeBooks,
    books_after,
    count_of_passwords,
    decide_issue,
    issued_data,
    missing_fact,
)
from services.provisioning.domain.passwords import Credential, MailboxPassword, RandomBelow, new_password
from services.provisioning.vault import KeyStore, MailServerHasher
from services.provisioning.workflows.credentials import NewSecret, keep_secrets
from services.provisioning.workflows.verifying import LedgerWatch
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.provisioning_events import MailboxIssueFailed
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting
from shared.runtime.failpoints import reach
from shared.runtime.ids import NewId

Approval = Event[ApplicationApproved]
Candidates = Mapping[UUID, Sequence[Credential]]
"""Passwords made before the transaction, by the approval's event id; each is used for one mailbox or for none."""
MADE_AT_ONCE = 50
"""Between two such handfuls, the rest of the process gets its turn."""


@dataclass(frozen=True, slots=True)
class IssuingTools:
    """What issuing needs besides the database."""

    clock: Clock
    new_id: NewId
    key_store: KeyStore
    hasher: MailServerHasher
    random_source: RandomBelow
    password_length: int
    content_grace_days: int = 30
    """How long the mail store keeps the content of a mailbox that has ended (E13)."""
    watch: LedgerWatch = field(default_factory=LedgerWatch)
    """Nothing is issued unless it says that the ledger is current."""


@dataclass(slots=True)
class Decisions:
    """What a batch of approvals comes to."""

    waiting: list[Waiting]
    issues: list[tuple[Approval, Issue]]
    failures: list[tuple[Approval, MailboxIssueFailed]]


async def prepare_credentials(tools: IssuingTools, events: Sequence[Approval]) -> Candidates:
    """A password and its hash for every mailbox the approvals ask for: slow, so made before the transaction."""
    await tools.watch.first_look()
    counts = [count_of_passwords(event.data) for event in events]
    passwords = await _new_passwords(tools, sum(counts))
    hashes = await tools.hasher.hash_all(passwords)
    credentials = iter(zip(passwords, hashes, strict=True))
    return {
        event.id: [Credential(*next(credentials)) for _ in range(count)]
        for event, count in zip(events, counts, strict=True)
    }


async def _new_passwords(tools: IssuingTools, count: int) -> Sequence[MailboxPassword]:
    passwords: list[MailboxPassword] = []
    while len(passwords) < count:
        handful = min(MADE_AT_ONCE, count - len(passwords))
        passwords += [new_password(tools.random_source, tools.password_length) for _ in range(handful)]
        await asyncio.sleep(0)
    return passwords


async def issue_mailboxes(
    db: Connection, events: Sequence[Approval], candidates: Candidates, tools: IssuingTools
) -> list[Waiting]:
    """Issue what was approved; returns the approvals that must wait for their office's contract or the calendar.

    Every other approval leads to one event: MailboxesIssued, or MailboxIssueFailed with its reason. An application
    that was issued before gets nothing and no event (E8). Raises KeyStoreUnavailable, with nothing issued.
    """
    office_codes = sorted({event.data.office_code for event in events})
    offices = await store.lock_offices(db, office_codes)
    calendar = await store.find_calendar(db)
    issued_before = await store.find_issued_receipts(db, [event.data.receipt_number for event in events])
    abolishable = await store.find_abolishable_mailboxes(db, office_codes)
    books = {code: OfficeBooks(office, abolishable.get(code, frozenset())) for code, office in offices.items()}

    decisions = _decide(events, books, calendar, issued_before, tools)

    await _write_issues(db, [issue for _, issue in decisions.issues], books)
    await keep_secrets(db, _new_secrets(decisions.issues, candidates), tools.key_store)
    await remember_refusals(db, [failure for _, failure in decisions.failures], tools.clock)
    await append_events(db, _events(decisions, tools))
    reach("provisioning.between-allocation-and-commit")
    return decisions.waiting


async def remember_refusals(db: Connection, failures: Sequence[MailboxIssueFailed], clock: Clock) -> None:
    """Remember for which revisions nothing was issued, so that no older one is; counted by reason."""
    await store.remember_refusals(db, failures, clock.now())
    for failure in failures:
        metrics.ISSUE_FAILURES.labels("provisioning", failure.reason_code.value).inc()


def _decide(
    events: Sequence[Approval],
    books: dict[OfficeCode, OfficeBooks],
    calendar: BusinessCalendar | None,
    issued_before: frozenset[ReceiptNumber],
    tools: IssuingTools,
) -> Decisions:
    """Decide one approval after the other; `books` moves on with each issue, so that two of one office share no ID."""
    decisions = Decisions([], [], [])
    issued = set(issued_before)
    for event in events:
        approval = event.data
        if approval.receipt_number in issued:
            continue
        known = books.get(approval.office_code)
        awaited = missing_fact(approval, known.office if known else None, calendar)
        if awaited is not None or known is None or calendar is None:
            decisions.waiting.append(Waiting(event, awaited or approval.office_code))
            continue
        outcome = decide_issue(approval, known, calendar, tools.clock.now())
        if isinstance(outcome, Issue):
            books[approval.office_code] = books_after(known, outcome)
            issued.add(approval.receipt_number)
            decisions.issues.append((event, outcome))
        else:
            decisions.failures.append((event, outcome))
    return decisions


async def _write_issues(db: Connection, issues: Sequence[Issue], books: Mapping[OfficeCode, OfficeBooks]) -> None:
    if not issues:
        return
    await store.insert_issues(db, issues)
    entries = [entry for issue in issues for entry in issue.entries]
    if entries:
        codes = {entry.office_code for entry in entries}
        await store.update_highest_serials(db, {code: books[code].office.highest_serial for code in codes})
        await store.insert_mailboxes(db, entries)
    if any(issue.abolished for issue in issues):
        await store.plan_abolitions(db, issues)


def _new_secrets(issues: Sequence[tuple[Approval, Issue]], candidates: Candidates) -> list[NewSecret]:
    return [
        NewSecret(entry.mailbox_id, issue.receipt_number, issue.window.viewable_until, credential)
        for event, issue in issues
        if issue.window is not None
        for entry, credential in zip(issue.entries, candidates[event.id], strict=True)
    ]


def _events(decisions: Decisions, tools: IssuingTools) -> list[Event[EventData]]:
    def answer(approval: Approval, data: EventData) -> Event[EventData]:
        return new_event(
            data, event_id=tools.new_id(), key=approval.data.office_code, now=tools.clock.now(), caused_by=approval
        )

    issued = [answer(approval, issued_data(issue)) for approval, issue in decisions.issues]
    return [*issued, *(answer(approval, failure) for approval, failure in decisions.failures)]
