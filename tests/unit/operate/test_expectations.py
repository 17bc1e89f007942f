"""What is overdue in an application's history: every step that can fail to come is found, and only those."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.operate.expectations import HistoryEvent, missing_steps, state_of

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
Told = tuple[str, Mapping[str, Any]]
CHANGE = {"kind": "mailbox_change", "confirmed_start_date": "2026-11-10"}
REISSUE = {"kind": "password_reissue"}
ISSUED = {"viewable_until": "2026-11-12"}


def mailed(mail: str) -> Told:
    return ("mail.sent", {"mail": mail, "role": "contact"})


UNTIL_OPENED: list[Told] = [("application.received", {}), mailed("M1"), ("review.opened", {})]
UNTIL_COMPLETED: list[Told] = [
    *UNTIL_OPENED, ("review.approved", CHANGE), ("mailbox.issued", ISSUED), ("review.completed", CHANGE), mailed("M2"),
]  # fmt: skip
WHOLE: list[Told] = [*UNTIL_COMPLETED, ("mailbox.service-started", {}), ("mailbox.window-closed", {})]
REISSUED: list[Told] = [
    *UNTIL_OPENED, ("review.approved", REISSUE), ("mailbox.password-reissued", {"viewable_until": "2026-11-04"}),
    ("review.completed", REISSUE), mailed("M9"), ("mailbox.window-closed", {}),
]  # fmt: skip
VOIDED: list[Told] = [*UNTIL_COMPLETED, ("review.voided", {}), mailed("M6"), ("mailbox.voided", {})]
MOVED: list[Told] = [
    *UNTIL_COMPLETED, ("review.start-date-changed", {"new_start_date": "2026-11-17"}),
    ("mailbox.rescheduled", {"new_start_date": "2026-11-17", "viewable_until": "2026-11-19"}), mailed("M7"),
    ("mailbox.service-started", {}), ("mailbox.window-closed", {}),
]  # fmt: skip
QUESTION: list[Told] = [*UNTIL_OPENED, ("review.clarification-requested", {}), mailed("M3")]


def history(told: list[Told]) -> list[HistoryEvent]:
    return [HistoryEvent(name, START + timedelta(seconds=index), data) for index, (name, data) in enumerate(told)]


def overdue(told: list[Told], now: datetime = START + timedelta(days=400)) -> list[tuple[str, str]]:
    return [(missing.after, missing.expected[0]) for missing in missing_steps(history(told), now)]


@pytest.mark.parametrize(
    "told",
    [WHOLE, REISSUED, VOIDED, MOVED, QUESTION,
     [*QUESTION, ("application.corrected", {}), mailed("M4")],
     [*QUESTION, ("application.withdrawn", {}), mailed("M5")],
     [*QUESTION, ("review.clarification-cancel-requested", {}), ("application.clarification-returned", {}),
      mailed("M11")],
     [*UNTIL_OPENED, ("application.withdrawal-requested", {}), ("review.withdrawal-accepted", {}), mailed("M5")],
     [*UNTIL_OPENED, ("review.approved", CHANGE), ("mailbox.issue-failed", {}), ("review.issue-failed-noted", {})]],
)  # fmt: skip
def test_a_history_that_went_its_way_misses_nothing(told: list[Told]) -> None:
    assert overdue(told) == []


@pytest.mark.parametrize(
    ("told", "step"),
    [
        (UNTIL_OPENED[:2], ("application.received", "review.opened")),
        ([UNTIL_OPENED[0], UNTIL_OPENED[2]], ("application.received", "mail.sent")),
        (UNTIL_COMPLETED[:4], ("review.approved", "mailbox.issued")),
        ([*UNTIL_COMPLETED[:4], ("mailbox.issued", {})], ("mailbox.issued", "review.completed")),
        (UNTIL_COMPLETED[:6] + WHOLE[7:], ("review.completed", "mail.sent")),
        ([*UNTIL_COMPLETED, WHOLE[8]], ("review.completed", "mailbox.service-started")),
        (WHOLE[:8], ("mailbox.issued", "mailbox.window-closed")),
        ([*UNTIL_COMPLETED[:4], ("mailbox.issue-failed", {})], ("mailbox.issue-failed", "review.issue-failed-noted")),
        ([*UNTIL_OPENED, ("application.withdrawal-requested", {})],
         ("application.withdrawal-requested", "review.withdrawal-accepted")),
        ([*QUESTION, ("review.clarification-cancel-requested", {})],
         ("review.clarification-cancel-requested", "application.clarification-returned")),
        (MOVED[:8] + WHOLE[7:], ("review.start-date-changed", "mailbox.rescheduled")),
        (REISSUED[:5] + REISSUED[6:], ("mailbox.password-reissued", "review.completed")),
    ],
)  # fmt: skip
def test_each_of_twelve_stalls_is_found_and_nothing_else(told: list[Told], step: tuple[str, str]) -> None:
    assert overdue(told) == [step]


def test_a_step_is_not_missed_before_its_time() -> None:
    assert overdue(UNTIL_OPENED[:2], START + timedelta(seconds=119)) == []
    assert overdue(UNTIL_OPENED[:2], START + timedelta(seconds=120)) == [("application.received", "review.opened")]


def test_the_start_of_service_is_due_ten_minutes_after_midnight_in_japan() -> None:
    midnight = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
    assert overdue(UNTIL_COMPLETED, midnight + timedelta(minutes=9)) == []
    assert overdue(UNTIL_COMPLETED, midnight + timedelta(minutes=10)) == [
        ("review.completed", "mailbox.service-started")
    ]


@pytest.mark.parametrize(
    ("told", "state"),
    [(UNTIL_OPENED, "under_review"), (QUESTION, "clarification"), (WHOLE, "in_service"), (VOIDED, "voided"),
     ([*VOIDED, ("mailbox.service-started", {})], "voided"), ([], "unknown")],
)  # fmt: skip
def test_the_state_follows_the_events_and_a_final_one_stays(told: list[Told], state: str) -> None:
    assert state_of(history(told)) == state
