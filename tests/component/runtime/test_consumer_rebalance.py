"""Four replicas in processes of their own; one joins late, one leaves, one is killed, all under load."""

import asyncio
import json
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.ids import new_uuid7
from tests.builders import an_event, mail_sent
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.road import KEY_ORDER_VIOLATIONS
from tests.conftest import REPETITIONS

OFFICES = [f"NAC{number:03d}" for number in range(30)]
APPLICATIONS_EACH = 45
MAILS_EACH = 30
CONTRACTS_EACH = 25
POISONED = 6
CHUNK = 100


@pytest.mark.parametrize("repetition", REPETITIONS)
async def test_joins_leaves_and_kills_under_load_lose_repeat_and_reorder_nothing(
    world: RoadWorld, repetition: int
) -> None:
    events = load(repetition)
    mails = [event for event in events if event.type.startswith("nss.mail")]
    poisoned = random.Random(3).sample(mails, POISONED)  # noqa: S311  the same load in every run
    await world.db.executemany("insert into road_poison values ($1)", [(event.id,) for event in poisoned])
    await world.send(*[contract_of(office) for office in OFFICES])
    async with AsyncExitStack() as processes:
        replicas = [await start_replica(world, processes) for _ in range(3)]
        await world.until_effects(len(OFFICES))
        sending = asyncio.create_task(send_slowly(world, events[: len(events) // 2]))
        replicas.append(await start_replica(world, processes))
        await asyncio.sleep(0.5)
        counts = [await stop_replica(replicas.pop(0))]
        await sending
        doomed = await start_replica(world, processes, NSS_FAILPOINT="consumer.after-commit-before-offset-commit")
        await send_slowly(world, events[len(events) // 2 :])
        assert await dies(doomed) == -signal.SIGKILL
        await world.until_effects(len(OFFICES) + len(events) - POISONED)
        await world.until("select count(*) from held_events where reason = 'dead'", POISONED)
        counts += [await stop_replica(replica) for replica in replicas]
    report = await world.print_report(
        sent=len(OFFICES) + len(events),
        absorbed=sum(count["duplicates"] for count in counts),
        redone=sum(count["redone"] for count in counts),
        commit_failures=sum(count["commit_failures"] for count in counts),
        key_order_violations=await world.value(KEY_ORDER_VIOLATIONS),
    )
    assert report["repeated effects"] == 0
    assert report["order violations"] == 0
    assert report["key_order_violations"] == 0
    assert report["dead"] == POISONED
    assert cast("int", report["absorbed"]) > 0, "the kill did not land between the two commits"
    assert await world.value("select count(*) from event_outbox where type = 'dead-letter'") == POISONED


def load(repetition: int) -> list[Event[EventData]]:
    """3,000 events of 30 offices on three topics, each key in order, keys mixed; every replica gets some."""
    lanes: list[list[Event[Any]]] = []
    for office in OFFICES:
        lanes.append(list(applications_of(office, APPLICATIONS_EACH)))
        lanes.append([mail_of(office, number) for number in range(1, MAILS_EACH + 1)])
        lanes.append([contract_of(office, version) for version in range(2, CONTRACTS_EACH + 2)])
    mixed = random.Random(7 + repetition)  # noqa: S311  the same load in every run
    events = []
    while lanes:
        lane = mixed.choice(lanes)
        events.append(lane.pop(0))
        lanes = [lane for lane in lanes if lane]
    return events


def mail_of(office: str, number: int) -> Event[Any]:
    """The n-th mail about an office's applications; each of another application."""
    data = mail_sent(receipt_number=receipt(office, number))
    return an_event(data, key=office, sequence=number, event_id=new_uuid7())


async def send_slowly(world: RoadWorld, events: list[Event[EventData]]) -> None:
    for start in range(0, len(events), CHUNK):
        await world.send(*events[start : start + CHUNK])
        await asyncio.sleep(0.12)


async def start_replica(world: RoadWorld, processes: AsyncExitStack, **variables: str) -> Process:
    """A process that has joined the group; it is killed with the test at the latest."""
    replica = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.component.runtime.consumer_process",
        world.bootstrap,
        world.prefix,
        world.database,
        stdout=PIPE,
        env=os.environ | variables,
    )
    processes.callback(kill_if_alive, replica)
    assert replica.stdout is not None
    async with asyncio.timeout(90):
        assert await replica.stdout.readline() == b"started\n"
    return replica


def kill_if_alive(replica: Process) -> None:
    if replica.returncode is None:
        replica.kill()


async def dies(replica: Process) -> int:
    async with asyncio.timeout(90):
        await replica.communicate()
    assert replica.returncode is not None
    return replica.returncode


async def stop_replica(replica: Process) -> dict[str, Any]:
    replica.send_signal(signal.SIGTERM)
    async with asyncio.timeout(90):
        output, _ = await replica.communicate()
    assert replica.returncode == 0
    counts: dict[str, Any] = json.loads(output.splitlines()[-1])
    return counts
