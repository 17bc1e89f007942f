"""Passwords issued through the whole stack are searched for everywhere the stack writes: nothing is found."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx2
import pytest

from shared.contracts.topics import SERVICES, TOPICS
from tests.canaries import Search
from tests.topic_reader import read_topics
from tests.town import PASSWORD, Town

MAILBOXES = "3"


async def issued_passwords(town: Town) -> tuple[str, Sequence[str]]:
    """Three mailboxes through all pages; the receipt number, and the passwords as the applicant reads them."""
    office = town.offices[-1]
    number = await town.issue(office, add_smtp_pop3=MAILBOXES)
    async with town.applicant(office) as client:
        return number, list((await client.read_passwords(number, PASSWORD)).values())


def data_of(town: Town) -> Path:
    """The database server's files, wherever they had to be put."""
    return Path((town.stack.directory / "postgres" / "home").read_text()) / "data"


async def records(town: Town) -> Iterable[bytes]:
    """Key, value and headers of every record on every topic, as a consumer gets them."""
    found = await read_topics(town.stack.state.kafka_bootstrap, TOPICS, town.stack.state.topic_prefix)
    return [
        b"\n".join([record.key or b"", record.value or b"", *(name.encode() + value for name, value in record.headers)])
        for _, record in found
    ]


async def pages_of(town: Town, number: str) -> Iterable[bytes]:
    """What the portal and the console show of the application, documents included; not the ID notice itself."""
    async with town.applicant(town.offices[-1]) as applicant, town.reviewer() as reviewer:
        pages = [
            await applicant.open_application(number),
            await applicant.open_menu(),
            await applicant.open_id_notice(number, PASSWORD),
            await reviewer.open(f"/applications/{number}"),
        ]
    return [page.html.encode() for page in pages]


async def metrics_of(town: Town) -> Iterable[bytes]:
    """What every service tells of itself."""
    async with httpx2.AsyncClient() as client:
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
    search.look_into("metrics", await metrics_of(town))
    search.look_through("everything else of the stack", directory, but=[directory / "kafka", data])
    with capsys.disabled():
        print(f"\n{search.told()}")  # noqa: T201
    assert all(count for count, _ in search.searched.values())
    assert search.hits == []
