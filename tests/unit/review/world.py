"""The world of the proof over the domain: reviews as the domain decides them, between intake and provisioning."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import date, timedelta

from hypothesis.stateful import RuleBasedStateMachine

from services.review.domain import review as domain
from services.review.domain.review import TRANSITIONS, Moved, Review, ReviewState
from shared.contracts import intake_events as intake
from shared.contracts import provisioning_events as provisioning
from shared.contracts import review_events as told_by_review
from shared.contracts.event_data import EventData
from tests.builders import NOW, new_ids
from tests.unit.review.builders import a_registration_schedule, an_office_contract
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


class World(RuleBasedStateMachine):
    """One application between the four who may move it; what they do and when is for the proof to choose."""

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
                self.write(domain.correct(self.review, event, SCHEDULE, self.now))
            case intake.ClarificationReturned():
                self.write(domain.give_back(self.review, event, SCHEDULE, self.now))
            case intake.WithdrawalRequested():
                self.write(domain.answer_withdrawal(self.review, event, self.now))
            case intake.ApplicationWithdrawn():
                self.write(domain.withdraw(self.review, event, self.now))

    def review_hears_provisioning(self) -> None:
        event = self.from_provisioning.popleft()
        review = self.review
        assert review is not None
        match event:
            case provisioning.MailboxesIssued():
                self.write(domain.complete(review, event, self.now))
            case provisioning.PasswordsReissued():
                self.write(domain.complete_reissue(review, event, COUNTS, self.now))
            case provisioning.MailboxIssueFailed():
                self.write(domain.note_issue_failed(review, event, self.now))
            case provisioning.ServiceStarted():
                self.write(domain.start_service(review, event, self.now))
            case provisioning.MailboxesRescheduled():
                self.write(domain.note_rescheduled(review, event, self.now))
            case provisioning.MailboxesVoided():
                self.write(domain.note_voided(review, event, self.now))

    def intake_hears_review(self) -> None:
        self.intake.hear_review(self.now)
        if self.office_closes and self.intake.status is S.CLARIFICATION:
            self.intake.withdraw(self.now)

    def hear_all(self) -> None:
        while hear := self._next_to_hear():
            hear()

    def _next_to_hear(self) -> Callable[[], None] | None:
        hearing: tuple[tuple[object, Callable[[], None]], ...] = (
            (self.from_intake, self.review_hears_intake),
            (self.provisioning.from_review, lambda: self.provisioning.hear_review(self.now)),
            (self.from_provisioning, self.review_hears_provisioning),
            (self.intake.from_review, self.intake_hears_review),
            (self.intake.from_provisioning, self.intake.hear_provisioning),
        )
        return next((hear for waiting, hear in hearing if waiting), None)

    # -- the plumbing ------------------------------------------------------------------------------------------------

    def _told_by_provisioning(self, event: EventData) -> None:
        self.from_provisioning.append(event)
        self.intake.from_provisioning.append(event)

    def write_before_cutoff(self, decision: object) -> None:
        assert self.review is not None
        start = self.review.terms.confirmed_start_date if self.review.terms else None
        if isinstance(decision, Moved):
            assert start is not None
            assert self.now < domain.last_change_before(start)
        self.write(decision)

    def write(self, decision: object) -> None:
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
