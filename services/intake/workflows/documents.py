"""Documents of an application: what can be printed, and printing it from what was stored when it was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.intake import store
from services.intake.documents import DocumentPrinter, PrintedDocument
from services.intake.domain.application import Application
from services.intake.domain.documents import (
    ApplicationFormSheet,
    ApprovalNoticeSheet,
    Availability,
    DocumentKind,
    application_form,
    approval_notice,
    availability_of,
)
from services.intake.domain.timeline import TimelineKind
from services.intake.workflows.refusals import NotFound
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection, Pool

Sheet = ApplicationFormSheet | ApprovalNoticeSheet


class DocumentNotOpen(RuntimeError):
    """The document cannot be printed yet; `opens_on` is its first day, where one is confirmed already (B32)."""

    def __init__(self, opens_on: date | None) -> None:
        super().__init__("the document cannot be printed yet")
        self.opens_on = opens_on


@dataclass(frozen=True, slots=True)
class DocumentWish:
    """Which document of which application an office asks for; no revision means the latest."""

    office_code: str
    receipt_number: str
    kind: DocumentKind
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One line of the list of documents; `printed` is None while the document is not open."""

    kind: DocumentKind
    revision: int
    availability: Availability
    printed: PrintedDocument | None


async def print_document(pool: Pool, printer: DocumentPrinter, wish: DocumentWish, now: datetime) -> PrintedDocument:
    """The document, the same bytes each time. Raises NotFound, DocumentNotOpen and DocumentPrinterBusy."""
    async with pool.acquire() as db:
        application = await _application(db, wish.office_code, wish.receipt_number)
        availability = availability_of(wish.kind, application, local_date(now))
        if availability is None:
            raise NotFound(wish.receipt_number)
        if not availability.is_open:
            raise DocumentNotOpen(availability.opens_on)
        sheet = await _sheet(db, application, wish.kind, wish.revision or application.revision)
    return await printer.print(sheet)


async def list_documents(
    pool: Pool, printer: DocumentPrinter, office_code: str, receipt_number: str, now: datetime
) -> Sequence[DocumentEntry]:
    """Every document of the application, the newest revision of the form first. Raises NotFound."""
    async with pool.acquire() as db:
        application = await _application(db, office_code, receipt_number)
        listed = [
            (kind, revision, availability)
            for kind in DocumentKind
            if (availability := availability_of(kind, application, local_date(now)))
            for revision in _revisions(kind, application)
        ]
        sheets = [
            await _sheet(db, application, kind, revision) if on.is_open else None for kind, revision, on in listed
        ]
    printed = [await printer.print(sheet) if sheet else None for sheet in sheets]
    return [DocumentEntry(*entry, document) for entry, document in zip(listed, printed, strict=True)]


async def _application(db: Connection, office_code: str, receipt_number: str) -> Application:
    application = await store.find_application(db, receipt_number, office_code)
    if application is None:
        raise NotFound(receipt_number)
    return application


async def _sheet(db: Connection, application: Application, kind: DocumentKind, revision: int) -> Sheet:
    content = await store.find_content(db, application.receipt_number, revision)
    if content is None:
        raise NotFound(application.receipt_number)
    contract = await store.find_contract_version(db, content.office_code, content.contract_version)
    assert contract is not None, "a revision is made on a version of the contract that is kept"
    if kind is DocumentKind.APPLICATION_FORM:
        return application_form(content, contract)
    return approval_notice(application, content, contract, await _completed_at(db, application))


async def _completed_at(db: Connection, application: Application) -> datetime:
    entries = await store.list_timeline(db, application.receipt_number)
    return min(each.occurred_at for each in entries if each.kind is TimelineKind.REVIEW_COMPLETED)


def _revisions(kind: DocumentKind, application: Application) -> Sequence[int]:
    # The notice tells of the revision that was approved, which is the last one.
    if kind is DocumentKind.APPROVAL_NOTICE:
        return [application.revision]
    return range(application.revision, 0, -1)
