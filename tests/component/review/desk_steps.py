"""Steps that several tests of the desk take."""

from typing import Any

from tests.builders import a_contract, an_application_received, an_event
from tests.component.review.desk import Desk


async def receive_for(desk: Desk, office: str, number: str, **fields: Any) -> None:
    """An application of any office, its contract known."""
    fields = {"company_name": f"{office}物流㈱", **fields}
    await desk.deliver(an_event(a_contract(office_code=office), key=office))
    received = an_application_received(office_code=office, receipt_number=number, **fields)
    await desk.deliver(an_event(received, key=office))


async def audited(desk: Desk, login: str) -> list[str]:
    """What that person is recorded to have done, in order."""
    rows = await desk.pool.fetch(
        "select action from staff_audit where login = $1 order by occurred_at, audit_id", login
    )
    return [row["action"] for row in rows]
