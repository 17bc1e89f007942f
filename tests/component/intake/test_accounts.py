"""Office accounts: initial passwords, changing them, what operators order, and the audit of all of it."""

import asyncio

import httpx2
import pytest

from services.intake import workflows
from services.intake.workflows import AccountOrder
from services.intake.workflows.refusals import AccountExists, AccountUnknown, OfficeNotRegistered, SisterNotAllowed
from shared.contracts.intake_events import ContractPublished
from shared.kernel.identifiers import OfficeCode
from tests.builders import a_contract
from tests.component.intake.conftest import PASSWORD, Intake, hidden

NEW = "three quiet boats at noon"
NEWCOMER = OfficeCode("NAC002")


def order(intake: Intake, office_code: str = "NAC001") -> AccountOrder:
    """What the operator orders now."""
    return AccountOrder(OfficeCode(office_code), "operator", intake.clock.now())


async def opened(intake: Intake, office_code: str = NEWCOMER) -> str:
    """The initial password of a new account."""
    return await workflows.open_account(intake.pool, intake.parts.hasher, order(intake, office_code))


async def log_in(intake: Intake, password: str, office_code: str = "NAC001", **fields: str) -> httpx2.AsyncClient:
    """A browser that has tried to log in."""
    browser = intake.browser()
    await browser.post("/login", data={"office_code": office_code, "password": password, **fields})
    return browser


async def change(
    browser: httpx2.AsyncClient, current: str, new: str = NEW, again: str | None = None
) -> httpx2.Response:
    """Send the form of the password page."""
    typed = {"current_password": current, "new_password": new, "new_password_again": new if again is None else again}
    return await browser.post("/password", data=typed)


async def is_in(browser: httpx2.AsyncClient) -> bool:
    return (await browser.get("/menu")).status_code == 200


async def acts(intake: Intake, office_code: str = "NAC001") -> list[tuple[str, str, str | None]]:
    """The audit of an office."""
    rows = await intake.pool.fetch(
        "select act, actor, concerns from account_audit where office_code = $1 order by audit_id", office_code
    )
    return [tuple(row) for row in rows]


async def test_an_initial_password_opens_one_page_until_it_is_changed(intake: Intake) -> None:
    password = await opened(intake)
    browser = await log_in(intake, password, NEWCOMER)

    for path in ("/menu", "/applications", "/contract", "/news", "/applications/new"):
        assert (await browser.get(path)).headers["location"] == f"/password?next={path}"
    assert (await browser.post("/applications/drafts")).headers["location"].startswith("/password")
    page = await browser.get("/password?next=/contract")
    assert "はじめに、パスワードを変更してください" in page.text
    assert "申込実施" not in page.text

    typed = {"current_password": password, "new_password": NEW, "new_password_again": NEW, "next": "/contract"}
    done = await browser.post("/password", data=typed)

    assert done.headers["location"] == "/contract"
    assert await is_in(browser)
    assert not await is_in(await log_in(intake, password, NEWCOMER))
    assert await is_in(await log_in(intake, NEW, NEWCOMER))


async def test_the_deep_link_survives_the_login_and_the_first_change(intake: Intake) -> None:
    password, browser = await opened(intake), intake.browser()
    login = await browser.get((await browser.get("/news?category=charge")).headers["location"])
    fields = {"office_code": NEWCOMER, "password": password, "next": hidden(login.text, "next")}
    after_login = await browser.post("/login", data=fields)

    page = await browser.get((await browser.get(after_login.headers["location"])).headers["location"])

    assert hidden(page.text, "next") == "/news?category=charge"


async def test_an_initial_password_that_nobody_used_for_fourteen_days_is_over(intake: Intake) -> None:
    password = await opened(intake)
    intake.clock.advance(days=14)

    answer = await intake.browser().post("/login", data={"office_code": NEWCOMER, "password": password})

    assert answer.status_code == 401
    assert "初期パスワードの有効期限が切れています" in answer.text
    wrong = await intake.browser().post("/login", data={"office_code": NEWCOMER, "password": "wrong"})
    assert "有効期限" not in wrong.text


async def test_a_changed_password_ends_every_other_session_and_keeps_this_one(intake: Intake) -> None:
    here, there = await intake.logged_in(), await intake.logged_in()
    old_cookies = dict(here.cookies)

    answer = await change(here, PASSWORD)

    assert answer.headers["location"] == "/password/changed"
    assert "パスワードを変更しました" in (await here.get("/password/changed")).text
    assert not await is_in(there)
    stolen = intake.browser()
    stolen.cookies.update(old_cookies)
    assert not await is_in(stolen)
    assert ("password_changed", "office", None) in await acts(intake)


@pytest.mark.parametrize(
    ("new", "again", "message"),
    [
        ("", "", "新しいパスワードを入力してください"),
        ("fourteen-chars", None, "15文字以上で入力してください"),
        ("x1y2" * 33, None, "128文字以内で入力してください"),
        (PASSWORD, None, "現在のパスワードと異なるものを入力してください"),
        ("password12345678", None, "推測されやすいものです"),
        ("NAC001-NAC001-NAC001-x", None, "推測されやすいものです"),
        (NEW, "another quiet boat", "新しいパスワードと一致しません"),
        (NEW, "", "新しいパスワード（確認用）を入力してください"),
    ],
)
async def test_a_new_password_that_is_not_good_enough_is_refused(
    intake: Intake, new: str, again: str | None, message: str
) -> None:
    browser = await intake.logged_in()

    answer = await change(browser, PASSWORD, new, again)

    assert answer.status_code == 422
    assert message in answer.text
    assert new == "" or new not in answer.text
    assert await is_in(await log_in(intake, PASSWORD))


