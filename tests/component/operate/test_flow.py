"""`nss stalled` and `nss lag` on a real broker."""

from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.operate.lag import measure_lag
from deploy.operate.stalled import find_stalled
from shared.contracts.topics import MAIL, consumer_group
from shared.runtime.settings import KafkaSettings
from tests.component.operate.conftest import Put
from tests.component.operate.test_trace import START, number_of, received, record_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_only_the_applications_that_stand_still_are_named_the_longest_first(
    broker: KafkaSettings, put_many: Put
) -> None:
    opened = [
        record_of("nss.review.opened.v1", "first_revision", index, 1) for index in range(200) if index not in (3, 77)
    ]
    sent = [record_of("nss.mail.sent.v1", "m1_to_contact", index, 1) for index in range(200)]
    await put_many(*received(range(200)), *opened, *sent)
    found = await find_stalled(broker, LONG_AGO, START + timedelta(hours=1))
    assert [each.receipt_number for each in found] == [number_of(3), number_of(77)]
    assert [missing.expected for missing in found[0].missing] == [("review.opened",)]
    assert (found[0].state, found[0].office_code) == ("received", "NAC003")


async def test_lag_counts_what_a_group_has_not_committed_and_how_old_it_is(broker: KafkaSettings, put: Put) -> None:
    await put(*[record_of("nss.mail.sent.v1", "m1_to_contact", 1, index) for index in range(5)])
    name = MAIL.name_with(broker.topic_prefix)
    reader = AIOKafkaConsumer(
        bootstrap_servers=broker.kafka_bootstrap, group_id=consumer_group("intake", broker.topic_prefix),
        enable_auto_commit=False,
    )  # fmt: skip
    await reader.start()
    ends = await reader.end_offsets([TopicPartition(name, 0), TopicPartition(name, 1)])
    place = next(partition for partition, end in ends.items() if end)
    reader.assign([place])
    await reader.commit({place: 3})
    await reader.stop()
    found = await measure_lag(broker, datetime.now(UTC) + timedelta(seconds=30))
    lags = {(lag.group, lag.partition): lag for lag in found if lag.topic == MAIL.name}
    mine = lags["nss.intake", place.partition]
    assert (mine.committed, mine.end, mine.behind) == (3, 5, 2)
    assert mine.oldest_seconds is not None
    assert 29 <= mine.oldest_seconds < 60
    assert mine.oldest is not None
    assert (mine.oldest.event_type, mine.oldest.subject) == ("nss.mail.sent.v1", number_of(1))
    assert lags["nss.review", place.partition].behind == 5
    assert lags["nss.intake", 1 - place.partition].oldest is None
    hooks = lags["nss.hooks", place.partition]
    assert (hooks.service, hooks.committed, hooks.behind) == ("notifier", None, 5)
