"""A whole local stack filled with invented offices, and the people who use it; for end-to-end and fault tests."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import asyncpg

from deploy.local.demo.clients import ApplicantClient, Page, ReviewerClient
from deploy.local.demo.demo_clock import DemoClock
from deploy.local.demo.manual_case import TYPED
from deploy.local.demo.sample_data import STAFF, SampleLogin, sample_register, sample_schedule
from deploy.local.first_data import create_accounts
from deploy.local.smtp_sink import Mails, StoredMail
from deploy.local.stack import LocalStack, Outside, run_to_end
from deploy.operate.services import call
from shared.contracts.topics import SERVICES, ServiceName
from shared.kernel.local_time import local_date
from tests.conftest import stack_folder
from tests.invariants import Surroundings, find_violations

T = TypeVar("T")
PASSWORD = "correct-horse-battery-staple"
SAMPLES = ("NAC001", "KOB002")
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1
BUSINESS_DAYS_AHEAD = 6


@dataclass(slots=True)
class Town:
    """One running stack. `shown` collects every receipt number that somebody was given."""

    stack: LocalStack
    offices: Sequence[str]
    clock: DemoClock
    shown: list[str] = field(default_factory=list)

    @property
    def urls(self) -> Mapping[str, str]:
        """Where the services are."""
        return self.stack.state.urls

    @property
    def databases(self) -> Mapping[ServiceName, str]:
        """Each service's database, with the service's own rights."""
        return {service: self.stack.state.databases[service].app_url for service in SERVICES}

    @property
    def surroundings(self) -> Surroundings:
        """Everything the invariants look at."""
        broker = self.stack.state.broker
        return Surroundings(self.databases, broker, shown=self.shown, mail_copies=self.mail_copies())

    def mails(self) -> Sequence[StoredMail]:
        """What the mail server took, oldest first."""
        return Mails(self.stack.directory / "mails").all()

    def mail_copies(self) -> Mapping[str, int]:
        """How often each mail was taken, by the key in its Message-ID."""
        return Counter(mail.header("Message-ID").strip("<>").rpartition("@")[0] for mail in self.mails())

    def registration_day(self, *, after: int = 0) -> date:
        """A day of the schedule that can still be met, with some business days to spare; the one `after` it."""
        rows = sample_schedule(local_date(self.clock.now()))["registration_days"]
        days = [date.fromisoformat(row["registration_date"]) for row in rows]
        return days[BUSINESS_DAYS_AHEAD + after]

    def typed(self, office: str, **changes: str) -> Mapping[str, str]:
        """A complete form of the office: one more mailbox, from a day of the schedule."""
        day = f"{self.registration_day():%Y%m%d}"
        start = {"start_date_choice": "other", "requested_start_date": day}
        return {**TYPED, **start, "office_code": office, **changes}

    @asynccontextmanager
    async def applicant(self, office: str) -> AsyncIterator[ApplicantClient]:
        """Somebody of the office, logged in at the portal."""
        async with ApplicantClient(self.urls["intake"], self.urls["provisioning"]) as client:
            await client.log_in(office, PASSWORD)
            yield client

    @asynccontextmanager
    async def reviewer(self, login: str = "reviewer") -> AsyncIterator[ReviewerClient]:
        """A member of staff, logged in at the console."""
        async with ReviewerClient(self.urls["review"]) as client:
            await client.log_in(login, PASSWORD)
            yield client

    async def apply(self, office: str, **changes: str) -> str:
        """One application through the pages; its receipt number."""
        async with self.applicant(office) as client:
            number = await client.apply(self.typed(office, **changes))
        self.shown.append(number)
        return number

    async def case(self, client: ReviewerClient, receipt_number: str) -> Page:
        """The reviewer's page of the application, once review has taken it up."""

        async def look() -> Page | None:
            page = await client.open(f"/applications/{receipt_number}")
            return page if page.status == 200 else None

        return await until(look, f"review to know {receipt_number}")

    async def status_becomes(self, office: str, receipt_number: str, status: str, *, telling: str = "") -> Page:
        """The applicant's page of the application, once it shows this status, and tells what another service says."""
        async with self.applicant(office) as client:

            async def look() -> Page | None:
                page = await client.open_application(receipt_number)
                return page if page.texts_of("status-tag")[0] == status and telling in page.text else None

            return await until(look, f"{receipt_number} to be shown as {status} {telling}")

    async def issue(self, office: str, **changes: str) -> str:
        """An application through all its pages until its mailboxes are issued; its receipt number."""
        day = self.registration_day()
        number = await self.apply(office, **{"requested_start_date": f"{day:%Y%m%d}", **changes})
        async with self.reviewer() as client:
            await client.approve(await self.case(client, number), day)
        await self.status_becomes(office, number, "審査終了")
        return number

    async def rows(self, service: ServiceName, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """The answer of a service's database."""
        connection = await asyncpg.connect(self.databases[service])
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def move_clock(self, instant: Any) -> None:
        """Move every service's clock forward."""
        await self.clock.move_to(instant, [self.urls[service] for service in SERVICES])


@contextmanager
def founded_town(
    offices: Sequence[str],
    *,
    outside: Outside = Outside(),  # noqa: B008  frozen
    topic_prefix: str = "",
    database_prefix: str = "nss",
    secured: bool = False,
) -> Iterator[Town]:
    """A stack with accounts, contracts and a schedule, on servers of its own unless given others; gone at the end.

    `secured`: TLS and a login for everybody, as on a cluster.
    """
    with stack_folder() as folder:
        stack = LocalStack(
            folder, outside=outside, topic_prefix=topic_prefix, database_prefix=database_prefix, secured=secured
        )
        try:
            stack.up()
            town = Town(stack, [*SAMPLES, *offices], DemoClock(stack.directory / "clock-offset"))
            _settle(town)
            yield town
        finally:
            stack.wipe()


def invented_offices(count: int) -> Sequence[str]:
    """Codes of offices that exist nowhere."""
    return [f"TST{number:03}" for number in range(1, count + 1)]


class InVain(AssertionError):
    """What a test waited for has not come in time."""


async def until(
    look: Callable[[], Awaitable[T | None]],
    what: str,
    *,
    seconds: float = PATIENCE_SECONDS,
    every: float = POLL_SECONDS,
) -> T:
    """What `look` finds at last. Raises InVain, saying what was waited for, when it takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise InVain(f"waited {seconds:.0f} s in vain for {what}")
        await asyncio.sleep(every)


async def violations_at_rest(town: Town, *, seconds: float = PATIENCE_SECONDS) -> list[str]:
    """The violations of the invariants once everything rests: empty as soon as there are none, else the last found."""
    found: list[str] = []

    async def look() -> bool | None:
        found[:] = await find_violations(town.surroundings)
        return not found or None

    with suppress(InVain):
        await until(look, "no violation", seconds=seconds, every=10 * POLL_SECONDS)
    return found


def register_of(offices: Sequence[str]) -> dict[str, Any]:
    """The two sample offices, and invented ones like the second under companies of their own."""
    document = sample_register(*SAMPLES)
    model = document["companies"][1]
    invented = [office for office in offices if office not in SAMPLES]
    for abbreviation in sorted({office[:3] for office in invented}):
        listed = [_office_like(model["offices"][0], office) for office in invented if office[:3] == abbreviation]
        document["companies"].append({**model, "company_abbreviation": abbreviation, "offices": listed})
    return document


def _office_like(model: Mapping[str, Any], office: str) -> dict[str, Any]:
    return {
        **model,
        "office_code": office,
        "office_name": f"見本{int(office[3:])}営業所",
        "system_administrator": {**model["system_administrator"], "email": f"kanri-{office}@naccs.example"},
        "opening_mailboxes": [{**model["opening_mailboxes"][0], "mailbox_id": f"{office}01"}],
    }


def _settle(town: Town) -> None:
    staff = [SampleLogin(login, PASSWORD, "staff", name, roles) for login, (name, roles) in STAFF.items()]
    create_accounts(town.stack, [*(SampleLogin(office, PASSWORD, "office") for office in town.offices), *staff])
    token = staff_token(town, "operator")
    call("PUT", f"{town.urls['intake']}/api/v1/contracts", token=token, body=register_of(town.offices))
    schedule = sample_schedule(local_date(town.clock.now()))
    call("PUT", f"{town.urls['review']}/api/v1/schedule", token=token, body=schedule)
    run_to_end(_forms_offer_days(town))


async def _forms_offer_days(town: Town) -> None:
    async def look() -> bool | None:
        return bool(await town.rows("intake", "select 1 from schedule")) or None

    await until(look, "intake to know the schedule, whose days the form offers")


def staff_token(town: Town, login: str) -> str:
    """A token of the staff API."""
    body = {"login": login, "password": PASSWORD}
    return str(call("POST", f"{town.urls['review']}/api/v1/tokens", body=body)["token"])
