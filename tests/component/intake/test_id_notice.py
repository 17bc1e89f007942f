"""The hand-over to the ID notice: a fresh password, a ticket for this application, nothing for anybody else."""

from shared.runtime.notice_tickets import verify_notice_ticket
from tests.builders import an_event, review_completed
from tests.component.intake.conftest import PASSWORD, PROVISIONING_URL, Intake, hidden, register


async def completed(intake: Intake) -> str:
    """An application with an ID notice."""
    number = await register(await intake.logged_in())
    await intake.consume(an_event(review_completed(receipt_number=number)))
    return number


async def test_a_fresh_login_gets_a_ticket_for_this_application(intake: Intake) -> None:
    number = await completed(intake)
    browser = await intake.logged_in()

    page = await browser.get(f"/applications/{number}/id-notice")

    assert f'action="{PROVISIONING_URL}/id-notice/ticket"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert PROVISIONING_URL in page.headers["content-security-policy"]
    ticket = verify_notice_ticket(hidden(page.text, "ticket"), intake.keys.ticket_public_dir, intake.clock.now())
    assert ticket.claims.receipt_number == number
    assert (ticket.claims.acting_office, ticket.claims.office_code) == ("NAC001", "NAC001")


async def test_every_ticket_is_another_one(intake: Intake) -> None:
    number = await completed(intake)
    browser = await intake.logged_in()

    pages = [await browser.get(f"/applications/{number}/id-notice") for _ in range(2)]

    tickets = [
        verify_notice_ticket(hidden(page.text, "ticket"), intake.keys.ticket_public_dir, intake.clock.now())
        for page in pages
    ]
    assert tickets[0].claims.jti != tickets[1].claims.jti


async def test_an_old_login_is_asked_for_the_password_again(intake: Intake) -> None:
    number = await completed(intake)
    browser = await intake.logged_in()
    path = f"/applications/{number}/id-notice"
    intake.clock.advance(minutes=5, seconds=1)

    asked = await browser.get(path)
    assert "もう一度事業所パスワードを入力してください" in asked.text
    assert "ticket" not in asked.text
    wrong = await browser.post(path, data={"password": "wrong"})
    assert wrong.status_code == 401
    assert "ticket" not in (await browser.get(path)).text
    old_cookie = dict(browser.cookies)
    right = await browser.post(path, data={"password": PASSWORD})

    assert (right.status_code, right.headers["location"]) == (303, path)
    assert hidden((await browser.get(path)).text, "ticket")
    assert dict(browser.cookies) != old_cookie
    late = intake.browser()
    late.cookies.update(old_cookie)
    assert (await late.get(path)).headers["location"].startswith("/login")


async def test_before_the_review_has_ended_there_is_no_notice(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)

    assert (await browser.get(f"/applications/{number}/id-notice")).status_code == 404
    assert (await browser.post(f"/applications/{number}/id-notice", data={"password": PASSWORD})).status_code == 404
