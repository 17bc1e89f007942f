"""The purge forgets only what can never come again."""

from datetime import timedelta

from shared.contracts.topics import APPLICATION, CONTRACT, MAIL, MAILBOX
from shared.runtime.processed_events import claim_events, update_status
from shared.runtime.processed_purge import purge_job
from tests.builders import NOW, FixedClock, numbered_id
from tests.component.runtime.conftest import RoadWorld


async def test_only_finished_events_beyond_retention_and_thirty_days_are_forgotten(world: RoadWorld) -> None:
    topics = (APPLICATION, CONTRACT, MAIL, MAILBOX)
    for days in (119, 121, 429, 431):
        keys = [("/nss/test", numbered_id(days * 10 + number)) for number in range(len(topics))]
        async with world.db.acquire() as db:
            await claim_events(db, keys, [topic.name for topic in topics], NOW - timedelta(days=days))
    held = [("/nss/test", numbered_id(4312))]
    async with world.db.acquire() as db:
        await update_status(db, held, "held", NOW - timedelta(days=431))
    purge = purge_job(world.db, FixedClock(), topics)
    assert await purge.run() == 3
    assert await purge.run() == 0
    rows = await world.db.fetch("select topic, count(*) from processed_events group by topic order by topic")
    assert [tuple(row) for row in rows] == [
        ("nss.application.v1", 3),
        ("nss.contract.v1", 4),
        ("nss.mail.v1", 2),
        ("nss.mailbox.v1", 4),
    ]
