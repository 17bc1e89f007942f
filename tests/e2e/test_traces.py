"""One application through all pages and services, as a collector of traces sees it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.demo.manual_case import TYPED
from shared.contracts.topics import SERVICES
from tests.e2e.trace_collector import Collector, SeenSpan, collecting
from tests.faults.supervisor import arm
from tests.town import Town, until

OFFICE = "TST013"
PERSONAL = ("family_name", "given_name", "family_name_kana", "given_name_kana", "phone", "email")
STEPS = {
    ("intake", "create nss.application.v1"),
    ("review", "create nss.review.v1"),
    ("provisioning", "create nss.mailbox.v1"),
    ("notifier", "create nss.mail.v1"),
}


@pytest.fixture
async def collector(town: Town) -> AsyncIterator[Collector]:
    """All four services send their spans here while the test runs."""
    with collecting() as opened:
        await arm(town, dict.fromkeys(SERVICES, opened.environment))
        yield opened
        await arm(town, {service: {} for service in SERVICES})


async def test_an_application_is_one_trace_over_four_services_and_tells_nobody_who_applies(
    town: Town, collector: Collector
) -> None:
    number = await town.issue(OFFICE)

    async def arrived() -> list[SeenSpan] | None:
        found = [span for span in collector.spans() if span.number == number]
        told = {(span.service, span.name) for span in found}
        if not told >= STEPS or {span.service for span in found} != set(SERVICES):
            return None
        # Each service exports on its own, so a child may arrive before its parent.
        (trace_id,) = {span.trace_id for span in found}
        whole = [span for span in collector.spans() if span.trace_id == trace_id]
        known = {span.span_id for span in whole}
        return whole if all(span.parent_id in known for span in whole if span.parent_id) else None

    whole = await until(arrived, "the spans of all four services, each with its parent, in one trace")
    assert [(span.service, span.name.split(" ")[0]) for span in whole if not span.parent_id] == [("intake", "POST")]
    print(f"{len(whole)} spans of {number} in one trace; {len(collector.spans())} spans in all")  # noqa: T201  figures
    personal = [TYPED[name].encode() for name in PERSONAL]
    assert not [value for value in personal if any(value in body for body in collector.bodies)]
