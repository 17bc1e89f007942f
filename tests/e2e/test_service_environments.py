"""Each service starts from nothing but its own lock, its own folder and shared/: what its image will hold."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import CreateDatabase

ROOT = Path(__file__).resolve().parents[2]
INSTALL_SECONDS = 300
START_SECONDS = 60


def image_of(service: ServiceName, folder: Path) -> Path:
    """A folder with the service, shared/ and an environment made from the service's lock; returns its interpreter."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "services" / service, folder / "services" / service, ignore=ignored)
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=ignored)
    run([sys.executable, "-m", "venv", str(folder / "environment")], folder, INSTALL_SECONDS)
    python = folder / "environment" / "bin" / "python"
    lock = ROOT / "requirements" / f"{service}.txt"
    quick = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    run([str(python), "-m", "pip", "install", *quick, "--require-hashes", "-r", str(lock)], folder, INSTALL_SECONDS)
    return python


def run(command: list[str], folder: Path, seconds: float, **variables: str) -> str:
    """What the command printed; fails the test with it when the command fails."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("NSS_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=folder, env=inherited | variables, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "service",
    ["provisioning", *(pytest.param(name, marks=pytest.mark.full) for name in SERVICES if name != "provisioning")],
)
async def test_service_migrates_from_its_own_environment_alone(
    service: ServiceName, tmp_path: Path, service_database: CreateDatabase
) -> None:
    python = image_of(service, tmp_path)
    url = await service_database(service)

    printed = run(
        [str(python), "-m", f"services.{service}.main", "--migrate"],
        tmp_path,
        START_SECONDS,
        **variables_of(service, url, tmp_path),
    )

    assert "Traceback" not in printed


def variables_of(service: ServiceName, url: str, folder: Path) -> dict[str, str]:
    """The least a service is told: where its database is, and its own needs."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    key_file = keys / "key.pem"
    key_file.touch(mode=0o600)
    prefix = f"NSS_{service.upper()}"
    own = {
        "intake": {"NSS_INTAKE_TICKET_KEY_FILE": str(key_file)},
        "review": {"NSS_REVIEW_STAFF_KEY_FILE": str(key_file)},
        "provisioning": {"NSS_PROVISIONING_TICKET_KEYS_DIR": str(keys), "NSS_PROVISIONING_KEY_DIR": str(keys)},
        "notifier": {
            "NSS_NOTIFIER_SMTP_HOST": "127.0.0.1",
            "NSS_NOTIFIER_SMTP_PORT": "25",
            "NSS_NOTIFIER_SENDER": "nss@naccs.example",
            "NSS_NOTIFIER_KEYS_DIR": str(keys),
        },
    }
    return {
        f"{prefix}_DATABASE_URL": url,
        f"{prefix}_RELAY_DATABASE_URL": url,
        f"{prefix}_PORT": "0",
        "NSS_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
        "NSS_STAFF_KEYS_DIR": str(keys),
        **own[service],
    }
