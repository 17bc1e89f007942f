"""A database restored from a backup: noticed at once, nothing issued, and repaired from the topic (F29)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import asyncpg
import pytest

from deploy.local.databases import with_database
from services.provisioning import workflows
from services.provisioning.domain.book_comparison import BookFault, BookFinding
from services.provisioning.messaging import build_router
from services.provisioning.vault import DirectoryKeyStore
from services.provisioning.workflows import BookKeeping, LedgerNotCurrent, LedgerWatch
from shared.contracts.envelope import Event
from shared.contracts.event_data import ApplicationKind
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.identifiers import ReceiptNumber, receipt_number
from shared.kernel.local_time import TOKYO
from shared.runtime.database import open_pool
from tests.builders import OPENING_MAILBOX, FixedClock, a_contract, a_schedule, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning, issuing_tools
from tests.component.provisioning.topic_of_outbox import KeptTopics
from tests.conftest import CreateDatabase

OPERATOR = "ops-1"
LEDGER = """
    select mailbox_id, kind, cause, receipt_number, line, status, active_from, abolition_receipt_number, abolished_on,
        end_cause, content_erasable_from
    from mailboxes order by mailbox_id
"""
ISSUES = "select receipt_number, kind, start_date, viewable_until, started_at is null, voided_at is null from issues"


@dataclass
class Restorable:
    """A provisioning service whose database can be copied and taken back to the copy."""

    dsn: str
    name: str
    keys: Path
    topics: KeptTopics
    clock: FixedClock
    service: Provisioning

    @property
    def keeping(self) -> BookKeeping:
        """What comparing and repairing need."""
        return BookKeeping(self.service.pool, self.clock, self.topics, self.service.tools.watch)

    async def copy(self, source: str, target: str) -> None:
        """Stop, copy a database over another, start."""
        await self.topics.take_over(self.service.pool)
        await self.service.pool.close()
        admin = await asyncpg.connect(self.dsn)
        try:
            await admin.execute(f'drop database if exists "{target}" with (force)')
            await admin.execute(f'create database "{target}" template "{source}"')
        finally:
            await admin.close()
        self.service = await opened(with_database(self.dsn, self.name), self.clock, self.keys)

    async def backup(self) -> None:
        """Take a copy, and go on."""
        await self.copy(self.name, f"{self.name}_backup")
        await self.looked()

    async def restore(self) -> None:
        """Lose everything since the backup, but for the topics."""
        await self.copy(f"{self.name}_backup", self.name)

    async def looked(self) -> bool:
        """Whether the ledger is found to be current."""
        await workflows.watch_ledger(self.keeping)
        return self.service.tools.watch.is_current


async def opened(url: str, clock: FixedClock, keys: Path) -> Provisioning:
    """The service on the database as it is: nothing has been compared yet."""
    tools = replace(issuing_tools(clock, DirectoryKeyStore(keys)), watch=LedgerWatch())
    return Provisioning(await open_pool(url, application_name="test"), clock, keys, tools)


@pytest.fixture
async def world(service_database: CreateDatabase, postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Restorable]:
    """NAC001 with NAC00101, the calendar, and NAC00102 issued before the backup."""
    url = await service_database("provisioning")
    clock = FixedClock()
    key_directory = tmp_path / "keys"
    key_directory.mkdir(mode=0o700)
    name = url.rpartition("/")[2]
    world = Restorable(postgres_dsn, name, key_directory, KeptTopics(), clock, await opened(url, clock, key_directory))
    await world.looked()
    await world.service.publish_contracts(a_contract())
    await world.service.publish_schedules(a_schedule())
    await world.service.approve(approval(1))
    await world.backup()
    yield world
    await world.service.pool.close()
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f'drop database if exists "{world.name}_backup" with (force)')
    await admin.close()


def number(serial: int) -> ReceiptNumber:
    return receipt_number(2018, serial)


def approval(serial: int, **fields: object) -> Event[ApplicationApproved]:
    return an_event(an_approval(receipt_number=number(serial), **fields))


Act = Callable[[Restorable], Awaitable[None]]


async def issue(world: Restorable) -> None:
    await world.service.approve(approval(2, add_smtp_pop3=2, add_edifact=1))


async def issue_and_void(world: Restorable) -> None:
    await issue(world)
    await world.service.void(number(2))


async def void_what_was_issued_before(world: Restorable) -> None:
    await world.service.void(number(1))


async def start_and_abolish(world: Restorable) -> None:
    await world.service.approve(approval(3, add_smtp_pop3=0, abolish=[OPENING_MAILBOX]))
    world.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    assert await workflows.start_services(world.service.timetable) == 2


async def move(world: Restorable) -> None:
    await world.service.move(number(1), date(2018, 11, 15))


async def close_the_office(world: Restorable) -> None:
    await issue(world)
    await world.service.publish_contracts(a_contract(contract_version=2, closed_on=world.clock.now().date()))
    assert await workflows.close_offices(world.service.timetable) == 1


LOST = [issue, issue_and_void, void_what_was_issued_before, start_and_abolish, move, close_the_office]


@pytest.mark.parametrize("act", LOST)
async def test_a_restored_ledger_issues_nothing_until_a_repair_has_brought_back_what_the_topic_says(
    world: Restorable, act: Act
) -> None:
    await act(world)
    before = await world.service.rows(LEDGER), sorted(await world.service.rows(ISSUES))
    await world.restore()
    assert not await world.looked()
    with pytest.raises(LedgerNotCurrent):
        await world.service.approve(approval(9))
    assert await world.service.rows("select is_current from ledger_checks") == [(False,)]
    report = await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    assert report.left == ()
    assert (await world.service.rows(LEDGER), sorted(await world.service.rows(ISSUES))) == before
    assert world.service.tools.watch.is_current
    assert await world.looked()


async def test_after_a_repair_no_number_and_no_sequence_is_used_twice(world: Restorable) -> None:
    await issue(world)
    await world.restore()
    await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    await world.service.approve(approval(4))
    assert [row[0] for row in await world.service.rows(LEDGER)][-1] == "NAC00106"
    await world.service.approve(approval(2))
    await world.service.void(number(2))
    await world.topics.take_over(world.service.pool)
    numbers = [
        (headers["ce_subject"], headers["ce_sequence"])
        for record in world.topics.records["nss.mailbox.v1"]
        for headers in [dict(record.headers)]
    ]
    assert len(numbers) == len(set(numbers))
    assert await world.looked()


async def test_mailboxes_whose_password_is_lost_are_named_and_can_get_a_new_one(world: Restorable) -> None:
    await issue(world)
    await world.restore()
    report = await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    assert report.without_password == ("NAC00103", "NAC00104", "NAC00105")
    reissue = an_approval(
        receipt_number=number(5), kind=ApplicationKind.PASSWORD_REISSUE, reissue=["NAC00103"], add_smtp_pop3=0,
        requested_start_date=None, confirmed_start_date=None,
    )  # fmt: skip
    assert await world.service.approve(an_event(reissue)) == []
    assert len(await world.service.read_passwords(number(5))) == 1


async def test_a_password_that_was_reissued_after_the_backup_does_not_come_back_to_life(world: Restorable) -> None:
    world.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    await workflows.start_services(world.service.timetable)
    await world.backup()
    reissue = an_approval(
        receipt_number=number(5), kind=ApplicationKind.PASSWORD_REISSUE, reissue=["NAC00102"], add_smtp_pop3=0,
        requested_start_date=None, confirmed_start_date=None,
    )  # fmt: skip
    await world.service.approve(an_event(reissue))
    await world.restore()
    assert await world.service.rows("select count(*) from mail_server_logins") == [(1,)]
    report = await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    assert report.without_password == ("NAC00102",)
    assert await world.service.rows("select count(*) from mail_server_logins") == [(0,)]


async def test_approvals_that_the_restored_database_forgot_are_queued_to_be_handled(world: Restorable) -> None:
    world.topics.add(approval(7), approval(8), an_event(a_contract()), an_event(a_schedule(), key="schedule"))
    router = build_router(world.service.tools)
    planned = await workflows.plan_repair(world.keeping, router)
    report = await workflows.repair_ledger(world.keeping, router, OPERATOR)
    assert planned.missed_events == report.missed_events == 4
    again = await workflows.repair_ledger(world.keeping, router, OPERATOR)
    assert again.missed_events == 0
    held = await world.service.rows("select subject, reason from held_events where topic = 'nss.review.v1' order by 1")
    assert held == [(number(7), "behind"), (number(8), "behind")]


async def test_a_plan_names_what_a_repair_does_and_changes_nothing(world: Restorable) -> None:
    await issue(world)
    await world.restore()
    before = await world.service.rows(LEDGER)
    plan = await workflows.plan_repair(world.keeping, build_router(world.service.tools))
    assert await world.service.rows(LEDGER) == before
    report = await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    assert replace(plan, left=()) == report


async def test_a_ledger_in_order_is_read_from_its_checkpoint_on(world: Restorable) -> None:
    await issue(world)
    await world.topics.take_over(world.service.pool)
    assert await world.looked()
    assert await world.looked()
    assert world.topics.read_from[-1] == len(world.topics.records["nss.mailbox.v1"])


async def test_a_whole_comparison_finds_a_row_that_was_changed_by_hand(world: Restorable) -> None:
    assert (await workflows.verify_ledger(world.keeping)).findings == ()
    await world.service.pool.execute(
        "update mailboxes set status = 'void', ended_at = changed_at, end_cause = 'voided_before_start'"
        " where mailbox_id = 'NAC00102'"
    )
    report = await workflows.verify_ledger(world.keeping)
    assert report.findings == (BookFinding(BookFault.CONTRADICTS, "NAC00102"),)
    assert not world.service.tools.watch.is_current


async def test_an_issued_id_of_which_the_topic_lost_every_word_is_found(world: Restorable) -> None:
    world.topics.records["nss.mailbox.v1"].clear()
    report = await workflows.verify_ledger(world.keeping)
    assert report.findings == (BookFinding(BookFault.UNPUBLISHED, "NAC00102"),)


async def test_the_repair_itself_is_in_the_audit(world: Restorable) -> None:
    await issue(world)
    await world.restore()
    await workflows.repair_ledger(world.keeping, build_router(world.service.tools), OPERATOR)
    assert await world.service.rows("select subject from audit_entries where action = 'ledger.repaired'") == [
        (OPERATOR,)
    ]
    changes = await world.service.rows("select distinct subject from audit_entries where action = 'mailbox.repaired'")
    assert len(changes) == 3
