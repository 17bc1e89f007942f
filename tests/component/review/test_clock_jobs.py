"""What the clock does: each job catches up after an outage, once, oldest first, and never with a wrong clock."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from prometheus_client import REGISTRY

from services.review import workflows
from services.review.domain.review import NO_SECOND_APPROVER, ApprovalForm, ClarificationForm, Decider
from services.review.jobs import build_jobs
from services.review.workflows import Approval, Decided, Stamp
from shared.contracts.event_data import EventData
from shared.contracts.review_events import ApplicationVoided, ClarificationReminded, DecidedBy
from shared.kernel.identifiers import ReceiptNumber
from tests.builders import NOW, RECEIPT, a_contract, an_event, mailboxes_issued
from tests.component.review.desk import Desk
from tests.component.review.offices import office_of, receive_each_from_its_office

LEAD = Decider("主任 三郎", True, DecidedBy.REVIEWER, "saburo")
NUMBERS = [ReceiptNumber(f"18{serial:04d}A") for serial in range(1, 31)]


def stamp(desk: Desk) -> Stamp:
    return Stamp(LEAD, desk.clock.now(), desk.deps.new_id)


async def run_job(desk: Desk, name: str) -> int:
    """Until nothing is left, as the runner does; how many rows."""
    [job] = [job for job in build_jobs(desk.deps, automatic_approval=False) if job.name == name]
    handled = 0
    while rows := await job.run():
        handled += rows
    return handled


async def run_on_two_workers(desk: Desk, name: str) -> int:
    return sum(await asyncio.gather(run_job(desk, name), run_job(desk, name)))


async def ask(desk: Desk, number: ReceiptNumber) -> None:
    form = ClarificationForm(1, "other", "ご確認ください。")
    asked = await workflows.decide(desk.pool, number, workflows.asking(form, stamp(desk)), stamp(desk))
    assert isinstance(asked, Decided)


async def complete(desk: Desk, numbers: Sequence[ReceiptNumber], start: str, *, needs_setting: bool) -> None:
    for number in numbers:
        form = ApprovalForm(1, start, "登録日です。", system_setting_required=needs_setting)
        approved = await workflows.approve_application(
            desk.pool, Approval(number, form, NO_SECOND_APPROVER), stamp(desk)
        )
        assert isinstance(approved, Decided), approved
    issued = [
        mailboxes_issued(receipt_number=number, office_code=office_of(number), mailboxes=[]) for number in numbers
    ]
    await desk.deliver(*(an_event(event, key=event.office_code) for event in issued))


async def told(desk: Desk, kind: type[EventData]) -> list[str]:
    return [event.receipt_number for event in await desk.told() if isinstance(event, kind)]  # type: ignore[attr-defined]


async def test_questions_are_reminded_of_once_and_in_order_after_an_outage(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    for number in reversed(NUMBERS):
        await ask(desk, number)
        desk.clock.advance(minutes=1)
    desk.clock.set(datetime(2018, 11, 6, 23, 0, tzinfo=UTC))
    assert await run_job(desk, "remind_of_questions") == 0
    desk.clock.advance(hours=25)  # down for more than a day around 09:00 on the tenth business day
    assert await run_on_two_workers(desk, "remind_of_questions") == len(NUMBERS)
    assert sorted(await told(desk, ClarificationReminded)) == NUMBERS
    assert await run_job(desk, "remind_of_questions") == 0
    rows = await desk.pool.fetch("select state, clarification_reminded_at from reviews")
    assert {(row["state"], row["clarification_reminded_at"]) for row in rows} == {("clarification", desk.clock.now())}


async def test_the_oldest_question_is_reminded_of_first(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    for number in reversed(NUMBERS):
        await ask(desk, number)
        desk.clock.advance(minutes=1)
    desk.clock.set(datetime(2018, 11, 8, 1, 0, tzinfo=UTC))
    await run_job(desk, "remind_of_questions")
    assert await told(desk, ClarificationReminded) == NUMBERS[::-1]


async def test_missing_settings_void_once_and_in_order_after_an_outage(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    later, sooner = NUMBERS[:15], NUMBERS[15:29]
    await complete(desk, later, "20181108", needs_setting=True)
    await complete(desk, sooner, "20181101", needs_setting=True)
    await complete(desk, NUMBERS[29:], "20181101", needs_setting=False)
    desk.clock.set(datetime(2018, 10, 26, 14, 59, tzinfo=UTC))
    assert await run_job(desk, "void_missing_settings") == 0
    desk.clock.advance(hours=24)
    assert await run_on_two_workers(desk, "void_missing_settings") == len(sooner)
    desk.clock.set(datetime(2018, 11, 3, 0, 0, tzinfo=UTC))
    assert await run_job(desk, "void_missing_settings") == len(later)
    voided = await told(desk, ApplicationVoided)
    assert (sorted(voided[:14]), voided[14:]) == (sooner, later)
    assert await run_job(desk, "void_missing_settings") == 0
    assert await desk.state_of(NUMBERS[29]) == "review_completed"


async def test_a_void_that_would_come_too_late_is_left_to_provisioning(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS[:1])
    await complete(desk, NUMBERS[:1], "20181101", needs_setting=True)
    desk.clock.set(datetime(2018, 10, 31, 9, 0, tzinfo=UTC))
    assert await run_job(desk, "void_missing_settings") == 0
    assert await desk.state_of(NUMBERS[0]) == "review_completed"


async def test_a_void_missed_past_its_cutoff_is_shown_to_operators_and_noted_once(desk: Desk) -> None:
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS[:4])
    await complete(desk, NUMBERS[:2], "20181101", needs_setting=True)
    await complete(desk, NUMBERS[2:3], "20181101", needs_setting=False)
    await complete(desk, NUMBERS[3:4], "20181108", needs_setting=True)
    desk.clock.set(datetime(2018, 10, 31, 8, 59, tzinfo=UTC))
    assert (await shown_as_missed(desk), await run_job(desk, "note_missed_voids")) == (0, 0)
    desk.clock.advance(minutes=1)  # 18:00 on the day before the start: from here on provisioning holds it
    assert await shown_as_missed(desk) == 2
    assert await run_on_two_workers(desk, "note_missed_voids") == 2
    assert await run_job(desk, "note_missed_voids") == 0
    page = (await (await desk.browser_of()).get(f"/applications/{NUMBERS[0]}")).text
    assert "無効にできる時刻を過ぎました" in page
    assert "無効にできませんでした" in page
    assert (
        "前日の18:00を過ぎたため" in (await (await desk.browser_of("saburo")).get(f"/applications/{NUMBERS[0]}")).text
    )
    assert "無効にできませんでした" not in (await (await desk.browser_of()).get(f"/applications/{NUMBERS[2]}")).text
    desk.clock.advance(hours=24)
    assert await shown_as_missed(desk) == 2
    desk.clock.set(datetime(2018, 11, 12, 0, 0, tzinfo=UTC))
    assert await shown_as_missed(desk) == 1, "the older ones started more than ten days ago"


async def shown_as_missed(desk: Desk) -> float:
    await workflows.measure_stalled(desk.pool, desk.clock.now())
    return REGISTRY.get_sample_value("nss_stalled_applications", {"service": "review", "awaits": "void"}) or 0


async def test_an_office_that_closes_loses_what_review_holds_whatever_came_first(desk: Desk) -> None:
    closing = an_event(a_contract(contract_version=2, closed_on=date(2019, 3, 31)))
    await desk.set_schedule()
    await desk.receive()
    await desk.approve()
    await desk.deliver(closing)
    assert await run_job(desk, "void_in_closed_offices") == 0
    assert await desk.state_of() == "approved"
    await desk.deliver(an_event(mailboxes_issued()))
    assert await run_on_two_workers(desk, "void_in_closed_offices") == 1
    assert await desk.state_of() == "voided"
    await desk.receive("180099A")
    assert await run_job(desk, "void_in_closed_offices") == 1
    assert await told(desk, ApplicationVoided) == [RECEIPT, "180099A"]


async def test_what_cannot_be_undone_waits_while_the_clocks_differ(desk: Desk) -> None:
    guarded = {job.name for job in build_jobs(desk.deps, automatic_approval=True) if job.irreversible}
    assert guarded >= {"void_missing_settings", "void_in_closed_offices"}


async def test_a_day_without_calendar_reminds_nobody(desk: Desk) -> None:
    await desk.set_schedule(covers_until="20181130")
    await desk.receive()
    await ask(desk, RECEIPT)
    desk.clock.set(NOW + timedelta(days=60))
    assert await run_job(desk, "remind_of_questions") == 0
