"""Ages of keys and ends of certificates, from the files that the settings name."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.runtime.file_measures import FileMeter
from shared.runtime.metrics import render_metrics
from shared.runtime.settings import ServiceSettings
from tests.certificates import certificate_for

DAY = 86_400.0
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class ReviewSettings(ServiceSettings):
    """With a certificate, and keys in a file and in a folder."""

    model_config = SettingsConfigDict(env_prefix="NSS_REVIEW_", extra="ignore", populate_by_name=True)
    smtp_ca_file: Path
    staff_key_file: Path


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"key")
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def settings(folder: Path) -> ReviewSettings:
    aged(folder / "keys" / "old.pem", 400)
    aged(folder / "keys" / "young.pem", 30)
    return ReviewSettings.model_validate(
        {"kafka_bootstrap": "h:1", "database_url": "x", "relay_database_url": "x", "port": 0,
         "smtp_ca_file": folder / "ca.pem", "staff_key_file": aged(folder / "staff.pem", 200),
         "staff_keys_dir": folder / "keys"}
    )  # fmt: skip


def shown(name: str, file: str) -> float | None:
    for line in render_metrics("review", "web")[0].decode().splitlines():
        if line.startswith(f'{name}{{file="{file}"'):
            return float(line.rpartition(" ")[2])
    return None


def test_the_first_certificate_to_end_counts(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(certificate_for(BEGIN, 90, 10, 400))
    FileMeter("review", settings(tmp_path)).measure()
    ends = shown("nss_certificate_expiry_timestamp_seconds", "smtp_ca_file")
    assert ends == (BEGIN + timedelta(days=10)).timestamp()


def test_a_key_is_as_old_as_the_last_rotation(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(certificate_for(BEGIN, 90))
    FileMeter("review", settings(tmp_path)).measure()
    assert round((shown("nss_key_age_seconds", "staff_key_file") or 0) / DAY) == 200
    assert round((shown("nss_key_age_seconds", "staff_keys_dir") or 0) / DAY) == 30


def test_a_damaged_certificate_or_a_missing_key_does_not_break_the_page(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"nothing of the kind")
    wrong = settings(tmp_path)
    wrong.staff_key_file.unlink()
    FileMeter("review", wrong).measure()
