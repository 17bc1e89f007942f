"""The plan of a batch: who waits behind whom, and which reason each row of a queue gets."""

from typing import Any

from shared.contracts.decoding import FutureRecord, RecordIdentity, SkippedRecord
from shared.contracts.envelope import Event
from shared.contracts.topics import CONTRACT, Topic
from shared.runtime.batch_plan import BatchPlan, plan_batch
from shared.runtime.event_batch import Delivery, Failure
from shared.runtime.held_events import Reason, StoredRecord
from tests.builders import a_contract, an_event, mail_sent, mailboxes_issued, numbered_id

BROKEN = Failure("contract", "bad-json")


def delivery(event: Event[Any], *, failure: Failure | None = None, content: Any = None) -> Delivery:
    record = StoredRecord(0, 0, b"key", b"{}", ())
    topic: Topic = event.data.topic
    told = content or (None if failure else event)
    return Delivery(record, topic, (topic.name, 0), event.source, event.id, event.subject, event.type, told, failure)


def held(plan: BatchPlan) -> list[tuple[str, Reason]]:
    return [(holding.delivery.subject, holding.reason) for holding in plan.holdings()]


def test_events_without_a_queue_are_all_handled() -> None:
    events = [an_event(mail_sent(receipt_number=f"26000{number}A")) for number in range(5)]
    plan = plan_batch(map(delivery, events), {})
    assert plan.events == events
    assert held(plan) == []


def test_behind_a_failure_the_same_subject_of_the_same_topic_waits_and_nobody_else() -> None:
    broken, later = an_event(mail_sent()), an_event(mail_sent())
    other, other_topic = an_event(mail_sent(receipt_number="260009A")), an_event(mailboxes_issued())
    plan = plan_batch([delivery(broken, failure=BROKEN), delivery(later), delivery(other), delivery(other_topic)], {})
    assert plan.events == [other, other_topic]
    assert held(plan) == [(broken.subject, "dead"), (later.subject, "behind")]


def test_what_follows_an_existing_head_is_behind_it_even_if_it_is_broken() -> None:
    first, second = an_event(mail_sent()), an_event(mail_sent())
    heads: dict[tuple[str, str], Reason] = {(first.subject, "nss.mail.v1"): "waiting"}
    plan = plan_batch([delivery(first), delivery(second, failure=BROKEN)], heads)
    assert plan.events == []
    assert held(plan) == [(first.subject, "behind"), (first.subject, "behind")]
    assert all(holding.failure is None for holding in plan.holdings())


def test_a_waiter_heads_the_queue_before_a_later_failure_that_was_known_earlier() -> None:
    first, broken = an_event(mailboxes_issued()), an_event(mailboxes_issued())
    plan = plan_batch([delivery(first), delivery(broken, failure=BROKEN)], {})
    assert plan.handleable([first]) == [first]
    plan.wait_for(first, "260001A")
    assert [holding.reason for holding in plan.holdings()] == ["waiting", "behind"]
    assert plan.holdings()[0].delivery.event_id == first.id


def test_an_event_of_a_later_round_waits_behind_a_waiter_of_an_earlier_one() -> None:
    first, second = an_event(mailboxes_issued()), an_event(mailboxes_issued())
    plan = plan_batch([delivery(first), delivery(second)], {})
    plan.wait_for(first, "260001A")
    assert plan.handleable([second]) == []
    assert [holding.reason for holding in plan.holdings()] == ["waiting", "behind"]


def test_an_event_before_a_failure_of_its_subject_is_still_handled() -> None:
    first, broken = an_event(mail_sent()), an_event(mail_sent())
    plan = plan_batch([delivery(first), delivery(broken, failure=BROKEN)], {})
    assert plan.handleable([first]) == [first]


def test_a_newer_version_in_a_compacted_topic_replaces_a_dead_one() -> None:
    newer = an_event(a_contract())
    plan = plan_batch([delivery(newer)], {(newer.subject, CONTRACT.name): "dead"})
    assert plan.events == [newer]
    assert plan.superseded == [(newer.subject, CONTRACT.name)]


def test_a_newer_version_replaces_one_that_dies_in_the_same_batch_and_its_letter_is_still_copied() -> None:
    broken, newer = an_event(a_contract()), an_event(a_contract())
    plan = plan_batch([delivery(broken, failure=BROKEN), delivery(newer)], {})
    assert plan.events == [newer]
    assert held(plan) == []
    assert [letter.event_id for letter, _ in plan.superseded_letters] == [broken.id]


def test_a_newer_version_does_not_replace_one_that_waits() -> None:
    newer = an_event(a_contract())
    plan = plan_batch([delivery(newer)], {(newer.subject, CONTRACT.name): "waiting"})
    assert held(plan) == [(newer.subject, "behind")]


def test_what_is_skipped_never_waits() -> None:
    event = an_event(mail_sent())
    skipped = SkippedRecord(RecordIdentity(numbered_id(1), "", event.subject, None))
    plan = plan_batch([delivery(event, content=skipped)], {(event.subject, "nss.mail.v1"): "dead"})
    assert (plan.skipped, held(plan)) == (1, [])


def test_a_future_record_heads_a_queue() -> None:
    event, later = an_event(mail_sent()), an_event(mail_sent())
    future = FutureRecord(RecordIdentity(event.id, "", event.subject, None))
    plan = plan_batch([delivery(event, content=future), delivery(later)], {})
    assert held(plan) == [(event.subject, "future"), (event.subject, "behind")]
