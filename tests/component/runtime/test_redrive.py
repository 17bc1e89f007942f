"""Redrive: a dead letter with later events behind it ends as if there had been no fault, whoever consumes meanwhile."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected
from shared.contracts.operation_events import RedriveAction, RedriveRequested
from shared.runtime import held_events_drain
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, an_application_received, an_event, mailboxes_issued
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt

OFFICES = [f"NAC{number:03d}" for number in range(8)]
CORRECTIONS = 12
ISSUES = 4
OPERATION_EVENTS = "select count(*) from event_outbox where topic = 'nss.operation.v1' and type = $1"


@pytest.mark.parametrize("sweep_seconds", [0.02, 3600.0], ids=["every replica sweeps", "nobody sweeps"])
async def test_a_redriven_letter_ends_in_the_state_of_a_run_without_the_fault(
    world: RoadWorld, monkeypatch: pytest.MonkeyPatch, sweep_seconds: float
) -> None:
    monkeypatch.setattr(held_events_drain, "SWEEP_SECONDS", sweep_seconds)
    first, later = first_events(), later_events()
    sent = len(OFFICES) * (1 + len(first[0]) + len(later[0]))
    for received, *_ in first:
        await world.poison(received.id)
    async with world.replica(max_records=20), world.replica(max_records=20):
        await world.send(*map(contract_of, OFFICES))
        for events in first:
            await world.send(*events)
        await world.until("select count(*) from held_events where reason = 'dead'", len(OFFICES))
        await world.until("select count(*) from held_events", sum(map(len, first)))
        await world.cure()
        # The letters are redriven while their applications' later events are still coming.
        for events, (received, *_) in zip(later, first, strict=True):
            await world.send(*events[: len(events) // 2], instruction(received.id), *events[len(events) // 2 :])
        await world.until_effects(sent)
        await world.until("select count(*) from held_events", 0)
    report = await world.print_report(sent=sent, redriven=len(OFFICES))
    assert report["repeated effects"] == 0
    assert report["order violations"] == 0
    assert await world.value(OPERATION_EVENTS, "nss.operation.letter-replayed.v1") == len(OFFICES)
    assert await world.value("select count(*) from processed_events where status <> 'done'") == 0
    faulty = await world.state()

    await forget_everything(world)
    async with world.replica():
        await world.send(*[retold(event) for events in (*first, *later) for event in events])
        await world.send(*[retold(contract_of(office)) for office in OFFICES])
        await world.until_effects(sent)
    assert await world.state() == faulty


async def test_a_discarded_letter_lets_the_events_behind_it_flow(world: RoadWorld) -> None:
    broken, good = applications_of("NAC001", 1)[0], contract_of("NAC001")
    issue = issues_of("NAC001", 1)[0]
    await world.poison(broken.id)
    async with world.replica():
        await world.send(good, broken, corrections_of("NAC001", 1)[0], issue)
        await world.until(
            "select string_agg(reason, ',' order by position) from held_events where topic like '%appl%'", "dead,behind"
        )
        await world.send(instruction(broken.id, RedriveAction.DISCARD))
        await world.until("select status from processed_events where event_id = $1", "done", broken.id)
        # What was behind is tried: the correction now waits for an application that will never come.
        await world.until("select string_agg(reason, ',') from held_events", "waiting,waiting")
    assert await world.value(OPERATION_EVENTS, "nss.operation.letter-discarded.v1") == 1
    await world.print_report(sent=4)


@pytest.mark.parametrize("action", list(RedriveAction))
async def test_instructions_about_done_unknown_or_foreign_events_change_nothing(
    world: RoadWorld, action: RedriveAction
) -> None:
    contract, poisoned = contract_of("NAC001"), contract_of("NAC002")
    await world.poison(poisoned.id)
    async with world.replica() as replica:
        await world.send(contract, poisoned)
        await world.until("select count(*) from processed_events", 2)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        await world.cure()
        await world.send(
            instruction(contract.id, action),
            instruction(new_uuid7(), action),
            instruction(poisoned.id, action, service="notifier"),
        )
        await world.until("select count(*) from processed_events", 5)
        assert replica.consumer.ready
    assert await world.value("select count(*) from event_outbox where topic = 'nss.operation.v1'") == 0
    report = await world.print_report(sent=5)
    assert (report["effects"], report["dead"]) == (1, 1)


async def test_a_letter_that_fails_again_is_dead_again(world: RoadWorld) -> None:
    broken = contract_of("NAC001")
    await world.poison(broken.id)
    async with world.replica():
        await world.send(broken)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        await world.send(instruction(broken.id))
        await world.until("select count(*) from event_outbox where type = 'dead-letter'", 2)
        await world.until("select reason from held_events", "dead")
        await world.cure()
        await world.send(instruction(broken.id))
        await world.until_effects(1)
    await world.print_report(sent=1)


async def test_a_malformed_instruction_holds_back_no_other(world: RoadWorld) -> None:
    broken = contract_of("NAC001")
    malformed = an_event(instruction(broken.id).data, key="review", event_id=new_uuid7(), source="/nss/operator")
    await world.poison(broken.id)
    async with world.replica():
        await world.send(broken)
        await world.until("select count(*) from held_events where reason = 'dead'", 1)
        await world.cure()
        await world.send_raw(
            malformed.data.topic,
            b"review",
            b"{}",
            [("ce_type", b"nss.redrive.requested.v1"), ("ce_subject", b"review")],
        )
        await world.send(instruction(broken.id))
        await world.until_effects(1)
    assert await world.value("select count(*) from held_events where topic = 'nss.redrive.v1'") == 1


def first_events() -> list[list[Event[Any]]]:
    """Of each office: the application that will fail, corrections behind it, and an issue on another topic."""
    return [
        [applications_of(office, 1)[0], *corrections_of(office, CORRECTIONS)[:6], *issues_of(office, ISSUES)[:2]]
        for office in OFFICES
    ]


def later_events() -> list[list[Event[Any]]]:
    return [[*corrections_of(office, CORRECTIONS)[6:], *issues_of(office, ISSUES)[2:]] for office in OFFICES]


def corrections_of(office: str, count: int) -> list[Event[ApplicationCorrected]]:
    """Corrections of the office's first application, revision 2 and on."""
    received = an_application_received(receipt_number=receipt(office, 1), office_code=office).model_dump()
    return [
        an_event(
            ApplicationCorrected.model_validate(
                received | {"revision": 1 + number, "corrected_at": NOW, "answers_clarification_id": new_uuid7()}
            ),
            key=office,
            event_id=new_uuid7(),
            sequence=1 + number,
        )
        for number in range(1, count + 1)
    ]


def issues_of(office: str, count: int) -> list[Event[Any]]:
    """Several issues of the office's first application."""
    data = mailboxes_issued(receipt_number=receipt(office, 1), office_code=office)
    return [an_event(data, key=office, event_id=new_uuid7(), sequence=number) for number in range(1, count + 1)]


def instruction(
    event_id: UUID, action: RedriveAction = RedriveAction.REPLAY, service: Any = "review"
) -> Event[RedriveRequested]:
    """What the operator's command writes."""
    data = RedriveRequested(
        service=service, event_id=event_id, action=action, operator="kanri-taro", reason="the cause is repaired"
    )
    return an_event(data, key=service, event_id=new_uuid7(), sequence=None, source="/nss/operator")


def retold(event: Event[Any]) -> Event[EventData]:
    """The same event as a new one."""
    return Event(
        data=event.data,
        id=new_uuid7(),
        key=event.key,
        subject=event.subject,
        time=event.time,
        source=event.source,
        sequence=event.sequence,
    )


async def forget_everything(world: RoadWorld) -> None:
    tables: Sequence[str] = ("road_applications", "road_contracts", "road_effects", "processed_events", "held_events")
    await world.db.execute(f"truncate {', '.join(tables)}")
