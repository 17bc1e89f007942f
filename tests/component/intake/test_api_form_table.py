"""The table of everything that may be typed, through the API: the same answer that the validator gives."""

from typing import Any

from services.intake.domain.form import ApplicationForm, check_form
from services.intake.domain.form_errors import FormErrors
from services.intake.labels import form_error_text
from services.intake.web.api_models import ContactBody, path_of
from tests.component.intake.conftest import Intake, with_rules
from tests.component.intake.test_api import post, program
from tests.unit.intake.builders import facts
from tests.unit.intake.form_cases import SHARED_CASES
from tests.unit.intake.test_form import form_for


def body_of(form: ApplicationForm) -> dict[str, Any]:
    """The same texts as a program sends them; one date, one address."""
    body: dict[str, Any] = {name: getattr(form, name) for name in ("office_code", "kind", "reason")}
    body["contact"] = {name: getattr(form, name) for name in ContactBody.model_fields}
    if form.kind == "password_reissue":
        return {**body, "password_reissue": {"mailbox_ids": list(form.mailbox_ids)}}
    change = {"add_smtp_pop3": form.add_smtp_pop3, "add_edifact": form.add_edifact, "abolish": list(form.abolish)}
    date = form.requested_start_date if form.start_date_choice == "other" else form.start_date_choice
    return {**body, "requested_start_date": date, "mailbox_change": change}


def refused(form: ApplicationForm) -> list[tuple[str, str, str]]:
    """Path, code and sentence of every error the validator finds."""
    result = check_form(form, facts())
    errors = result.errors if isinstance(result, FormErrors) else ()
    return [
        (path_of(each.field), each.code.value, form_error_text(each)) for each in errors if each.field != "email_again"
    ]


async def test_the_api_says_what_the_validator_says(intake: Intake) -> None:
    intake.clock.set(intake.clock.now().replace(day=16))
    client = await program(with_rules(intake, applications_per_hour=len(SHARED_CASES)), days=30)
    differences = []
    for number, case in enumerate(SHARED_CASES):
        form = form_for(case)
        answer = await post(client, body=body_of(form), key=f"case-{number}")
        told = [(each["field"], each["code"], each["message"]) for each in answer.json().get("errors", ())]
        if told != refused(form) or (answer.status_code == 201) != (not told):
            differences.append((str(case), answer.status_code, told))
        # The next case must not meet this one's application.
        await intake.pool.execute("update applications set status = 'withdrawn'")

    assert len(SHARED_CASES) >= 200
    assert differences == []
