"""Login: one answer for unknown and wrong, a growing delay, sessions that end."""

import asyncio
import math
import re
import statistics
import time
from html import unescape

import httpx2
import pytest

from services.intake import workflows
from shared.runtime.database import transaction
from tests.component.intake.conftest import BASE_URL, PASSWORD, Intake, hidden, save_draft


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


@pytest.mark.parametrize("attempts", [30, pytest.param(200, marks=pytest.mark.full)])
async def test_the_time_of_an_answer_does_not_tell_whether_the_office_is_known(intake: Intake, attempts: int) -> None:
    browser = intake.browser()
    spent: dict[str, list[float]] = {"NAC001": [], "ZZZ999": []}
    for turn in range(attempts):
        for office_code in sorted(spent, reverse=turn % 2 == 1):
            begun = time.perf_counter()
            await browser.post("/login", data={"office_code": office_code, "password": "wrong"})
            spent[office_code].append(time.perf_counter() - begun)
            await intake.pool.execute("delete from login_failures; delete from address_failures")

    assert rank_test(*spent.values()) > CHANCE, {code: statistics.median(times) for code, times in spent.items()}


def test_the_rank_test_finds_a_difference_that_is_there() -> None:
    times = [0.030 + 0.0001 * n for n in range(30)]

    assert rank_test(times, [each + 0.0015 for each in times]) < CHANCE
    assert rank_test(times, times) > 0.5


CHANCE = 1e-5
"""How often two samples that do not differ may be taken for different: this test is run thousands of times."""


def rank_test(ours: list[float], theirs: list[float]) -> float:
    """Mann-Whitney: the probability that two samples of one distribution differ as much as these."""
    ranked = sorted([(each, 0) for each in ours] + [(each, 1) for each in theirs])
    ranks = sum(rank for rank, (_, sample) in enumerate(ranked, 1) if sample == 0)
    count, other = len(ours), len(theirs)
    mean = count * (count + other + 1) / 2
    spread = math.sqrt(count * other * (count + other + 1) / 12)
    return math.erfc((max(abs(ranks - mean) - 0.5, 0.0)) / spread / math.sqrt(2))


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
    for office_code in ("nonsense", "x" * 200, "'; drop table"):
        answer = await attempt(intake, office_code)
        assert answer.status_code == 401
        assert "正しくありません" in answer.text

    assert await intake.pool.fetchval("select count(*) from login_failures") == 0


async def test_empty_fields_are_named_and_count_as_no_attempt(intake: Intake) -> None:
    answer = await attempt(intake, "", "")

    assert answer.status_code == 422
    assert "入力内容に2件の誤りがあります" in answer.text
    assert "事業所コードを入力してください" in answer.text
    assert (await attempt(intake, "NAC001", "")).status_code == 422
    assert await intake.pool.fetchval("select count(*) from login_failures") == 0


async def test_after_a_hundred_wrong_passwords_the_account_rests_for_a_day(intake: Intake) -> None:
    await attempt(intake, "NAC001")
    await intake.pool.execute("update login_failures set failures = 99, blocked_until = last_failed_at")
    intake.clock.advance(seconds=1)

    await attempt(intake, "NAC001")

    intake.clock.advance(hours=23, minutes=59)
    assert "受け付けを止めています" in (await attempt(intake, "NAC001", PASSWORD)).text
    intake.clock.advance(minutes=2)
    assert (await attempt(intake, "NAC001", PASSWORD)).status_code == 303


async def test_an_address_that_guesses_at_many_offices_is_slowed_down(intake: Intake) -> None:
    await attempt(intake, "AAA001")
    await intake.pool.execute("update address_failures set failures = 50")
    assert (await attempt(intake, "BBB001")).status_code == 401

    closed = await attempt(intake, "NAC001", PASSWORD)

    assert "受け付けを止めています" in closed.text
    assert await intake.pool.fetchval("select count(*) from login_failures where office_code = 'NAC001'") == 0
    intake.clock.advance(seconds=6)
    assert (await attempt(intake, "NAC001", PASSWORD)).status_code == 303


