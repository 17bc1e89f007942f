"""What the catalogue says is kept, compared with the jobs, the settings and the constants that end it."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.catalogue.retention import BROKER, RULES, kept_facts
from deploy.configuration.variables import settings_class_of
from services.intake.workflows.accounts import ADDRESSES_KEPT
from services.intake.workflows.expiry import LOGIN_FAILURES_KEPT
from services.intake.workflows.programs import ANSWERS_KEPT
from services.review.workflows.claiming import OLD_CLAIM
from shared.contracts.topics import SERVICES, TOPICS, ServiceName

ROOT = Path(__file__).parents[3]
ENDING = re.compile(r"(forget|erase|expire|drop|cut|delete|purge|roll)_|close_windows$")
NOT_KEEPING = {"target_business_days", "told_within_days"}
CONSTANTS = {
    "forget_answers": ANSWERS_KEPT,
    "forget_login_failures": LOGIN_FAILURES_KEPT,
    "forget_address_failures": ADDRESSES_KEPT,
    "forget_old_claims": OLD_CLAIM,
}


def jobs_in(path: Path) -> Iterator[str]:
    """The names of the jobs a file makes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Job":
            yield str(ast.literal_eval(node.args[0]))


@pytest.mark.parametrize("service", SERVICES)
def test_every_job_that_ends_something_is_told_and_no_other(service: ServiceName) -> None:
    files = [ROOT / "services" / service / "jobs.py", *(ROOT / "shared" / "runtime").glob("*.py")]
    ending = {name for path in files for name in jobs_in(path) if ENDING.match(name)}
    told = {kept.job for kept in kept_facts() if kept.place == f"database of {service}" and kept.job}
    assert told - {"the mail server"} == ending


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_days_or_years_is_told(service: ServiceName) -> None:
    settings = settings_class_of(service)
    spans = {name for name, field in settings.model_fields.items()
             if name.endswith(("_days", "_years")) and field.validation_alias is None}  # fmt: skip
    assert spans - NOT_KEEPING == {rule.field for rule in RULES if rule.service == service and rule.field}


def test_every_topic_is_told() -> None:
    told = {kept.what.partition(":")[0] for kept in kept_facts() if kept.place == BROKER}
    assert told == {topic.name for topic in TOPICS}


@pytest.mark.parametrize(("job", "span"), CONSTANTS.items())
def test_a_time_that_is_no_setting_is_the_constants(job: str, span: timedelta) -> None:
    [rule] = [rule for rule in RULES if rule.job == job]
    assert re.match(rf"{span.days} days?\b", rule.how_long)
