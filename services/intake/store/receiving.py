"""What a registration writes, in one statement: a round trip costs as much as a row."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.application import Application
from services.intake.domain.news import NewsItem
from services.intake.domain.timeline import TimelineEntry
from services.intake.store.tokens import ApiAnswer, Key
from shared.contracts.intake_events import ApplicationReceived
from shared.runtime.database import Connection

_INSERT = """
    with new as (
        select * from unnest(
            $2::text[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::date[],
            $10::date[], $11::text[]
        ) as new (receipt_number, form_token, kind, status, revision, applicant_office_code, office_code,
            received_on, requested_start_date, content)
    ), inserted as (
        insert into applications
            (receipt_number, form_token, kind, status, revision, applicant_office_code, office_code, received_at,
             received_on, requested_start_date)
        select receipt_number, form_token, kind, status, revision, applicant_office_code, office_code, $1,
            received_on, requested_start_date
        from new
    ), revised as (
        insert into application_revisions (receipt_number, revision, content)
        select receipt_number, revision, content::jsonb from new
    ), noted as (
        insert into timeline_entries (receipt_number, event_id, kind, actor, occurred_at, next_on)
        select receipt_number, event_id, kind, actor, $1, next_on
        from unnest($12::text[], $13::uuid[], $14::text[], $15::text[], $16::date[])
            as entry (receipt_number, event_id, kind, actor, next_on)
    ), answered as (
        insert into api_answers (office_code, idempotency_key, request_sha256, status, body, answered_at)
        select office_code, idempotency_key, request_sha256, status, body, $1
        from unnest($17::text[], $18::text[], $19::bytea[], $20::integer[], $21::text[])
            as answer (office_code, idempotency_key, request_sha256, status, body)
    )
    insert into news_items (office_code, event_id, category, kind, receipt_number, occurred_at)
    select office_code, event_id, category, kind, receipt_number, $1
    from unnest($22::text[], $23::uuid[], $24::text[], $25::text[], $26::text[])
        as item (office_code, event_id, category, kind, receipt_number)
"""


async def insert_received(
    db: Connection,
    received: Sequence[tuple[Application, ApplicationReceived]],
    entries: Sequence[TimelineEntry],
    news: Sequence[NewsItem],
    answers: Sequence[tuple[Key, ApiAnswer]],
    now: datetime,
) -> None:
    """New applications, each with the content of its first revision; what is told of them, all of it now.

    `answers` are kept under keys that nobody has claimed. A second open application of an office violates
    `applications_one_open` (E7).
    """
    await db.execute(
        _INSERT,
        now,
        *_applications(received),
        *_entries(entries),
        *_answers(answers),
        *_news(news),
    )


def _applications(received: Sequence[tuple[Application, ApplicationReceived]]) -> list[object]:
    applications = [application for application, _ in received]
    return [
        [application.receipt_number for application in applications],
        [application.form_token for application in applications],
        [application.kind.value for application in applications],
        [application.status.value for application in applications],
        [application.revision for application in applications],
        [application.applicant_office_code for application in applications],
        [application.office_code for application in applications],
        [application.received_on for application in applications],
        [application.requested_start_date for application in applications],
        [content.model_dump_json(exclude_none=True) for _, content in received],
    ]


def _entries(entries: Sequence[TimelineEntry]) -> list[object]:
    return [
        [entry.receipt_number for entry in entries],
        [entry.event_id for entry in entries],
        [entry.kind.value for entry in entries],
        [entry.actor.value for entry in entries],
        [entry.next_on for entry in entries],
    ]


def _answers(answers: Sequence[tuple[Key, ApiAnswer]]) -> list[object]:
    return [
        [office_code for (office_code, _), _ in answers],
        [idempotency_key for (_, idempotency_key), _ in answers],
        [answer.request_sha256 for _, answer in answers],
        [answer.status for _, answer in answers],
        [answer.body for _, answer in answers],
    ]


def _news(news: Sequence[NewsItem]) -> list[object]:
    return [
        [item.office_code for item in news],
        [item.event_id for item in news],
        [item.category.value for item in news],
        [item.kind.value for item in news],
        [item.receipt_number for item in news],
    ]
