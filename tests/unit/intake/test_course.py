"""What events make of an application: every order that topics allow, with repeats, leads to the same end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest

from services.intake.domain import course
from services.intake.domain.application import Application, ApplicationStatus
from services.intake.domain.clarification import (
    WithdrawalAnswer,
    answer_withdrawal,
    can_withdraw,
    withdrawal_requested,
    withdrawn,
)
from services.intake.domain.retention import Retention, content_without_people
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.provisioning_events import WindowClosed
from tests.builders import (
    NOW,
    OFFICE,
    RECEIPT,
    START_DATE,
    an_application_received,
    numbered_id,
    review_completed,
    service_started,
)
from tests.builders.moving import (
    MOVED_DATE,
    application_voided,
    mailboxes_rescheduled,
    passwords_reissued,
    start_date_changed,
)

Step = Callable[[Application], Application]


def an_application(**fields: Any) -> Application:
    """Just received."""
    known = Application(
        receipt_number=RECEIPT,
        form_token=numbered_id(1),
        kind=ApplicationKind.MAILBOX_CHANGE,
        status=ApplicationStatus.RECEIVED,
        revision=1,
        applicant_office_code=OFFICE,
        office_code=OFFICE,
        received_at=NOW,
        received_on=date(2018, 10, 24),
        requested_start_date=START_DATE,
    )
    return replace(known, **fields)


def by(move: Callable[[Application, Any], Application], event: Any) -> Step:
    return lambda application: move(application, event)


def interleavings(one: Sequence[Step], other: Sequence[Step]) -> Iterator[list[Step]]:
    """Every way to merge two topics, each in its own order."""
    length = len(one) + len(other)
    for places in combinations(range(length), len(one)):
        ones, others = iter(one), iter(other)
        yield [next(ones) if place in places else next(others) for place in range(length)]


OPENED: Step = course.opened
COMPLETED = by(course.completed, review_completed())
MOVED = by(course.start_date_changed, start_date_changed())
VOIDED = by(course.voided, application_voided())
STARTED = by(course.started, service_started())
RESCHEDULED = by(course.rescheduled, mailboxes_rescheduled())
STARTED_LATER = by(course.started, service_started(started_on=MOVED_DATE))
WINDOW_CLOSED = by(course.window_closed, WindowClosed(receipt_number=RECEIPT, closed_at=NOW, ever_viewed=True))

STORIES = {
    "plain": ([OPENED, COMPLETED], [STARTED, WINDOW_CLOSED], ApplicationStatus.IN_SERVICE),
    "moved": ([OPENED, COMPLETED, MOVED], [RESCHEDULED, STARTED_LATER], ApplicationStatus.IN_SERVICE),
    "moved after the start": (
        [OPENED, COMPLETED, MOVED],
        [STARTED, RESCHEDULED, STARTED_LATER],
        ApplicationStatus.IN_SERVICE,
    ),
    "moved after the start, not yet started again": (
        [OPENED, COMPLETED, MOVED],
        [STARTED, RESCHEDULED],
        ApplicationStatus.REVIEW_COMPLETED,
    ),
    "voided": ([OPENED, COMPLETED, VOIDED], [STARTED], ApplicationStatus.VOIDED),
    "moved, then voided": ([OPENED, COMPLETED, MOVED, VOIDED], [RESCHEDULED, STARTED_LATER], ApplicationStatus.VOIDED),
}


@pytest.mark.parametrize("story", STORIES)
def test_every_order_and_every_repeat_leads_to_one_end(story: str) -> None:
    review, mailbox, end = STORIES[story]
    ends = set()
    for order in interleavings(review, mailbox):
        for repeated in range(len(order)):
            application = an_application()
            for position, step in enumerate(order):
                application = step(application)
                if position >= repeated:
                    application = order[repeated](application)
            ends.add((application.status, application.confirmed_start_date, application.started_on))

    assert {status for status, _, _ in ends} == {end}
    if end is not ApplicationStatus.VOIDED:
        assert len(ends) == 1


def test_a_moved_date_stands_beside_the_wish_and_never_shortens_the_window() -> None:
    moved = RESCHEDULED(MOVED(COMPLETED(an_application())))

    assert (moved.confirmed_start_date, moved.viewable_until) == (MOVED_DATE, date(2018, 11, 19))
    assert moved.start_date_changed
    earlier = by(course.rescheduled, mailboxes_rescheduled(new_start_date=START_DATE, viewable_until=date(2018, 11, 5)))
    assert earlier(moved) == moved


def test_the_note_of_a_moved_date_stays_when_completion_comes_late() -> None:
    late = COMPLETED(COMPLETED(MOVED(COMPLETED(an_application()))))

    assert late.start_date_note == "登録作業の都合によります。"


def test_a_reissue_ends_with_its_review() -> None:
    reissue = an_application(kind=ApplicationKind.PASSWORD_REISSUE, requested_start_date=None)
    event = review_completed(
        kind="password_reissue", confirmed_start_date=None, mailbox_ids_issued=[], mailbox_ids_reissued=["NAC00101"]
    )

    done = course.reissued(course.completed(reissue, event), passwords_reissued())
    other_way = course.completed(course.reissued(reissue, passwords_reissued()), event)

    assert done == other_way
    assert (done.status, done.ended_at) == (ApplicationStatus.REVIEW_COMPLETED, NOW)
    assert done.mailbox_ids_reissued == ("NAC00101",)
    assert not done.start_date_changed


def test_the_window_is_open_until_its_last_day_unless_it_was_closed() -> None:
    completed = COMPLETED(an_application())

    assert [completed.window_is_open(date(2018, 11, day)) for day in (5, 6)] == [True, False]
    assert not WINDOW_CLOSED(completed).window_is_open(date(2018, 11, 1))
    assert not VOIDED(completed).has_id_notice


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (ApplicationStatus.RECEIVED, WithdrawalAnswer.REQUESTED),
        (ApplicationStatus.UNDER_REVIEW, WithdrawalAnswer.REQUESTED),
        (ApplicationStatus.CLARIFICATION, WithdrawalAnswer.WITHDRAWN),
        (ApplicationStatus.REVIEW_COMPLETED, WithdrawalAnswer.REFUSED),
        (ApplicationStatus.IN_SERVICE, WithdrawalAnswer.REFUSED),
        (ApplicationStatus.WITHDRAWN, WithdrawalAnswer.REPEATED),
        (ApplicationStatus.VOIDED, WithdrawalAnswer.REFUSED),
    ],
)
def test_who_holds_the_ball_answers_a_withdrawal(status: ApplicationStatus, answer: WithdrawalAnswer) -> None:
    application = an_application(status=status)

    assert answer_withdrawal(application) is answer
    assert can_withdraw(application) is (answer in {WithdrawalAnswer.REQUESTED, WithdrawalAnswer.WITHDRAWN})
    pending = withdrawal_requested(application, NOW)
    assert answer_withdrawal(pending) is WithdrawalAnswer.REPEATED
    assert not can_withdraw(pending)


@pytest.mark.parametrize("final", [withdrawn(an_application(), NOW), VOIDED(an_application())])
def test_nothing_moves_on_from_a_final_state(final: Application) -> None:
    for step in (OPENED, COMPLETED, MOVED, VOIDED, STARTED, RESCHEDULED, STARTED_LATER):
        assert step(final).status is final.status
        assert step(final).ended_at == final.ended_at


def test_retention_is_counted_from_the_end() -> None:
    kept = Retention(contact_days=400, audit_years=7)

    assert kept.contacts_of_ended_before(NOW) == NOW - timedelta(days=400)
    assert (NOW - kept.audited_before(NOW)).days == 7 * 366


def test_a_content_without_people_can_still_be_read() -> None:
    stored = an_application_received().model_dump(mode="json", exclude_none=True) | content_without_people()

    content = ApplicationReceived.model_validate(stored)

    assert content.contact.email == ""
    assert content.system_administrator.name == ""
    assert content.reason == an_application_received().reason
