"""Applications of many offices at once, each on a contract of its own: no two of them are each other's twin (E7)."""

from collections.abc import Sequence
from typing import Any

from tests.builders import a_contract, an_application_received, an_event
from tests.component.review.desk import Desk


def office_of(number: str) -> str:
    """An office for a receipt number up to 18999x: its serial in the last three places."""
    return f"NB{number[2]}{number[3:6]}"


async def receive_each_from_its_office(desk: Desk, numbers: Sequence[str], **fields: Any) -> None:
    """One application per number."""
    contracts = [a_contract(office_code=office_of(number)) for number in numbers]
    await desk.deliver(*(an_event(contract, key=contract.office_code) for contract in contracts))
    received = [
        an_application_received(receipt_number=number, office_code=office_of(number), **fields) for number in numbers
    ]
    await desk.deliver(*(an_event(application, key=application.office_code) for application in received))
