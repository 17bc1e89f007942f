"""Questions of the reviewer as they come in, are reminded of, and go back unanswered; the applicant holds the ball."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.intake import store
from services.intake.domain.application import Application
from services.intake.domain.clarification import (
    Clarification,
    ClarificationOutcome,
    can_take_question,
    in_clarification,
    returned_to_review,
    withdrawn,
)
from services.intake.domain.news import NewsItem, NewsKind, news_of
from services.intake.domain.timeline import Actor, TimelineEntry, TimelineKind
from services.intake.workflows.progress import entry_of, lock_known, number_of
from services.intake.workflows.refusals import UnknownClarification
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationWithdrawn, ClarificationReturned
from shared.contracts.review_events import (
    ClarificationCancelRequested,
    ClarificationReminded,
    ClarificationRequested,
)
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.ids import NewId


@dataclass(slots=True)
class _Changes:
    """What a batch leads to, gathered before anything is written."""

    applications: list[Application] = field(default_factory=list)
    asked: list[Clarification] = field(default_factory=list)
    closed: list[Clarification] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)
    news: list[NewsItem] = field(default_factory=list)
    events: list[Event[EventData]] = field(default_factory=list)

    async def write(self, db: Connection) -> None:
        """One statement per table; the applications are locked."""
        await store.update_applications(db, self.applications)
        await store.insert_clarifications(db, self.asked)
        await store.close_clarifications(db, self.closed)
        await store.insert_timeline_entries(db, self.entries)
        await store.insert_news(db, self.news)
        await append_events(db, self.events)


async def take_questions(
    db: Connection, events: Sequence[Event[ClarificationRequested]], now: datetime, new_id: NewId
) -> None:
    """The applicant is to correct or withdraw; one who has asked to withdraw already is withdrawn at once."""
    applications = await lock_known(db, [number_of(event) for event in events])
    known = {each.clarification_id for each in await store.list_clarifications(db, list(applications))}
    changes = _Changes()
    for event in events:
        if event.data.clarification_id not in known:
            _take_question(changes, applications[number_of(event)], event, now, new_id)
    await changes.write(db)


async def give_questions_back(
    db: Connection, events: Sequence[Event[ClarificationCancelRequested]], now: datetime, new_id: NewId
) -> None:
    """A question that is still open goes back to review; one that was answered stays answered."""
    applications = await lock_known(db, [number_of(event) for event in events])
    questions = await _questions(db, list(applications))
    changes = _Changes()
    for event in events:
        question, application = _asked_about(questions, event.data.clarification_id), applications[number_of(event)]
        if question.is_open:
            _give_back(changes, application, question, event, now, new_id)
    await changes.write(db)


async def remind_of_questions(db: Connection, events: Sequence[Event[ClarificationReminded]]) -> None:
    """The Center still waits (T9); a reminder that crossed the answer is dropped."""
    applications = await lock_known(db, [number_of(event) for event in events])
    questions = await _questions(db, list(applications))
    changes = _Changes()
    for event in events:
        data = event.data
        if _asked_about(questions, data.clarification_id).is_open:
            kind, at = TimelineKind.CLARIFICATION_REMINDED, data.reminded_at
            changes.entries.append(entry_of(event, kind, Actor.CENTER, at, next_on=data.answer_by))
            reminded = NewsKind.CLARIFICATION_REMINDED
            changes.news += news_of(applications[number_of(event)], reminded, event.id, at)
    await changes.write(db)


def _take_question(
    changes: _Changes, application: Application, event: Event[ClarificationRequested], now: datetime, new_id: NewId
) -> None:
    question = _question(event.data)
    if not can_take_question(application, question):
        changes.asked.append(question.closed(ClarificationOutcome.OUTDATED, now))
        return
    at, asked = event.data.requested_at, TimelineKind.CLARIFICATION_REQUESTED
    changes.entries.append(entry_of(event, asked, Actor.CENTER, at, next_on=question.answer_by))
    if application.withdrawal_requested_at is not None:
        changes.asked.append(question.closed(ClarificationOutcome.WITHDRAWN, now))
        _withdraw_at_once(changes, application, event, now, new_id)
        return
    changes.asked.append(question)
    changes.applications.append(in_clarification(application))
    changes.news += news_of(application, NewsKind.CLARIFICATION_REQUESTED, event.id, at)


def _withdraw_at_once(
    changes: _Changes, application: Application, cause: Event[ClarificationRequested], now: datetime, new_id: NewId
) -> None:
    number, revision = application.receipt_number, application.revision
    data = ApplicationWithdrawn(receipt_number=number, revision=revision, withdrawn_at=now)
    event = new_event(data, event_id=new_id(), key=application.office_code, now=now, caused_by=cause)
    changes.applications.append(withdrawn(application, now))
    changes.entries.append(entry_of(event, TimelineKind.WITHDRAWN, Actor.APPLICANT, now))
    changes.news += news_of(application, NewsKind.WITHDRAWN, event.id, now)
    changes.events.append(event)


def _give_back(
    changes: _Changes,
    application: Application,
    question: Clarification,
    cause: Event[ClarificationCancelRequested],
    now: datetime,
    new_id: NewId,
) -> None:
    data = ClarificationReturned(
        receipt_number=application.receipt_number,
        revision=application.revision,
        clarification_id=question.clarification_id,
        returned_at=now,
    )
    event = new_event(data, event_id=new_id(), key=application.office_code, now=now, caused_by=cause)
    changes.applications.append(returned_to_review(application))
    changes.closed.append(question.closed(ClarificationOutcome.RETURNED, now))
    changes.entries.append(entry_of(event, TimelineKind.CLARIFICATION_RETURNED, Actor.CENTER, now))
    changes.news += news_of(application, NewsKind.CLARIFICATION_RETURNED, event.id, now)
    changes.events.append(event)


async def _questions(db: Connection, numbers: Sequence[ReceiptNumber]) -> dict[object, Clarification]:
    return {each.clarification_id: each for each in await store.list_clarifications(db, numbers)}


def _asked_about(questions: dict[object, Clarification], clarification_id: object) -> Clarification:
    if clarification_id not in questions:
        raise UnknownClarification(str(clarification_id))
    return questions[clarification_id]


def _question(data: ClarificationRequested) -> Clarification:
    return Clarification(
        clarification_id=data.clarification_id,
        receipt_number=data.receipt_number,
        revision=data.revision,
        question=data.question,
        reason_code=data.reason_code,
        requested_at=data.requested_at,
        answer_by=data.answer_by,
    )
