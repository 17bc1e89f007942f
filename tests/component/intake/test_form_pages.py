"""The pages of the form: each has an address, keeps what was typed, and shows its own errors at once."""

from tests.builders import (
    TYPED,
)
from tests.component.intake.conftest import (
    Intake,
    hidden,
    post_step,
    register,
    save_draft,
    start_draft,
)


async def test_a_page_shows_all_its_errors_at_once_and_keeps_what_was_typed(intake: Intake) -> None:
    browser = await intake.logged_in()

    token, answer = await save_draft(browser, phone="12-34", email_again="other@naccs.example", given_name="<b>名</b>")

    assert answer.status_code == 422
    assert "入力内容に2件の誤りがあります" in answer.text
    assert "ハイフンを除いた数字のみ" in answer.text
    assert "メールアドレスが一致しません" in answer.text
    assert "エラー：" in answer.text
    assert 'value="12-34"' in answer.text
    assert "&lt;b&gt;名&lt;/b&gt;" in answer.text
    again = await browser.get(f"/applications/drafts/{token}/contact")
    assert (again.status_code, 'value="12-34"' in again.text) == (200, True)
    assert "誤りがあります" not in again.text


async def test_a_form_with_errors_has_no_check_page_but_the_way_to_the_first_of_them(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, _ = await save_draft(browser, phone="12")

    check = await browser.get(f"/applications/drafts/{token}/check")
    assert check.headers["location"] == f"/applications/drafts/{token}/contact?from=check"
    page = await browser.get(check.headers["location"])

    assert "入力内容に1件の誤りがあります" in page.text
    assert "申込内容確認へ進む" in page.text
    onward = await browser.post(
        f"/applications/drafts/{token}/contact", data={**TYPED, "from": hidden(page.text, "from")}
    )
    assert onward.headers["location"] == f"/applications/drafts/{token}/check"


async def test_every_page_of_the_form_can_be_opened_reloaded_and_left(intake: Intake) -> None:
    browser = await intake.logged_in()
    address = await start_draft(browser)
    draft = address.rpartition("/")[0]

    titles = {}
    for step in ("items", "start", "contact", "mailboxes"):
        first, again = await browser.get(f"{draft}/{step}"), await browser.get(f"{draft}/{step}")
        assert (first.status_code, first.text) == (200, again.text)
        titles[step] = first.text.partition("<h1>")[2].partition("</h1>")[0]
        assert "10営業日の間（2018/11/07まで）" in first.text
    assert titles == {
        "items": "変更申込内容の選択",
        "start": "利用開始希望日と変更する理由",
        "contact": "申込担当者の入力",
        "mailboxes": "メールボックスの入力",
    }
    assert (await browser.get(draft)).headers["location"] == f"{draft}/start"
    for nowhere in ("passwords", "reason", "nowhere"):
        assert (await browser.get(f"{draft}/{nowhere}")).status_code == 404
        assert (await browser.post(f"{draft}/{nowhere}", data=TYPED)).status_code == 404


async def test_going_back_and_sending_a_page_again_keeps_the_others(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, saved = await save_draft(browser, department="第一営業部")

    back = await browser.post(f"/applications/drafts/{token}/start", data={**TYPED, "reason": "理由を書き直した。"})
    assert back.headers["location"] == f"/applications/drafts/{token}/contact"

    check = (await browser.get(saved.headers["location"])).text
    assert "理由を書き直した。" in check
    assert "第一営業部" in check
    assert f'href="/applications/drafts/{token}/start?from=check#reason"' in check


async def test_the_mailbox_page_shows_how_many_there_would_be(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, _ = await save_draft(browser, add_smtp_pop3="2")

    page = await browser.get(f"/applications/drafts/{token}/mailboxes")

    assert "現在 1個 → 申込後 3個" in page.text
    wrong = await post_step(browser, f"/applications/drafts/{token}/mailboxes", {"add_smtp_pop3": "many"})
    assert wrong.status_code == 422
    assert "申込後" not in wrong.text


async def test_items_that_cannot_be_chosen_here_say_why(intake: Intake) -> None:
    browser = await intake.logged_in()

    page = await browser.get(await start_draft(browser))

    assert page.text.count('type="checkbox"') == 1
    for words in (
        "契約解除・事業所廃止",
        "料金プランは月単位の変更となるため",
        "支払の方法",
        "事前にNACCSセンターへの",
    ):
        assert words in page.text
    assert "disabled" not in page.text


async def test_a_discarded_draft_is_gone(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, _ = await save_draft(browser)

    answer = await browser.post(f"/applications/drafts/{token}/discard")

    assert answer.headers["location"] == "/menu"
    assert (await browser.get(f"/applications/drafts/{token}/check")).status_code == 404


async def test_a_saved_form_waits_on_the_menu_until_it_is_registered(intake: Intake) -> None:
    browser = await intake.logged_in()
    token, _ = await save_draft(browser, phone="12")
    assert f'href="/applications/drafts/{token}"' in (await browser.get("/menu")).text

    await browser.post(f"/applications/drafts/{token}/contact", data=TYPED)
    await browser.post(f"/applications/drafts/{token}/mailboxes", data=TYPED)
    check = (await browser.get(f"/applications/drafts/{token}/check")).text
    await browser.post("/applications", data={n: hidden(check, n) for n in ("form_token", "diff_sha256")})

    assert "入力中の申込" not in (await browser.get("/menu")).text


async def test_the_contact_starts_with_that_of_the_latest_application(intake: Intake) -> None:
    browser = await intake.logged_in()
    contact = f"{(await start_draft(browser)).rpartition('/')[0]}/contact"
    assert 'value="髙﨑"' not in (await browser.get(contact)).text

    await register(browser, family_name="髙﨑")

    contact = f"{(await start_draft(browser)).rpartition('/')[0]}/contact"
    assert 'value="髙﨑"' in (await browser.get(contact)).text


async def test_the_schedule_days_are_offered_first(intake: Intake) -> None:
    browser = await intake.logged_in()
    page = await browser.get(f"{(await start_draft(browser)).rpartition('/')[0]}/start")

    assert 'value="2018-11-01"' in page.text
    assert "2018/11/01（木）" in page.text
    assert "disabled" not in page.text
