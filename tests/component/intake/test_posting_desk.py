"""The posting desk: many posts in one transaction, each with its own answer, and nobody suffers for another."""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.intake import workflows
from services.intake.domain.application import Application, Content
from services.intake.domain.form import ApplicationForm
from services.intake.store.tokens import ApiAnswer
from services.intake.workflows import AccountOrder, desk
from services.intake.workflows.desk import DeskFull
from services.intake.workflows.programs import KeyReused, TokenUnknown
from services.intake.workflows.receiving import Post, receive_together
from services.intake.workflows.refusals import FormRefused, OpenApplicationExists
from shared.contracts.intake_events import ApplicationReceived
from shared.kernel.identifiers import OfficeCode
from tests.builders import OFFICE, TYPED, a_contract
from tests.component.intake.conftest import Intake
from tests.component.intake.test_api import post, program

TRACE = "00-{}-00f067aa0ba902b7-01"
WRITTEN = ("applications", "application_revisions", "timeline_entries", "api_answers", "event_outbox")


def tell(application: Application, _: Content) -> dict[str, Any]:
    return {"receipt_number": application.receipt_number}


async def token_of(intake: Intake, office: str = OFFICE) -> str:
    """A token of the office, which is registered if it is not known."""
    if office != OFFICE:
        await intake.register_office(a_contract(office_code=office))
    order = AccountOrder(OfficeCode(office), "op", intake.clock.now())
    _, token = await workflows.make_token(intake.pool, order, "test", timedelta(days=1), intake.parts.new_id)
    return token


def a_post(token: str, office: str = OFFICE, key: str = "key-1", body: bytes = b"body", **typed: str) -> Post:
    form = ApplicationForm(**{**TYPED, "office_code": office, **typed})
    return Post(token, key, body, form, tell, TRACE.format(os.urandom(16).hex()))


async def receive(intake: Intake, *posts: Post) -> list[ApiAnswer | BaseException]:
    """All of them at the same moment."""
    return await asyncio.gather(*(intake.parts.desk.receive(each) for each in posts), return_exceptions=True)


async def count(intake: Intake, table: str) -> int:
    found: int = await intake.pool.fetchval(f"select count(*) from {table}")  # noqa: S608  a constant name
    return found


