"""What the other services' events change; each twice, and in orders that topics do not promise."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from services.intake import workflows
from services.intake.workflows.refusals import UnknownApplication
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.notifier_events import Mail, MailDeferred, RecipientRole
from shared.contracts.provisioning_events import Abolition, NoticeViewed, OfficeClosed, WindowClosed
from shared.contracts.review_events import IssueFailedNoted, SystemSettingRecorded
from shared.runtime.database import transaction
from tests.builders import (
    NEW_MAILBOX,
    NOW,
    OFFICE,
    OPENING_MAILBOX,
    START_DATE,
    a_contract,
    a_schedule,
    an_event,
    mail_failed,
    mail_sent,
    mailboxes_issued,
    review_completed,
    review_opened,
    service_started,
    window_closing,
)
from tests.builders.moving import (
    MOVED_DATE,
    application_voided,
    mailboxes_rescheduled,
    mailboxes_voided,
    start_date_changed,
)
from tests.component.intake.conftest import Intake, register, start_draft

TABLES = ("applications", "mailboxes", "timeline_entries", "application_mails", "news_items", "schedule")


def whole_course(number: str) -> list[Event[EventData]]:
    """Everything that happens to a good application whose start date was moved."""
    completed = review_completed(
        receipt_number=number,
        completed_at=NOW + timedelta(hours=2),
        confirmed_start_date=date(2018, 11, 8),
        start_date_changed=True,
        start_date_note="システム登録日の都合により変更しました。",
    )
    return [
        an_event(mail_sent(receipt_number=number)),
        an_event(review_opened(receipt_number=number, opened_at=NOW + timedelta(minutes=1))),
        an_event(IssueFailedNoted(receipt_number=number, reason_code="start_date_passed")),
        an_event(mailboxes_issued(receipt_number=number, issued_at=NOW + timedelta(hours=1))),
        an_event(completed),
        an_event(mail_sent(receipt_number=number, mail=Mail.M2)),
        an_event(service_started(receipt_number=number, started_on=date(2018, 11, 8))),
    ]


async def test_the_status_page_follows_the_course(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    opened, *rest = whole_course(number)[1:]

    await intake.consume(opened)
    assert "審査中" in (await browser.get(f"/applications/{number}")).text
    await intake.consume(*rest[:-1])

    page = (await browser.get(f"/applications/{number}")).text
    assert "審査終了" in page
    assert "利用開始日 <strong>2018/11/08（木）</strong>" in page
    assert "変更あり" in page
    assert "システム登録日の都合により変更しました。" in page
    assert f'href="/applications/{number}/id-notice"' in page
    assert "2018/11/05（月）まで" in page
    news = (await browser.get("/menu")).text
    assert "利用申込の審査を終了しました。通知内容をご確認ください。" in news
    contract = (await browser.get("/contract/general-naccs")).text
    assert NEW_MAILBOX in contract
    assert "利用開始前" in contract
    await intake.consume(rest[-1])
    assert "利用開始済み" in (await browser.get(f"/applications/{number}")).text


async def test_each_event_twice_changes_nothing(intake: Intake) -> None:
    events = whole_course(await register(await intake.logged_in()))
    for event in events:
        await intake.consume(event)
        once = await intake.rows(TABLES)
        await intake.consume(event)
        assert await intake.rows(TABLES) == once, event.type

    final = await intake.rows(TABLES)
    await intake.consume(*events)

    assert await intake.rows(TABLES) == final


async def test_topics_in_another_order_lead_to_the_same_state(intake: Intake) -> None:
    number = await register(await intake.logged_in())
    mail, opened, failed, issued, completed, second_mail, started = whole_course(number)

    await intake.consume(issued, started, second_mail, mail, opened, failed, completed)

    row = await intake.pool.fetchrow("select status, completed_on, confirmed_start_date, started_on from applications")
    assert tuple(row or ()) == ("in_service", date(2018, 10, 24), date(2018, 11, 8), date(2018, 11, 8))
    assert await intake.pool.fetchval("select count(*) from news_items") == 2


async def test_many_applications_are_moved_in_one_call(intake: Intake) -> None:
    numbers = []
    for office in ("AAA001", "BBB001", "CCC001"):
        await intake.register_office(a_contract(office_code=office))
        numbers.append(await register(await intake.logged_in(office), office_code=office))
    events = [an_event(review_opened(receipt_number=number)) for number in reversed(numbers)]

    async with transaction(intake.pool) as db:
        await workflows.open_reviews(db, events)

    rows = await intake.pool.fetch("select distinct status from applications")
    assert [row["status"] for row in rows] == ["under_review"]


async def test_a_decided_abolition_shows_and_cannot_be_asked_for_again(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    abolition = Abolition(mailbox_id=OPENING_MAILBOX, abolished_on=date(2018, 11, 8))
    issued = mailboxes_issued(receipt_number=number, abolitions=[abolition])

    await intake.consume(an_event(issued), an_event(review_completed(receipt_number=number)))

    assert "廃止予定（2018/11/08）" in (await browser.get("/contract/general-naccs")).text
    form = (await browser.get(f"{(await start_draft(browser)).rpartition('/')[0]}/mailboxes")).text
    assert f'value="{OPENING_MAILBOX}"' not in form
    assert f'value="{NEW_MAILBOX}"' in form


async def test_an_abolition_alone_has_no_id_notice(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    await intake.consume(
        an_event(mailboxes_issued(receipt_number=number, mailboxes=[], viewable_from=None, viewable_until=None)),
        an_event(
            review_completed(receipt_number=number, mailbox_ids_issued=[], viewable_from=None, viewable_until=None)
        ),
    )

    page = (await browser.get(f"/applications/{number}")).text

    assert "id-notice" not in page
    assert "メールボックスIDを払い出しました" not in page
    assert (await browser.get(f"/applications/{number}/id-notice")).status_code == 404


async def test_a_mail_that_failed_stands_on_the_status_page(intake: Intake) -> None:
    browser = await intake.logged_in()
    number = await register(browser)
    deferred = MailDeferred(
        receipt_number=number, mail=Mail.M1, role=RecipientRole.CONTACT, next_attempt_at=NOW + timedelta(minutes=5)
    )

    await intake.consume(an_event(deferred))
    assert "再送待ち" in (await browser.get(f"/applications/{number}")).text
    await intake.consume(an_event(mail_failed(receipt_number=number)), an_event(deferred))

    page = (await browser.get(f"/applications/{number}")).text
    assert "送信できませんでした" in page
    assert "再送待ち" not in page


@pytest.mark.parametrize("batches", [[[1, 3, 2]], [[3], [2]], [[2], [3], [1]]])
async def test_the_newest_schedule_stays(intake: Intake, batches: Sequence[Sequence[int]]) -> None:
    for versions in batches:
        async with transaction(intake.pool) as db:
            await workflows.keep_schedules(
                db, [an_event(a_schedule(schedule_version=version), key="schedule") for version in versions]
            )

    assert await intake.pool.fetchval("select schedule_version from schedule") == 3


async def test_an_event_about_an_unknown_application_is_not_swallowed(intake: Intake) -> None:
    for event in whole_course("189999Z"):
        with pytest.raises(UnknownApplication):
            await intake.consume(event)


async def moved_course(intake: Intake) -> tuple[str, list[Event[EventData]]]:
    """An application that is issued, moved, looked at, started and closed; also the other topics' events about it."""
    number = await register(await intake.logged_in(), abolish=OPENING_MAILBOX)
    abolition = Abolition(mailbox_id=OPENING_MAILBOX, abolished_on=START_DATE)
    return number, [
        an_event(review_opened(receipt_number=number)),
        an_event(mailboxes_issued(receipt_number=number, abolitions=[abolition])),
        an_event(review_completed(receipt_number=number, mailbox_ids_abolished=[OPENING_MAILBOX])),
        an_event(start_date_changed(receipt_number=number)),
        an_event(mailboxes_rescheduled(receipt_number=number)),
        an_event(SystemSettingRecorded(receipt_number=number, completed_on=date(2018, 10, 25))),
        an_event(NoticeViewed(receipt_number=number, viewed_at=NOW, first_time=True)),
        an_event(service_started(receipt_number=number, started_on=MOVED_DATE, abolished=[OPENING_MAILBOX])),
        an_event(window_closing(receipt_number=number, viewable_until=date(2018, 11, 19))),
        an_event(WindowClosed(receipt_number=number, closed_at=NOW, ever_viewed=True)),
    ]


