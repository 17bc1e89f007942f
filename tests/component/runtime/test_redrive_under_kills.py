"""Redrive under fire: 10,000 events, poison among them, later events of the same applications, and replicas that are
killed at any moment; in the end everything has taken effect once and in order."""

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationCorrected
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, an_application_received, an_event
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.test_consumer_rebalance import kill_if_alive
from tests.component.runtime.test_redrive import instruction

MODULE = "tests.component.runtime.consumer_process"
OFFICES = [f"NAC{number:03d}" for number in range(25)]
APPLICATIONS = 100
CORRECTIONS = 3
EVENTS = len(OFFICES) * APPLICATIONS * (1 + CORRECTIONS)
POISONED = 120
REPLICAS = 3
KILLS = 8
CHUNK = 250
SEED = 20261123
BETWEEN_CHUNKS_SECONDS = 1.0
"""So that the kills fall into the work and not all before it."""
PATIENCE_SECONDS = 240.0
DEAD = "select event_id from held_events where reason = 'dead' order by position"


def correction(office: str, number: int, revision: int) -> Event[Any]:
    received = an_application_received(receipt_number=receipt(office, number), office_code=office).model_dump()
    data = ApplicationCorrected.model_validate(
        received | {"revision": revision, "corrected_at": NOW, "answers_clarification_id": new_uuid7()}
    )
    return an_event(data, key=office, event_id=new_uuid7(), sequence=revision)


def life_of(office: str, number: int) -> list[Event[Any]]:
    """An application and what follows on the same topic; `sequence` counts within it."""
    [received] = applications_of(office, 1, first=number)
    first = an_event(received.data, key=office, event_id=new_uuid7(), sequence=1)
    return [first, *(correction(office, number, 1 + each) for each in range(1, CORRECTIONS + 1))]


def told_in_turns(lives: Sequence[Sequence[Event[Any]]], dice: random.Random) -> list[Event[Any]]:
    """Every life in its order, all of them mixed."""
    left = [list(life) for life in lives]
    turns = [index for index, life in enumerate(left) for _ in life]
    dice.shuffle(turns)
    return [left[index].pop(0) for index in turns]


class Herd:
    """Replicas of which one is killed now and then, and replaced."""

    def __init__(self, world: RoadWorld, processes: AsyncExitStack, dice: random.Random) -> None:
        self._world, self._processes, self._dice = world, processes, dice
        self._alive: list[Process] = []
        self.kills = 0

    async def start(self) -> None:
        """All of them; nobody waits until they have joined."""
        self._alive = [await self._another() for _ in range(REPLICAS)]

    async def lose_one(self) -> None:
        """SIGKILL, wherever it is, and another one instead."""
        victim = self._alive.pop(self._dice.randrange(len(self._alive)))
        victim.kill()
        await victim.wait()
        self.kills += 1
        self._alive.append(await self._another())

    async def _another(self) -> Process:
        world = self._world
        replica = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, world.bootstrap, world.prefix, world.database, stdout=DEVNULL, stderr=DEVNULL
        )
        self._processes.callback(kill_if_alive, replica)
        return replica


@pytest.fixture
async def herd(world: RoadWorld) -> AsyncIterator[Herd]:
    """Three replicas in processes of their own."""
    async with AsyncExitStack() as processes:
        herd = Herd(world, processes, random.Random(SEED))  # noqa: S311  a script, not a secret
        await herd.start()
        yield herd


async def redrive_everything_dead(world: RoadWorld) -> int:
    found: list[UUID] = [row["event_id"] for row in await world.db.fetch(DEAD)]
    await world.send(*map(instruction, found))
    return len(found)


@pytest.mark.full
async def test_ten_thousand_events_with_poison_kills_and_redrives_end_once_and_in_order(
    world: RoadWorld, herd: Herd
) -> None:
    dice = random.Random(SEED)  # noqa: S311  a script, not a secret
    events = told_in_turns(
        [life_of(office, number) for office in OFFICES for number in range(1, APPLICATIONS + 1)], dice
    )
    poisoned = dice.sample(events, POISONED)
    for event in poisoned:
        await world.poison(event.id)
    await world.send(*map(contract_of, OFFICES))
    chunks = [events[start : start + CHUNK] for start in range(0, len(events), CHUNK)]
    kill_after = set(dice.sample(range(len(chunks)), KILLS))
    redrives = 0
    for number, chunk in enumerate(chunks):
        await world.send(*chunk)
        await asyncio.sleep(BETWEEN_CHUNKS_SECONDS)
        if number in kill_after:
            await herd.lose_one()
        if number == len(chunks) // 2:
            # Half of the causes are repaired and everything is redriven; the other half dies again.
            for event in poisoned[::2]:
                await world.db.execute("delete from road_poison where event_id = $1", event.id)
            redrives += await redrive_everything_dead(world)
    await world.cure()
    total = EVENTS + len(OFFICES)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await world.value("select count(*) from road_effects") < total:
            redrives += await redrive_everything_dead(world)
            await asyncio.sleep(2)
    await world.until("select count(*) from held_events", 0)
    report = await world.print_report(sent=total, poisoned=POISONED, kills=herd.kills, redrives=redrives)
    assert (report["effects"], report["repeated effects"], report["order violations"]) == (total, 0, 0)
    assert await world.value("select count(*) from road_applications where revision = $1", 1 + CORRECTIONS) == (
        len(OFFICES) * APPLICATIONS
    )
    assert herd.kills == KILLS