async def test_a_wrong_current_password_is_named_beside_the_other_errors_and_counts(intake: Intake) -> None:
    browser = await intake.logged_in()

    answer = await change(browser, "wrong", "short")

    assert "入力内容に2件の誤りがあります" in answer.text
    assert "現在のパスワードが正しくありません" in answer.text
    for _ in range(4):
        await change(browser, "wrong")
    blocked = await change(browser, PASSWORD)
    assert blocked.status_code == 401
    assert "受け付けを止めています" in blocked.text


async def test_of_two_changes_at_once_one_wins_and_the_other_is_told(intake: Intake) -> None:
    first, second = await intake.logged_in(), await intake.logged_in()

    answers = await asyncio.gather(change(first, PASSWORD, NEW), change(second, PASSWORD, NEW + " again"))

    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert [await is_in(await log_in(intake, password)) for password in (NEW, NEW + " again")].count(True) == 1


async def test_a_reset_password_replaces_a_forgotten_one_lifts_the_lock_and_ends_sessions(intake: Intake) -> None:
    browser = await intake.logged_in()
    for _ in range(6):
        await log_in(intake, "wrong")

    password = await workflows.reset_password(intake.pool, intake.parts.hasher, order(intake))

    assert not await is_in(browser)
    assert not await is_in(await log_in(intake, PASSWORD))
    newcomer = await log_in(intake, password)
    assert (await newcomer.get("/menu")).headers["location"].startswith("/password")
    assert ("password_reset", "operator", None) in await acts(intake)


async def test_unlocking_forgets_wrong_passwords_and_keeps_the_right_one(intake: Intake) -> None:
    for _ in range(6):
        await log_in(intake, "wrong")
    assert not await is_in(await log_in(intake, PASSWORD))

    await workflows.unlock_account(intake.pool, order(intake))

    assert await is_in(await log_in(intake, PASSWORD))
    assert ("unlocked", "operator", None) in await acts(intake)


async def test_a_closed_account_lets_nobody_in_and_can_be_opened_again(intake: Intake) -> None:
    browser = await intake.logged_in()

    await workflows.close_account(intake.pool, order(intake))

    assert not await is_in(browser)
    refused = await intake.browser().post("/login", data={"office_code": "NAC001", "password": PASSWORD})
    assert "事業所コードまたはパスワードが正しくありません" in refused.text
    password = await opened(intake, "NAC001")
    assert (await (await log_in(intake, password)).get("/menu")).headers["location"].startswith("/password")


async def test_orders_for_accounts_that_are_not_there_are_refused(intake: Intake) -> None:
    with pytest.raises(AccountExists):
        await opened(intake, "NAC001")
    nobody = order(intake, "ZZZ999")
    with pytest.raises(AccountUnknown):
        await workflows.reset_password(intake.pool, intake.parts.hasher, nobody)
    with pytest.raises(AccountUnknown):
        await workflows.unlock_account(intake.pool, nobody)
    with pytest.raises(AccountUnknown):
        await workflows.close_account(intake.pool, nobody)
    assert await acts(intake, "ZZZ999") == []


async def test_a_granted_sister_office_stands_in_the_published_contract(intake: Intake) -> None:
    await intake.register_office(a_contract(office_code="NAC003"))
    sister = OfficeCode("NAC003")

    granted = await workflows.grant_sister_office(intake.pool, order(intake), sister, intake.parts.new_id)
    again = await workflows.grant_sister_office(intake.pool, order(intake), sister, intake.parts.new_id)
    revoked = await workflows.revoke_sister_office(intake.pool, order(intake), sister, intake.parts.new_id)

    assert (granted.sister_offices, again, revoked.sister_offices) == ([sister], granted, [])
    published = [event for event in await intake.events_of(ContractPublished) if event["office_code"] == "NAC001"]
    assert [event.get("sister_offices", []) for event in published[-2:]] == [["NAC003"], []]
    assert ("sister_granted", "operator", "NAC003") in await acts(intake)
    assert ("sister_revoked", "operator", "NAC003") in await acts(intake)


async def test_only_a_registered_office_of_the_same_company_can_be_granted(intake: Intake) -> None:
    for sister in ("KOB002", "NAC001"):
        with pytest.raises(SisterNotAllowed):
            await workflows.grant_sister_office(intake.pool, order(intake), OfficeCode(sister), intake.parts.new_id)
    with pytest.raises(OfficeNotRegistered):
        await workflows.grant_sister_office(intake.pool, order(intake), OfficeCode("NAC009"), intake.parts.new_id)


async def test_the_audit_keeps_no_password_and_is_deleted_after_its_years(intake: Intake) -> None:
    password = await opened(intake)
    await change(await log_in(intake, password, NEWCOMER), password)
    await intake.logged_in()

    kept = str(await intake.rows(["account_audit", "office_accounts", "web_sessions"]))
    assert password not in kept
    assert NEW not in kept
    before = intake.clock.now()
    assert await workflows.forget_account_audit(intake.pool, before) == 0
    assert await workflows.forget_account_audit(intake.pool, before.replace(year=before.year + 1)) == 4


async def test_nobody_behind_a_session_can_send_forms_without_end(intake: Intake) -> None:
    browser = await intake.logged_in()
    limit = intake.parts.post_limit
    for _ in range(599):
        limit.take("NAC001")

    assert (await browser.post("/session")).status_code == 200
    refused = await browser.post("/session")

    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert "操作の回数が多すぎます" in refused.text
    assert (await browser.get("/menu")).status_code == 200
