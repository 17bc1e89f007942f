"""`nss topics diff` on a broker that checks access: the entries it really has are read and compared."""

from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.local import kafka
from deploy.operate.topic_access import ALLOW, OPERATIONS, PREFIXED, RESOURCES, Right, wanted_rights
from deploy.operate.topic_differences import compare_with_broker
from deploy.operate.topics import TopicLayout, admin_client, create_topics
from tests.conftest import NewStack

CHECKING = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
LITERAL = 3
LACKING = Right("nss-provisioning", "Read", "topic", "nss.review.v1")
TOO_MUCH = Right("nss-intake", "Write", "topic", "nss.review.v1")


def number_of(names: Mapping[int, str], name: str) -> int:
    return next(number for number, each in names.items() if each == name)


def entry(right: Right) -> tuple[Any, ...]:
    kind, operation = number_of(RESOURCES, right.resource), number_of(OPERATIONS, right.operation)
    pattern = PREFIXED if right.name.endswith("*") else LITERAL
    return (kind, right.name.removesuffix("*"), pattern, f"User:{right.user}", "*", operation, ALLOW)


@pytest.mark.full
async def test_the_brokers_own_access_list_is_compared(new_stack: NewStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "PROPERTIES", kafka.PROPERTIES + CHECKING)
    stack = new_stack()
    stack.start_parts(["kafka"])
    client, layout = {"bootstrap_servers": stack.state.kafka_bootstrap}, TopicLayout()
    await create_topics(client, layout)
    nothing_given = await compare_with_broker(client, layout)
    assert len(nothing_given.access) == len(wanted_rights(""))
    given = (wanted_rights("") - {LACKING}) | {TOO_MUCH}
    async with admin_client(client) as admin:
        for right in given:
            answer = await admin._send_request(CreateAclsRequest(*entry(right)))
            assert {code for code, _ in answer.creation_responses} == {0}
    found = await compare_with_broker(client, layout)
    assert found.access == [
        f"{LACKING.as_text()}: declared, but not given",
        f"{TOO_MUCH.as_text()}: given, but not declared",
    ]
    assert (found.topics, found.summary()) == ([], "12 topics: as declared; access: 2 difference(s)")
