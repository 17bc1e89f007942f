"""Failpoints: nothing when unused, the end of the process when armed, refused in production, each with a kill test."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime import failpoints
from shared.runtime.settings import InvalidSettings, read_settings
from tests.component.runtime.outbox_parts import ReviewSettings

ROOT = Path(__file__).resolve().parents[3]
REACHED = re.compile(r"""\breach\(\s*"([^"]+)"\s*\)""")
POINT = "relay.after-send-before-delete"
PROGRAM = "from shared.runtime.failpoints import reach; reach({name!r}); print('still here')"


class NeverCompared(str):
    """A name that must not even be looked at."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")


def run_past(name: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own that comes by this point."""
    inherited = {key: value for key, value in os.environ.items() if key != "NSS_FAILPOINT"}
    command = [sys.executable, "-c", PROGRAM.format(name=name)]
    return subprocess.run(
        command, cwd=ROOT, env=inherited | variables, capture_output=True, text=True, check=False, timeout=60
    )


def test_an_unused_failpoint_does_not_even_look_at_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_armed", "")
    failpoints.reach(NeverCompared(POINT))
    monkeypatch.setattr(failpoints, "_armed", "another")
    with pytest.raises(AssertionError, match="compared"):
        failpoints.reach(NeverCompared(POINT))


@pytest.mark.parametrize("armed", [{}, {"NSS_FAILPOINT": ""}, {"NSS_FAILPOINT": "intake.after-commit-before-reply"}])
def test_a_process_passes_a_point_that_is_not_armed(armed: dict[str, str]) -> None:
    assert (run_past(POINT, **armed).returncode, run_past(POINT, **armed).stdout) == (0, "still here\n")


def test_a_process_ends_at_once_at_the_armed_point() -> None:
    ended = run_past(POINT, NSS_FAILPOINT=POINT)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")


def test_production_refuses_to_start_with_a_failpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    assert read_settings(ReviewSettings, os.environ).failpoint == POINT
    monkeypatch.setenv("NSS_ENVIRONMENT", "production")
    with pytest.raises(InvalidSettings, match="NSS_FAILPOINT is refused in production"):
        read_settings(ReviewSettings, os.environ)


def test_every_failpoint_of_the_services_is_reached_by_a_kill_test() -> None:
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    existing = {name for path in sources for name in REACHED.findall(path.read_text(encoding="utf-8"))}
    paths = [*(ROOT / "tests" / "faults").glob("*.py"), *(ROOT / "tests" / "component").glob("*/test_kills.py")]
    kill_tests = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert existing
    assert {name for name in existing if f'"{name}"' not in kill_tests} == set()


NEEDED = {
    "NSS_FAILPOINT": POINT,
    "NSS_KAFKA_BOOTSTRAP": "broker:9092",
    "NSS_REVIEW_DATABASE_URL": "postgresql://nobody@nowhere/review",
    "NSS_REVIEW_RELAY_DATABASE_URL": "postgresql://nobody@nowhere/review",
    "NSS_REVIEW_PORT": "8102",
}
