"""Proof over the pure domain: whatever applicant, reviewers, provisioning and the clock do, in whatever order the
topics arrive, every application lives a legal life and one service at a time holds the ball (design, section 2)."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.review.domain import review as domain
from services.review.domain.review import TRANSITIONS, Moved, Review, ReviewState
from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as told_by_review
from shared.contracts.event_data import EventData
from shared.kernel.local_time import start_of_day
from tests.builders import NOW, new_ids
from tests.unit.review.builders import LEAD, POLICY, REVIEWER, a_registration_schedule, an_office_contract
from tests.unit.review.neighbours import Intake, Provisioning, an_application

S = ReviewState
STEPS = 50
THURSDAYS = [date(2018, 10, 25) + timedelta(weeks=week) for week in range(60)]
DAYS = [day for day in THURSDAYS if day.month not in (1, 12)]
SCHEDULE = a_registration_schedule(DAYS, covers_until=date(2020, 12, 31))
WISHES = [date(2018, 11, 1), date(2018, 11, 5), date(2018, 12, 3)]
CLOSING = an_office_contract(closed_on=date(2019, 3, 31))
COUNTS = told_by_review.MailboxCounts(smtp_pop3=1, edifact=0)
EDGES = {(before, after) for (before, _move), after in TRANSITIONS.items()}
SEEN_BY_APPLICANT = {S.APPROVED: S.UNDER_REVIEW}
seen: Counter[str] = Counter()


class Life(RuleBasedStateMachine):
    """One application between the four who may move it; reviews are the domain itself."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.ids = new_ids()
        self.review: Review | None = None
        self.history: list[ReviewState] = [S.RECEIVED]
        self.revisions = [1]
        self.from_intake: deque[EventData] = deque()
        self.from_provisioning: deque[EventData] = deque()
        self.office_closes = False
        self.intake = Intake(self.from_intake.append, an_application(is_reissue=False, wish=WISHES[0]))
        self.provisioning = Provisioning(self._told_by_provisioning)

    @initialize(is_reissue=st.booleans(), wish=st.sampled_from(WISHES), is_issued=st.booleans())
    def register(self, is_reissue: bool, wish: date, is_issued: bool) -> None:
        self.intake.received = an_application(is_reissue=is_reissue, wish=wish)
        self.intake.register()
        if is_issued:
            self._hear_all()
            self.let_policy_decide()
            self._hear_all()

    # -- what review does with what it hears -------------------------------------------------------------------------

    @precondition(lambda self: self.from_intake)
    @rule()
    def review_hears_intake(self) -> None:
        event = self.from_intake.popleft()
        if isinstance(event, intake.ApplicationReceived):
            opened = domain.open_review(event, self.now)
            self.history.append(opened.review.state)
            self._tell(opened)
            return
        assert self.review is not None
        match event:
            case intake.ApplicationCorrected():
                self._write(domain.correct(self.review, event, self.now))
            case intake.ClarificationReturned():
                self._write(domain.give_back(self.review, event, self.now))
            case intake.WithdrawalRequested():
                self._write(domain.answer_withdrawal(self.review, event, self.now))
            case intake.ApplicationWithdrawn():
                self._write(domain.withdraw(self.review, event, self.now))

    @precondition(lambda self: self.from_provisioning)
    @rule()
    def review_hears_provisioning(self) -> None:
        event = self.from_provisioning.popleft()
        review = self.review
        assert review is not None
        match event:
            case provisioning.MailboxesIssued():
                self._write(domain.complete(review, event, self.now))
            case provisioning.PasswordsReissued():
                self._write(domain.complete_reissue(review, event, COUNTS, self.now))
            case provisioning.MailboxIssueFailed():
                self._write(domain.note_issue_failed(review, event, self.now))
            case provisioning.ServiceStarted():
                self._write(domain.start_service(review, event, self.now))
            case provisioning.MailboxesRescheduled():
                self._write(domain.note_rescheduled(review, event, self.now))
            case provisioning.MailboxesVoided():
                self._write(domain.note_voided(review, event, self.now))

    # -- reviewers ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.review)
    @rule(stale=st.booleans())
    def ask(self, stale: bool) -> None:
        assert self.review is not None
        revision = self.review.revision - stale
        form = domain.ClarificationForm(revision, "count_unclear", "1個の追加でよろしいでしょうか。")
        self._write(domain.ask(self.review, form, REVIEWER, SCHEDULE, self.ids(), self.now))

    @precondition(lambda self: self.review and self.review.clarification)
    @rule()
    def take_question_back(self) -> None:
        assert self.review is not None
        assert self.review.clarification is not None
        form = domain.CancelForm(self.review.clarification.clarification_id)
        self._write(domain.request_cancel(self.review, form, REVIEWER, self.now))

    @precondition(lambda self: self.review)
    @rule(stale=st.booleans(), needs_setting=st.booleans(), rows=st.integers(1, 5))
    def approve(self, stale: bool, needs_setting: bool, rows: int) -> None:
        assert self.review is not None
        day = SCHEDULE.days_from(self.now.date() + timedelta(days=8))[rows - 1].registration_date
        form = domain.ApprovalForm(
            self.review.revision - stale, day.isoformat(), "変更", system_setting_required=needs_setting
        )
        grounds = domain.Grounds(SCHEDULE, CLOSING if self.office_closes else an_office_contract())
        self._write(domain.approve(self.review, form, REVIEWER, grounds, self.now))

    @precondition(lambda self: self.review)
    @rule()
    def let_policy_decide(self) -> None:
        assert self.review is not None
        grounds = domain.Grounds(SCHEDULE, CLOSING if self.office_closes else an_office_contract())
        self._write(domain.approve_by_policy(self.review, grounds, "変更", POLICY, self.now))

    @precondition(lambda self: self.review and self.review.issued)
    @rule(really=st.integers(0, 3))
    def void(self, really: int) -> None:
        assert self.review is not None
        if really:
            return
        form = domain.VoidForm(self.review.revision, "applicant_asked")
        self._write_before_cutoff(domain.void(self.review, form, LEAD, self.now))

    @precondition(lambda self: self.review and self.review.issued)
    @rule(rows=st.integers(-1, 3))
    def move_start(self, rows: int) -> None:
        assert self.review is not None
        if rows < 0:
            return
        start = self.review.terms.confirmed_start_date if self.review.terms else None
        day = SCHEDULE.days_from(start or self.now.date())[rows].registration_date
        form = domain.StartDateForm(self.review.revision, day.isoformat(), "変更")
        self._write_before_cutoff(domain.change_start_date(self.review, form, LEAD, SCHEDULE, self.now))

    @precondition(lambda self: self.review)
    @rule()
    def record_setting(self) -> None:
        assert self.review is not None
        form = domain.SettingForm(self.review.revision)
        self._write(domain.record_setting(self.review, form, LEAD, self.now))

    # -- the clock ---------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 7, 24, 24 * 4, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        self.now = min(self.now + timedelta(hours=hours), datetime.fromisoformat("2019-09-30T00:00+00:00"))

    @precondition(lambda self: self.provisioning.start and not self.provisioning.has_started)
    @rule(hours=st.sampled_from([-7, -5, 0, 30]))
    def start_comes_near(self, hours: int) -> None:
        assert self.provisioning.start is not None
        self.now = max(self.now, start_of_day(self.provisioning.start) + timedelta(hours=hours))

    @precondition(lambda self: self.review)
    @rule()
    def jobs_run(self) -> None:
        assert self.review is not None
        question = self.review.clarification
        if question and question.asked_at < domain.reminded_if_asked_before(SCHEDULE.calendar, self.now):
            self._write(domain.remind(self.review, self.now))
        self._write(domain.void_for_missing_setting(self.review, self.now))
        if self.office_closes:
            self._write(domain.void_for_closed_office(self.review, self.now))

    @precondition(lambda self: not self.office_closes)
    @rule(really=st.integers(0, 9))
    def office_is_to_close(self, really: int) -> None:
        if really == 9:
            self.office_closes = True
            if self.intake.status is S.CLARIFICATION:
                self.intake.withdraw(self.now)

    # -- the others --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.intake.status is S.CLARIFICATION)
    @rule()
    def applicant_corrects(self) -> None:
        self.intake.correct(self.now)

    @precondition(
        lambda self: (
            self.intake.status in (S.RECEIVED, S.UNDER_REVIEW, S.CLARIFICATION) and not self.intake.waits_for_withdrawal
        )
    )
    @rule(really=st.integers(0, 5))
    def applicant_withdraws(self, really: int) -> None:
        if really == 5:
            self.intake.withdraw(self.now)

    @precondition(lambda self: self.intake.from_review)
    @rule()
    def intake_hears_review(self) -> None:
        self.intake.hear_review(self.now)
        if self.office_closes and self.intake.status is S.CLARIFICATION:
            self.intake.withdraw(self.now)

    @precondition(lambda self: self.intake.from_provisioning)
    @rule()
    def intake_hears_provisioning(self) -> None:
        self.intake.hear_provisioning()

    @precondition(lambda self: self.provisioning.from_review)
    @rule(is_exhausted=st.booleans())
    def provisioning_hears_review(self, is_exhausted: bool) -> None:
        self.provisioning.is_exhausted = is_exhausted
        self.provisioning.hear_review(self.now)

    @precondition(lambda self: self.provisioning.is_due(self.now))
    @rule()
    def service_begins(self) -> None:
        self.provisioning.begin_service()

    @rule(really=st.booleans())
    def everybody_hears_everything(self, really: bool) -> None:
        if not really:
            return
        self._hear_all()
        if self.provisioning.is_due(self.now):
            self.service_begins()

    # -- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def life_is_legal(self) -> None:
        for history in (self.history, self.intake.history):
            assert set(pairwise(history)) <= EDGES | APPLICANT_EDGES, history
        assert self.revisions == list(range(1, len(self.revisions) + 1))

    @invariant()
    def question_and_approval_exclude_each_other(self) -> None:
        if self.review:
            assert (self.review.state is S.CLARIFICATION) == (self.review.clarification is not None)
            assert self.review.terms is None or self.review.clarification is None

    @invariant()
    def one_service_holds_the_ball(self) -> None:
        if self.review is None:
            return
        state = self.review.state
        if self.intake.status is S.CLARIFICATION:
            assert state is S.CLARIFICATION, "the applicant can move what review believes to hold"
            assert self.intake.revision == self.review.revision
        if self.provisioning.has_approval:
            assert state is S.APPROVED, "an approval is on its way, and review has moved on"
        if state in (S.APPROVED, S.REVIEW_COMPLETED, S.IN_SERVICE):
            assert self.intake.revision == self.review.revision, "something else was approved than the form says"
            assert self.intake.status is not S.WITHDRAWN

    @invariant()
    def what_is_issued_was_approved_once(self) -> None:
        if self.review is None or not self.provisioning.issues:
            return
        assert self.provisioning.issues == 1
        assert self.provisioning.issued_revision == self.review.revision
        assert self.review.state not in (S.WITHDRAWN, S.UNDER_REVIEW, S.CLARIFICATION)

    def teardown(self) -> None:
        """When everything has been heard, all agree; no wish to withdraw stays without an answer."""
        self._hear_all()
        if self.review is None:
            return
        shown = SEEN_BY_APPLICANT.get(self.review.state, self.review.state)
        assert self.intake.status is shown, (self.history, self.intake.history)
        assert not self.intake.waits_for_withdrawal or shown in (S.WITHDRAWN, S.VOIDED)
        assert self.review.state is not S.VOIDED or self.provisioning.is_voided or not self.provisioning.issues
        seen.update(state.value for state in self.history)

    def _hear_all(self) -> None:
        while hear := self._next_to_hear():
            hear()

    def _next_to_hear(self) -> Callable[[], None] | None:
        hearing: tuple[tuple[object, Callable[[], None]], ...] = (
            (self.from_intake, self.review_hears_intake),
            (self.provisioning.from_review, lambda: self.provisioning.hear_review(self.now)),
            (self.from_provisioning, self.review_hears_provisioning),
            (self.intake.from_review, self.intake_hears_review),
            (self.intake.from_provisioning, self.intake_hears_provisioning),
        )
        return next((hear for waiting, hear in hearing if waiting), None)

    # -- the plumbing ------------------------------------------------------------------------------------------------

    def _told_by_provisioning(self, event: EventData) -> None:
        self.from_provisioning.append(event)
        self.intake.from_provisioning.append(event)

    def _write_before_cutoff(self, decision: object) -> None:
        assert self.review is not None
        start = self.review.terms.confirmed_start_date if self.review.terms else None
        if isinstance(decision, Moved):
            assert start is not None
            assert self.now < domain.last_change_before(start)
        self._write(decision)

    def _write(self, decision: object) -> None:
        if not isinstance(decision, Moved):
            return
        assert self.review is not None
        before = self.review
        if decision.review.state is not before.state:
            self.history.append(decision.review.state)
        if decision.review.revision != before.revision:
            self.revisions.append(decision.review.revision)
        self._tell(decision)

    def _tell(self, moved: Moved) -> None:
        self.review = moved.review
        if moved.announces is None:
            return
        seen[type(moved.announces).__name__] += 1
        self.intake.from_review.append(moved.announces)
        self.provisioning.from_review.append(moved.announces)


APPLICANT_EDGES = {(S.UNDER_REVIEW, S.REVIEW_COMPLETED)}
"""What applicants see besides: an approved application reads as under review."""


@pytest.mark.parametrize("examples", [200, pytest.param(1000, marks=pytest.mark.full)])
def test_every_life_is_legal_and_one_service_holds_the_ball(examples: int) -> None:
    seen.clear()
    limits = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=limits)
    missing = {state.value for state in S} - {S.RECEIVED.value} - set(seen)
    assert missing == set(), f"never reached in {examples} lives: {missing}"
    assert seen["ClarificationCancelRequested"]
    assert seen["StartDateChanged"]
    assert seen["WithdrawalRefused"]
    assert seen["IssueFailedNoted"]
