"""The demo as a newcomer runs it: to its end on a stack of its own, and interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local.demo.screens import find_chromium
from deploy.local.stack import ROOT, LocalStack, Outside
from tests.conftest import stack_folder

LONGEST_SECONDS = 400
STEPS_SHOWN = 12


@pytest.fixture
def folder() -> Iterator[Path]:
    with stack_folder() as path:
        yield path
        LocalStack(path, outside=Outside()).wipe()


def demo(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """`nss demo` in a process group of its own, with no server given from outside, open to Ctrl-C as in a terminal."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NSS_")}
    command = [sys.executable, "-m", "deploy.cli", "demo", "--directory", str(folder), *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        # A test run in the background ignores SIGINT, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def left_running(folder: Path) -> list[str]:
    """Whatever still runs with that folder in its command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in (*process.cmdline(), *process.environ().values())):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_a_headless_demo_plays_the_manuals_case_leaves_its_output_and_nothing_running(
    folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    running = demo(folder, "--headless", "--output", str(output))
    _, talk = running.communicate(timeout=LONGEST_SECONDS)

    assert running.returncode == 0, talk
    assert talk.count("  ok  ") > STEPS_SHOWN
    report = json.loads((output / "report.json").read_text())
    assert_the_case_was_played(report)
    assert_the_output_is_whole(output, report)
    assert left_running(folder) == []


def assert_the_case_was_played(report: dict[str, Any]) -> None:
    assert report["mailbox_ids"] == ["NAC00102"]
    assert report["requested_start_date"] < report["confirmed_start_date"] < report["viewable_until"]
    assert [each["state"] for each in report["states"]] == [
        "received", "under_review", "approved", "review_completed", "in_service",
    ]  # fmt: skip
    contact, administrator = "tsukan-hanako@naccs.example", "kanri-taro@naccs.example"
    assert sorted((mail["template"], mail["to"]) for mail in report["mails"]) == [
        ("M1", administrator), ("M1", contact), ("M2", administrator), ("M2", contact),
    ]  # fmt: skip
    assert report["events"]["nss.mailbox.window-closed.v1"] == 1
    assert not any("dead-letter" in name for name in report["events"])


def assert_the_output_is_whole(output: Path, report: dict[str, Any]) -> None:
    events = [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()]
    assert len(events) == sum(report["events"].values())
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in output.glob("mails/*.eml")]
    assert {str(mail["subject"]) for mail in mails} == {mail["subject"] for mail in report["mails"]}
    documents = {path.stem: path.read_bytes() for path in output.glob("documents/*.pdf")}
    assert documents.keys() == {"application-form", "approval-notice"}
    assert all(pdf.startswith(b"%PDF") for pdf in documents.values())
    pages = {path.stem for path in output.glob("pages/*.html")}
    assert any(name.endswith("id-notice-closed") for name in pages)
    assert {path.stem for path in output.glob("screens/*.png")} == (pages if find_chromium() else set())


@pytest.mark.full
@pytest.mark.parametrize("until", ["Kafka at", "she applies"])
def test_an_interrupted_demo_leaves_nothing_running(folder: Path, until: str) -> None:
    running = demo(folder)
    assert running.stderr is not None
    for line in running.stderr:
        if until in line:
            break
    time.sleep(0.3)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=LONGEST_SECONDS)

    assert running.returncode != 0
    # A database server that was being made ends by itself, a moment after the demo.
    deadline = time.monotonic() + 10
    while left_running(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left_running(folder) == []


def test_a_folder_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    running = demo(tmp_path)
    _, talk = running.communicate(timeout=LONGEST_SECONDS)

    assert running.returncode == 1
    assert "holds other files (thesis.txt)" in talk
    assert (tmp_path / "thesis.txt").exists()
