"""Proof over the pure domain: whatever applicant, reviewers, provisioning and the clock do, in whatever order the
topics arrive, every application lives a legal life and one service at a time holds the ball (design, section 2)."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.review.domain import review as domain
from shared.kernel.local_time import start_of_day
from tests.unit.review.builders import LEAD, POLICY, REVIEWER, an_office_contract
from tests.unit.review.neighbours import an_application
from tests.unit.review.world import CLOSING, EDGES, SCHEDULE, SEEN_BY_APPLICANT, STEPS, WISHES, S, World, seen


class Life(World):
    """One application between the four who may move it; reviews are the domain itself."""

    @initialize(
        is_reissue=st.booleans(), wish=st.sampled_from(WISHES), begins=st.sampled_from(["received", "asked", "issued"])
    )
    def register(self, is_reissue: bool, wish: date, begins: str) -> None:
        self.intake.received = an_application(is_reissue=is_reissue, wish=wish)
        self.intake.register()
        if begins != "received":
            self.hear_all()
        if begins == "asked":
            self.ask(False)
        if begins == "issued":
            self.let_policy_decide()
            self.hear_all()

    # -- what review does with what it hears -------------------------------------------------------------------------

    @precondition(lambda self: self.from_intake)
    @rule()
    def read_intake(self) -> None:
        self.review_hears_intake()

    @precondition(lambda self: self.from_provisioning)
    @rule()
    def read_provisioning(self) -> None:
        self.review_hears_provisioning()

    # -- reviewers ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.review)
    @rule(stale=st.booleans())
    def ask(self, stale: bool) -> None:
        assert self.review is not None
        revision = self.review.revision - stale
        form = domain.ClarificationForm(revision, "count_unclear", "1個の追加でよろしいでしょうか。")
        self.write(domain.ask(self.review, form, REVIEWER, SCHEDULE, self.ids(), self.now))

    @precondition(lambda self: self.review and self.review.clarification)
    @rule()
    def take_question_back(self) -> None:
        assert self.review is not None
        assert self.review.clarification is not None
        form = domain.CancelForm(self.review.clarification.clarification_id)
        self.write(domain.request_cancel(self.review, form, REVIEWER, self.now))

    @precondition(lambda self: self.review)
    @rule(stale=st.booleans(), needs_setting=st.booleans(), rows=st.integers(1, 5))
    def approve(self, stale: bool, needs_setting: bool, rows: int) -> None:
        assert self.review is not None
        day = SCHEDULE.days_from(self.now.date() + timedelta(days=8))[rows - 1].registration_date
        form = domain.ApprovalForm(
            self.review.revision - stale, day.isoformat(), "変更", system_setting_required=needs_setting
        )
        grounds = domain.Grounds(SCHEDULE, CLOSING if self.office_closes else an_office_contract())
        self.write(domain.approve(self.review, form, REVIEWER, grounds, self.now))

    @precondition(lambda self: self.review)
    @rule()
    def let_policy_decide(self) -> None:
        assert self.review is not None
        grounds = domain.Grounds(SCHEDULE, CLOSING if self.office_closes else an_office_contract())
        self.write(domain.approve_by_policy(self.review, grounds, "変更", POLICY, self.now))

    @precondition(lambda self: self.review and self.review.issued)
    @rule(really=st.integers(0, 3))
    def void(self, really: int) -> None:
        assert self.review is not None
        if really:
            return
        form = domain.VoidForm(self.review.revision, "applicant_asked")
        self.write_before_cutoff(domain.void(self.review, form, LEAD, self.now))

    @precondition(lambda self: self.review and self.review.issued)
    @rule(rows=st.integers(-1, 3))
    def move_start(self, rows: int) -> None:
        assert self.review is not None
        if rows < 0:
            return
        start = self.review.terms.confirmed_start_date if self.review.terms else None
        day = SCHEDULE.days_from(start or self.now.date())[rows].registration_date
        form = domain.StartDateForm(self.review.revision, day.isoformat(), "変更")
        self.write_before_cutoff(domain.change_start_date(self.review, form, LEAD, SCHEDULE, self.now))

    @precondition(lambda self: self.review)
    @rule()
    def record_setting(self) -> None:
        assert self.review is not None
        form = domain.SettingForm(self.review.revision)
        self.write(domain.record_setting(self.review, form, LEAD, self.now))

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
            self.write(domain.remind(self.review, self.now))
        self.write(domain.void_for_missing_setting(self.review, self.now))
        if self.office_closes:
            self.write(domain.void_for_closed_office(self.review, self.now))

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
    def intake_reads_review(self) -> None:
        self.intake_hears_review()

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
        self.hear_all()
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
        self.hear_all()
        if self.review is None:
            return
        shown = SEEN_BY_APPLICANT.get(self.review.state, self.review.state)
        assert self.intake.status is shown, (self.history, self.intake.history)
        assert not self.intake.waits_for_withdrawal or shown in (S.WITHDRAWN, S.VOIDED)
        assert self.review.state is not S.VOIDED or self.provisioning.is_voided or not self.provisioning.issues
        seen.update(state.value for state in self.history)


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
