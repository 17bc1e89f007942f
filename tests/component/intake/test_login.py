"""Login: one answer for unknown and wrong, a growing delay, sessions that end."""

import asyncio
import re
import time

import httpx2
import pytest

from services.intake import workflows
from shared.runtime.database import transaction
from tests.component.intake.conftest import PASSWORD, Intake, save_draft


async def attempt(intake: Intake, office_code: str, password: str = "wrong", **fields: str) -> httpx2.Response:
    """One login from a browser of its own."""
    return await intake.browser().post("/login", data={"office_code": office_code, "password": password, **fields})


def text_of(answer: httpx2.Response) -> str:
    return re.sub(r"[A-Z]{3}[0-9]{3}", "OFFICE", answer.text)


async def test_unknown_office_and_wrong_password_read_the_same(intake: Intake) -> None:
    wrong, unknown = await attempt(intake, "NAC001"), await attempt(intake, "ZZZ999")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert text_of(wrong) == text_of(unknown)
    assert "事業所コードまたはパスワードが正しくありません" in wrong.text
    assert "set-cookie" not in wrong.headers


async def test_unknown_office_and_wrong_password_take_the_same_time(intake: Intake) -> None:
    spent: dict[str, list[float]] = {"NAC001": [], "ZZZ999": []}
    for _ in range(4):
        for office_code, times in spent.items():
            begun = time.perf_counter()
            await attempt(intake, office_code)
            times.append(time.perf_counter() - begun)

    known, unknown = min(spent["NAC001"]), min(spent["ZZZ999"])
    assert 0.5 < known / unknown < 2.0, spent


async def test_the_fifth_wrong_password_closes_the_account_for_a_while(intake: Intake) -> None:
    for office_code in ("NAC001", "ZZZ999"):
        for _ in range(5):
            assert "正しくありません" in (await attempt(intake, office_code)).text
        closed = await attempt(intake, office_code, PASSWORD)
        assert closed.status_code == 401
        assert "2018/10/24 10:00:05まで受け付けを止めています" in closed.text

    intake.clock.advance(seconds=6)

    assert (await attempt(intake, "NAC001", PASSWORD)).status_code == 303
    assert await intake.pool.fetchval("select count(*) from login_failures where office_code = 'NAC001'") == 0


async def test_what_cannot_be_an_office_code_is_refused_alike_and_not_counted(intake: Intake) -> None:
    for office_code in ("", "nonsense", "x" * 200, "'; drop table"):
        answer = await attempt(intake, office_code)
        assert answer.status_code == 401
        assert "正しくありません" in answer.text

    assert await intake.pool.fetchval("select count(*) from login_failures") == 0


async def test_guesses_sent_at_once_count_one_by_one(intake: Intake) -> None:
    answers = await asyncio.gather(*(attempt(intake, "NAC001") for _ in range(20)))

    looked_at = [answer for answer in answers if "正しくありません" in answer.text]
    assert len(looked_at) == 5


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "menu", "/a\nb"]
)
async def test_the_login_never_leads_to_another_site(intake: Intake, elsewhere: str) -> None:
    answer = await attempt(intake, "NAC001", PASSWORD, next=elsewhere)

    assert answer.headers["location"] == "/menu"


async def test_a_new_password_replaces_the_old_one(intake: Intake) -> None:
    async with transaction(intake.pool) as db:
        await workflows.create_office_account(
            db, "NAC001", "another-long-password", intake.parts.hasher, intake.clock.now()
        )

    assert (await attempt(intake, "NAC001", PASSWORD)).status_code == 401
    assert (await attempt(intake, "NAC001", "another-long-password")).status_code == 303


async def test_logout_ends_the_session(intake: Intake) -> None:
    browser = await intake.logged_in()
    cookies = dict(browser.cookies)

    answer = await browser.post("/logout")

    assert answer.headers["location"] == "/login"
    late = intake.browser()
    late.cookies.update(cookies)
    assert (await late.get("/menu")).headers["location"] == "/login?next=/menu"


async def test_an_office_without_contract_is_told_so(intake: Intake) -> None:
    async with transaction(intake.pool) as db:
        await workflows.create_office_account(db, "NEW001", PASSWORD, intake.parts.hasher, intake.clock.now())
    browser = await intake.logged_in("NEW001")

    assert (await browser.get("/menu")).status_code == 200
    for path in ("/contract", "/applications/new"):
        answer = await browser.get(path)
        assert answer.status_code == 409
        assert "契約情報が登録されていません" in answer.text


async def test_old_drafts_and_counts_are_forgotten(intake: Intake) -> None:
    await attempt(intake, "NAC001")
    browser = await intake.logged_in()
    await attempt(intake, "ZZZ999")
    token, _ = await save_draft(browser)
    assert await workflows.expire_drafts(intake.pool, intake.clock.now()) == 0

    intake.clock.advance(days=15)  # 8 November: ten business days after 24 October are over on 7 November

    browser = await intake.logged_in()
    assert "この画面は有効期限が切れました" in (await browser.get(f"/applications/drafts/{token}")).text
    assert await workflows.expire_drafts(intake.pool, intake.clock.now()) == 1
    assert await workflows.forget_login_failures(intake.pool, intake.clock.now()) == 1


async def test_a_draft_lives_to_the_end_of_its_tenth_business_day(intake: Intake) -> None:
    token, _ = await save_draft(await intake.logged_in())
    intake.clock.advance(days=14, hours=13)  # 7 November, 23:00 in Japan

    assert (await (await intake.logged_in()).get(f"/applications/drafts/{token}")).status_code == 200
