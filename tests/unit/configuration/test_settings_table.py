"""deploy/SETTINGS.md and `nss doctor --service` tell what the code understands, and no secret."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.configuration import table
from deploy.configuration.effective import HIDDEN, examine_settings
from deploy.configuration.variables import variables_of
from deploy.errors import ExitCode
from shared.contracts.topics import SERVICES, ServiceName

PASSWORD = "correct-horse"
NOTIFIER: Mapping[str, str] = {
    "NSS_KAFKA_BOOTSTRAP": "kafka:9092",
    "NSS_NOTIFIER_DATABASE_URL": f"postgresql://notifier_app:{PASSWORD}@db:5432/nss_notifier?sslpassword={PASSWORD}",
    "NSS_NOTIFIER_RELAY_DATABASE_URL": "postgresql://notifier_relay@db:5432/nss_notifier",
    "NSS_NOTIFIER_PORT": "8104",
    "NSS_NOTIFIER_SMTP_HOST": "mail.example",
    "NSS_NOTIFIER_SMTP_PORT": "587",
    "NSS_NOTIFIER_SMTP_SECURITY": "starttls",
    "NSS_NOTIFIER_SMTP_PASSWORD": PASSWORD,
    "NSS_NOTIFIER_SENDER": "nss@example.jp",
    "NSS_NOTIFIER_KEYS_DIR": "/keys",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing of ours but a notifier's."""
    for name in [name for name in os.environ if name.startswith("NSS_")]:
        monkeypatch.delenv(name)
    for name, value in NOTIFIER.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def doctor(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `nss doctor`."""
    result = CliRunner().invoke(app, ["doctor", *arguments])
    return result.exit_code, result.output


def test_the_committed_table_is_what_the_code_says() -> None:
    assert table.FILE.read_text() == table.render(), "run python -m deploy.configuration.table"


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is_for(service: ServiceName) -> None:
    assert [variable.name for variable in variables_of(service) if not variable.purpose] == []


@pytest.mark.usefixtures("environment")
def test_no_secret_is_shown_and_what_is_not_secret_is() -> None:
    code, output = doctor("--service", "notifier")
    assert code == ExitCode.DONE
    assert PASSWORD not in output
    assert f"postgresql://notifier_app:{HIDDEN}@db:5432/nss_notifier" in output
    assert "would start" in output.splitlines()


def test_each_value_says_where_it_comes_from(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("NSS_NOTIFIER_SMTP_PASSWORD")
    environment.setenv("NSS_SECRETS_DIR", str(tmp_path))
    (tmp_path / "nss_notifier_smtp_password").write_text(PASSWORD + "\n")
    code, output = doctor("--service", "notifier", "--json")
    assert (code, PASSWORD in output) == (ExitCode.DONE, False)
    by_name = {setting["variable"]: setting for setting in json.loads(output)["settings"]}
    assert by_name["NSS_NOTIFIER_SMTP_PASSWORD"] == {
        "variable": "NSS_NOTIFIER_SMTP_PASSWORD", "value": HIDDEN, "origin": "secrets folder",
    }  # fmt: skip
    assert by_name["NSS_NOTIFIER_SMTP_PORT"]["origin"] == "environment"
    assert by_name["NSS_NOTIFIER_MOST_ATTEMPTS"]["origin"] == "default"
    assert by_name["NSS_STAFF_KEYS_DIR"]["origin"] == "default"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"NSS_NOTIFIER_SENDER": ""}, "NSS_NOTIFIER_SENDER is missing"),
        ({"NSS_NOTIFIER_SMTP_PROT": "25"}, "unknown variable NSS_NOTIFIER_SMTP_PROT"),
        ({"NSS_NOTIFIER_POOL_SIZE": "many"}, "NSS_NOTIFIER_POOL_SIZE: "),
    ],
)
def test_what_would_stop_the_service_is_said_with_an_exit_code(
    environment: pytest.MonkeyPatch, change: Mapping[str, str], told: str
) -> None:
    for name, value in change.items():
        environment.setenv(name, value)
    code, output = doctor("--service", "notifier")
    assert code == ExitCode.INCOMPLETE
    assert f"would not start: {told}" in output


def test_an_unknown_variable_is_listed_beside_the_known_ones() -> None:
    listed = examine_settings("notifier", {**NOTIFIER, "NSS_NOTIFIER_SMTP_PROT": "25"}).settings
    assert ("NSS_NOTIFIER_SMTP_PROT", "unknown to this service") in [(each.variable, each.value) for each in listed]
