"""The local stack on real parts: up, asked, damaged, healed and down, the way a person types it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.errors import StackError
from deploy.local.probes import PARTS
from deploy.local.stack import ROOT, LocalStack, Outside
from shared.contracts.topics import SERVICES
from tests.conftest import NewStack, stack_folder

WARM_START_SECONDS = 15.0
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    data: str
    talk: str


def nss(*arguments: str, **variables: str) -> Answer:
    """Run the command as a person would, with no terminal and no server given from outside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NSS_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT, env=inherited | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process that has the folder in its command line or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(process)
    return found


def status_of(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(nss("status", "--directory", str(folder), "--json").data)
    return told


def until_all_is_ready(folder: Path) -> set[str]:
    """The names of all parts, once each of them answers; one question may be answered late on a busy machine."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        parts = LocalStack(folder, outside=Outside()).status()
        if {part["condition"] for part in parts} == {"ready"}:
            return {part["name"] for part in parts}
        assert time.monotonic() < deadline, parts
        time.sleep(POLL_SECONDS)


def pids_of(folder: Path) -> dict[str, int]:
    return {name: part.pid for name, part in LocalStack(folder, outside=Outside()).state.parts.items()}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The folder of one whole stack, up for all tests of this file."""
    with stack_folder() as path:
        started = nss("up", "--directory", str(path))
        try:
            assert started.code == 0, started.talk
            yield path
        finally:
            LocalStack(path, outside=Outside()).wipe()


def test_up_makes_every_part_and_service_ready(folder: Path) -> None:
    assert until_all_is_ready(folder) == {*PARTS, *SERVICES}


def test_status_tells_addresses_servers_logins_and_logs(folder: Path) -> None:
    told = status_of(folder)
    assert set(told["urls"]) == {*SERVICES, "mails"}
    assert told["kafka"]["bootstrap"].startswith("127.0.0.1:")
    assert set(told["postgres"]["databases"]) == set(SERVICES)
    assert {"office", "staff"} == {login["kind"] for login in told["logins"]}
    assert all(Path(part["log"]).exists() for part in told["parts"])
    assert {part["name"]: part["pid"] for part in told["parts"]} == pids_of(folder)


def test_a_second_up_tells_what_runs_and_starts_nothing_again(folder: Path) -> None:
    before = pids_of(folder)
    again = nss("up", "--directory", str(folder))
    assert again.code == 0
    assert re.search(r"running already in .*: .*kafka.*", again.talk)
    assert pids_of(folder) == before


def test_a_crash_is_told_by_name_with_its_log_and_the_next_up_heals_it(folder: Path) -> None:
    before = pids_of(folder)
    LocalStack(folder, outside=Outside()).kill_part("review")
    told = nss("status", "--directory", str(folder))
    assert told.code == 3
    assert re.search(r"^nss: review has ended: .*\(log: .*/log/review\.log\)$", told.talk, re.MULTILINE)
    assert len(re.findall("has ended", told.talk)) == 1
    assert nss("up", "--directory", str(folder)).code == 0
    after = pids_of(folder)
    assert after.pop("review") != before.pop("review")
    assert after == before


@pytest.mark.full  # tests/faults kill both under load in every run
def test_a_killed_broker_and_a_killed_database_come_back_and_the_services_with_them(folder: Path) -> None:
    stack = LocalStack(folder, outside=Outside())
    services = {name: pid for name, pid in pids_of(folder).items() if name in SERVICES}
    stack.kill_part("kafka")
    stack.kill_part("postgres")
    stack.start_postgres()
    stack.start_kafka()
    for service in SERVICES:
        stack.wait_for_service(service, seconds=PATIENCE_SECONDS)
    assert {name: pid for name, pid in pids_of(folder).items() if name in SERVICES} == services


def test_a_service_that_ends_at_its_start_is_told_by_name_with_its_own_words(folder: Path) -> None:
    stack = LocalStack(folder, outside=Outside())
    with pytest.raises(StackError, match=r"^notifier-2 has ended: .*\(log: .*/log/notifier-2\.log\)$"):
        stack.start_service("notifier-2", environment={"NSS_NOTIFIER_PORT": "none"})
    del stack.state.parts["notifier-2"]
    stack.state.save()


def test_a_second_process_of_a_service_runs_beside_the_first(folder: Path) -> None:
    stack = LocalStack(folder, outside=Outside())
    stack.start_service("review-2")
    assert stack.is_running("review")
    assert stack.state.ports["review-2"] != stack.state.ports["review"]
    stack.stop_part("review-2")
    assert stack.is_running("review")
    del stack.state.parts["review-2"]
    stack.state.save()


@pytest.mark.full
def test_two_stacks_run_side_by_side_and_one_going_down_leaves_the_other(folder: Path, new_stack: NewStack) -> None:
    other = new_stack()
    other.up(services=())
    assert not set(other.state.ports.values()) & set(LocalStack(folder, outside=Outside()).state.ports.values())
    assert sorted(other.down()) == sorted(PARTS)
    until_all_is_ready(folder)


def test_down_leaves_no_process_and_a_warm_up_is_quick_at_the_same_addresses(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    before = status_of(folder)
    assert processes_of(folder)
    assert nss("down", "--directory", str(folder)).code == 0
    assert processes_of(folder) == []
    assert nss("status", "--directory", str(folder)).code == 3
    began = time.monotonic()
    assert nss("up", "--directory", str(folder)).code == 0
    seconds = time.monotonic() - began
    record_property("warm_start_seconds", round(seconds, 1))
    assert status_of(folder)["urls"] == before["urls"]
    # Other work on the machine may slow it; four times the promise is a fault of ours.
    assert seconds < 4 * WARM_START_SECONDS


def test_a_given_port_in_use_ends_up_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as other, stack_folder() as path:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        try:
            refused = nss("up", "--directory", str(path), NSS_INTAKE_PORT=str(port))
        finally:
            LocalStack(path, outside=Outside()).wipe()
        assert refused.code == 1
        lines = [line for line in refused.talk.splitlines() if line.startswith("nss:")]
        assert lines == [
            f"nss: port {port} (intake) is in use: stop what listens there, or choose another port for intake"
        ]
        assert "Traceback" not in refused.talk


def test_without_jars_and_network_up_says_what_to_do_and_leaves_nothing(tmp_path: Path) -> None:
    with stack_folder() as path:
        nowhere = {
            "M2_REPO": str(tmp_path / "m2"),
            "HTTPS_PROXY": "http://127.0.0.1:1",
            "HTTP_PROXY": "http://127.0.0.1:1",
        }
        try:
            refused = nss("up", "--directory", str(path), **nowhere)
            left = processes_of(path)
        finally:
            LocalStack(path, outside=Outside()).wipe()
        assert refused.code == 1
        assert left == []
        assert re.search(r"^nss: \S+\.jar is not in .*: connect to the network once", refused.talk, re.MULTILINE)
        assert "Traceback" not in refused.talk


def test_servers_that_are_given_from_outside_are_used_and_never_stopped(folder: Path, new_stack: NewStack) -> None:
    owner = LocalStack(folder, outside=Outside()).state
    guest = new_stack(
        Outside(owner.kafka_bootstrap, owner.postgres_dsn), topic_prefix="guest.", database_prefix="guest"
    )
    guest.up(services=["review"])
    assert list(guest.state.parts) == ["mail-sink", "review"]
    guest.down()
    until_all_is_ready(folder)
