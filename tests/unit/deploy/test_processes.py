"""Detached processes: never mistaken for a stranger, and an early end is told with the log's path."""

import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.errors import StackError
from deploy.local import processes
from deploy.local.processes import Part

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Part]:
    part = processes.start_detached("sleeper", SLEEPER, log=tmp_path / "sleeper.log", cwd=tmp_path)
    yield part
    processes.kill_part(part)


def test_a_started_process_runs_until_it_is_stopped(sleeper: Part) -> None:
    assert processes.is_running(sleeper)
    assert processes.stop_part(sleeper)
    assert not processes.is_running(sleeper)


def test_a_stranger_with_the_same_pid_is_neither_running_nor_signalled(sleeper: Part) -> None:
    stranger = replace(sleeper, started=sleeper.started - 100)
    assert not processes.is_running(stranger)
    processes.signal_part(stranger, signal.SIGKILL)
    processes.kill_part(stranger)
    assert processes.is_running(sleeper)


def test_a_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "stubborn.log"
    part = processes.start_detached("stubborn", STUBBORN, log=log, cwd=tmp_path)
    processes.wait_until_ready(part, lambda: "deaf" in log.read_text(), seconds=10)
    assert not processes.stop_part(part, patience_seconds=0.3)
    assert not processes.is_running(part)


def test_an_early_end_is_told_with_name_last_words_and_log(tmp_path: Path) -> None:
    log = tmp_path / "review.log"
    words = "raise SystemExit('review: the database refused the login')"
    part = processes.start_detached("review", [sys.executable, "-c", words], log=log, cwd=tmp_path)
    with pytest.raises(StackError) as told:
        processes.wait_until_ready(part, lambda: False, seconds=10)
    assert str(told.value) == f"review has ended: review: the database refused the login (log: {log})"


def test_a_process_that_never_gets_ready_is_told_with_its_log(sleeper: Part) -> None:
    with pytest.raises(StackError, match=r"sleeper was not ready within 0 s; its log: .*sleeper\.log"):
        processes.wait_until_ready(sleeper, lambda: False, seconds=0.1)


def test_a_process_that_never_gets_ready_is_told_with_its_own_reason(sleeper: Part) -> None:
    with pytest.raises(StackError, match=r"not ready within 0 s \(consumer: no broker\); its log"):
        processes.wait_until_ready(sleeper, lambda: False, seconds=0.1, why_not=lambda: "consumer: no broker")


def test_a_program_that_does_not_exist_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="kafka could not be started"):
        processes.start_detached("kafka", [str(tmp_path / "no-java")], log=tmp_path / "kafka.log", cwd=tmp_path)


def test_the_last_line_of_a_log_skips_the_frames_of_a_stack_trace(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("java.lang.Error: port in use\n\tat kafka.Kafka.main(Kafka.scala)\n\t... 3 more\n\n")
    assert processes.last_line(log) == "java.lang.Error: port in use"


def test_a_part_survives_the_state_file(sleeper: Part) -> None:
    assert Part.from_json(sleeper.as_json()) == sleeper
