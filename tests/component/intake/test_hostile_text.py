"""Thirty hostile strings in every text field: they come back on the page as what was typed, and as nothing else."""

import pytest

from services.intake.domain.steps import FIELDS, TICKED, Step
from tests.builders import TYPED
from tests.component.intake.conftest import Intake, fill_in, post_step, register, start_draft
from tests.component.intake.hostile import HOSTILE, page_of

FORM_STEPS = (Step.ITEMS, Step.START, Step.CONTACT, Step.MAILBOXES)


async def test_every_field_of_the_form_shows_again_exactly_what_was_typed(intake: Intake) -> None:
    browser = await intake.logged_in()
    draft = (await start_draft(browser)).rpartition("/")[0]
    for text in HOSTILE:
        for step in FORM_STEPS:
            names = [name for name in FIELDS[step] if name not in TICKED]
            typed = dict.fromkeys(names, text)
            answer = await post_step(browser, f"{draft}/{step.value}", {"items": "mailbox_count", **typed})
            page = page_of(answer if answer.status_code == 422 else await browser.get(f"{draft}/{step.value}"))
            shown = {name: value.lstrip("\n") for name, value in page.values.items() if name in names}
            # A choice among days is no text field; what is no offered day stands in the field for other days.
            assert shown, step
            assert {name for name, value in shown.items() if value != text} <= {"office_code"}, (text, step, shown)


@pytest.mark.parametrize("texts", [HOSTILE[0::3], HOSTILE[1::3], HOSTILE[2::3]])
async def test_a_hostile_reason_is_read_literally_on_check_page_status_page_and_correction(
    intake: Intake, texts: tuple[str, ...]
) -> None:
    browser = await intake.logged_in()
    for text in texts:
        address = await start_draft(browser)
        await fill_in(browser, address, {**TYPED, "reason": text})
        check = await browser.get(f"{address.rpartition('/')[0]}/check")
        if check.status_code == 200 and "まだ登録されていません" in check.text:
            assert text in page_of(check).seen
    registered = next(text for text in texts if "\u202e" not in text)
    number = await register(browser, reason=registered)

    for path in (f"/applications/{number}", "/applications", "/menu"):
        page_of(await browser.get(path))
    assert registered in page_of(await browser.get(f"/applications/{number}")).seen


async def test_what_stands_in_an_address_comes_back_literally_or_not_at_all(intake: Intake) -> None:
    browser = await intake.logged_in()
    for text in HOSTILE:
        for path, name in (("/news", "category"), ("/applications", "number"), ("/applications", "status"),
                           ("/password", "next")):  # fmt: skip
            page_of(await browser.get(path, params={name: text}))
        page_of(await intake.browser().get("/login", params={"next": text, "left": text}))
        fields = {"office_code": text, "password": "x", "next": text}
        page_of(await intake.browser().post("/login", data=fields))
