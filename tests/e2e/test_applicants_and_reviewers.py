"""What applicants and reviewers do besides the plain road: hurry, look where they may not, come late, come twice."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg
import pytest

from deploy.local.demo.clients import ApplicantClient, Page, ReviewerClient
from deploy.local.demo.page_forms import PageForm
from deploy.local.stack import run_to_end
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.ids import new_uuid7
from shared.runtime.notice_tickets import NoticeClaims, sign_notice_ticket
from tests.town import PASSWORD, Town, until

HURRIED, FIRST, SECOND, PAST_DATE, RACED, NOTIFIED = "TST001", "TST002", "TST003", "TST004", "TST005", "TST006"
PRESSES = 50
BEHIND = """
select processed_at - occurred_at as behind, processed_at - received_at as road
from timeline_entries join processed_events using (event_id) join applications using (receipt_number)
where timeline_entries.kind = 'mailboxes_issued' and receipt_number = $1
"""
"""How long after the issue the list of mailboxes has it; and after the receipt."""
UNKNOWN_NUMBER = "180099Z"
CHANGING = re.compile(r"<dd><code>[^<]*</code></dd>")
"""The number for inquiries on an error page: another one on every page."""


@pytest.fixture(scope="module")
def notified(town: Town) -> str:
    """An application whose ID notice can be read."""
    return run_to_end(town.issue(NOTIFIED))


def seen(page: Page, number: str) -> tuple[int, str]:
    """What somebody can tell from a page, the number aside that was asked for."""
    return page.status, CHANGING.sub("", page.html.replace(number, "…"))


async def test_the_same_form_posted_fifty_times_at_once_is_one_application(town: Town) -> None:
    async with town.applicant(HURRIED) as client:
        check = await client.fill_form(await client.open_form(), town.typed(HURRIED))
        form = check.form("diff_sha256")
        pages = await asyncio.gather(*(client.browser.send(check, form) for _ in range(PRESSES)))
    numbers = {number for page in pages for number in page.texts_of("number")}
    assert [page.status for page in pages] == [200] * PRESSES
    assert len(numbers) == 1
    known = await town.rows("intake", "select receipt_number from applications where office_code = $1", HURRIED)
    assert {row["receipt_number"] for row in known} == numbers
    town.shown.extend(numbers)


async def test_another_office_sees_of_an_application_what_it_sees_of_none(town: Town) -> None:
    number = await town.apply(FIRST)
    async with town.applicant(SECOND) as stranger:
        for ending in ("", "/received", "/id-notice"):
            foreign = await stranger.open(f"/applications/{number}{ending}")
            absent = await stranger.open(f"/applications/{UNKNOWN_NUMBER}{ending}")
            assert foreign.status == 404, ending
            assert seen(foreign, number) == seen(absent, UNKNOWN_NUMBER), ending
        own_pages = [await stranger.open(path) for path in ("/menu", "/applications", "/contract", "/applications/new")]
    assert all(number not in page.html and FIRST not in page.html for page in own_pages)


async def test_the_list_of_mailboxes_follows_the_issue_within_two_seconds(town: Town, notified: str) -> None:
    """On a machine that is busy with other things, in less than half of the time that the whole road took instead."""

    async def look() -> asyncpg.Record | None:
        return next(iter(await town.rows("intake", BEHIND, notified)), None)

    issued = await until(look, f"intake to know the mailboxes of {notified}")
    assert issued["behind"] < max(timedelta(seconds=2), issued["road"] / 2)
    async with town.applicant(NOTIFIED) as office:
        page = await office.open("/contract/general-naccs")
    assert f"{NOTIFIED}02" in page.html
    assert "現在</p>" in page.html


async def test_another_office_cannot_act_on_a_draft_or_an_application(town: Town) -> None:
    async with town.applicant(FIRST) as owner, town.applicant(SECOND) as stranger:
        form = await owner.open_form()
        check = await owner.fill_form(form, town.typed(FIRST))
        stolen = check.form("diff_sha256")
        token = stolen.value("form_token")
        unknown = str(new_uuid7())
        other_token = PageForm(stolen.action, stolen.method, [("form_token", unknown), ("diff_sha256", "0")], {})
        for path in (f"/applications/drafts/{token}", f"/applications/drafts/{token}/check"):
            foreign, absent = await stranger.open(path), await stranger.open(path.replace(token, unknown))
            assert seen(foreign, token) == seen(absent, unknown), path
        own = await stranger.open_form()
        foreign, absent = await stranger.browser.send(own, stolen), await stranger.browser.send(own, other_token)
        assert seen(foreign, token) == seen(absent, unknown)
    assert await town.rows("intake", "select 1 from applications where office_code = $1", SECOND) == []


async def decide(client: ReviewerClient, case: Page, day: date, note: str = "") -> Page:
    """Send the decision with a typed day, whatever comes."""
    typed = {"confirmed_start_date": "other", "other_start_date": f"{day:%Y%m%d}", "note": note}
    return await client.browser.send(case, case.form("confirmed_start_date"), typed)


async def test_a_past_start_date_is_refused_with_the_page_as_it_was_typed(town: Town) -> None:
    number = await town.apply(PAST_DATE)
    yesterday = town.clock.now().date() - timedelta(days=1)
    async with town.reviewer() as sakurako:
        page = await decide(sakurako, await town.case(sakurako, number), yesterday, "急ぎのため")
    assert page.status == 422
    assert "利用開始日は本日より後の日付にしてください。" in page.text
    form = page.form("confirmed_start_date")
    assert (form.value("other_start_date"), form.value("note")) == (f"{yesterday:%Y%m%d}", "急ぎのため")
    states = await town.rows("review", "select state from reviews where receipt_number = $1", number)
    assert [row["state"] for row in states] == ["under_review"]


async def test_who_decides_second_is_told_who_was_faster(town: Town) -> None:
    number = await town.apply(RACED)
    day = town.registration_day()
    async with town.reviewer("reviewer") as sakurako, town.reviewer("lead") as matsuo:
        case = await town.case(matsuo, number)
        await sakurako.approve(await sakurako.open_case(number), day)
        page = await decide(matsuo, case, day, "第二案")
    assert page.status == 409
    assert "審査 桜子" in page.text
    assert "第二案" in page.text
    approvers = await town.rows("review", "select approved_by from reviews where receipt_number = $1", number)
    assert [row["approved_by"] for row in approvers] == ["審査 桜子"]


def heading(page: Page) -> str:
    """What the page says first."""
    return next((each.text for each in page.root.all("h1")), "")


async def press(client: ApplicantClient, hand_over_page: Page, times: int = 1) -> Sequence[Page]:
    """Press the button of the hand-over page so many times, one after the other."""
    form = hand_over_page.form("ticket")
    return [await client.browser.send(hand_over_page, form) for _ in range(times)]


async def test_a_ticket_used_twice_opens_the_notice_once(town: Town, notified: str) -> None:
    async with town.applicant(NOTIFIED) as owner:
        first, second = await press(owner, await owner.open_hand_over(notified, PASSWORD), times=2)
    assert (first.status, f"{NOTIFIED}02" in first.text) == (200, True)
    assert (second.status, heading(second)) == (409, "この画面はすでに一度開かれています")
    assert f"{NOTIFIED}02" not in second.html


async def test_a_ticket_pressed_fifty_times_at_once_opens_the_notice_once(town: Town, notified: str) -> None:
    async with town.applicant(NOTIFIED) as owner:
        page = await owner.open_hand_over(notified, PASSWORD)
        form = page.form("ticket")
        answers = await asyncio.gather(*(owner.browser.send(page, form) for _ in range(PRESSES)))
    assert Counter(each.status for each in answers) == {200: 1, 409: PRESSES - 1}


async def test_a_ticket_expires_after_a_minute(town: Town, notified: str) -> None:
    async with town.applicant(NOTIFIED) as owner:
        page = await owner.open_hand_over(notified, PASSWORD)
        await town.move_clock(town.clock.now() + timedelta(seconds=61))
        [late] = await press(owner, page)
    assert (late.status, heading(late)) == (403, "この画面は有効期限が切れました")
    assert f"{NOTIFIED}02" not in late.html


async def test_a_ticket_of_another_office_opens_nothing_that_exists(town: Town, notified: str) -> None:
    def ticket_for(number: str) -> PageForm:
        claims = NoticeClaims(OfficeCode(SECOND), OfficeCode(SECOND), ReceiptNumber(number), new_uuid7())
        signed = sign_notice_ticket(claims, town.stack.keys.ticket.private_key, town.clock.now())
        action = f"{town.urls['provisioning']}/id-notice/ticket"
        return PageForm(action, "post", [("ticket", signed)], {"ticket": []})

    async with town.applicant(SECOND) as stranger:
        menu = await stranger.open_menu()
        foreign = await stranger.browser.send(menu, ticket_for(notified))
        absent = await stranger.browser.send(menu, ticket_for(UNKNOWN_NUMBER))
        afterwards = await stranger.browser.open(f"{town.urls['provisioning']}/id-notice/{notified}")
    assert (foreign.status, heading(foreign)) == (404, "ID通知内容が見つかりません")
    assert seen(foreign, notified) == seen(absent, UNKNOWN_NUMBER)
    assert afterwards.status == 401
    assert f"{NOTIFIED}02" not in afterwards.html


async def test_a_notice_cannot_be_reached_from_the_session_of_another(town: Town, notified: str) -> None:
    async with town.applicant(NOTIFIED) as owner:
        await owner.open_id_notice(notified, PASSWORD)
        own = await owner.browser.open(f"{town.urls['provisioning']}/id-notice/{notified}")
        other = await owner.browser.open(f"{town.urls['provisioning']}/id-notice/{UNKNOWN_NUMBER}")
    async with ApplicantClient(town.urls["intake"], town.urls["provisioning"]) as nobody:
        without = await nobody.browser.open(f"{town.urls['provisioning']}/id-notice/{UNKNOWN_NUMBER}")
    assert own.status == 200
    assert seen(other, UNKNOWN_NUMBER) == seen(without, UNKNOWN_NUMBER)
