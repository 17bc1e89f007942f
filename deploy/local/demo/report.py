"""What `nss demo --output` leaves: the report, the events, the mails, the pages and pictures of them."""

import asyncio
import json
import platform
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from deploy.errors import CommandError
from deploy.local.demo.album import Album
from deploy.local.demo.event_history import EventRecord, read_history
from deploy.local.demo.screens import take_screens
from deploy.local.jars import LOCK, read_lock
from deploy.local.state import StackState
from deploy.progress import say

REPORT = "report.json"
FOLDERS = ("mails", "documents", "pages", "screens")
STATES: Mapping[str, str] = {
    "nss.application.received.v1": "received",
    "nss.review.opened.v1": "under_review",
    "nss.review.approved.v1": "approved",
    "nss.review.completed.v1": "review_completed",
    "nss.mailbox.service-started.v1": "in_service",
}
"""Which event brings the application into which state."""
MAIL_SENT = "nss.mail.sent.v1"
LAST_EVENT = "nss.mailbox.window-closed.v1"
LAST_EVENT_SECONDS = 60.0
REVIEW_COMPLETED = "nss.review.completed.v1"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run left on the stack: every event and every mail, and what the stack is made of."""

    events: Sequence[EventRecord]
    mails: Sequence[Mapping[str, str]]
    versions: Mapping[str, str]


def prepare_output(folder: Path) -> None:
    """Make the folder ready. Raises CommandError for one that holds something else than an earlier run's output."""
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is no folder")
    if folder.exists() and any(folder.iterdir()) and not (folder / REPORT).exists():
        raise CommandError(f"{folder} holds other files: name a new folder, or one of an earlier demo")
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)


async def collect(state: StackState) -> Findings:
    """Read the topics, the mail server and the versions of the stack's parts, once the story's last event is there."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        mails = (await client.get(f"{state.urls['mails']}/mails.json")).json()
    events = await _whole_history(state)
    return Findings(events, mails, await _versions(state))


def make_report(findings: Findings, receipt_number: str, seconds: Mapping[str, float]) -> dict[str, Any]:
    """The report's content. Raises CommandError when the run's review did not end."""
    own = [event for event in findings.events if event["subject"] == receipt_number]
    completed = next((event["data"] for event in own if event["type"] == REVIEW_COMPLETED), None)
    if completed is None:
        raise CommandError(f"{receipt_number} has no {REVIEW_COMPLETED}")
    return {
        "receipt_number": receipt_number,
        "mailbox_ids": completed["mailbox_ids_issued"],
        "requested_start_date": completed["requested_start_date"],
        "confirmed_start_date": completed["confirmed_start_date"],
        "viewable_until": completed["viewable_until"],
        "states": [{"state": STATES[each["type"]], "at": each["time"]} for each in own if each["type"] in STATES],
        "mails": _mails(own, findings.mails),
        "events": dict(sorted(Counter(event["type"] for event in findings.events).items())),
        "seconds": {"total": round(sum(seconds.values()), 2), "steps": dict(seconds)},
        "stack": dict(findings.versions),
    }


def write_output(folder: Path, report: Mapping[str, Any], findings: Findings, album: Album, mails: Path) -> None:
    """Write everything; pictures only where a browser is found."""
    for mail in findings.mails:
        shutil.copyfile(mails / mail["file"], folder / "mails" / mail["file"])
    lines = [json.dumps(event, ensure_ascii=False) for event in findings.events]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    album.write(folder / "pages")
    album.write_documents(folder / "documents")
    if not take_screens(folder / "pages", folder / "screens"):
        say("      no pictures: no Chromium was found")
    (folder / REPORT).write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


async def _whole_history(state: StackState) -> Sequence[EventRecord]:
    """A page shows by the clock that the window is over; the job that destroys the secret may take a second more."""
    try:
        async with asyncio.timeout(LAST_EVENT_SECONDS):
            while True:
                events = await read_history(state.broker)
                if any(event["type"] == LAST_EVENT for event in events):
                    return events
                await asyncio.sleep(1)
    except TimeoutError as error:
        raise CommandError(f"{LAST_EVENT} did not come within {LAST_EVENT_SECONDS:.0f} s") from error


def _mails(own: Sequence[EventRecord], mails: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Each mail that arrived, with the template that notifier says it was made from."""
    templates = {event["data"]["message_id"]: event["data"]["mail"] for event in own if event["type"] == MAIL_SENT}
    return [
        {"template": templates.get(mail["message_id"], ""), "to": mail["to"], "subject": mail["subject"]}
        for mail in mails
    ]


async def _versions(state: StackState) -> Mapping[str, str]:
    connection = await asyncpg.connect(state.postgres_dsn, timeout=15)
    try:
        database = await connection.fetchval("show server_version")
    finally:
        await connection.close()
    broker = next(jar.version for jar in read_lock(LOCK) if jar.group == "org.apache.kafka")
    return {
        "broker": f"Apache Kafka {broker}" if state.kafka_is_ours else "given by NSS_KAFKA_BOOTSTRAP",
        "database": f"PostgreSQL {database}",
        "python": platform.python_version(),
    }
