"""What must hold of the topics once everything has come to rest: the part of I2 and I7 that is told in events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from operator import itemgetter

from services.review.domain.review import IllegalTransition, Move, ReviewState, next_state
from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, source_of
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationCorrected, ApplicationWithdrawn, ClarificationReturned
from shared.contracts.notifier_events import MailSent
from shared.contracts.provisioning_events import MailboxesIssued, ServiceStarted
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    ClarificationRequested,
    IssueFailedNoted,
    ReviewCompleted,
    ReviewOpened,
    StartDateChanged,
    WithdrawalAccepted,
)
from shared.contracts.topics import SERVICES, TOPICS
from tests.topic_reader import Broker, committed_lag, read_topics

EVENT_TOPICS = [topic for topic in TOPICS if "dead-letter" not in topic.name]
MOVES: Mapping[type[EventData], Move] = {
    ReviewOpened: Move.OPEN,
    ClarificationRequested: Move.ASK,
    ApplicationCorrected: Move.CORRECT,
    ClarificationReturned: Move.GIVE_BACK,
    ApplicationWithdrawn: Move.WITHDRAW,
    WithdrawalAccepted: Move.WITHDRAW,
    ApplicationApproved: Move.APPROVE,
    IssueFailedNoted: Move.NOTE_ISSUE_FAILED,
    ReviewCompleted: Move.COMPLETE,
    StartDateChanged: Move.CHANGE_START_DATE,
    ServiceStarted: Move.START_SERVICE,
    ApplicationVoided: Move.VOID,
}
TELLERS = ("intake", "review", "provisioning")
"""Whose events move an application."""

Histories = Mapping[tuple[str, str], Sequence[Event[EventData]]]
"""By source and subject: every event once, by its sequence."""


async def topic_violations(broker: Broker, prefix: str, states: Mapping[str, str]) -> list[str]:
    """Violations on the topics as sentences; `states` are review's own, by receipt number."""
    events = await _read_events(broker, prefix)
    histories = {key: _without_repeats(found) for key, found in events.items()}
    return [
        *[f"I7: {service} is {lag} records behind" for service in SERVICES
          if (lag := await committed_lag(broker, service, prefix))],
        *[violation for key, found in events.items() for violation in _sequence_violations(key, found)],
        *_illegal_lives(histories, states),
        *_told_twice(histories),
    ]  # fmt: skip


async def count_repeats(broker: Broker, prefix: str = "") -> Mapping[str, int]:
    """How many records of each source repeat an event that stands on its topic already."""
    events = await _read_events(broker, prefix)
    repeats = dict.fromkeys((source_of(service) for service in SERVICES), 0)
    for (source, _), found in events.items():
        repeats[source] += len(found) - len({event.id for event in found})
    return repeats


async def _read_events(broker: Broker, prefix: str) -> Histories:
    found: dict[tuple[str, str], list[Event[EventData]]] = defaultdict(list)
    for topic, record in await read_topics(broker, EVENT_TOPICS, prefix):
        decoded = decode_record(record, topic)
        if isinstance(decoded, Event) and decoded.sequence is not None:
            found[decoded.source, decoded.subject].append(decoded)
    return found


def _without_repeats(events: Sequence[Event[EventData]]) -> list[Event[EventData]]:
    by_id = {event.id: event for event in events}
    return sorted(by_id.values(), key=lambda event: event.sequence or 0)


def _sequence_violations(key: tuple[str, str], events: Sequence[Event[EventData]]) -> list[str]:
    """I7: per source and subject the sequence rises by one, in the order of the topic; a repeat is the same event."""
    ids: dict[int, set[str]] = defaultdict(set)
    for event in events:
        ids[event.sequence or 0].add(str(event.id))
    name, first_seen = " ".join(key), list(ids)
    violations = [] if first_seen == list(range(1, len(ids) + 1)) else [f"I7: {name} has the sequences {first_seen}"]
    return violations + [
        f"I7: {name} gave number {number} to {len(seen)} events" for number, seen in ids.items() if len(seen) > 1
    ]


def _illegal_lives(histories: Histories, states: Mapping[str, str]) -> list[str]:
    """I2: what was told of an application is a path of its state machine, and ends where review has it."""
    violations = []
    for number, state in states.items():
        told = [histories.get((source_of(service), number), ()) for service in TELLERS]
        try:
            ended = _state_after(_in_order(told))
        except IllegalTransition as illegal:
            violations.append(f"I2: the history of {number} has an illegal step: {illegal}")
            continue
        if ended != state:
            violations.append(f"I2: {number} is {state} in review, but its history ends in {ended}")
    return violations


def _in_order(told: Sequence[Sequence[Event[EventData]]]) -> list[Event[EventData]]:
    """By time, and each service's own events as it numbered them: a decision's instant is taken before it has its lock,
    so another process may have gone first with a later one."""
    placed: list[tuple[datetime, Event[EventData]]] = []
    for events in told:
        latest = accumulate((event.time for event in events), max)
        placed += zip(latest, events, strict=True)
    return [event for _, event in sorted(placed, key=itemgetter(0))]


def _state_after(events: Sequence[Event[EventData]]) -> ReviewState:
    state = ReviewState.RECEIVED
    for event in events:
        move = MOVES.get(type(event.data))
        state = next_state(state, move) if move else state
    return state


def _told_twice(histories: Histories) -> list[str]:
    """I7: an application is issued once, and each mail is told as sent once."""
    violations = []
    for (_, number), events in histories.items():
        issues = [event for event in events if isinstance(event.data, MailboxesIssued)]
        sent = [event.data.message_id for event in events if isinstance(event.data, MailSent)]
        if len(issues) > 1:
            violations.append(f"I7: {number} was issued {len(issues)} times")
        if len(sent) != len(set(sent)):
            violations.append(f"I7: {number} tells of {len(sent)} mails sent, but there were {len(set(sent))}")
    return violations
