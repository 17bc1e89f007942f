"""Every cell of the table of rights, asked of the secured broker and database that the walk runs on."""

from collections.abc import Mapping

import pytest
from aiokafka.errors import KafkaError

from deploy.kubernetes.kafka import PRINCIPALS
from deploy.kubernetes.names import kafka_user
from deploy.operate.topics import admin_client
from shared.contracts.topics import MAILBOX, SERVICES, TOPICS, Principal, consumer_group
from shared.runtime.kafka import client_options
from tests.e2e.broker_cells import Cell, ask
from tests.town import Town

OPERATORS_GROUP = "nss.operator.look"
GROUPS = [*(consumer_group(service) for service in SERVICES), OPERATORS_GROUP, "somebody-else"]


def allowed_by_the_table(principal: Principal) -> set[Cell]:
    """What the principal may do; whatever is not here must be refused."""
    writes = {topic.name for topic in TOPICS if principal in topic.producers}
    reads = {topic.name for topic in TOPICS if principal in topic.readers or principal == "operator"}
    if principal in MAILBOX.producers:
        reads.add(MAILBOX.name)
    cells = {("topic", name, "Write") for name in writes} | {("topic", name, "Read") for name in reads}
    cells |= {("topic", name, "Describe") for name in writes | reads}
    if principal == "operator":
        cells |= {("group", group, "Describe") for group in GROUPS if group != "somebody-else"}
        return cells | {("group", OPERATORS_GROUP, "Read")}
    return cells | {("group", consumer_group(principal), operation) for operation in ("Describe", "Read")}


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_the_broker_allows_what_the_table_says_and_refuses_every_other_cell(
    town: Town, principal: Principal
) -> None:
    broker = town.stack.state.broker_as(kafka_user(principal))
    async with admin_client(client_options(broker)) as admin:
        answers = await ask(admin, [topic.name for topic in TOPICS], GROUPS)
    allowed = {cell for cell, is_allowed in answers.items() if is_allowed}
    print(f"{principal}: {len(answers)} cells, {len(allowed)} allowed")
    assert allowed == allowed_by_the_table(principal)
