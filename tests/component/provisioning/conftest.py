"""One provisioning service without broker or pages: its database, its key directory and a clock that stands still."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.databases import with_database
from services.provisioning import workflows
from services.provisioning.domain.notice import Visitor
from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.vault import DirectoryKeyStore, KeyStore
from services.provisioning.workflows import IssuingTools, LedgerWatch, NoticeDesk, Timetable
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    SchedulePublished,
    StartDateChanged,
)
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from shared.kernel.local_time import TOKYO
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.event_router import Waiting
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, OFFICE, RECEIPT, START_DATE, FixedClock, a_contract, a_schedule, an_approval, an_event
from tests.component.provisioning.notice_browser import Browser, make_keys, opened_browser
from tests.component.provisioning.roles import Logins, made_logins
from tests.component.provisioning.service_process import A_LONG_TIME, Process
from tests.conftest import PreparedTopics

VISITOR = Visitor(OFFICE, OFFICE)
"""Somebody of the office itself."""

CreateDatabase = Callable[[str], Awaitable[str]]


class InstantHasher:
    """Stands where argon2id would take 23 ms each; the text keeps nothing of the password."""

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """A distinct text per password."""
        return ["{ARGON2ID}$argon2id$" + secrets.token_hex(8) for _ in passwords]


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The service under test, spoken to as the runtime does."""

    pool: Pool
    clock: FixedClock
    key_directory: Path
    tools: IssuingTools

    @property
    def desk(self) -> NoticeDesk:
        """What the ID notice page has."""
        return NoticeDesk(self.pool, self.clock, new_uuid7, self.tools.key_store)

    @property
    def timetable(self) -> Timetable:
        """What the jobs have."""
        return Timetable(self.pool, self.clock, new_uuid7, self.tools.key_store)

    async def publish_contracts(self, *contracts: ContractPublished) -> None:
        """Deliver contracts in one batch."""
        async with transaction(self.pool) as db:
            events = [an_event(each, key=each.office_code) for each in contracts]
            await workflows.register_contracts(db, events, self.clock.now())

    async def publish_schedules(self, *schedules: SchedulePublished) -> None:
        """Deliver schedules in one batch."""
        async with transaction(self.pool) as db:
            await workflows.adopt_calendar(db, [an_event(each, key="schedule") for each in schedules], self.tools)

    async def approve(self, *events: Event[ApplicationApproved], tools: IssuingTools | None = None) -> list[Waiting]:
        """Deliver approvals in one batch, preparing them first."""
        tools = tools or self.tools
        candidates = await workflows.prepare_credentials(tools, events)
        async with transaction(self.pool) as db:
            return await workflows.act_on_approvals(db, events, candidates, tools)

    async def void(self, *numbers: str, office: str = OFFICE) -> None:
        """Deliver that applications were voided, in one batch."""
        voided = [ApplicationVoided(receipt_number=each, voided_at=NOW, reason_code="no_setting") for each in numbers]
        async with transaction(self.pool) as db:
            await workflows.void_mailboxes(db, [an_event(each, key=office) for each in voided], self.tools)

    async def move(self, number: str, new_start_date: date, office: str = OFFICE) -> list[Waiting]:
        """Deliver that an application's start date was changed."""
        change = StartDateChanged(
            receipt_number=number,
            old_start_date=START_DATE,
            new_start_date=new_start_date,
            system_setting_deadline=date(2018, 11, 9),
            note="moved",
        )
        async with transaction(self.pool) as db:
            return await workflows.reschedule_mailboxes(db, [an_event(change, key=office)], self.tools)

    async def read_passwords(self, receipt: ReceiptNumber = RECEIPT) -> dict[str, str]:
        """Every password that the application's ID notice shows in clear now, by mailbox."""
        mailboxes = [MailboxId(row[0]) for row in await self.rows("select mailbox_id from mailboxes")]
        shown = await workflows.reveal_id_notice(self.desk, receipt, VISITOR, mailboxes)
        assert shown is not None
        return {row.mailbox.mailbox_id: row.password.reveal() for row in shown.rows if row.password is not None}

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Whatever a test wants to see."""
        return [tuple(row) for row in await self.pool.fetch(query, *arguments)]

    async def published(self, model: type[Any]) -> list[Any]:
        """The data of every event of the model in the outbox, in order."""
        rows = await self.pool.fetch("select payload from event_outbox where type = $1 order by seq", model.ce_type)
        return [model.model_validate_json(row["payload"]) for row in rows]


def japan(text: str) -> datetime:
    """An instant given in Japan's time."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def issuing_tools(clock: Clock, key_store: KeyStore) -> IssuingTools:
    """Tools with real randomness and instant hashes."""
    return IssuingTools(
        clock=clock,
        new_id=new_uuid7,
        key_store=key_store,
        hasher=InstantHasher(),
        random_source=secrets.randbelow,
        password_length=16,
        watch=LedgerWatch(is_current=True),
    )


@asynccontextmanager
async def opened_provisioning(url: str, folder: Path) -> AsyncIterator[Provisioning]:
    """A service on a migrated database that has heard of no office and no calendar yet; its keys are in the folder."""
    pool = await open_pool(url, application_name="test", max_size=10)
    clock = FixedClock()
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    yield Provisioning(pool, clock, keys, issuing_tools(clock, DirectoryKeyStore(keys)))
    await pool.close()


@pytest.fixture
async def empty_provisioning(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Provisioning]:
    """A service that has heard of no office and no calendar yet."""
    async with opened_provisioning(await service_database("provisioning"), tmp_path) as opened:
        yield opened


@pytest.fixture
async def provisioning(empty_provisioning: Provisioning) -> Provisioning:
    """A service that knows NAC001 with NAC00101, and the calendar."""
    await empty_provisioning.publish_contracts(a_contract())
    await empty_provisioning.publish_schedules(a_schedule())
    return empty_provisioning


@pytest.fixture
async def browser(provisioning: Provisioning, tmp_path: Path) -> AsyncIterator[Browser]:
    """The manual's application is issued, and a browser stands ready to open its ID notice."""
    await provisioning.approve(an_event(an_approval()))
    async with opened_browser(provisioning, tmp_path) as opened:
        yield opened


@pytest.fixture
async def logins(provisioning: Provisioning, postgres_dsn: str) -> AsyncIterator[Logins]:
    """The database's logins, each with its own rights."""
    ((name,),) = await provisioning.rows("select current_database()")
    async with made_logins(with_database(postgres_dsn, name)) as made:
        yield made


@pytest.fixture
async def process(service_database: CreateDatabase, topics: PreparedTopics, tmp_path: Path) -> AsyncIterator[Process]:
    """Not started yet; whatever was started is stopped."""
    make_keys(tmp_path)
    (tmp_path / "days").mkdir(mode=0o700)
    running = Process(await service_database("provisioning"), topics, tmp_path, tmp_path / "output.log")
    yield running
    for each in running.started:
        if each.returncode is None:
            each.send_signal(signal.SIGTERM)
            await asyncio.wait_for(each.wait(), A_LONG_TIME)
