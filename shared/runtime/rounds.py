"""Cuts events into rounds, so that sets can be handled at once while each record key keeps its order. Pure."""

from collections import deque
from collections.abc import Iterable

from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData

Group = list[Event[EventData]]
"""Events of one type, no subject twice: one call of a workflow."""

Round = list[Group]


def cut_into_rounds(events: Iterable[Event[EventData]]) -> list[Round]:
    """Rounds to be handled one after the other; within a round, groups in the order of their first event.

    Each round takes from every key of a topic the longest leading run of one type in which no subject repeats.
    """
    lanes = _by_key(events)
    rounds: list[Round] = []
    while lanes:
        groups: dict[str, Group] = {}
        taken: dict[str, set[str]] = {}
        for lane in lanes:
            event_type = lane[0].type
            _take_run(lane, groups.setdefault(event_type, []), taken.setdefault(event_type, set()))
        rounds.append([group for group in groups.values() if group])
        lanes = [lane for lane in lanes if lane]
    return rounds


def _by_key(events: Iterable[Event[EventData]]) -> list[deque[Event[EventData]]]:
    lanes: dict[tuple[str, str], deque[Event[EventData]]] = {}
    for event in events:
        place = (event.data.topic.name, event.key)
        lane = lanes.get(place)
        if lane is None:
            lanes[place] = deque((event,))
        else:
            lane.append(event)
    return list(lanes.values())


def _take_run(lane: deque[Event[EventData]], group: Group, subjects: set[str]) -> None:
    event_type = lane[0].type
    while lane and lane[0].type == event_type and lane[0].subject not in subjects:
        event = lane.popleft()
        subjects.add(event.subject)
        group.append(event)
