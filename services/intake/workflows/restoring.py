"""Reading intake's own topics back into a restored database: what applicants did, and the register."""

from collections.abc import Collection
from dataclasses import replace

from services.intake import store
from services.intake.domain.application import Application, ApplicationStatus, application_of
from services.intake.domain.clarification import ClarificationOutcome, withdrawal_requested, withdrawn
from services.intake.domain.news import NewsKind, news_of
from services.intake.domain.timeline import Actor, TimelineKind
from services.intake.workflows.progress import entry_of, lock_known, number_of, tell
from services.intake.workflows.register import restore_contract
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import (
    ApplicationCorrected,
    ApplicationReceived,
    ApplicationWithdrawn,
    ContractPublished,
    WithdrawalRequested,
)
from shared.kernel.identifiers import RECEIPTS_PER_YEAR, InvalidIdentifier, parse_receipt_number, year_and_serial
from shared.runtime.database import Connection
from shared.runtime.recall.book import OwnBook

UNPUBLISHED_NUMBERS = 1000
"""Left out after the highest number that a topic knows: numbers whose event the lost database had not published yet."""


def own_book() -> OwnBook:
    """What intake reads back. A question given back is a reaction, repeated with the wish that caused it."""
    return OwnBook(
        {
            ContractPublished.ce_type: restore_contract,
            ApplicationReceived.ce_type: _restore_received,
            ApplicationCorrected.ce_type: _restore_corrected,
            WithdrawalRequested.ce_type: _restore_withdrawal_request,
            ApplicationWithdrawn.ce_type: _restore_withdrawn,
        },
        lift_receipt_numbers,
    )


async def lift_receipt_numbers(db: Connection, subjects: Collection[str]) -> None:
    """Numbering goes on behind every number among the subjects, with a gap."""
    highest: dict[int, int] = {}
    for subject in subjects:
        try:
            year, serial = year_and_serial(parse_receipt_number(subject))
        except InvalidIdentifier:
            continue
        highest[year] = max(serial, highest.get(year, 0))
    for year, serial in highest.items():
        await store.lift_receipt_numbers(db, year, min(serial + UNPUBLISHED_NUMBERS, RECEIPTS_PER_YEAR))


async def _restore_received(db: Connection, event: Event[ApplicationReceived]) -> None:
    # Its form token is lost with the draft; the event's id is as unique.
    received, application = event.data, application_of(event.data, event.id)
    at = received.received_at
    entry = entry_of(event, TimelineKind.RECEIVED, Actor.APPLICANT, at, next_on=received.review_starts_on)
    news = news_of(application, NewsKind.RECEIVED, event.id, at)
    await store.insert_received(db, [(application, received)], [entry], news, [], at)


async def _restore_corrected(db: Connection, event: Event[ApplicationCorrected]) -> None:
    corrected, application = event.data, await _locked(db, event)
    status, revision, start = ApplicationStatus.UNDER_REVIEW, corrected.revision, corrected.requested_start_date
    moved = replace(application, status=status, revision=revision, requested_start_date=start)
    await store.update_applications(db, [moved])
    await store.insert_revision(db, corrected)
    await _close_question(db, event, ClarificationOutcome.CORRECTED)
    at, next_on = corrected.corrected_at, corrected.review_starts_on
    entry = entry_of(event, TimelineKind.CORRECTED, Actor.APPLICANT, at, next_on=next_on)
    await tell(db, moved, entry, NewsKind.CORRECTED)


async def _restore_withdrawal_request(db: Connection, event: Event[WithdrawalRequested]) -> None:
    application, at = await _locked(db, event), event.data.requested_at
    await store.update_applications(db, [withdrawal_requested(application, at)])
    kind, note = TimelineKind.WITHDRAWAL_REQUESTED, event.data.reason
    await store.insert_timeline_entries(db, [entry_of(event, kind, Actor.APPLICANT, at, note=note)])


async def _restore_withdrawn(db: Connection, event: Event[ApplicationWithdrawn]) -> None:
    gone, at = withdrawn(await _locked(db, event), event.data.withdrawn_at), event.data.withdrawn_at
    await store.update_applications(db, [gone])
    await _close_question(db, event, ClarificationOutcome.WITHDRAWN)
    entry = entry_of(event, TimelineKind.WITHDRAWN, Actor.APPLICANT, at, note=event.data.reason)
    await tell(db, gone, entry, NewsKind.WITHDRAWN)


async def _locked(db: Connection, event: Event[EventData]) -> Application:
    """Raises UnknownApplication."""
    return (await lock_known(db, [number_of(event)]))[number_of(event)]


async def _close_question(db: Connection, event: Event[EventData], outcome: ClarificationOutcome) -> None:
    questions = await store.list_clarifications(db, [number_of(event)])
    await store.close_clarifications(db, [each.closed(outcome, event.time) for each in questions if each.is_open])
