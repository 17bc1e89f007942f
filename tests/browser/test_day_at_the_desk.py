"""A day at the desk: twenty applications of all kinds, each taken from the queue to its end in a real browser."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime, time, timedelta

import pytest
import pytest_asyncio

from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar
from shared.kernel.local_time import TOKYO, local_date
from tests.browser.conftest import NewPage
from tests.browser.desk_day import Applied, Hands, apply_all, at_the_desk, desk_town
from tests.browser.kit import focused, press_enter, tab_to, type_over
from tests.town import Town, until

pytestmark = pytest.mark.full

NOTE = "ご希望の登録日は受付が上限に達したため、次に登録できる日を利用開始日としました。"
ONE_MORE = {"add_smtp_pop3": "1"}
NONE_MORE = {"add_smtp_pop3": "0"}
WISHES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "as wished": ("NAC001", ONE_MORE),
    "other day": ("TST009", {"add_smtp_pop3": "2"}),
    "another business day": ("TST010", ONE_MORE),
    "one given up": ("NAC002", {**NONE_MORE, "abolish": "NAC00202"}),
    "unanswered": ("TST013", ONE_MORE),
    "last serials": ("KOB001", {"add_smtp_pop3": "2"}),
    "reissue": ("KOB001", {"mailbox_ids": "KOB00196", "reason": "控えが見つからないため。"}),
    "last one given up": ("KOB002", {**NONE_MORE, "abolish": "KOB00201"}),
    "asked and corrected": ("TST014", ONE_MORE),
    "asked and taken back": ("HKT002", {"add_smtp_pop3": "0", "add_edifact": "1"}),
    "asked and withdrawn": ("TST001", ONE_MORE),
    "withdrawn in time": ("TST002", ONE_MORE),
    "withdrawn too late": ("TST003", ONE_MORE),
    "voided": ("TST004", ONE_MORE),
    "moved": ("TST011", {"add_smtp_pop3": "2"}),
    "setting recorded": ("TST005", ONE_MORE),
    "setting missing": ("TST006", ONE_MORE),
    "two people": ("TST007", {"add_smtp_pop3": "4"}),
    "raced": ("TST008", ONE_MORE),
    "clean": ("TST012", ONE_MORE),
}


@pytest.fixture(scope="module")
def desk(browser_path: str, kafka_bootstrap: str, postgres_dsn: str) -> Iterator[Town]:
    with desk_town(kafka_bootstrap, postgres_dsn) as town:
        yield town


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def applied(desk: Town) -> Applied:
    return await apply_all(desk, WISHES)


@pytest_asyncio.fixture(loop_scope="session")
async def reviewer(desk: Town, new_page: NewPage) -> AsyncIterator[Hands]:
    async with at_the_desk(desk, await new_page(scripts=False), "reviewer") as hands:
        yield hands


@pytest_asyncio.fixture(loop_scope="session")
async def lead(desk: Town, new_page: NewPage) -> AsyncIterator[Hands]:
    async with at_the_desk(desk, await new_page(scripts=False), "lead") as hands:
        yield hands


async def test_the_queue_holds_all_and_the_first_is_approved_by_keyboard_alone(
    applied: Applied, reviewer: Hands
) -> None:
    number, page = applied["as wished"], reviewer.page
    for name in WISHES:
        await reviewer.case(applied[name])
    text = await reviewer.open("/queue")
    assert all(number in text for number in applied.numbers.values())
    await reviewer.look("01-queue")
    await type_over(page, "#search", number)
    await press_enter(page)
    await tab_to(page, "tbody th a")
    await press_enter(page)
    await tab_to(page, ".claim button")
    await press_enter(page)
    await reviewer.look("02-case")
    await tab_to(page, "input[name=confirmed_start_date]")
    assert "input#confirmed_start_date" in await focused(page)
    await tab_to(page, "main form[action$='/approval/check'] .actions button")
    await press_enter(page)
    assert "希望日と異なります" not in await reviewer.text()
    await reviewer.look("03-approval-check")
    await tab_to(page, "main form button")
    await press_enter(page)
    await applied.becomes("as wished", "review_completed")
    assert "審査終了" in await reviewer.case(number)
    await reviewer.look("04-case-completed")


async def test_other_days_abolitions_and_reissues(applied: Applied, reviewer: Hands, lead: Hands) -> None:
    town = applied.town
    other = town.registration_day(after=1)
    assert "入力内容に" in await reviewer.enter_approval(applied["other day"], other)
    await reviewer.look("05-note-missing")
    text = await reviewer.enter_approval(applied["other day"], other, NOTE)
    assert "(希望日と異なります)" in text
    assert NOTE in text
    await reviewer.look("06-other-day-check")
    await reviewer.press("承認する")
    unscheduled = _business_day_off_schedule(town)
    assert "システム登録日" in await reviewer.enter_approval(applied["another business day"], unscheduled, NOTE)
    await lead.enter_approval(applied["another business day"], unscheduled, NOTE)
    await lead.look("07-lead-other-day-check")
    await lead.press("承認する")
    for name in ("one given up", "last one given up", "last serials", "reissue"):
        await reviewer.enter_approval(applied[name], town.registration_day())
        await reviewer.look(f"08-check-{name.replace(' ', '-')}")
        await reviewer.press("承認する")
    for name in ("other day", "another business day", "one given up", "last one given up", "last serials", "reissue"):
        await applied.becomes(name, "review_completed")
    await reviewer.case(applied["reissue"])
    await reviewer.look("09-reissue-completed")


async def test_questions_are_corrected_taken_back_and_withdrawn(applied: Applied, reviewer: Hands) -> None:
    town, day = applied.town, applied.town.registration_day()
    for name in ("unanswered", "asked and corrected", "asked and taken back", "asked and withdrawn"):
        await reviewer.ask(applied[name], "1個の追加でよろしいでしょうか。")
    await reviewer.look("13-question-open")
    async with town.applicant("TST014") as client:
        await _until_asked(applied, "asked and corrected")
        await client.correct(applied["asked and corrected"], {"reason": "端末を1台増設するため。"})
    async with town.applicant("TST001") as client:
        await _until_asked(applied, "asked and withdrawn")
        await client.withdraw(applied["asked and withdrawn"], "増設を見送るため。")
    await reviewer.case(applied["asked and taken back"])
    await reviewer.press("確認事項を取り消す")
    for name, state in (
        ("asked and corrected", "under_review"),
        ("asked and taken back", "under_review"),
        ("asked and withdrawn", "withdrawn"),
    ):
        await applied.becomes(name, state)
    assert "第2版" in await reviewer.case(applied["asked and corrected"])
    await reviewer.look("14-corrected")
    for name in ("asked and corrected", "asked and taken back"):
        await reviewer.approve(applied[name], day)


async def test_withdrawals_in_time_and_too_late(applied: Applied, reviewer: Hands) -> None:
    town = applied.town
    async with town.applicant("TST002") as client:
        await client.withdraw(applied["withdrawn in time"], "増設を見送るため。")
    await applied.becomes("withdrawn in time", "withdrawn")
    await reviewer.case(applied["withdrawn in time"])
    await reviewer.look("15-withdrawn")
    await reviewer.approve(applied["withdrawn too late"], town.registration_day())
    await applied.becomes("withdrawn too late", "review_completed")


async def test_two_people_decide_one_and_two_at_once_decide_another(
    applied: Applied, reviewer: Hands, lead: Hands
) -> None:
    day = applied.town.registration_day()
    text = await reviewer.enter_approval(applied["two people"], day)
    assert "もう一人の承認が必要な申込です" in text
    await reviewer.look("16-proposal-check")
    await reviewer.press("承認案を登録する")
    assert "この内容で承認する" not in await reviewer.text()
    await lead.case(applied["two people"])
    await lead.look("17-proposal-of-another")
    await lead.press("この内容で承認する")
    await applied.becomes("two people", "review_completed")
    await reviewer.enter_approval(applied["raced"], day, "先に電話でお伝えした内容です。")
    await lead.approve(applied["raced"], day)
    told = await reviewer.press("承認する")
    assert "入力した内容は登録されていません" in told
    assert "先に電話でお伝えした内容です。" in told
    await reviewer.look("18-too-late")


async def test_after_the_end_one_is_voided_one_moved_and_settings_count(
    applied: Applied, reviewer: Hands, lead: Hands
) -> None:
    town, day = applied.town, applied.town.registration_day()
    for name in ("voided", "moved"):
        await reviewer.approve(applied[name], day)
    for name in ("setting recorded", "setting missing"):
        await reviewer.approve(applied[name], day, needs_setting=True)
    for name in ("voided", "moved", "setting recorded", "setting missing"):
        await applied.becomes(name, "review_completed")
    await lead.open(f"/applications/{applied['voided']}/void")
    await lead.page.check("input[name=reason_code] >> nth=0")
    await lead.page.fill("#note", "お電話でのご連絡によります。")
    await lead.press("確認画面へ進む")
    await lead.look("19-void-check")
    await lead.press("無効にする")
    await lead.open(f"/applications/{applied['moved']}/start-date")
    await lead.page.check("input[name=confirmed_start_date] >> nth=0")
    await lead.page.fill("#note", "回線工事の都合によります。")
    await lead.press("確認画面へ進む")
    await lead.look("20-start-date-check")
    await lead.press("利用開始日を変更する")
    assert f"{town.registration_day(after=1):%Y/%m/%d}" in await lead.case(applied["moved"])
    await lead.case(applied["setting recorded"])
    await lead.press("完了を登録する")
    await lead.look("21-setting-recorded")


async def test_the_rest_is_approved_at_once(applied: Applied, reviewer: Hands) -> None:
    await reviewer.open("/bulk-approval")
    await reviewer.look("22-bulk")
    await reviewer.page.check(f"input[name=order][value*='{applied['clean']}']")
    text = await reviewer.press("選んだ申込を承認する")
    assert "1件のうち1件を承認しました" in text
    await reviewer.look("23-bulk-result")
    await applied.becomes("clean", "review_completed")


async def test_the_clock_reminds_and_voids_and_the_month_is_reported(applied: Applied, lead: Hands) -> None:
    town = applied.town
    applied_in = f"{local_date(town.clock.now()):%Y-%m}"
    after_deadline = _calendar().add_business_days(town.registration_day(), -3)
    await town.move_clock(datetime.combine(after_deadline, time(9), tzinfo=TOKYO))
    await applied.becomes("setting missing", "voided")
    await lead.log_in()
    assert "システム設定の申込がない" in await lead.case(applied["setting missing"])
    await lead.look("24-voided-by-the-clock")
    assert "無効" not in await _state_words(lead, applied["setting recorded"])
    asked_on = local_date(town.clock.now())
    await town.move_clock(datetime.combine(asked_on + timedelta(days=21), time(10), tzinfo=TOKYO))
    await lead.log_in()
    await _until_reminded(applied, "unanswered")
    assert "確認事項への回答をお願いしました" in await lead.case(applied["unanswered"])
    await lead.look("25-reminded")
    assert "20件（申込日による）" in await lead.open(f"/report?month={applied_in}")
    await lead.look("26-report")
    await lead.open("/queue?status=all")
    await lead.look("27-queue-all")


def _calendar() -> BusinessCalendar:
    return BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)


def _business_day_off_schedule(town: Town) -> date:
    """A business day between two registration days."""
    day = _calendar().add_business_days(town.registration_day(), 1)
    return day if day != town.registration_day(after=1) else _calendar().add_business_days(day, 1)


async def _state_words(hands: Hands, number: str) -> str:
    await hands.case(number)
    return await hands.page.inner_text("h1 .status-tag")


async def _until_asked(applied: Applied, name: str) -> None:
    await applied.town.status_becomes(WISHES[name][0], applied[name], "確認事項あり")


async def _until_reminded(applied: Applied, name: str) -> None:
    async def look() -> bool | None:
        query = "select 1 from reviews where receipt_number = $1 and clarification_reminded_at is not null"
        return bool(await applied.town.rows("review", query, applied[name])) or None

    await until(look, f"{name} to be reminded of")
