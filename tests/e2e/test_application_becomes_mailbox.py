"""One application from form to mailbox, in the sixteen steps of the README's walk; each step looks at what it left."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from deploy.local.demo import manual_case
from deploy.local.demo.clients import passwords_on, status_on
from deploy.local.demo.event_history import EventRecord, read_history
from deploy.local.demo.manual_case import NEW_MAILBOX, OFFICE, Plan, first_day, plan_story
from deploy.local.demo.page_forms import Page
from deploy.local.demo.sample_data import sample_schedule
from tests.town import PASSWORD, Town, until, violations_at_rest

CONTACT = manual_case.TYPED["email"]
ADMINISTRATOR = "kanri-taro@naccs.example"


@dataclass(slots=True)
class Walk:
    """The days of the story, and what one step hands to the next."""

    plan: Plan
    check_page: Page | None = None
    receipt_number: str = ""
    password: str = ""


@pytest.fixture(scope="module")
def walk(town: Town) -> Walk:
    """The manual's story, told on the days that follow the town's own."""
    applied_on = first_day(town.clock.now())
    days = [date.fromisoformat(row["registration_date"]) for row in sample_schedule(applied_on)["registration_days"]]
    return Walk(plan_story(applied_on, days))


async def events_of(town: Town, number: str, ending: str) -> Sequence[EventRecord]:
    """The application's events of one type that stand on the topics by now; at least one."""

    async def look() -> Sequence[EventRecord] | None:
        history = await read_history(town.stack.state.broker)
        return [each for each in history if each["subject"] == number and each["type"] == f"nss.{ending}.v1"] or None

    return await until(look, f"nss.{ending}.v1 of {number}")


async def mails_to(town: Town, mail: str, number: str) -> Mapping[str, str]:
    """Role and state of every mail of that kind about the application; addresses are sealed."""
    query = "select role, state from mails where mail = $1 and receipt_number = $2"
    return {row["role"]: row["state"] for row in await town.rows("notifier", query, mail, number)}


async def test_01_post_application_keeps_the_form_as_a_draft(town: Town, walk: Walk) -> None:
    await town.move_clock(walk.plan.applied_at)
    wished = {"start_date_choice": "other", "requested_start_date": f"{walk.plan.wished:%Y%m%d}"}
    async with town.applicant(OFFICE) as hanako:
        assert manual_case.OPENING_MAILBOX in (await hanako.open_contract()).text
        walk.check_page = await hanako.fill_form(await hanako.open_form(), {**manual_case.TYPED, **wished})
    assert len(await town.rows("intake", "select 1 from drafts where office_code = $1", OFFICE)) == 1
    assert await town.rows("intake", "select 1 from applications where office_code = $1", OFFICE) == []


async def test_02_receive_application_registers_it_and_forgets_the_draft(town: Town, walk: Walk) -> None:
    assert walk.check_page is not None
    async with town.applicant(OFFICE) as hanako:
        walk.receipt_number = await hanako.register(walk.check_page)
    town.shown.append(walk.receipt_number)
    assert await town.rows("intake", "select 1 from drafts where office_code = $1", OFFICE) == []
    known = await town.rows("intake", "select receipt_number from applications where office_code = $1", OFFICE)
    assert [row["receipt_number"] for row in known] == [walk.receipt_number]


async def test_03_check_form_names_all_errors_of_a_page_at_once_and_keeps_what_was_typed(town: Town) -> None:
    async with town.applicant(OFFICE) as hanako:
        form = await hanako.open_step(await hanako.begin(await hanako.open_form()), "contact")
        fields = form.form("family_name")
        typed = {name: value for name, value in town.typed(OFFICE).items() if name in fields.offers}
        wrong = {**typed, "phone": "12-34", "family_name_kana": "tsukan", "email_again": "other@naccs.example"}
        page = await hanako.browser.send(form, fields, wrong)
    assert page.status == 422
    assert len(page.texts_of("field__error")) == 3
    assert page.form("family_name").value("family_name_kana") == "tsukan"
    assert page.form("family_name").value("given_name_kana") == "ハナコ"


async def test_04_next_receipt_number_counts_within_the_year_of_japan(town: Town, walk: Walk) -> None:
    assert walk.receipt_number.startswith(f"{walk.plan.applied_at:%y}")
    assert walk.receipt_number[2:6].isdigit()
    assert walk.receipt_number.endswith("A")


async def test_05_insert_application_and_append_events_are_one_transaction(town: Town, walk: Walk) -> None:
    entries = await town.rows(
        "intake",
        "select event_id from timeline_entries where receipt_number = $1 order by occurred_at",
        walk.receipt_number,
    )
    sent = [each["id"] for each in await events_of(town, walk.receipt_number, "application.received")]
    assert str(entries[0]["event_id"]) == sent[0]


async def test_06_get_receipt_shows_the_receipt_number(town: Town, walk: Walk) -> None:
    async with town.applicant(OFFICE) as hanako:
        page = await hanako.open_received(walk.receipt_number)
    assert page.texts_of("number") == [walk.receipt_number]


async def test_07_relay_sends_the_event_once_keyed_by_office(town: Town, walk: Walk) -> None:
    [received] = await events_of(town, walk.receipt_number, "application.received")
    assert (received["topic"], received["key"], received["correlationid"]) == (
        "nss.application.v1", OFFICE, walk.receipt_number,
    )  # fmt: skip
    assert received["data"]["requested_start_date"] == walk.plan.wished.isoformat()


