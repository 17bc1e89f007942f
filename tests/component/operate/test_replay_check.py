"""`nss topics replay-check` on a real broker: what would be read again, and what of it would be new."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.errors import CommandError
from deploy.operate.records import SeenRecord
from deploy.operate.replay_check import ReplayCheck, check_replay, lines_of, service_of
from shared.contracts.topics import APPLICATION, REVIEW, ServiceName, consumer_group
from shared.runtime.settings import KafkaSettings
from tests.component.operate.conftest import Put
from tests.component.operate.test_trace import record_of

RECEIVED, OPENED, APPROVED = "nss.application.received.v1", "nss.review.opened.v1", "nss.review.approved.v1"


async def commit_everything(broker: KafkaSettings, service: ServiceName) -> None:
    """As if the service had consumed all there is."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.kafka_bootstrap, enable_auto_commit=False,
        group_id=consumer_group(service, broker.topic_prefix),
    )  # fmt: skip
    await consumer.start()
    places = [TopicPartition(topic.name_with(broker.topic_prefix), number) for topic in (APPLICATION, REVIEW)
              for number in (0, 1)]  # fmt: skip
    ends = await consumer.end_offsets(places)
    consumer.assign(places)
    await consumer.commit(ends)
    await consumer.stop()


async def checked(broker: KafkaSettings, service: ServiceName, forgotten: Sequence[str]) -> ReplayCheck:
    def unhandled(records: Sequence[SeenRecord]) -> set[str]:
        return {record.headers["ce_id"] for record in records if record.event_type in forgotten}

    return await check_replay(broker, service, None, unhandled)


@pytest.fixture
async def ten_applications(broker: KafkaSettings, put: Put) -> None:
    for index in range(10):
        await put(
            record_of(RECEIVED, "one_mailbox", index), record_of(OPENED, "first_revision", index, 1),
            record_of(APPROVED, "start_date_moved", index, 2),
        )  # fmt: skip


async def test_a_group_whose_events_are_all_remembered_may_be_set_back(
    broker: KafkaSettings, ten_applications: None
) -> None:
    for service in ("notifier", "provisioning"):
        await commit_everything(broker, service)
    found = await checked(broker, "notifier", [])
    assert (found.events, found.new, found.mails, found.ids, found.is_harmless) == (30, 0, 0, 0, True)
    assert lines_of(found) == [
        f"{broker.topic_prefix}nss.notifier: 30 events, 0 mails, 0 IDs (all of them are known there as handled)"
    ]
    assert (await checked(broker, "provisioning", [])).events == 20, "it does not read applications"


async def test_forgotten_events_are_counted_with_the_mails_and_ids_they_would_lead_to(
    broker: KafkaSettings, ten_applications: None
) -> None:
    for service in ("notifier", "provisioning"):
        await commit_everything(broker, service)
    notifier = await checked(broker, "notifier", [RECEIVED, APPROVED])
    assert (notifier.events, notifier.new, notifier.mails, notifier.ids) == (30, 20, 20, 0)
    provisioning = await checked(broker, "provisioning", [RECEIVED, APPROVED])
    assert (provisioning.events, provisioning.new, provisioning.mails) == (20, 10, 0)
    assert provisioning.ids == 10
    assert "up to 0 mails, 10 IDs (10 of them would be new there)" in lines_of(provisioning)[0]


async def test_what_a_group_has_not_read_yet_is_no_replay(broker: KafkaSettings, ten_applications: None) -> None:
    assert (await checked(broker, "review", [RECEIVED])).events == 0


def test_a_group_that_is_not_ours_is_not_judged() -> None:
    assert service_of("nss.review", "t.") == service_of("t.nss.review", "t.") == service_of("review", "") == "review"
    with pytest.raises(CommandError, match="payroll is no group of ours"):
        service_of("payroll", "")
