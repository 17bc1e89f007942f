"""The contract register: what operators publish, and what an office sees of its own contract."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake import store
from services.intake.domain.mailboxes import MailboxState, OfficeMailbox
from services.intake.domain.office_facts import FormRules, OfficeFacts
from services.intake.domain.register import RegisterFile, RegisterProblem
from services.intake.domain.register_changes import (
    ContractChange,
    RegisterOutcome,
    contract_change,
    contract_changes,
    opening_problems,
)
from services.intake.domain.sister_offices import offices_to_apply_for
from services.intake.domain.timeline import MAILBOX_FACTS
from services.intake.workflows.office_facts import load_form_facts
from services.intake.workflows.refusals import ContractChangedMeanwhile, NotFound, OfficeNotRegistered
from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId

REPUBLISHED_AFTER = timedelta(days=7)
REPUBLISHED_AT_ONCE = 100
CONTRACTS_LISTED = 200

Edit = Callable[[ContractPublished], ContractPublished]
"""What a contract becomes."""


class RegisterRefused(RuntimeError):
    """What is stored forbids what the register says; nothing was written."""

    def __init__(self, problems: Sequence[RegisterProblem]) -> None:
        super().__init__("the register contradicts what is stored")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ContractView:
    """An office's contract and its mailboxes with their state today."""

    contract: ContractPublished
    mailboxes: Sequence[tuple[OfficeMailbox, MailboxState]]
    as_of: datetime
    """Of the newest fact in the list of mailboxes, which follows provisioning's events."""


async def publish_contract(pool: Pool, register: ContractPublished, now: datetime, new_id: NewId) -> ContractPublished:
    """Store one office's contract under the next version and publish it; unchanged content keeps its version."""
    async with transaction(pool) as db:
        change = contract_change(await store.lock_contract(db, register.office_code), register)
        await write_changes(db, [change], now, new_id)
    return change.contract


async def change_contract(
    db: Connection,
    office_code: str,
    edit: Callable[[ContractPublished], ContractPublished],
    now: datetime,
    new_id: NewId,
) -> ContractPublished:
    """Publish the office's contract as edited, its row locked meanwhile. Raises OfficeNotRegistered."""
    stored = await store.lock_contract(db, office_code)
    if stored is None:
        raise OfficeNotRegistered(office_code)
    change = contract_change(stored, edit(stored))
    await write_changes(db, [change], now, new_id)
    return change.contract


async def preview_register(pool: Pool, register: RegisterFile) -> Sequence[ContractChange]:
    """What importing the register would change. Raises RegisterRefused."""
    async with transaction(pool) as db:
        return await _changes(db, register)


async def import_register(pool: Pool, register: RegisterFile, now: datetime, new_id: NewId) -> Sequence[ContractChange]:
    """Publish what the register changes, all of it or nothing. Raises RegisterRefused and ContractChangedMeanwhile."""
    async with transaction(pool) as db:
        changes = await _changes(db, register)
        await write_changes(db, changes, now, new_id)
    return changes


async def write_changes(db: Connection, changes: Sequence[ContractChange], now: datetime, new_id: NewId) -> None:
    """Store and publish the contracts that differ. Raises ContractChangedMeanwhile."""
    written = [change.contract for change in changes if change.outcome is not RegisterOutcome.UNCHANGED]
    for contract in written:
        if not await store.upsert_contract(db, contract, now):
            raise ContractChangedMeanwhile
    await store.insert_mailboxes(db, [box for contract in written for box in _opening_mailboxes(contract)])
    await append_events(db, [_published(contract, now, new_id) for contract in written])


async def republish_contracts(pool: Pool, now: datetime, new_id: NewId) -> int:
    """Send again what was last sent a week ago, so that the compacted topic can be rebuilt from itself; how many."""
    async with transaction(pool) as db:
        contracts = await store.claim_contracts_to_republish(db, now - REPUBLISHED_AFTER, REPUBLISHED_AT_ONCE)
        await store.mark_republished(db, [contract.office_code for contract in contracts], now)
        in_order = sorted(contracts, key=lambda contract: contract.office_code)
        await append_events(db, [_published(contract, now, new_id) for contract in in_order])
    return len(contracts)


async def list_contracts(pool: Pool, after: str) -> Sequence[ContractPublished]:
    """Contracts by office code, a page of those behind `after`."""
    async with pool.acquire() as db:
        return await store.list_contracts(db, after, CONTRACTS_LISTED)


async def view_contract(pool: Pool, office_code: str, now: datetime) -> ContractView:
    """The office's own contract (S3, B2). Raises OfficeNotRegistered."""
    async with pool.acquire() as db:
        facts = await load_facts(db, office_code, now)
        as_of = await store.find_mailboxes_as_of(db, office_code, sorted(MAILBOX_FACTS))
    return ContractView(facts.contract, [(box, box.state_on(facts.today)) for box in facts.mailboxes], as_of)


async def view_contract_of(pool: Pool, caller: str, office_code: str, now: datetime) -> ContractView:
    """The contract of the caller or of an office it may apply for. Raises NotFound for any other, known or not."""
    async with pool.acquire() as db:
        own = await store.find_contract(db, caller)
    if own is None or office_code not in offices_to_apply_for(own):
        raise NotFound(office_code)
    return await view_contract(pool, office_code, now)


async def load_facts(db: Connection, office_code: str, now: datetime) -> OfficeFacts:
    """What the register says about the office today. Raises OfficeNotRegistered."""
    return await load_form_facts(db, office_code, office_code, FormRules(), now)


async def keep_schedules(db: Connection, events: Sequence[Event[SchedulePublished]]) -> None:
    """Remember the newest schedule; an older version is ignored."""
    newest = max((event.data for event in events), key=lambda schedule: schedule.schedule_version)
    await store.upsert_schedule(db, newest)


async def restore_contract(db: Connection, event: Event[ContractPublished]) -> None:
    """Take a version that was published before the database was restored; an older one, or the same, is known."""
    await store.upsert_contract(db, event.data, event.time)
    await store.insert_mailboxes(db, _opening_mailboxes(event.data))


async def _changes(db: Connection, register: RegisterFile) -> Sequence[ContractChange]:
    companies = sorted({contract.company_abbreviation for contract in register.contracts})
    stored = await store.lock_contracts_of_companies(db, companies)
    if problems := opening_problems(stored, register.contracts):
        raise RegisterRefused(problems)
    return contract_changes(stored, register.contracts)


def _published(contract: ContractPublished, now: datetime, new_id: NewId) -> Event[ContractPublished]:
    return new_event(contract, event_id=new_id(), key=contract.office_code, now=now)


def _opening_mailboxes(contract: ContractPublished) -> list[OfficeMailbox]:
    return [
        OfficeMailbox(box.mailbox_id, contract.office_code, box.kind, box.active_from)
        for box in contract.opening_mailboxes
    ]
