"""Notifier killed with -9 at every step of sending: every mail arrives, twice at most where it says so."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, Bench, notifier_bench
from tests.component.notifier.scripted_smtp import Answer
from tests.conftest import CreateDatabase

FAILPOINTS = [
    "notifier.after-claim-before-smtp",
    "notifier.after-smtp-accepted-before-marked",
    "notifier.after-marked",
]
STAGES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."]
OFFERS = [("PIPELINING",), ()]
"""Each mail announced with the content before it, and commands one at a time."""
APPLICATIONS = 4
RUNS = [1, pytest.param(20, marks=pytest.mark.full)]
KILLED = -signal.SIGKILL


async def start(database: str, bench: Bench, failpoint: str = "") -> Process:
    """A sender of its own."""
    command = ["-m", "tests.component.notifier.sending_process", database, str(bench.smtp.port), str(bench.keys)]
    environment = {**os.environ, "NSS_FAILPOINT": failpoint, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return await asyncio.create_subprocess_exec(sys.executable, *command, env=environment)


def kill_when_said(stage: str, after: int, victim: list[Process]) -> Answer:
    """The mail server answers as always, but its client is dead when this has been said `after` times before."""
    left = [after]

    def answer(said: str) -> str | None:
        if said.upper().startswith(stage.upper()):
            if left[0] == 0:
                victim[0].kill()
            left[0] -= 1
        return None

    return answer


async def all_arrived(bench: Bench, case: str, run: int) -> Counter[str]:
    """One copy, or one more where the mail says that it may have arrived before; nobody else's; the figures."""
    rows = await bench.pool.fetch("select message_key, state, ambiguous, attempts from mails")
    keys = Counter(str(message_from_bytes(content)["Message-ID"])[1:41] for content in bench.smtp.copies())
    assert {row["state"] for row in rows} == {"sent"}, case
    assert set(keys) == {row["message_key"] for row in rows}, case
    assert all(keys[row["message_key"]] <= 1 + row["ambiguous"] for row in rows), (case, run)
    to = Counter(recipient for recipient, _ in bench.arrived())
    assert to == {CONTACT: APPLICATIONS, ADMINISTRATOR: APPLICATIONS}, case
    events = await bench.pool.fetchval("select count(*) from event_outbox where type = 'nss.mail.sent.v1'")
    assert events == 2 * APPLICATIONS, case
    return Counter(mails=len(rows), copies=keys.total(), ambiguous=sum(row["ambiguous"] for row in rows))


@pytest.mark.parametrize("runs", RUNS)
async def test_killed_sender_loses_nothing_and_repeats_only_what_it_says(
    service_database: CreateDatabase, tmp_path: Path, runs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    database, figures = await service_database("notifier"), dict[str, Counter[str]]()
    async with notifier_bench(database, tmp_path / "keys") as bench:
        for case in [*FAILPOINTS, *STAGES]:
            for run in range(runs):
                await bench.clear()
                bench.smtp.offers = OFFERS[run % 2]
                await bench.apply(APPLICATIONS)
                victim: list[Process] = []
                if case in STAGES:
                    # Connections are made once; everything else happens for every mail.
                    after = 0 if case in ("greeting", "EHLO") else (run + 1) % 5
                    bench.smtp.answer = kill_when_said(case, after, victim)
                victim.append(await start(database, bench, case if case in FAILPOINTS else ""))
                assert await victim[0].wait() == KILLED, case
                bench.smtp.answer = lambda _said: None
                assert await (await start(database, bench)).wait() == 0
                figures[case] = figures.get(case, Counter()) + await all_arrived(bench, case, run)
    with capsys.disabled():
        print(f"\n  killed senders: {json.dumps(figures)}")  # noqa: T201  the figures of the proof
    assert figures[FAILPOINTS[1]]["copies"] > figures[FAILPOINTS[1]]["mails"]
