"""`nss topics diff` on a real broker: whatever is not as declared is named, in both directions."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.operate.topic_access import Right, access_differences, wanted_rights
from deploy.operate.topic_differences import Comparison, compare_with_broker
from deploy.operate.topics import TopicLayout, admin_client
from shared.contracts.topics import APPLICATION, MAIL, MAILBOX, REVIEW, TOPICS
from tests.conftest import TEST_PARTITIONS, PreparedTopics

NAMES = [topic.name for topic in TOPICS]


async def compared(topics: PreparedTopics, differences: Sequence[str]) -> Comparison:
    """What is found, at the latest after a while these differences: a broker shows what it was told a moment later."""
    layout = TopicLayout(topics.prefix, partitions=TEST_PARTITIONS)
    for _ in range(150):
        found = await compare_with_broker({"bootstrap_servers": topics.bootstrap}, layout)
        if sorted(found.topics) == sorted(differences):
            break
        await asyncio.sleep(0.2)
    return found


async def test_topics_made_from_the_registry_do_not_differ(topics: PreparedTopics) -> None:
    found = await compared(topics, [])
    assert (found.topics, found.access, found.differs) == ([], [], False)
    assert found.summary() == (
        "12 topics: as declared; access: not checked by this broker: everybody may do everything"
    )


async def test_every_kind_of_difference_is_named(topics: PreparedTopics) -> None:
    extra = f"{topics.prefix}nss.forgotten.v1"
    differences = [
        f"{topics.name(MAIL)}: missing",
        f"{topics.name(REVIEW)}: retention.ms is 86400000, wanted 34560000000",
        f"{topics.name(REVIEW)}: segment.bytes is set to 1048576, which is not declared",
        f"{topics.name(MAILBOX)}: partitions is 3, wanted 2",
        f"{extra}: on the broker, but not declared",
    ]
    async with admin_client({"bootstrap_servers": topics.bootstrap}) as admin:
        await admin.delete_topics([topics.name(MAIL)])
        await admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC, topics.name(REVIEW),
                    {"cleanup.policy": "delete", "retention.ms": "86400000", "min.insync.replicas": "1",
                     "segment.bytes": "1048576"},
                )
            ]
        )  # fmt: skip
        await admin.create_topics([NewTopic(extra, 1, 1)])
        await admin.create_partitions({topics.name(MAILBOX): NewPartitions(3)})
        try:
            found = await compared(topics, differences)
        finally:
            await admin.delete_topics([extra])
    assert sorted(found.topics) == sorted(differences)
    assert found.differs
    assert found.summary().startswith("12 topics: 5 difference(s); access: not checked")


def test_rights_that_lack_and_rights_too_many_are_named_and_strangers_own_things_are_not() -> None:
    wanted = wanted_rights("")
    lacking = Right("nss-review", "Read", "topic", APPLICATION.name)
    assert lacking in wanted
    too_many = {
        Right("nss-notifier", "Write", "topic", REVIEW.name),
        Right("stranger", "Read", "topic", "nss.*"),
        Right("stranger", "All", "topic", "*"),
        Right("stranger", "Read", "group", "nss.review"),
    }
    foreign = {Right("stranger", "Write", "topic", "payroll.v1"), Right("stranger", "Read", "group", "payroll")}
    assert list(access_differences(wanted | foreign, "", NAMES)) == []
    assert list(access_differences((wanted - {lacking}) | too_many | foreign, "", NAMES)) == [
        "nss-review may Read topic nss.application.v1: declared, but not given",
        "nss-notifier may Write topic nss.review.v1: given, but not declared",
        "stranger may All topic *: given, but not declared",
        "stranger may Read group nss.review: given, but not declared",
        "stranger may Read topic nss.*: given, but not declared",
    ]
