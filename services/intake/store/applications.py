"""Applications and the content of each revision."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.intake.domain.application import OPEN_STATUSES, Application, ApplicationStatus
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationReceived
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

_COLUMNS = """
    receipt_number, form_token, kind, status, revision, applicant_office_code, office_code, received_at, received_on,
    requested_start_date, confirmed_start_date, start_date_note, completed_on, system_setting_deadline,
    viewable_from, viewable_until, mailbox_ids_issued, mailbox_ids_abolished, started_on
"""


async def next_receipt_number(db: Connection, year: int) -> int:
    """The year's next serial, 1 and up. A sequence: nothing is locked, and a number given back is a gap (section 6)."""
    serial: int = await db.fetchval("select nextval(format('receipt_numbers_%s', $1::integer)::regclass)", year)
    return serial


async def find_receipt_number_of_form(db: Connection, form_token: UUID, office_code: str) -> ReceiptNumber | None:
    """The receipt number that this form has already led to (E31)."""
    return _receipt_number(
        await db.fetchval(
            "select receipt_number from applications where form_token = $1 and applicant_office_code = $2",
            form_token,
            office_code,
        )
    )


async def find_open_receipt_number(db: Connection, office_code: str) -> ReceiptNumber | None:
    """The office's mailbox application that is still on its way (E7)."""
    return _receipt_number(
        await db.fetchval(
            """
            select receipt_number from applications
            where office_code = $1 and kind = 'mailbox_change' and status = any($2::text[])
            """,
            office_code,
            sorted(OPEN_STATUSES),
        )
    )


async def insert_application(db: Connection, application: Application) -> None:
    """A new application; a second open one of the office violates `applications_one_open` (E7)."""
    await db.execute(
        """
        insert into applications
            (receipt_number, form_token, kind, status, revision, applicant_office_code, office_code, received_at,
             received_on, requested_start_date)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        application.receipt_number,
        application.form_token,
        application.kind.value,
        application.status.value,
        application.revision,
        application.applicant_office_code,
        application.office_code,
        application.received_at,
        application.received_on,
        application.requested_start_date,
    )


async def insert_revision(db: Connection, content: ApplicationReceived) -> None:
    """The content of one revision, frozen."""
    await db.execute(
        "insert into application_revisions (receipt_number, revision, content) values ($1, $2, $3)",
        content.receipt_number,
        content.revision,
        content.model_dump(mode="json", exclude_none=True),
    )


async def find_application(db: Connection, receipt_number: str, office_code: str) -> Application | None:
    """The application, if the office may see it: an unknown number and a foreign one look the same."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from applications where receipt_number = $1 and applicant_office_code = $2",  # noqa: S608
        receipt_number,
        office_code,
    )
    return _application(row) if row else None


async def list_applications(db: Connection, office_code: str, at_most: int) -> list[Application]:
    """The office's applications, newest first."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from applications where applicant_office_code = $1
        order by received_at desc, receipt_number desc limit $2
        """,  # noqa: S608  a constant list of columns
        office_code,
        at_most,
    )
    return [_application(row) for row in rows]


async def lock_applications(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, Application]:
    """The applications by receipt number, locked in one order; unknown numbers are missing."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from applications where receipt_number = any($1::text[])
        order by receipt_number for no key update
        """,  # noqa: S608  a constant list of columns
        list(receipt_numbers),
    )
    return {application.receipt_number: application for application in map(_application, rows)}


async def update_applications(db: Connection, applications: Sequence[Application]) -> None:
    """Write the state and what review and provisioning decided."""
    await db.executemany(
        """
        update applications set
            status = $2, confirmed_start_date = $3, start_date_note = $4, completed_on = $5,
            system_setting_deadline = $6, viewable_from = $7, viewable_until = $8, mailbox_ids_issued = $9,
            mailbox_ids_abolished = $10, started_on = $11
        where receipt_number = $1
        """,
        [_outcome(application) for application in applications],
    )


async def find_content(db: Connection, receipt_number: str, revision: int) -> ApplicationReceived | None:
    """What a revision says."""
    content = await db.fetchval(
        "select content from application_revisions where receipt_number = $1 and revision = $2",
        receipt_number,
        revision,
    )
    return ApplicationReceived.model_validate(content) if content else None


async def find_latest_content(db: Connection, office_code: str) -> ApplicationReceived | None:
    """The office's latest registered form: the next one starts with its contact (B14)."""
    content = await db.fetchval(
        """
        select revised.content from applications
        join application_revisions as revised using (receipt_number, revision)
        where applications.applicant_office_code = $1
        order by applications.received_at desc, applications.receipt_number desc limit 1
        """,
        office_code,
    )
    return ApplicationReceived.model_validate(content) if content else None


def _receipt_number(found: str | None) -> ReceiptNumber | None:
    return ReceiptNumber(found) if found else None


def _outcome(application: Application) -> tuple[object, ...]:
    return (
        application.receipt_number,
        application.status.value,
        application.confirmed_start_date,
        application.start_date_note,
        application.completed_on,
        application.system_setting_deadline,
        application.viewable_from,
        application.viewable_until,
        list(application.mailbox_ids_issued),
        list(application.mailbox_ids_abolished),
        application.started_on,
    )


def _application(row: asyncpg.Record) -> Application:
    values = dict(row)
    return Application(
        **{
            **values,
            "receipt_number": ReceiptNumber(values["receipt_number"]),
            "kind": ApplicationKind(values["kind"]),
            "status": ApplicationStatus(values["status"]),
            "applicant_office_code": OfficeCode(values["applicant_office_code"]),
            "office_code": OfficeCode(values["office_code"]),
            "mailbox_ids_issued": tuple(MailboxId(text) for text in values["mailbox_ids_issued"]),
            "mailbox_ids_abolished": tuple(MailboxId(text) for text in values["mailbox_ids_abolished"]),
        }
    )
