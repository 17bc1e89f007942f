"""The table of everything that may be typed, through the pages: the same answer that the validator gives."""

import html
import re
from typing import Any

import httpx2
import pytest

from services.intake.domain.form import check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.steps import FIELDS, Step
from services.intake.labels import form_error_text
from tests.builders import TYPED
from tests.component.intake.conftest import Intake, post_step, start_draft
from tests.unit.intake.builders import facts
from tests.unit.intake.form_cases import SHARED_CASES, FormCase
from tests.unit.intake.test_form import form_for

SUMMARY = re.compile(r'<li><a href="#([a-z_0-9]+)">(.*?)</a></li>', re.DOTALL)
STEPS = {
    "mailbox_change": (Step.ITEMS, Step.START, Step.CONTACT, Step.MAILBOXES),
    "password_reissue": (Step.PASSWORDS, Step.REASON, Step.CONTACT),
}


def kind_of(case: FormCase) -> str:
    return str(case.typed.get("kind", "mailbox_change"))


def pages_of(case: FormCase) -> list[Step]:
    return [step for step in STEPS[kind_of(case)] if not case.typed.keys().isdisjoint(FIELDS[step])]


async def errors_on_pages(browser: httpx2.AsyncClient, draft: str, case: FormCase) -> list[tuple[str, str]]:
    """Field and sentence of every error that the pages show when those with a field of the case are sent anew."""
    typed: dict[str, Any] = {**TYPED, "items": "mailbox_count", **case.typed}
    if "requested_start_date" in case.typed:
        typed["start_date_choice"] = "other"
    if "email" in case.typed:
        typed["email_again"] = case.typed["email"]
    shown = []
    for step in pages_of(case):
        answer = await post_step(browser, f"{draft}/{step}", typed)
        shown += [(field, html.unescape(text)) for field, text in SUMMARY.findall(answer.text)]
    return shown


async def test_the_pages_say_what_the_validator_says(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.parts.post_limit, "take", lambda _: None)
    intake.clock.set(intake.clock.now().replace(day=16))
    browser = await intake.logged_in()
    starts = {"mailbox_change": "/applications/new", "password_reissue": "/password-reissue"}
    drafts = {kind: (await start_draft(browser, path)).rpartition("/")[0] for kind, path in starts.items()}
    differences = []
    for case in SHARED_CASES:
        result = check_form(form_for(case), facts())
        errors = result.errors if isinstance(result, FormErrors) else ()
        shown = await errors_on_pages(browser, drafts[kind_of(case)], case)
        if shown != [(error.field, form_error_text(error)) for error in errors]:
            differences.append((str(case), shown))

    assert len(SHARED_CASES) >= 200
    assert differences == []
