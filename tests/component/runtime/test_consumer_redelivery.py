"""Redelivery of everything: an event that was consumed changes nothing when it comes again."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.topics import consumer_group, topics_read_by
from shared.runtime.ids import new_uuid7
from tests.builders import an_event, mail_sent, mailboxes_issued
from tests.component.runtime.conftest import RoadWorld
from tests.component.runtime.events import applications_of, contract_of, receipt
from tests.component.runtime.outbox_parts import until

EVERY_ROW = """
select 'processed', event_id::text, status, topic from processed_events
union all select 'held', event_id::text, reason, position::text from held_events
union all select 'effect', event_id::text, handled::text, subject from road_effects
union all select 'prepared', event_id::text, token, '' from road_prepared
union all select 'outbox', id::text, topic, seq::text from event_outbox
order by 1, 2, 3, 4
"""


async def test_redelivery_of_everything_from_offset_zero_changes_no_row(world: RoadWorld) -> None:
    applications = applications_of("NAC001", 150)
    mails = [
        an_event(mail_sent(receipt_number=receipt("NAC001", number)), event_id=new_uuid7(), sequence=number)
        for number in range(1, 51)
    ]
    waiter = an_event(mailboxes_issued(receipt_number=receipt("NAC001", 999)), event_id=new_uuid7())
    await world.poison(mails[20].id)
    sent = [contract_of("NAC001"), *applications, *mails, waiter]
    async with world.replica() as first:
        await world.send(*sent)
        await world.until_effects(200)
        await world.until("select count(*) from held_events", 2)
        assert first.road.prepared_calls == 50, "the redo down to one event repeated the slow preparation"
    rows = await world.db.fetch(EVERY_ROW)
    await rewind(world)

    async with world.replica() as second:
        await world.send(contract_of("NAC001", 2))
        await world.until_effects(201)
        await until(lambda: second.consumer.counts.duplicates == len(sent))
        assert second.road.prepared_calls == 0, "slow work is not repeated for what was consumed"
        await world.print_report(sent=len(sent) + 1, absorbed=second.consumer.counts.duplicates)
    again = await world.db.fetch(EVERY_ROW)
    assert len(again) == len(rows) + 2, "the new contract: one event processed, one effect"
    assert {tuple(row) for row in rows} <= {tuple(row) for row in again}


async def test_the_same_event_twice_in_one_poll_takes_effect_once(world: RoadWorld) -> None:
    contract = contract_of("NAC001")
    await world.send(contract, contract, contract)
    async with world.replica() as replica:
        await world.send(contract_of("NAC002"))
        await world.until_effects(2)
        await until(lambda: replica.consumer.counts.duplicates == 2)


async def rewind(world: RoadWorld) -> None:
    """Set the group back to the first record of every partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=world.bootstrap, group_id=consumer_group("review", world.prefix), enable_auto_commit=False
    )
    names = [topic.name_with(world.prefix) for topic in topics_read_by("review")]
    await consumer.start()
    consumer.assign([TopicPartition(name, number) for name in names for number in range(2)])
    await consumer.commit(dict.fromkeys(consumer.assignment(), 0))
    await consumer.stop()
