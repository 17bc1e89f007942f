"""The documents of an application: the list with their digests, and each as PDF."""

import base64
import re
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.intake import workflows
from services.intake.documents import PrintedDocument
from services.intake.domain.documents import DocumentKind
from services.intake.web.guard import require_session
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.documents import DocumentNotOpen, DocumentWish
from services.intake.workflows.refusals import NotFound
from shared.runtime.web.pages import page

PDF = "application/pdf"
_REVISION = re.compile("[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class DocumentPages:
    """The two buttons of S11, and the list behind them."""

    intake: Dependencies

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route("/applications/{receipt_number}/documents", self.get_documents, methods=["GET"])
        app.add_api_route("/applications/{receipt_number}/documents/{document}", self.get_document, methods=["GET"])

    async def get_documents(self, request: Request) -> Response:
        """Every document, from when it can be printed, and its SHA-256 once it can."""
        session = await require_session(self.intake, request)
        number = request.path_params["receipt_number"]
        now = self.intake.clock.now()
        documents = await workflows.list_documents(self.intake.pool, self.intake.printer, session.account, number, now)
        return page(
            self.intake.environment, "documents.html", session=session, receipt_number=number, documents=documents
        )

    async def get_document(self, request: Request) -> Response:
        """The PDF; before its day a page that says from when."""
        session = await require_session(self.intake, request)
        wish = document_wish(request, session.account)
        now = self.intake.clock.now()
        try:
            printed = await workflows.print_document(self.intake.pool, self.intake.printer, wish, now)
        except DocumentNotOpen as refused:
            number = wish.receipt_number
            context = {"receipt_number": number, "kind": wish.kind, "opens_on": refused.opens_on}
            return page(self.intake.environment, "document_not_open.html", status=409, session=session, **context)
        return pdf_answer(printed, wish)


def document_wish(request: Request, office_code: str) -> DocumentWish:
    """What the address asks for. Raises NotFound for a document or revision that cannot exist."""
    number = request.path_params["receipt_number"]
    revision = request.query_params.get("revision")
    try:
        kind = DocumentKind(request.path_params["document"])
    except ValueError:
        raise NotFound(number) from None
    if revision is None:
        return DocumentWish(office_code, number, kind)
    if _REVISION.fullmatch(revision) is None:
        raise NotFound(number)
    return DocumentWish(office_code, number, kind, int(revision))


def pdf_answer(printed: PrintedDocument, wish: DocumentWish) -> Response:
    """The file under a name of its own, with its digest as RFC 9530 writes it."""
    digest = base64.b64encode(bytes.fromhex(printed.sha256)).decode()
    name = f"{wish.receipt_number}-{wish.kind.value}.pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "private, no-store",
    }
    return Response(printed.pdf, headers=headers, media_type=PDF)
