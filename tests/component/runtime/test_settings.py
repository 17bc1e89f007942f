"""Settings: what a service refuses to start with, each in one line that names the variable and no value."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.settings import InvalidSettings, read_settings
from tests.component.runtime.outbox_parts import ReviewSettings, environment_for

URL = "postgresql://review:sekrit@127.0.0.1/review"
PRODUCTION = {
    "NSS_ENVIRONMENT": "production",
    "NSS_TOPIC_PREFIX": "",
    **{f"NSS_{service}_URL": "https://nss.example" for service in ("INTAKE", "REVIEW", "PROVISIONING", "NOTIFIER")},
}


def read(monkeypatch: pytest.MonkeyPatch, **more: str) -> ReviewSettings:
    """Settings read from an environment of nothing else."""
    environment = environment_for(URL, "broker:9092", **more)
    for name in ReviewSettings.model_fields:
        monkeypatch.delenv(f"NSS_{name.upper()}", raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    return read_settings(ReviewSettings, environment)


def test_settings_come_from_common_and_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, NSS_REVIEW_PORT="8102", NSS_INTAKE_ANYTHING="1", NSS_POSTGRES_DSN="x")
    assert (settings.kafka_bootstrap, settings.port, settings.timezone) == ("broker:9092", 8102, "Asia/Tokyo")
    assert "sekrit" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"NSS_KAFKA_BOOTSTRAPP": "x"}, "unknown variable NSS_KAFKA_BOOTSTRAPP"),
        ({"NSS_REVIEW_DATABASE": "x"}, "unknown variable NSS_REVIEW_DATABASE"),
        ({"NSS_REVIEW_PORT": ""}, "NSS_REVIEW_PORT is missing"),
        ({"NSS_REVIEW_PORT": "70000"}, "NSS_REVIEW_PORT: "),
        ({"NSS_TIMEZONE": "Europe/Berlin"}, "NSS_TIMEZONE: "),
        ({"NSS_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "NSS_KAFKA_SECURITY_USERNAME is missing"),
        (PRODUCTION | {"NSS_FAILPOINT": "x"}, "NSS_FAILPOINT is refused in production"),
        (PRODUCTION | {"NSS_CLOCK_OFFSET_FILE": "/x"}, "NSS_CLOCK_OFFSET_FILE is refused in production"),
        (PRODUCTION | {"NSS_TOPIC_PREFIX": "x."}, "NSS_TOPIC_PREFIX is refused in production"),
        (PRODUCTION | {"NSS_INTAKE_URL": "http://nss.example"}, "NSS_INTAKE_URL must be https in production"),
    ],
)
def test_what_does_not_make_settings_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        read(monkeypatch, **more)
    line = str(refused.value)
    assert message in line
    assert "\n" not in line
    assert "sekrit" not in line


def test_production_starts_with_https_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **PRODUCTION).environment == "production"


def test_a_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nss_review_database_url").write_text("postgresql://from-a-file/review")
    monkeypatch.setenv("NSS_REVIEW_DATABASE_URL", "")
    settings = read(monkeypatch, NSS_SECRETS_DIR=str(tmp_path), NSS_REVIEW_DATABASE_URL="")
    assert settings.database_url.get_secret_value() == "postgresql://from-a-file/review"


def test_a_process_with_bad_settings_ends_with_one_line() -> None:
    program = (
        "from shared.runtime.settings import load_settings\n"
        "from tests.component.runtime.outbox_parts import ReviewSettings\n"
        "load_settings(ReviewSettings)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment_for(URL, "broker:9092", NSS_WRONG="sekrit2"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "settings: unknown variable NSS_WRONG: misspelt, or of another version"
