"""The topic registry agrees with the design: names, keys, producers, readers, partitions, retention."""

import pytest

from shared.contracts.registry import EVENT_MODELS
from shared.contracts.topics import (
    MAX_RECORD_BYTES,
    SERVICES,
    TOPICS,
    Topic,
    consumer_group,
    dead_letter_topic,
    topics_read_by,
)

FOR_EVER = "for ever"
DESIGN = {
    "nss.contract.v1": ("office code", "intake", "review provisioning", 6, "compact"),
    "nss.schedule.v1": ("schedule", "review", "intake provisioning", 1, "compact"),
    "nss.application.v1": ("office code", "intake", "review notifier", 6, 400),
    "nss.review.v1": ("office code", "review", "intake provisioning notifier", 6, 400),
    "nss.mailbox.v1": ("office code", "provisioning", "intake review notifier", 6, FOR_EVER),
    "nss.mail.v1": ("office code", "notifier", "intake review", 6, 90),
    "nss.operation.v1": ("operator name", "operator intake review provisioning notifier", "", 1, 400),
    "nss.redrive.v1": ("service", "operator", "intake review provisioning notifier", 1, 90),
    **{f"nss.{service}.dead-letter.v1": ("original key", service, "", 6, 400) for service in SERVICES},
}


def as_designed(topic: Topic) -> tuple[str, str, str, int, str | int]:
    kept = "compact" if topic.compacted else topic.retention_days or FOR_EVER
    return topic.key, " ".join(topic.producers), " ".join(topic.readers), topic.partitions, kept


def test_the_registry_is_complete_and_as_designed() -> None:
    assert {topic.name: as_designed(topic) for topic in TOPICS} == DESIGN
    assert len(TOPICS) == len(DESIGN)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_brokers_settings_follow_from_the_retention(topic: Topic) -> None:
    if topic.compacted:
        assert topic.configuration == {"cleanup.policy": "compact"}
    elif topic.retention_days is None:
        assert topic.configuration == {"cleanup.policy": "delete", "retention.ms": "-1"}
    else:
        milliseconds = topic.retention_days * 86_400_000
        assert topic.configuration == {"cleanup.policy": "delete", "retention.ms": str(milliseconds)}
    assert topic.holds


def test_every_topic_but_the_dead_letters_has_event_types() -> None:
    with_types = {model.topic.name for model in EVENT_MODELS.values()}
    assert with_types == {topic.name for topic in TOPICS} - {dead_letter_topic(service).name for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_no_topic_that_it_alone_writes(service: str) -> None:
    assert all(topic.producers != (service,) for topic in topics_read_by(service))  # type: ignore[arg-type]


def test_the_prefix_isolates_topics_and_groups() -> None:
    assert TOPICS[0].name_with("t1.") == "t1.nss.contract.v1"
    assert consumer_group("intake", "t1.") == "t1.nss.intake"
    assert consumer_group("intake") == "nss.intake"


def test_records_stay_below_the_smallest_limit_of_a_broker() -> None:
    assert MAX_RECORD_BYTES == 921_600 < 1_000_012
