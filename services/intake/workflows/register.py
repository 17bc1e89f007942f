"""The contract register: what operators publish, and what an office sees of its own contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.form import OfficeFacts
from services.intake.domain.mailboxes import MailboxState, OfficeMailbox
from services.intake.workflows.refusals import ContractChangedMeanwhile, OfficeNotRegistered
from shared.contracts.envelope import Event, new_event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class ContractView:
    """An office's contract and its mailboxes with their state today."""

    contract: ContractPublished
    mailboxes: Sequence[tuple[OfficeMailbox, MailboxState]]


async def publish_contract(pool: Pool, register: ContractPublished, now: datetime, new_id: NewId) -> ContractPublished:
    """Store the office's register under the next version and publish it; unchanged content keeps its version."""
    async with transaction(pool) as db:
        stored = await store.lock_contract(db, register.office_code)
        version = stored.contract_version if stored else 0
        if stored == register.model_copy(update={"contract_version": version}):
            return stored
        contract = register.model_copy(update={"contract_version": version + 1})
        if not await store.upsert_contract(db, contract, now):
            raise ContractChangedMeanwhile
        await store.insert_mailboxes(db, _opening_mailboxes(contract))
        await append_events(db, [new_event(contract, event_id=new_id(), key=contract.office_code, now=now)])
    return contract


async def view_contract(pool: Pool, office_code: str, now: datetime) -> ContractView:
    """The office's own contract (S3, B2). Raises OfficeNotRegistered."""
    async with pool.acquire() as db:
        facts = await load_facts(db, office_code, now)
    return ContractView(facts.contract, [(box, box.state_on(facts.today)) for box in facts.mailboxes])


async def load_facts(db: Connection, office_code: str, now: datetime) -> OfficeFacts:
    """What a form of the office is checked against. Raises OfficeNotRegistered."""
    contract = await store.find_contract(db, office_code)
    if contract is None:
        raise OfficeNotRegistered(office_code)
    return OfficeFacts(
        contract=contract,
        mailboxes=await store.list_mailboxes(db, office_code),
        schedule=await store.find_schedule(db),
        today=local_date(now),
    )


async def keep_schedules(db: Connection, events: Sequence[Event[SchedulePublished]]) -> None:
    """Remember the newest schedule; an older version is ignored."""
    newest = max((event.data for event in events), key=lambda schedule: schedule.schedule_version)
    await store.upsert_schedule(db, newest)


def _opening_mailboxes(contract: ContractPublished) -> list[OfficeMailbox]:
    return [
        OfficeMailbox(box.mailbox_id, contract.office_code, box.kind, box.active_from)
        for box in contract.opening_mailboxes
    ]