async def test_an_address_that_was_quiet_for_an_hour_begins_anew(intake: Intake) -> None:
    await attempt(intake, "AAA001")
    await intake.pool.execute("update address_failures set failures = 900")
    intake.clock.advance(hours=1, minutes=1)

    await attempt(intake, "BBB001")

    assert await intake.pool.fetchval("select failures from address_failures") == 1


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


async def test_a_page_asked_for_is_shown_after_the_login_with_all_that_its_address_says(intake: Intake) -> None:
    browser = intake.browser()
    sent_away = await browser.get("/news?category=charge&after=12")
    page = await browser.get(sent_away.headers["location"])

    target = unescape(hidden(page.text, "next"))
    answer = await browser.post("/login", data={"office_code": "NAC001", "password": PASSWORD, "next": target})

    assert answer.headers["location"] == "/news?category=charge&after=12"


async def test_whoever_sends_a_form_too_late_comes_back_to_its_page(intake: Intake) -> None:
    referer = {"referer": f"{BASE_URL}/applications/drafts/x/contact"}
    elsewhere = {"referer": "http://evil.example/menu"}

    late = await intake.browser().post("/password", headers=referer)
    foreign = await intake.browser().post("/password", headers=elsewhere)

    assert late.headers["location"] == "/login?next=/applications/drafts/x/contact"
    assert foreign.headers["location"] == "/login?next=/menu"


async def test_a_login_gets_a_new_token_and_the_old_one_is_dead(intake: Intake) -> None:
    browser = await intake.logged_in()
    before = dict(browser.cookies)

    again = await browser.post("/login", data={"office_code": "NAC001", "password": PASSWORD})

    assert again.status_code == 303
    assert dict(browser.cookies) != before
    old = intake.browser()
    old.cookies.update(before)
    assert (await old.get("/menu")).status_code == 303


async def test_a_token_somebody_planted_is_never_taken_over(intake: Intake) -> None:
    browser = intake.browser()
    browser.cookies.update({"nss-intake": "planted"})

    answer = await browser.post("/login", data={"office_code": "NAC001", "password": PASSWORD})

    assert "planted" not in answer.headers["set-cookie"]
    assert await intake.pool.fetchval("select count(*) from web_sessions") == 1


async def test_the_page_says_when_the_login_ends_and_it_does(intake: Intake) -> None:
    browser = await intake.logged_in()

    assert "操作がない場合は2018/10/24 10:30に終了します" in (await browser.get("/menu")).text
    intake.clock.advance(minutes=29)
    assert (await browser.get("/menu")).status_code == 200
    intake.clock.advance(minutes=31)
    assert (await browser.get("/menu")).headers["location"] == "/login?next=/menu"


async def test_a_busy_reader_can_let_the_login_go_on_for_twelve_hours_and_no_longer(intake: Intake) -> None:
    browser = await intake.logged_in()
    for _ in range(24):
        intake.clock.advance(minutes=29)
        left = await browser.post("/session")
        assert left.status_code == 200

    assert left.json() == {"seconds_left": 24 * 60, "ends_at": "2018/10/24 22:00"}
    intake.clock.advance(minutes=25)
    assert (await browser.post("/session")).status_code == 303


async def test_logging_out_everywhere_ends_every_session_of_the_office(intake: Intake) -> None:
    here, there = await intake.logged_in(), await intake.logged_in()

    answer = await here.post("/logout/everywhere")

    assert answer.headers["location"] == "/login?left=everywhere"
    assert "すべての端末からログアウトしました" in (await intake.browser().get(answer.headers["location"])).text
    assert (await there.get("/menu")).headers["location"] == "/login?next=/menu"


async def test_logout_ends_the_session(intake: Intake) -> None:
    browser = await intake.logged_in()
    cookies = dict(browser.cookies)

    answer = await browser.post("/logout")

    assert answer.headers["location"] == "/login?left=here"
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

    assert (await (await intake.logged_in()).get(f"/applications/drafts/{token}/contact")).status_code == 200