async def test_a_moved_start_date_stands_on_every_page(intake: Intake) -> None:
    number, events = await moved_course(intake)
    browser = await intake.logged_in()

    await intake.consume(*events[:4])
    assert "利用開始日が変更されました。" not in (await browser.get("/menu")).text
    await intake.consume(*events[4:6])

    assert "利用開始日が変更されました。通知内容をご確認ください。" in (await browser.get("/menu")).text
    page = (await browser.get(f"/applications/{number}")).text
    assert "利用開始日 <strong>2018/11/15（木）</strong>" in page
    assert "2018/11/19（月）まで" in page
    assert "登録作業の都合によります。" in page
    assert "新しい利用開始日は2018/11/15です。" in page
    assert "2018/10/25" in page
    boxes = await intake.pool.fetch("select mailbox_id, active_from, abolished_on from mailboxes order by mailbox_id")
    assert [tuple(box) for box in boxes] == [
        (OPENING_MAILBOX, date(2017, 10, 8), MOVED_DATE),
        (NEW_MAILBOX, MOVED_DATE, None),
    ]


async def test_a_whole_moved_course_twice_changes_nothing(intake: Intake) -> None:
    number, events = await moved_course(intake)
    for event in events:
        await intake.consume(event)
        once = await intake.rows(TABLES)
        await intake.consume(event)
        assert await intake.rows(TABLES) == once, event.type
    final = await intake.rows(TABLES)

    await intake.consume(*events)

    assert await intake.rows(TABLES) == final
    page = (await (await intake.logged_in()).get(f"/applications/{number}")).text
    for words in ("ID通知内容を参照しました", "パスワードの参照期間が終了しました", "システム設定の完了を確認しました"):
        assert words in page


