"""The live view over HTTP and on the real database: who may see it, and what stands where."""

import re

import httpx2

from shared.runtime.ids import new_uuid7
from tests.builders import RECEIPT, an_event, mail_failed
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, REVIEWER, Desk

FLOW = "/operate/flow"


def rows_of(page: httpx2.Response) -> dict[str, tuple[str, str]]:
    """The table's rows: number and state by place."""
    found = re.findall(r'<th scope="row">([^<]+)</th><td class="count">(\d+)</td>.*?</span> (\S+)</span>', page.text)
    return {place: (number, state) for place, number, state in found}


async def test_it_is_for_operators(desk: Desk) -> None:
    answers = {login: (await (await desk.browser_of(login)).get(FLOW)).status_code
               for login in (OPERATOR, REVIEWER, LEAD, HELP_DESK)}  # fmt: skip
    assert answers == {OPERATOR: 200, REVIEWER: 403, LEAD: 403, HELP_DESK: 403}
    assert FLOW in (await (await desk.browser_of(OPERATOR)).get("/queue")).text
    assert FLOW not in (await (await desk.browser_of(REVIEWER)).get("/queue")).text


async def test_it_counts_what_stands_where(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(RECEIPT, "180013A")
    await desk.approve(RECEIPT)
    await desk.deliver(an_event(mail_failed()))
    for number, reason in enumerate(("dead", "behind", "waiting")):
        await desk.pool.execute(
            "insert into held_events (subject, topic, source, event_id, reason, record_headers, record_partition,"
            " record_offset, held_at) values ('180014A', 'nss.application.v1', '/nss/intake', $1, $2, '[]', 0, $3, $4)",
            new_uuid7(), reason, number, desk.clock.now(),
        )  # fmt: skip
    desk.clock.advance(minutes=11)
    rows = rows_of(await (await desk.browser_of(OPERATOR)).get(FLOW))
    assert rows["審査中"] == ("1", "正常")
    assert rows["承認済み・発行待ち"] == ("1", "遅れ")
    assert rows["保留イベント"] == ("2", "遅れ")
    assert rows["処理不能イベント"] == ("1", "要対応")
    assert rows["送信失敗（24時間以内）"] == ("1", "要対応")
    assert rows["再送待ち（24時間以内）"] == ("0", "正常")


async def test_applications_of_which_no_mail_is_told_are_late_after_a_quarter_of_an_hour(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(RECEIPT, "180013A")
    operator = await desk.browser_of(OPERATOR)
    desk.clock.advance(minutes=15)
    assert rows_of(await operator.get(FLOW))["送信結果待ちの申込"] == ("2", "正常")
    desk.clock.advance(seconds=1)
    assert rows_of(await operator.get(FLOW))["送信結果待ちの申込"] == ("2", "遅れ")
    await desk.deliver(an_event(mail_failed()))
    assert rows_of(await operator.get(FLOW))["送信結果待ちの申込"] == ("1", "遅れ")


async def test_it_is_read_anew_by_itself_until_somebody_stops_it(desk: Desk) -> None:
    browser = await desk.browser_of(OPERATOR)
    assert (await browser.get(FLOW)).headers["refresh"] == "15"
    assert "refresh" not in (await browser.get(f"{FLOW}?paused")).headers


async def test_it_tells_when_each_service_was_last_heard(desk: Desk) -> None:
    await desk.set_schedule()
    await desk.receive(RECEIPT)
    desk.clock.advance(minutes=3)
    text = (await (await desk.browser_of(OPERATOR)).get(FLOW)).text
    assert text.count("最後に届いたイベント：3分前") == 1
    assert text.count("最後に届いたイベント：なし") == 2
