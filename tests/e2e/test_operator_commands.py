"""The `nss` commands that change or read something, typed against a whole running stack."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.demo import sample_data
from deploy.local.stack import LocalStack
from shared.kernel.local_time import local_date
from tests.e2e.test_local_stack import Answer, nss

REGISTER = sample_data.REGISTER
OTHERS = {"NAC": "OPA", "KOB": "OPB", "HKT": "OPC"}
"""Companies of these tests alone, for those of the register: the stack may know the latter from its first day."""


@pytest.fixture
def typed(stack: LocalStack, tmp_path: Path) -> "Command":
    return Command(stack, tmp_path)


@pytest.fixture(scope="module")
def operator(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> "Command":
    """Somebody who has logged in."""
    command = Command(stack, tmp_path_factory.mktemp("operator"))
    command.log_in_as("operator")
    return command


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


def under_other_names(text: str) -> str:
    """The same with other companies."""
    for company, other in OTHERS.items():
        text = text.replace(company, other)
    return text


def test_an_operator_imports_a_contract_and_sets_the_schedule(operator: Command, tmp_path: Path) -> None:
    register, offices = tmp_path / "register.json", {under_other_names(office) for office in sample_data.OFFICES}
    register.write_text(under_other_names(REGISTER.read_text(encoding="utf-8")), encoding="utf-8")
    tried = operator("contracts", "import", str(register), "--dry-run")
    assert {each["outcome"] for each in json.loads(tried.data)["offices"]} == {"new"}, tried.talk
    imported = operator("contracts", "import", str(register))
    assert set(json.loads(imported.data)["initial_passwords"]) == offices
    again = json.loads(operator("contracts", "import", str(register)).data)
    assert {each["outcome"] for each in again["offices"]} == {"unchanged"}
    assert again["initial_passwords"] == {}
    assert offices <= {each["office_code"] for each in json.loads(operator("contracts", "list", "--json").data)}
    schedule, today = tmp_path / "schedule.json", local_date(datetime.now(UTC))
    versions = []
    for weeks in (1, 2):
        schedule.write_text(json.dumps(sample_data.sample_schedule(today + timedelta(weeks=weeks))))
        published = operator("schedule", "set", str(schedule))
        assert published.code == 0, published.talk
        versions.append(json.loads(published.data)["schedule_version"])
    assert versions[1] == versions[0] + 1


def test_a_dry_run_changes_nothing_and_needs_no_login(typed: Command) -> None:
    tried = typed("accounts", "reset", "NAC001", "--dry-run")
    assert tried.code == 0
    assert json.loads(tried.data)["would"].endswith("/operate/v1/accounts/NAC001/reset")
    tried = typed.bootstrap("--office", "NAC001", "--dry-run")
    assert json.loads(tried.data) == [{"login": "NAC001", "kind": "office", "roles": []}]


def test_without_a_login_the_command_says_so_and_ends_with_its_code(typed: Command) -> None:
    refused = typed("contracts", "import", str(REGISTER))
    assert refused.code == 5
    assert "nss: this needs the role operator: run `nss login`" in refused.talk


def test_a_role_that_does_not_suffice_is_refused(typed: Command) -> None:
    typed.log_in_as("reviewer")
    assert typed("contracts", "import", str(REGISTER)).code == 5


def test_a_wrong_password_is_refused_without_a_trace(typed: Command) -> None:
    refused = typed("login", "operator-1", NSS_PASSWORD="wrong")
    assert refused.code == 5
    assert "Traceback" not in refused.talk
    assert "wrong" not in refused.talk.replace("wrong_login", "")


def test_without_a_terminal_nobody_is_asked_for_a_password(typed: Command) -> None:
    refused = typed("login", "operator-1")
    assert refused.code == 1
    assert "no terminal" in refused.talk


def test_a_file_with_mistakes_names_each_with_its_line_and_imports_nothing(operator: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "register.json"
    lines = REGISTER.read_text().splitlines()
    first, second = (next(n for n, line in enumerate(lines) if key in line) for key in ('"billing_code"', '"customs"'))
    lines[first], lines[second] = '"billing_code": "x",', '"customs": 5,'
    wrong.write_text("\n".join(lines))
    before = operator("contracts", "list", "--json").data

    refused = operator("contracts", "import", str(wrong))

    assert refused.code == 4
    assert f"{wrong}:{second + 1}: companies.0.offices.0.customs: string_type" in refused.talk
    lines[second] = '"customs": "東京税関",'
    wrong.write_text("\n".join(lines))
    refused = operator("contracts", "import", str(wrong))
    assert f"{wrong}:{first + 1}: companies.0.offices.0.billing_code: not_of_the_form" in refused.talk
    assert operator("contracts", "list", "--json").data == before


def test_an_office_is_cared_for_from_the_command_line(operator: Command) -> None:
    assert operator("contracts", "import", str(REGISTER)).code == 0

    assert json.loads(operator("accounts", "grant", "NAC001", "NAC002").data)["sister_offices"] == ["NAC002"]
    assert len(json.loads(operator("accounts", "reset", "NAC001").data)["initial_password"]) == 16
    made = json.loads(operator("accounts", "token", "NAC001", "--name", "wms").data)
    assert made["token_id"] in operator("accounts", "tokens", "NAC001").data
    assert operator("accounts", "revoke-token", "NAC001", made["token_id"]).code == 0
    assert operator("accounts", "unlock", "NAC001").code == 0
    posted = operator("news", "post", "NAC001", "--category", "charge", "--message", "請求額が確定しました。")
    assert (posted.code, operator("accounts", "close", "NAC003").code) == (0, 0), posted.talk
    assert operator("accounts", "unlock", "NAC003").code == 4


def test_the_schema_of_a_register_is_printed_without_a_service(typed: Command) -> None:
    assert "companies" in json.loads(typed("contracts", "schema").data)["properties"]


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