async def counts(intake: Intake) -> Mapping[str, int]:
    return {table: await count(intake, table) for table in WRITTEN}


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many posts each transaction took together."""
    taken: list[int] = []

    async def counted(db: Any, posts: Any, *rest: Any) -> Any:
        taken.append(len(posts))
        return await receive_together(db, posts, *rest)

    monkeypatch.setattr(desk, "receive_together", counted)
    return taken


async def test_posts_that_come_together_share_a_transaction_and_each_has_its_answer(
    intake: Intake, transactions: list[int]
) -> None:
    own, kobe = await token_of(intake), await token_of(intake, "KOB002")
    again = a_post(own)

    with capture_logs() as lines:
        answers = await receive(
            intake,
            again,
            a_post(kobe, "KOB002"),
            a_post(await token_of(intake, "OSK003"), "OSK003", reason=""),
            a_post("nss_nobody"),
            again,
            a_post(own, body=b"another"),
            a_post(own, key="key-2"),
        )

    assert transactions == [7]
    assert lines == [], "the database had to refuse what should not have been tried together"
    first, second, refused, unknown, same, reused, barred = answers
    assert isinstance(first, ApiAnswer)
    assert isinstance(second, ApiAnswer)
    assert same == first
    assert first.body != second.body
    assert isinstance(refused, FormRefused)
    assert isinstance(unknown, TokenUnknown)
    assert isinstance(reused, KeyReused)
    assert isinstance(barred, OpenApplicationExists)
    assert barred.receipt_number in first.body
    assert len(await intake.events_of(ApplicationReceived)) == await count(intake, "api_answers") == 2


async def test_every_event_carries_the_trace_of_its_own_request(intake: Intake) -> None:
    posts = [a_post(await token_of(intake, office), office) for office in ("KOB002", "OSK003", "TYO004")]

    await receive(intake, *posts)

    rows = await intake.pool.fetch("select traceparent from event_outbox where type = $1", ApplicationReceived.ce_type)
    assert {row["traceparent"] for row in rows} == {each.traceparent for each in posts}


async def test_a_member_that_breaks_the_batch_harms_no_other(intake: Intake, transactions: list[int]) -> None:
    def tell_nothing(application: Application, _: Content) -> dict[str, Any]:
        raise RuntimeError(f"no words for {application.office_code}")

    broken = a_post(await token_of(intake))
    broken = Post(broken.token, "key-1", b"", broken.form, tell_nothing)
    others = [a_post(await token_of(intake, office), office) for office in ("KOB002", "OSK003")]

    answers = await receive(intake, others[0], broken, others[1])

    assert transactions == [3]
    assert [type(each) for each in answers] == [ApiAnswer, RuntimeError, ApiAnswer]
    assert {await count(intake, table) for table in ("applications", "timeline_entries", "api_answers")} == {2}
    assert len(await intake.events_of(ApplicationReceived)) == 2


async def test_an_office_that_somebody_holds_keeps_only_its_own_post_waiting(intake: Intake) -> None:
    held, free = a_post(await token_of(intake)), a_post(await token_of(intake, "KOB002"), "KOB002")
    async with intake.pool.acquire() as db:
        holding = db.transaction()
        await holding.start()
        await db.execute("select 1 from contracts where office_code = $1 for update", OFFICE)
        waiting = asyncio.create_task(intake.parts.desk.receive(held))
        answer = await intake.parts.desk.receive(free)
        assert not waiting.done()
        await holding.rollback()

    assert answer.status == (await waiting).status == 201


async def test_a_sister_office_is_locked_and_checked_with_its_own_facts(intake: Intake) -> None:
    await intake.register_office(a_contract(contract_version=2, sister_offices=["NAC002"]))
    token, sister = await token_of(intake), await token_of(intake, "NAC002")

    for_sister, by_sister = await receive(
        intake, a_post(token, "NAC002", key="for-sister"), a_post(sister, "NAC002", key="own")
    )

    assert isinstance(for_sister, ApiAnswer)
    assert isinstance(by_sister, OpenApplicationExists)
    row = await intake.pool.fetchrow("select applicant_office_code, office_code from applications")
    assert row is not None
    assert tuple(row) == (OFFICE, "NAC002")


async def test_a_token_works_until_it_is_revoked_and_not_once_more(intake: Intake) -> None:
    token, now = await token_of(intake), intake.clock.now()
    refused = await receive(intake, a_post(token, reason=""))
    [known] = await workflows.list_tokens(intake.pool, OfficeCode(OFFICE))
    await workflows.revoke_token(intake.pool, AccountOrder(OfficeCode(OFFICE), "op", now), known.token_id)

    answers = [*refused, *await receive(intake, a_post(token))]

    assert [type(each) for each in answers] == [FormRefused, TokenUnknown]
    assert await count(intake, "applications") == 0


async def test_who_goes_away_before_its_turn_leaves_nothing(intake: Intake) -> None:
    gone = asyncio.create_task(intake.parts.desk.receive(a_post(await token_of(intake))))
    await asyncio.sleep(0)
    gone.cancel()
    stays = await intake.parts.desk.receive(a_post(await token_of(intake, "KOB002"), "KOB002"))

    assert gone.cancelled()
    assert stays.status == 201
    rows = await intake.pool.fetch("select office_code from applications")
    assert [row["office_code"] for row in rows] == ["KOB002"]


async def test_who_goes_away_after_its_turn_finds_its_answer(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = asyncio.Event()

    async def noticed(*arguments: Any) -> Any:
        taken.set()
        return await receive_together(*arguments)

    monkeypatch.setattr(desk, "receive_together", noticed)
    sent = a_post(await token_of(intake))
    gone = asyncio.create_task(intake.parts.desk.receive(sent))
    await taken.wait()
    gone.cancel()

    answer = await intake.parts.desk.receive(sent)

    assert await intake.pool.fetchval("select receipt_number from applications") in answer.body
    assert await count(intake, "applications") == 1


async def test_a_full_desk_says_when_to_come_back(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await program(intake)
    monkeypatch.setattr(desk, "MOST_WAITING", 0)

    with pytest.raises(DeskFull):
        await intake.parts.desk.receive(a_post("any"))
    answer = await client.post(
        "/api/v1/applications",
        json={"office_code": OFFICE},
        headers={"idempotency-key": "key-1"},
    )

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "5"
    monkeypatch.undo()
    assert (await post(client)).status_code == 201


@pytest.mark.parametrize("reason", [ConnectionRefusedError, asyncpg.InvalidPasswordError])
async def test_a_database_that_is_away_is_told_to_everybody_at_once(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, transactions: list[int], reason: type[Exception]
) -> None:
    posts = [a_post(await token_of(intake, office), office) for office in ("KOB002", "OSK003")]

    class Away:
        def acquire(self, **_: Any) -> Any:
            raise reason

    monkeypatch.setattr(intake.parts.desk, "pool", Away())
    answers = await receive(intake, *posts)
    monkeypatch.undo()

    assert [type(each) for each in answers] == [reason, reason]
    assert transactions == []
    assert [type(each) for each in await receive(intake, *posts)] == [ApiAnswer, ApiAnswer]


async def test_many_waiting_posts_are_taken_while_a_transaction_is_under_way(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    offices = ("KOB001", "KOB002", "KOB003")
    posts = [a_post(await token_of(intake, office), office) for office in offices]
    monkeypatch.setattr(desk, "MANY", 2)
    taken: list[int] = []
    first_at_work, both_at_work = asyncio.Event(), asyncio.Event()

    async def meet(db: Any, together: Any, *rest: Any) -> Any:
        taken.append(len(together))
        (both_at_work if first_at_work.is_set() else first_at_work).set()
        await asyncio.wait_for(both_at_work.wait(), 30)
        return await receive_together(db, together, *rest)

    monkeypatch.setattr(desk, "receive_together", meet)
    first = asyncio.create_task(intake.parts.desk.receive(posts[0]))
    await first_at_work.wait()

    answers = [*await receive(intake, *posts[1:]), await first]

    assert taken == [1, 2]
    assert [type(each) for each in answers] == [ApiAnswer] * 3


async def test_a_few_waiting_posts_are_taken_after_the_transaction_under_way(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small transactions side by side would cost more than they save."""
    offices = ("KOB001", "KOB002", "KOB003")
    posts = [a_post(await token_of(intake, office), office) for office in offices]
    at_work, taken = asyncio.Event(), list[int]()

    async def noticed(db: Any, together: Any, *rest: Any) -> Any:
        taken.append(len(together))
        at_work.set()
        return await receive_together(db, together, *rest)

    monkeypatch.setattr(desk, "receive_together", noticed)
    first = asyncio.create_task(intake.parts.desk.receive(posts[0]))
    await at_work.wait()

    answers = [*await receive(intake, *posts[1:]), await first]

    assert taken == [1, 2]
    assert [type(each) for each in answers] == [ApiAnswer] * 3
