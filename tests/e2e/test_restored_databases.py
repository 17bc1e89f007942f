"""Each service's database taken back to a backup while everybody worked on: noticed, repaired, nothing given twice."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import asyncpg
import httpx2
import pytest

from deploy.errors import ExitCode
from shared.contracts.topics import SERVICES, ServiceName
from tests.center import ask, review_holds
from tests.conftest import Report
from tests.e2e.test_day_one import lines_of
from tests.e2e.test_local_stack import Answer, nss
from tests.faults.stubborn_people import all_taken_up
from tests.town import PASSWORD, Town, founded_town, invented_offices, until, violations_at_rest

pytestmark = pytest.mark.full

OFFICES_EACH = 6
WITH_MEMORY: Sequence[ServiceName] = ("intake", "review", "notifier")
HEADING = "A database was restored from a backup"


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Secured as on a cluster: comparing needs rights of its own."""
    with founded_town(invented_offices(OFFICES_EACH * len(SERVICES)), secured=True) as founded:
        yield founded


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of one service's database on its server, as a snapshot has it; the service stands still meanwhile."""

    town: Town
    service: ServiceName

    @property
    def _database(self) -> str:
        return self.town.databases[self.service].partition("?")[0].rpartition("/")[2]

    async def take(self) -> None:
        """Then the service goes on."""
        await asyncio.to_thread(self.town.stack.stop_part, self.service)
        await self._copy(self._database, f"{self._database}_backup")
        await asyncio.to_thread(self.town.stack.start_service, self.service)

    async def bring_back(self) -> None:
        """Everything since the backup is gone, and the service starts."""
        await asyncio.to_thread(self.town.stack.stop_part, self.service)
        await self._copy(f"{self._database}_backup", self._database)
        # A copy has no rights of its own on who may connect.
        await asyncio.to_thread(self.town.stack.prepare)
        self.town.stack.spawn_service(self.service)

    async def _copy(self, source: str, target: str) -> None:
        admin = await asyncpg.connect(self.town.stack.state.postgres_dsn)
        try:
            await admin.execute(f'drop database if exists "{target}" with (force)')
            owner = await admin.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = $1", source)
            await admin.execute(f'create database "{target}" template "{source}" owner "{owner}"')
        finally:
            await admin.close()


@dataclass(frozen=True, slots=True)
class Operator:
    """Types the runbook's lines about one service."""

    town: Town
    service: ServiceName
    home: Path

    def type(self, line: str) -> Answer:
        """The answer, whatever its exit code."""
        urls = {f"NSS_{name.upper()}_URL": self.town.urls[name] for name in SERVICES}
        words = Template(line).substitute(SERVICE=self.service).split()
        return nss(*words[1:], XDG_CONFIG_HOME=str(self.home), **urls)

    def log_in(self) -> None:
        """As the operator of the town."""
        (self.home / "password").write_text(PASSWORD)
        answer = self.type(f"nss login operator --password-file {self.home / 'password'}")
        assert answer.code == 0, answer.talk


def offices_for(town: Town, service: ServiceName) -> Sequence[str]:
    """Nobody else's in this town."""
    invented = [office for office in town.offices if office.startswith("TST")]
    start = SERVICES.index(service) * OFFICES_EACH
    return invented[start : start + OFFICES_EACH]


async def work_on(town: Town, pending: str, offices: Sequence[str]) -> Sequence[str]:
    """A pending application approved, one from form to mailbox, one asked about and corrected, one given up."""
    await approve(town, pending)
    number = await town.issue(offices[0])
    asked = await town.apply(offices[1])
    await ask(town, asked)
    await town.status_becomes(offices[1], asked, "確認事項あり")
    async with town.applicant(offices[1]) as applicant:
        await applicant.correct(asked, {"reason": "基幹システムの受信を分けるため。"})
    await review_holds(town, asked, 2)
    await approve(town, asked)
    given_up = await town.apply(offices[2])
    await ask(town, given_up)
    await town.status_becomes(offices[2], given_up, "確認事項あり")
    async with town.applicant(offices[2]) as applicant:
        await applicant.withdraw(given_up)
    return [number, asked, given_up]


async def approve(town: Town, number: str) -> None:
    async with town.reviewer() as client:
        await client.approve(await town.case(client, number), town.registration_day())


async def probe(town: Town, service: ServiceName) -> tuple[int, int]:
    """What is answered for the process, and for a page of it."""
    async with httpx2.AsyncClient(base_url=town.urls[service], trust_env=False) as client:
        return (await client.get("/health/ready")).status_code, (await client.get("/login")).status_code


@pytest.mark.parametrize("service", WITH_MEMORY)
async def test_a_database_taken_back_to_a_backup_is_noticed_and_brought_up_to_its_topics(
    town: Town, service: ServiceName, tmp_path: Path, report: Report
) -> None:
    offices, operator = offices_for(town, service), Operator(town, service, tmp_path)
    backup = Backup(town, service)
    await town.issue(offices[0])
    pending = await town.apply(offices[1])
    await all_taken_up(town, [pending])
    await backup.take()
    numbers = [pending, *await work_on(town, pending, offices[2:5])]
    assert await violations_at_rest(town) == []
    before = await told(town, service)

    await backup.bring_back()
    await until(lambda: _noticed(town, service), f"{service} to notice")
    assert set(await probe(town, service)) <= {503, 404}
    operator.log_in()
    answers = [await asyncio.to_thread(operator.type, line) for line in lines_of(HEADING)]
    assert [answer.code for answer in answers] == [ExitCode.DIFFERS, 0, 0, 0], [answer.talk for answer in answers]
    town.stack.wait_for_service(service)

    report(service=service, planned=answers[1].data.splitlines(), repaired=answers[2].data.splitlines())
    later = await town.issue(offices[5])
    assert later > max(numbers)
    assert await violations_at_rest(town) == []
    after = await told(town, service)
    assert {subject for subject, number in before.items() if after.get(subject, 0) < number} == set()


async def _noticed(town: Town, service: ServiceName) -> bool | None:
    try:
        async with httpx2.AsyncClient(base_url=town.urls[service], trust_env=False) as client:
            checks = (await client.get("/health/ready")).json()["checks"]
    except httpx2.HTTPError:
        return None
    marked = await town.rows(service, "select 1 from topic_memory where not is_current")
    return (checks["database_current"] is False and bool(marked)) or None


async def told(town: Town, service: ServiceName) -> Mapping[str, int]:
    """How far each subject's numbers have come."""
    rows = await town.rows(service, "select subject, last_sequence from event_sequences")
    return {row["subject"]: row["last_sequence"] for row in rows}
