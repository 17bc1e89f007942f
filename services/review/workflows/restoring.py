"""Reading review's own topics back into a restored database: what reviewers decided, and the schedule."""

from collections.abc import Mapping

from services.review import store
from services.review.domain.review import Moved
from services.review.domain.review.restoring import UNKNOWN, Decision, NothingToDecide, restored
from services.review.domain.schedule import schedule_of
from services.review.domain.timeline import TimelineStep
from services.review.workflows.dependencies import Dependencies
from services.review.workflows.moving import Step, write_steps
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.review_events import (
    ApplicationApproved,
    ApplicationVoided,
    ClarificationCancelRequested,
    ClarificationReminded,
    ClarificationRequested,
    SchedulePublished,
    StartDateChanged,
    SystemSettingRecorded,
)
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection
from shared.runtime.recall.book import OwnBook

STEPS: Mapping[type[EventData], TimelineStep] = {
    ApplicationApproved: TimelineStep.APPROVED,
    ApplicationVoided: TimelineStep.VOIDED,
    ClarificationRequested: TimelineStep.ASKED,
    ClarificationCancelRequested: TimelineStep.CANCEL_REQUESTED,
    ClarificationReminded: TimelineStep.REMINDED,
    StartDateChanged: TimelineStep.START_DATE_CHANGED,
    SystemSettingRecorded: TimelineStep.SETTING_RECORDED,
}


def own_book(deps: Dependencies) -> OwnBook:
    """What review reads back. Its answers to other services are reactions, repeated with what caused them."""

    async def restore_decision(db: Connection, event: Event[Decision]) -> None:
        review = await store.lock_review(db, ReceiptNumber(event.subject))
        if review is None:
            raise NothingToDecide(event.subject)
        after = restored(review, event.data, await store.find_schedule(db))
        step = Step(Moved(after, None), STEPS[type(event.data)], caused_by=event)
        await write_steps(db, [step], event.time, deps.new_id)

    async def restore_schedule(db: Connection, event: Event[SchedulePublished]) -> None:
        known = await store.find_schedule(db)
        if known is None or known.schedule_version < event.data.schedule_version:
            await store.insert_schedule(db, schedule_of(event.data), UNKNOWN, event.time)

    decisions = {model.ce_type: restore_decision for model in STEPS}
    return OwnBook({**decisions, SchedulePublished.ce_type: restore_schedule})
