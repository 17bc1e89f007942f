"""What is unread stays the same whether it stands on a reader's list or is compared with what was looked at."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.review import store, workflows
from services.review.domain.case_file import Viewer
from services.review.domain.review_queue import BEGINNING, QueueFilter, QueueFlag, QueueQuery, QueueRow
from services.review.domain.staff import StaffRole, a_staff_member
from services.review.workflows import unread
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import transaction
from tests.builders import an_event, mailboxes_issued
from tests.component.review.desk import LEAD, REVIEWER, Desk
from tests.component.review.offices import office_of, receive_each_from_its_office

NUMBERS = [ReceiptNumber(f"18{serial:04d}A") for serial in range(1, 9)]
SEEN, MOVED, SEEN_AGAIN, UNSEEN = NUMBERS[:2], NUMBERS[2:4], NUMBERS[4:6], NUMBERS[6:]


def viewer(login: str) -> Viewer:
    return Viewer(a_staff_member(login, "審査 次郎", [StaffRole.REVIEWER]), 6)


async def look(desk: Desk, login: str, numbers: list[ReceiptNumber]) -> None:
    for number in numbers:
        await workflows.view_case(desk.pool, number, viewer(login), desk.clock.now(), desk.deps.new_id)


async def move(desk: Desk, numbers: list[ReceiptNumber]) -> None:
    desk.clock.advance(minutes=1)
    for number in numbers:
        await desk.approve(number)
        answer = mailboxes_issued(receipt_number=number, office_code=office_of(number), mailboxes=[])
        await desk.deliver(an_event(answer, key=office_of(number)))


async def rows_of(desk: Desk, login: str, query: QueueQuery) -> list[QueueRow]:
    return (await workflows.read_queue(desk.pool, query, BEGINNING, viewer(login), desk.clock.now())).page.rows


async def unread_of(desk: Desk, login: str) -> list[str]:
    """By the filter; the mark on the rows must say the same."""
    narrowed = await rows_of(desk, login, QueueQuery(status=QueueFilter.ALL, unread=True))
    everything = await rows_of(desk, login, QueueQuery(status=QueueFilter.ALL))
    assert [row.review for row in narrowed] == [row.review for row in everything if row.is_unread]
    assert all(row.is_unread for row in narrowed)
    return [row.review.receipt_number for row in narrowed]


async def list_everything(desk: Desk) -> None:
    """As the job does, an hour later."""
    desk.clock.advance(hours=1)
    while await workflows.list_unread(desk.pool, desk.clock.now()):
        pass


@pytest.fixture
async def office_day(desk: Desk) -> Desk:
    """Some applications seen, some moved since, some seen again; the lead has opened one, so there are two readers."""
    await desk.set_schedule()
    await receive_each_from_its_office(desk, NUMBERS)
    await look(desk, REVIEWER, [*SEEN, *MOVED, *SEEN_AGAIN])
    await look(desk, LEAD, NUMBERS[:1])
    await move(desk, [*MOVED, *SEEN_AGAIN])
    desk.clock.advance(minutes=1)
    await look(desk, REVIEWER, SEEN_AGAIN)
    return desk


@pytest.mark.parametrize("batch", [5_000, 1])
async def test_listing_changes_nothing_about_what_is_unread(
    office_day: Desk, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "BATCH", batch)
    before = {login: await unread_of(office_day, login) for login in (REVIEWER, LEAD)}
    assert set(before[REVIEWER]) == {*MOVED, *UNSEEN}
    assert set(before[LEAD]) == set(NUMBERS[1:])
    await list_everything(office_day)
    assert {login: await unread_of(office_day, login) for login in (REVIEWER, LEAD)} == before
    assert await office_day.count("review_reads") == 0
    assert await workflows.list_unread(office_day.pool, office_day.clock.now()) == 0


async def test_a_look_takes_an_application_off_the_list_and_a_move_brings_it_back(office_day: Desk) -> None:
    await list_everything(office_day)
    await look(office_day, REVIEWER, [*MOVED, UNSEEN[0]])
    assert await unread_of(office_day, REVIEWER) == [UNSEEN[1]]
    await move(office_day, UNSEEN)
    assert set(await unread_of(office_day, REVIEWER)) == set(UNSEEN)
    await list_everything(office_day)
    assert set(await unread_of(office_day, REVIEWER)) == set(UNSEEN)
    assert [row.review.receipt_number for row in await rows_of(office_day, LEAD, QueueQuery(unread=True))] == SEEN[1:]


@pytest.mark.parametrize(
    "query",
    [
        QueueQuery(status=QueueFilter.REVIEW_COMPLETED),
        QueueQuery(search=NUMBERS[6]),
        QueueQuery(search="どこにもない"),
        QueueQuery(office_code=office_of(NUMBERS[7])),  # type: ignore[arg-type]
        *(QueueQuery(status=QueueFilter.ALL, flag=flag) for flag in QueueFlag),
    ],
)
async def test_unread_narrows_every_other_filter(office_day: Desk, query: QueueQuery) -> None:
    await list_everything(office_day)
    await move(office_day, UNSEEN[:1])
    asked = QueueQuery(query.status, query.flag, query.office_code, query.search, unread=True)
    expected = [row.review for row in await rows_of(office_day, REVIEWER, query) if row.is_unread]
    assert [row.review for row in await rows_of(office_day, REVIEWER, asked)] == expected


async def test_a_look_while_the_list_is_made_waits_for_it_and_is_not_forgotten(office_day: Desk) -> None:
    office_day.clock.advance(hours=1)
    until = office_day.clock.now()
    async with transaction(office_day.pool) as db:
        await db.execute("select 1 from review_readers where login = $1 for update", REVIEWER)
        looking = asyncio.create_task(look(office_day, REVIEWER, [*MOVED, *UNSEEN]))
        await asyncio.sleep(0.3)
        assert not looking.done()
        await store.list_unread(db, REVIEWER, datetime.min.replace(tzinfo=UTC), until)
        await store.end_list(db, REVIEWER, until)
    await looking
    assert await unread_of(office_day, REVIEWER) == []


async def test_what_moved_a_moment_ago_is_not_listed_yet(office_day: Desk) -> None:
    await list_everything(office_day)
    listed_until = await office_day.pool.fetchval("select min(listed_until) from review_readers")
    assert listed_until == office_day.clock.now() - timedelta(minutes=2)
