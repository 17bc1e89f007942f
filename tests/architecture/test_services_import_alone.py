"""Each service imports completely without the packages and the code of the others."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.topics import SERVICES
from tests.architecture.import_alone import OnlyLockedPackages

SCRIPT = Path(__file__).with_name("import_alone.py")


@pytest.mark.parametrize("service", SERVICES)
def test_service_needs_nothing_but_its_own_lock(service: str) -> None:
    # Without the environment: importing must not need settings.
    run = subprocess.run(
        [sys.executable, "-P", str(SCRIPT), service], capture_output=True, text=True, timeout=60, env={}, check=False
    )

    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout.split()[0]) >= 5


@pytest.mark.parametrize("foreign", ["fastapi", "argon2", "services.intake", "services.intake.domain", "tests", "rich"])
def test_notifier_alone_has_neither_pages_nor_neighbours(foreign: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        OnlyLockedPackages("notifier").find_spec(foreign)


@pytest.mark.parametrize("own", ["aiosmtplib", "services", "services.notifier.mailer", "shared.kernel", "asyncio"])
def test_notifier_alone_has_what_is_its_own(own: str) -> None:
    assert OnlyLockedPackages("notifier").find_spec(own) is None