async def test_each_topic_alone_may_be_far_ahead(intake: Intake) -> None:
    number, events = await moved_course(intake)
    opened, issued, completed, changed, rescheduled, setting, viewed, started, closing, closed = events

    await intake.consume(issued, rescheduled, viewed, started, closing, closed, opened, completed, changed, setting)

    row = await intake.pool.fetchrow("select status, confirmed_start_date, started_on from applications")
    assert tuple(row or ()) == ("in_service", MOVED_DATE, MOVED_DATE)
    page = (await (await intake.logged_in()).get(f"/applications/{number}")).text
    assert "利用開始済み" in page


@pytest.mark.parametrize("review_first", [True, False])
async def test_a_voided_application_retires_its_ids_and_keeps_what_it_would_have_given_up(
    intake: Intake, review_first: bool
) -> None:
    number, events = await moved_course(intake)
    _, issued, completed, *_ = events
    voided = an_event(application_voided(receipt_number=number))
    retired = an_event(mailboxes_voided(receipt_number=number))
    order = [completed, voided, issued, retired] if review_first else [issued, retired, completed, voided]

    await intake.consume(*order)
    await intake.consume(*order)

    boxes = await intake.pool.fetch("select mailbox_id, abolished_on from mailboxes order by mailbox_id")
    assert [tuple(box) for box in boxes] == [(OPENING_MAILBOX, None), (NEW_MAILBOX, date(2018, 10, 24))]
    browser = await intake.logged_in()
    page = (await browser.get(f"/applications/{number}")).text
    assert "申込は無効となりました" in page
    assert "id-notice" not in page
    assert await register(browser, abolish=OPENING_MAILBOX) != number


async def test_an_office_that_closes_has_no_mailbox_left(intake: Intake) -> None:
    closed = OfficeClosed(office_code=OFFICE, closed_on=date(2018, 10, 24), abolished=[OPENING_MAILBOX])

    await intake.consume(an_event(closed))

    assert await intake.pool.fetchval("select abolished_on from mailboxes") == date(2018, 10, 24)
