"""Events by the hundred: offices, their applications, and sequences that show the order within a key."""

from datetime import timedelta
from typing import Any

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationReceived
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, a_contract, an_application_received, an_event


def applications_of(office: str, count: int, *, first: int = 1) -> list[Event[ApplicationReceived]]:
    """Applications of one office, numbered through, so that `sequence` shows the order of the key."""
    return [
        an_event(
            an_application_received(receipt_number=receipt(office, number), office_code=office),
            key=office,
            sequence=number,
            event_id=new_uuid7(),
            time=NOW + timedelta(milliseconds=number),
        )
        for number in range(first, first + count)
    ]


def contract_of(office: str, version: int = 1, **fields: Any) -> Event[EventData]:
    """A version of an office's contract."""
    data = a_contract(office_code=office, contract_version=version, **fields)
    return an_event(data, key=office, sequence=version, event_id=new_uuid7())


def receipt(office: str, number: int) -> str:
    """A receipt number of its own for each office (last two digits 01 to 26) and number up to 9999."""
    letter = chr(ord("A") + int(office[3:]) % 26)
    year = 10 + int(office[3:]) // 26
    return f"{year:02d}{number:04d}{letter}"
