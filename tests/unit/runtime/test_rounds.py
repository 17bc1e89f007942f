"""Rounds: whatever comes, nothing is lost, keys keep their order, and a group is a set that one workflow can take."""

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.runtime.rounds import cut_into_rounds
from tests.builders import an_event, mail_failed, mail_sent, review_opened

DATA = {"sent": mail_sent(), "failed": mail_failed(), "opened": review_opened()}

events = st.lists(
    st.builds(
        lambda kind, key, subject: an_event(DATA[kind], key=key, subject=subject),
        st.sampled_from(sorted(DATA)),
        st.sampled_from(["NAC001", "NAC002", "NAC003"]),
        st.sampled_from(["260001A", "260002A", "260003A", "260004A"]),
    ),
    max_size=40,
)


def lanes(handled: list[Event[EventData]]) -> dict[tuple[str, str], list[Event[EventData]]]:
    found: dict[tuple[str, str], list[Event[EventData]]] = {}
    for event in handled:
        found.setdefault((event.data.topic.name, event.key), []).append(event)
    return found


def flattened(received: list[Event[EventData]]) -> list[Event[EventData]]:
    return [event for groups in cut_into_rounds(received) for group in groups for event in group]


@given(events)
def test_every_event_is_handled_once(received: list[Event[EventData]]) -> None:
    assert sorted(event.id for event in flattened(received)) == sorted(event.id for event in received)


@given(events)
def test_each_key_of_a_topic_keeps_its_order(received: list[Event[EventData]]) -> None:
    assert lanes(flattened(received)) == lanes(received)


@given(events)
def test_a_group_holds_one_type_and_no_subject_twice(received: list[Event[EventData]]) -> None:
    for groups in cut_into_rounds(received):
        for group in groups:
            assert len({event.type for event in group}) == 1
            assert len({event.subject for event in group}) == len(group)


@given(events)
def test_a_round_calls_each_workflow_once_and_no_round_is_empty(received: list[Event[EventData]]) -> None:
    for groups in cut_into_rounds(received):
        types = [group[0].type for group in groups]
        assert types
        assert len(set(types)) == len(types)


def test_different_subjects_of_one_type_make_a_single_call() -> None:
    received = [
        an_event(mail_sent(), key=f"NAC{number % 7:03d}", subject=f"26{number:04d}A") for number in range(1, 200)
    ]
    assert [len(groups) for groups in cut_into_rounds(received)] == [1]


def test_a_run_ends_where_the_type_changes_or_a_subject_returns() -> None:
    kinds = [("sent", "A"), ("sent", "B"), ("failed", "A"), ("failed", "A"), ("sent", "A")]
    received = [an_event(DATA[kind], key="NAC001", subject=subject) for kind, subject in kinds]
    taken = [[[event.subject for event in group] for group in groups] for groups in cut_into_rounds(received)]
    assert taken == [[["A", "B"]], [["A"]], [["A"]], [["A"]]]
