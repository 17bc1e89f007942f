"""The `nss` commands that change or read something, typed against a whole running stack."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from deploy.local.demo import sample_data
from deploy.local.stack import LocalStack, Outside
from tests.conftest import stack_folder
from tests.e2e.test_local_stack import Answer, nss

CONTRACT = Path(sample_data.__file__).with_name("contract-KOB002.json")


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """A stack without any data: no office, no schedule, no account."""
    with stack_folder() as path:
        stack = LocalStack(path, outside=Outside())
        try:
            stack.up()
            yield stack
        finally:
            stack.wipe()


@pytest.fixture
def typed(stack: LocalStack, tmp_path: Path) -> "Command":
    return Command(stack, tmp_path)


class Command:
    """The command with the stack's addresses in its environment, and a place of its own for tokens."""

    def __init__(self, stack: LocalStack, home: Path) -> None:
        state = stack.state
        self.variables = {f"NSS_{name.upper()}_URL": url for name, url in state.urls.items() if name != "mails"}
        self.variables |= {"XDG_CONFIG_HOME": str(home), "NSS_KAFKA_BOOTSTRAP": state.kafka_bootstrap}
        self.intake = state.databases["intake"].app_url
        self.review = state.databases["review"].app_url

    def __call__(self, *arguments: str, **variables: str) -> Answer:
        return nss(*arguments, **self.variables, **variables)

    def bootstrap(self, *arguments: str) -> Answer:
        return self("accounts", "bootstrap", "--intake-dsn", self.intake, "--review-dsn", self.review, *arguments)

    def log_in_as(self, role: str) -> None:
        told = self.bootstrap("--staff", f"{role}-1={role}")
        password = json.loads(told.data)[0]["password"]
        assert self("login", f"{role}-1", NSS_PASSWORD=password).code == 0


def test_an_operator_imports_a_contract_and_sets_the_schedule(typed: Command, tmp_path: Path) -> None:
    typed.log_in_as("operator")
    imported = typed("contracts", "import", str(CONTRACT))
    assert json.loads(imported.data) == {"office_code": "KOB002", "contract_version": 1}
    schedule = tmp_path / "schedule.json"
    schedule.write_text(json.dumps(sample_data.sample_schedule(date(2026, 11, 23))))
    published = typed("schedule", "set", str(schedule))
    assert json.loads(published.data)["schedule_version"] == 1, published.talk


def test_a_dry_run_changes_nothing_and_needs_no_login(typed: Command) -> None:
    tried = typed("contracts", "import", str(CONTRACT), "--dry-run")
    assert tried.code == 0
    assert json.loads(tried.data)["would"].endswith("/api/v1/contracts/KOB002")
    tried = typed.bootstrap("--office", "NAC001", "--dry-run")
    assert json.loads(tried.data) == [{"login": "NAC001", "kind": "office", "roles": []}]


def test_without_a_login_the_command_says_so_and_ends_with_its_code(typed: Command) -> None:
    refused = typed("contracts", "import", str(CONTRACT))
    assert refused.code == 5
    assert "nss: this needs the role operator: run `nss login`" in refused.talk


def test_a_role_that_does_not_suffice_is_refused(typed: Command) -> None:
    typed.log_in_as("reviewer")
    assert typed("contracts", "import", str(CONTRACT)).code == 5


def test_a_wrong_password_is_refused_without_a_trace(typed: Command) -> None:
    refused = typed("login", "operator-1", NSS_PASSWORD="wrong")
    assert refused.code == 5
    assert "Traceback" not in refused.talk
    assert "wrong" not in refused.talk.replace("wrong_login", "")


def test_without_a_terminal_nobody_is_asked_for_a_password(typed: Command) -> None:
    refused = typed("login", "operator-1")
    assert refused.code == 1
    assert "no terminal" in refused.talk


def test_a_file_with_mistakes_names_the_fields(typed: Command, tmp_path: Path) -> None:
    typed.log_in_as("operator")
    wrong = tmp_path / "contract.json"
    wrong.write_text(json.dumps({**json.loads(CONTRACT.read_text()), "customs": 5, "billing_code": None}))
    refused = typed("contracts", "import", str(wrong))
    assert refused.code == 4
    assert "customs" in refused.talk
    assert "billing_code" in refused.talk


def test_topics_are_listed_as_wanted_and_creating_them_again_makes_nothing(typed: Command) -> None:
    assert {topic["condition"] for topic in json.loads(typed("topics", "list", "--json").data)} == {"as wanted"}
    created = typed("topics", "create")
    assert created.code == 0
    assert "created" not in created.data


def test_migrate_tells_what_it_would_do_and_that_nothing_is_left(stack: LocalStack, typed: Command) -> None:
    owner = stack.state.databases["review"].owner_url
    assert typed("migrate", "review", "--dsn", owner, "--dry-run").data == "review: up to date\n"
    assert typed("migrate", "review", "--dsn", owner).data == "review: up to date\n"


def test_an_unknown_service_or_office_is_one_clear_line(typed: Command) -> None:
    assert typed("migrate", "billing").talk.strip().startswith("nss: there is no service billing")
    assert "--office nac-1:" in typed.bootstrap("--office", "nac-1").talk
