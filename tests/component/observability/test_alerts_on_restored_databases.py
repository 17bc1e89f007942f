"""A service that has stopped itself because its database was taken back beneath it: told, and over after the repair."""

import asyncio

import pytest

from deploy.operate.services import call
from shared.contracts.topics import ServiceName
from tests.component.observability.conftest import Watcher, superuser
from tests.faults.stubborn_people import all_taken_up
from tests.town import Town, staff_token

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("scraped")]

SERVICE: ServiceName = "review"


async def forget_the_last(town: Town) -> None:
    """As a backup from before the last application has it, brought back while the service stands still."""
    async with superuser(town, SERVICE) as connection:
        await connection.execute("delete from processed_events where topic = 'nss.application.v1'")
        await connection.execute("delete from event_sequences where subject in (select receipt_number from reviews)")
        await connection.execute("truncate reviews cascade")


async def test_a_database_taken_back_to_before_the_last_application(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssDatabaseBehind") == []
    await all_taken_up(town, [await town.apply(town.offices[1])])
    await asyncio.to_thread(town.stack.stop_part, SERVICE)
    await forget_the_last(town)
    town.stack.spawn_service(SERVICE)
    await watcher.until_firing("NssDatabaseBehind", service=SERVICE)
    repair, token = f"{town.urls[SERVICE]}/operate/v1/restored/repair", staff_token(town, "operator")
    told = await asyncio.to_thread(call, "POST", repair, token=token, body={"dry_run": False})
    assert told["handled_again"] > 0
    await watcher.until_silent("NssDatabaseBehind")