async def test_08_open_reviews_puts_it_into_the_queue_and_tells_the_applicant(town: Town, walk: Walk) -> None:
    async with town.reviewer() as sakurako:
        await town.case(sakurako, walk.receipt_number)
        assert walk.receipt_number in await sakurako.queued_numbers()
    await town.status_becomes(OFFICE, walk.receipt_number, "審査中")
    [received] = await events_of(town, walk.receipt_number, "application.received")
    [opened] = await events_of(town, walk.receipt_number, "review.opened")
    assert opened["causationid"] == received["id"]


async def test_09_approve_application_confirms_another_day_and_says_why(town: Town, walk: Walk) -> None:
    await town.move_clock(walk.plan.decided_at)
    async with town.reviewer() as sakurako:
        case = await sakurako.open_case(walk.receipt_number)
        decided = await sakurako.approve(case, walk.plan.confirmed, manual_case.NOTE)
    assert manual_case.NOTE in decided.text
    [approved] = await events_of(town, walk.receipt_number, "review.approved")
    assert approved["data"]["confirmed_start_date"] == walk.plan.confirmed.isoformat()
    assert approved["data"]["start_date_changed"] is True


async def test_10_issue_mailboxes_moves_the_counter_of_the_office(town: Town, walk: Walk) -> None:
    await events_of(town, walk.receipt_number, "mailbox.issued")
    counter = await town.rows("provisioning", "select highest_serial from offices where office_code = $1", OFFICE)
    assert [row["highest_serial"] for row in counter] == [2]


async def test_11_next_mailbox_ids_gives_the_next_serial_and_the_ledger_says_why(town: Town, walk: Walk) -> None:
    ledger = await town.rows(
        "provisioning", "select mailbox_id, cause, status from mailboxes where receipt_number = $1", walk.receipt_number
    )
    assert [tuple(row) for row in ledger] == [(NEW_MAILBOX, "issued", "issued")]


async def test_12_new_password_is_sealed_and_the_event_holds_none(town: Town, walk: Walk) -> None:
    sealed = await town.rows(
        "provisioning",
        "select mailbox_id, closing_day from sealed_passwords where receipt_number = $1",
        walk.receipt_number,
    )
    [issued] = await events_of(town, walk.receipt_number, "mailbox.issued")
    assert [row["mailbox_id"] for row in sealed] == [NEW_MAILBOX]
    assert sealed[0]["closing_day"].isoformat() == issued["data"]["viewable_until"]
    assert "password" not in json.dumps(issued["data"])


async def test_13_complete_reviews_ends_the_review_on_both_sides(town: Town, walk: Walk) -> None:
    page = await town.status_becomes(OFFICE, walk.receipt_number, "審査終了", telling=NEW_MAILBOX)
    assert manual_case.NOTE in page.text
    async with town.reviewer() as sakurako:
        assert status_on(await sakurako.open_case(walk.receipt_number)) == "審査終了"


async def test_14_queue_mails_plans_one_mail_for_each_of_the_two(town: Town, walk: Walk) -> None:
    await events_of(town, walk.receipt_number, "review.completed")

    async def look() -> Sequence[Mapping[str, str]] | None:
        planned = [await mails_to(town, mail, walk.receipt_number) for mail in ("M1", "M2")]
        return planned if all(planned) else None

    planned = await until(look, "the mails of receipt and completion to be queued")
    assert [set(mails) for mails in planned] == [{"contact", "administrator"}] * 2


async def test_15_deliver_due_mails_sends_each_once_without_any_secret(town: Town, walk: Walk) -> None:
    async def look() -> bool | None:
        states = [
            state for mail in ("M1", "M2") for state in (await mails_to(town, mail, walk.receipt_number)).values()
        ]
        return set(states) == {"sent"} or None

    await until(look, "four mails to be sent")
    mine = [mail for mail in town.mails() if walk.receipt_number in mail.text]
    assert sorted(mail.header("To") for mail in mine) == sorted([CONTACT, ADMINISTRATOR] * 2)
    assert all(NEW_MAILBOX not in mail.text for mail in mine)


async def test_16_view_id_notice_shows_the_password_masked_first(town: Town, walk: Walk) -> None:
    async with town.applicant(OFFICE) as hanako:
        masked = await hanako.open_id_notice(walk.receipt_number, PASSWORD)
        assert passwords_on(masked) == {}
        shown = passwords_on(await hanako.reveal(masked))
    assert list(shown) == [NEW_MAILBOX]
    walk.password = shown[NEW_MAILBOX]
    assert len(walk.password) == 16
    assert all(walk.password not in mail.text for mail in town.mails())
    history = await read_history(town.stack.state.broker)
    assert walk.password not in json.dumps([each["data"] for each in history])


async def test_17_the_mailbox_is_in_service_on_its_start_date(town: Town, walk: Walk) -> None:
    await town.move_clock(walk.plan.started_at)
    await town.status_becomes(OFFICE, walk.receipt_number, "審査終了（利用開始済み）")
    accounts = await town.rows(
        "provisioning", "select active from mail_server_accounts where mailbox_id = $1", NEW_MAILBOX
    )
    assert [row["active"] for row in accounts] == [True]


async def test_18_after_the_window_the_password_can_be_read_by_nobody(town: Town, walk: Walk) -> None:
    await town.move_clock(walk.plan.window_over_at)
    async with town.applicant(OFFICE) as hanako:
        page = await hanako.open_id_notice(walk.receipt_number, PASSWORD)
    assert page.texts_of("credentials__over") == ["参照期間終了"]
    assert walk.password not in page.html

    async def look() -> bool | None:
        query = "select 1 from sealed_passwords where receipt_number = $1"
        return not await town.rows("provisioning", query, walk.receipt_number) or None

    await until(look, "the sealed password to be erased")


async def test_19_nothing_was_lost_doubled_or_left_behind(town: Town) -> None:
    assert await violations_at_rest(town) == []
