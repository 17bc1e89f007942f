"""In which order a repair lets things happen again, and what a restored database may never give twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.workflows import restoring
from shared.contracts.envelope import Event, to_record
from shared.contracts.topics import SERVICES, ServiceName, topics_told_by
from shared.kernel.identifiers import RECEIPTS_PER_YEAR, receipt_number, year_and_serial
from shared.runtime.event_batch import Delivery
from shared.runtime.recall.repairing import Lost, in_order
from tests.builders import NOW, an_application_received, an_event, numbered_id, review_opened


def decided(number: int, seconds: float, *, cause: int | None = None, sequence: int = 1) -> Event[Any]:
    """An own event with a number of ours, decided so many seconds after noon."""
    caused_by = numbered_id(cause) if cause else None
    at, event = NOW + timedelta(seconds=seconds), an_event(review_opened())
    return replace(event, id=numbered_id(number), time=at, causation_id=caused_by, sequence=sequence)


def forgotten(number: int, seconds: float) -> Delivery:
    """Another service's event."""
    at, event = NOW + timedelta(seconds=seconds), an_event(an_application_received())
    event = replace(event, id=numbered_id(number), time=at)
    topic, record = event.data.topic, to_record(event)
    return Delivery(record, topic, (topic.name, 0), "/nss/intake", event.id, event.subject, event.type, event)  # type: ignore[arg-type]


def numbers_of(ordered: Sequence[Any]) -> list[int]:
    by_id = {numbered_id(number): number for number in range(10)}
    return [by_id[each.event_id if isinstance(each, Delivery) else each.id] for each in ordered]


def test_own_and_foreign_events_happen_again_in_the_order_of_their_time() -> None:
    lost = Lost([decided(2, 20), decided(4, 40, sequence=2)], [forgotten(3, 30), forgotten(1, 10)])
    assert numbers_of(in_order(lost)) == [1, 2, 3, 4]


def test_an_effect_stays_behind_its_cause_whatever_the_clocks_said() -> None:
    lost = Lost([decided(2, -60, cause=1)], [forgotten(1, 0)])
    assert numbers_of(in_order(lost)) == [1, 2]


def test_own_events_of_a_subject_keep_their_order_whatever_the_clock_said() -> None:
    lost = Lost([decided(2, 5, sequence=2), decided(1, 30, sequence=1)], [forgotten(3, 40)])
    assert numbers_of(in_order(lost)) == [1, 2, 3]


@pytest.mark.parametrize("serial", [1, 9_999, 10_000, RECEIPTS_PER_YEAR])
def test_a_receipt_number_tells_its_year_and_serial(serial: int) -> None:
    assert year_and_serial(receipt_number(2026, serial)) == (2026, serial)


async def test_numbering_goes_on_behind_everything_that_was_told_with_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    lifted: dict[int, int] = {}

    async def lift(_db: object, year: int, serial: int) -> None:
        lifted[year] = serial

    monkeypatch.setattr("services.intake.store.lift_receipt_numbers", lift)
    told = [receipt_number(2026, 41), receipt_number(2026, 7), receipt_number(2025, RECEIPTS_PER_YEAR), "NAC001"]
    await restoring.lift_receipt_numbers(None, told)  # type: ignore[arg-type]
    assert lifted == {2026: 41 + restoring.UNPUBLISHED_NUMBERS, 2025: RECEIPTS_PER_YEAR}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_s_own_book_is_what_it_alone_tells(service: ServiceName) -> None:
    assert [topic.name for topic in topics_told_by(service)] == {
        "intake": ["nss.contract.v1", "nss.application.v1"],
        "review": ["nss.schedule.v1", "nss.review.v1"],
        "provisioning": ["nss.mailbox.v1"],
        "notifier": ["nss.mail.v1"],
    }[service]
