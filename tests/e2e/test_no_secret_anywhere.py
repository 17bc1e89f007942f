"""Passwords issued through the whole stack are searched for everywhere the stack writes: nothing is found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path

import httpx2
import pytest

from shared.contracts.topics import SERVICES, TOPICS
from shared.kernel.local_time import TOKYO
from tests.canaries import Search, streams_of_pdf, texts_of_pdf
from tests.topic_reader import read_topics
from tests.town import PASSWORD, Town

OFFICE = "TST010"
MAILBOXES = "3"
IN_SERVICE = "審査終了（利用開始済み）"
DOCUMENTS = ("application-form", "approval-notice")


async def issued_passwords(town: Town) -> tuple[str, Sequence[str]]:
    """Three mailboxes in service, through all pages; the receipt number, and the passwords as the applicant reads them.

    The start date has come, so that every document can be printed; the window is open, so that every secret exists.
    """
    start = town.registration_day()
    number = await town.issue(OFFICE, add_smtp_pop3=MAILBOXES)
    async with town.applicant(OFFICE) as client:
        passwords = list((await client.read_passwords(number, PASSWORD)).values())
    await town.move_clock(datetime.combine(start, time(), TOKYO))
    await town.status_becomes(OFFICE, number, IN_SERVICE)
    return number, passwords


def data_of(town: Town) -> Path:
    """The database server's files, wherever they had to be put."""
    return Path((town.stack.directory / "postgres" / "home").read_text()) / "data"


async def records(town: Town) -> Iterable[bytes]:
    """Key, value and headers of every record on every topic, as a consumer gets them."""
    found = await read_topics(town.stack.state.broker, TOPICS, town.stack.state.topic_prefix)
    return [
        b"\n".join([record.key or b"", record.value or b"", *(name.encode() + value for name, value in record.headers)])
        for _, record in found
    ]


async def pages_of(town: Town, number: str) -> Iterable[bytes]:
    """What the portal and the console show of the application; the ID notice masked."""
    async with town.applicant(OFFICE) as applicant, town.reviewer() as reviewer:
        pages = [
            await applicant.open_application(number),
            await applicant.open_menu(),
            await applicant.open_id_notice(number, PASSWORD),
            await reviewer.open(f"/applications/{number}"),
        ]
    return [page.html.encode() for page in pages]


async def documents_of(town: Town, number: str) -> Mapping[str, bytes]:
    """Every document that can be printed of the application, as the applicant gets it."""
    async with town.applicant(OFFICE) as applicant:
        return {document: await applicant.print_document(number, document) for document in DOCUMENTS}


async def metrics_of(town: Town) -> Iterable[bytes]:
    """What every service tells of itself."""
    async with httpx2.AsyncClient(timeout=30) as client:
        return [(await client.get(f"{town.urls[service]}/metrics")).content for service in SERVICES]


async def test_no_issued_password_stands_anywhere_in_clear(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    number, passwords = await issued_passwords(town)
    assert len(passwords) == int(MAILBOXES)
    directory, data = town.stack.directory, data_of(town)
    search = Search(passwords)
    search.look_into("topics, as consumers read them", await records(town))
    search.look_through("topic logs", directory / "kafka")
    search.look_through("database files and WAL", data)
    search.look_through("service logs", directory / "log")
    search.look_through("mails", directory / "mails")
    search.look_into("pages, ID notice masked", await pages_of(town, number))
    documents = list((await documents_of(town, number)).values())
    read = [text for pdf in documents for text in texts_of_pdf(pdf)]
    search.look_into("documents, as they are sent", documents)
    search.look_into("documents, unpacked", [stream for pdf in documents for stream in streams_of_pdf(pdf)])
    search.look_into("documents, as they are read", read)
    search.look_into("metrics", await metrics_of(town))
    search.look_through("everything else of the stack", directory, but=[directory / "kafka", data])
    with capsys.disabled():
        print(f"\n{search.told()}")  # noqa: T201
    assert all(count and size for count, size in search.searched.values())
    assert search.hits == []
    assert number in b"".join(read).decode(), "the documents could be read at all"
