"""The rows of the ID notice: each with a button of its own, reissues, and what stays after the window."""

import re
from datetime import datetime

from services.provisioning import workflows
from shared.contracts.event_data import ApplicationKind
from shared.kernel.identifiers import ReceiptNumber
from shared.kernel.local_time import TOKYO
from tests.builders import NEW_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.notice_browser import (
    INTAKE_URL,
    PASSWORD,
    Browser,
)


async def test_one_rows_button_reveals_that_row_alone_and_the_others_stay_as_they_are(browser: Browser) -> None:
    receipt = ReceiptNumber("180014A")
    await browser.provisioning.approve(an_event(an_approval(receipt_number=receipt, add_smtp_pop3=3)))
    passwords = await browser.provisioning.read_passwords(receipt)
    first, second, third = sorted(passwords)
    await browser.hand_in(browser.ticket(receipt))

    one = await browser.press(receipt, show=[second])
    assert PASSWORD.findall(one.text) == [passwords[second]]
    assert f'name="hide" value="{second}"' in one.text
    assert f'name="show" value="{first}"' in one.text
    assert f'<input type="hidden" name="shown" value="{second}">' in one.text

    two = await browser.press(receipt, shown=[second], show=[first])
    assert PASSWORD.findall(two.text) == [passwords[first], passwords[second]]
    back = await browser.press(receipt, shown=[first, second], hide=[second])
    assert PASSWORD.findall(back.text) == [passwords[first]]
    everything = await browser.press(receipt, shown=[first, second, third])
    assert PASSWORD.findall(everything.text) == [passwords[each] for each in (first, second, third)]
    assert "すべて隠す" in everything.text


async def test_every_reveal_is_audited_with_the_mailboxes_it_showed(browser: Browser) -> None:
    receipt = ReceiptNumber("180014A")
    await browser.provisioning.approve(an_event(an_approval(receipt_number=receipt, add_smtp_pop3=2)))
    await browser.hand_in(browser.ticket(receipt))
    await browser.open(receipt)
    await browser.press(receipt, show=["NAC00104"])
    await browser.reveal(receipt, ["NAC00103", "NAC00104", "NAC00102", "XYZ00101"])
    looks = await browser.provisioning.rows("select action, mailbox_ids from notice_views order by id")
    assert looks == [("opened", []), ("revealed", ["NAC00104"]), ("revealed", ["NAC00103", "NAC00104"])]
    page = await browser.open(receipt)
    assert "これまでの参照の記録" in page.text
    assert "NAC00103、NAC00104" in page.text


async def test_hiding_the_last_row_leads_back_to_the_masked_page(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    answer = await browser.press(shown=[NEW_MAILBOX], hide=[NEW_MAILBOX])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/id-notice/{RECEIPT}")
    opened_anew = await browser.client.get(f"/id-notice/{RECEIPT}/reveal")
    assert (opened_anew.status_code, opened_anew.headers["location"]) == (303, f"/id-notice/{RECEIPT}")


async def test_a_button_tells_its_state_and_the_office_password_has_none(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    masked = (await browser.open()).text
    assert "表示<span" in masked
    assert "（NAC00102のパスワードは非表示）" in masked
    revealed = (await browser.press(show=[NEW_MAILBOX])).text
    assert "（NAC00102のパスワードは表示中）" in revealed
    assert "<title>ID通知内容 参照（パスワード表示中）" in revealed
    row = re.search(r"事業所パスワード</th><td>(.*?)</td>", revealed)
    assert row is not None
    assert row[1] == "*****"


async def test_the_notice_of_a_reissue_has_no_start_date_and_counts_from_its_own_day(browser: Browser) -> None:
    reissue = ReceiptNumber("180020A")
    approval = an_approval(
        receipt_number=reissue,
        kind=ApplicationKind.PASSWORD_REISSUE,
        add_smtp_pop3=0,
        requested_start_date=None,
        confirmed_start_date=None,
        reissue=[NEW_MAILBOX],
    )
    await browser.provisioning.approve(an_event(approval))
    await browser.hand_in(browser.ticket(reissue))
    page = (await browser.open(reissue)).text
    assert "再発行日</th><td>2018/10/24" in page
    assert "利用開始日" not in page
    assert "2018/10/26 24:00 まで" in page
    assert NEW_MAILBOX in page

    await browser.hand_in(browser.ticket())
    older = (await browser.open()).text
    assert "参照期間終了" in older
    assert "パスワードの参照は 2018/10/24 で終了しました" in older
    assert "再発行済み" in older
    assert reissue in older


async def test_after_the_window_every_field_stays_and_the_way_to_a_reissue_is_shown(browser: Browser) -> None:
    browser.provisioning.clock.set(datetime(2018, 12, 3, 9, tzinfo=TOKYO))
    await workflows.close_windows(browser.provisioning.timetable)
    await browser.hand_in(browser.ticket(now=browser.provisioning.clock.now()))
    page = (await browser.open()).text
    for text in ("2018/11/01", "NAC001", "*****", "共通", "東京税関", "1234567", NEW_MAILBOX, "参照期間終了"):
        assert text in page
    assert f'href="{INTAKE_URL}/applications/new/reissue"' in page
    assert "<button" not in page
