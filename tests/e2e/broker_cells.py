"""Every cell of who may do what on the broker, asked of the broker itself; no question changes anything.

Authorization comes first in a broker: a request that is allowed but cannot succeed (a batch with a wrong checksum, a
heartbeat of nobody, a validation) answers with another error than one that is not allowed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import (
    AlterConfigsRequest,
    CreateAclsRequest,
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteAclsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
)
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

REFUSALS = {29, 30, 31, 53}
"""Topic, group, cluster and transactional id: not authorized."""
TOPIC, BROKER, ANY, LITERAL, ALLOW, ALTER = 2, 4, 1, 3, 3, 7
SECONDS = 1000
CHECKSUM_AT = 17
"""Place of the checksum in a batch of format 2."""
CLUSTER = ("", "kafka-cluster")

Cell = tuple[str, str, str]
"""Kind of thing, its name, and the operation."""


async def ask(admin: AIOKafkaAdminClient, topics: Sequence[str], groups: Sequence[str]) -> Mapping[Cell, bool]:
    """Whether this login may, for every operation on each of these topics and groups, and on the cluster."""
    codes = [
        *[cell async for cell in _about_topics(admin, topics)],
        *[cell async for cell in _about_groups(admin, groups)],
        *[cell async for cell in _about_the_cluster(admin)],
    ]
    return {cell: code not in REFUSALS for cell, code in codes}


async def _about_topics(admin: AIOKafkaAdminClient, names: Sequence[str]) -> Any:
    asked: Mapping[str, Any] = {
        "Describe": MetadataRequest(list(names), False),
        "Read": FetchRequest(0, 0, SECONDS, 0, [(name, [(0, 0, 1)]) for name in names]),
        "Write": ProduceRequest(None, -1, SECONDS, [(name, [(0, _damaged_batch())]) for name in names]),
        "Delete": DeleteRecordsRequest([(name, [(0, 0)]) for name in names], SECONDS),
        "Alter": CreatePartitionsRequest([(name, (99, None)) for name in names], SECONDS, True),
        "Create": CreateTopicsRequest([(name, 1, 1, [], []) for name in names], SECONDS, True),
        "AlterConfigs": AlterConfigsRequest([(TOPIC, name, []) for name in names], True),
        "DescribeConfigs": DescribeConfigsRequest([(TOPIC, name, None) for name in names]),
    }
    for operation, request in asked.items():
        answer = await admin._send_request(request)
        for name, code in _codes(operation, answer):
            yield ("topic", name, operation), code


def _codes(operation: str, answer: Any) -> Iterator[tuple[str, int]]:
    if operation in ("Read", "Write", "Delete"):
        at = {"Read": 1, "Write": 1, "Delete": 2}[operation]
        return ((name, partitions[0][at]) for name, partitions, *_ in answer.topics)
    if operation == "Describe":
        return ((name, code) for code, name, *_ in answer.topics)
    if operation in ("Alter", "Create"):
        return ((name, code) for name, code, *_ in answer.topic_errors)
    return ((resource[3], resource[0]) for resource in answer.resources)


async def _about_groups(admin: AIOKafkaAdminClient, groups: Iterable[str]) -> Any:
    for group in groups:
        fetched = await admin._send_request(OffsetFetchRequest(group, None))
        yield ("group", group, "Describe"), fetched.error_code
        beat = await admin._send_request(HeartbeatRequest(group, 1, "nobody"))
        yield ("group", group, "Read"), beat.error_code
        deleted = await admin._send_request(DeleteGroupsRequest([group]))
        yield ("group", group, "Delete"), deleted.results[0][1]


async def _about_the_cluster(admin: AIOKafkaAdminClient) -> Any:
    entry = (TOPIC, "nss.nowhere.v1", LITERAL, "User:nobody", "*", ALTER, ALLOW)
    made = await admin._send_request(CreateTopicsRequest([("nss.nowhere.v1", 1, 1, [], [])], SECONDS, True))
    yield ("cluster", "", "Create"), made.topic_errors[0][1]
    yield ("cluster", "", "Describe"), (await admin._send_request(
        DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY))).error_code  # fmt: skip
    given = await admin._send_request(CreateAclsRequest(*entry))
    yield ("cluster", "", "Alter"), given.creation_responses[0][0]
    taken = await admin._send_request(DeleteAclsRequest(*entry))
    yield ("cluster", "", "Alter to take back"), taken.filter_responses[0][0]
    altered = await admin._send_request(AlterConfigsRequest([(BROKER, "1", [])], True))
    yield ("cluster", "", "AlterConfigs"), altered.resources[0][0]
    described = await admin._send_request(DescribeConfigsRequest([(BROKER, "1", None)]))
    yield ("cluster", "", "DescribeConfigs"), described.resources[0][0]
    begun = await admin._send_request(InitProducerIdRequest("nss-transaction", SECONDS))
    yield ("transactional id", "nss-transaction", "Write"), begun.error_code


def _damaged_batch() -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 16_384)
    builder.append(0, timestamp=0, key=b"nobody", value=b"nothing", headers=[])
    batch = bytearray(builder.build())
    batch[CHECKSUM_AT] ^= 0xFF
    return bytes(batch)
