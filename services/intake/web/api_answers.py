"""What programs are answered: plain JSON of an application, a contract, a list; and the documented refusals."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from services.intake import labels
from services.intake.domain.application import Application, Content
from services.intake.domain.clarification import Clarification
from services.intake.domain.documents import DocumentKind, availability_of
from services.intake.domain.form_errors import FormErrors
from services.intake.domain.form_warnings import FormWarningCode
from services.intake.domain.timeline import TimelineEntry
from services.intake.web.api_models import path_of
from services.intake.workflows import ApplicationView, ContractView
from shared.contracts.event_data import format_instant
from shared.kernel.local_time import local_date
from shared.runtime.web.problems import PROBLEM_TYPE, ApiProblem, FieldProblem

PREFIX = "/api/v1"


class ProblemField(BaseModel):
    """One refused field."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document; `code` is stable, `detail` and messages are Japanese."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    reference: str
    errors: list[ProblemField] = []


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: which problems it can answer with."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": labels.API_REFUSALS[status], "content": content} for status in sorted(statuses)}


def form_refused(errors: FormErrors) -> ApiProblem:
    """422 with one entry per field, worded as on the page. The address is typed once here, so it differs from none."""
    return ApiProblem(
        422,
        "invalid_request",
        errors=[
            FieldProblem(path_of(error.field), error.code.value, labels.form_error_text(error))
            for error in errors.errors
            if error.field != "email_again"
        ],
    )


def told_in_short(application: Application, content: Content) -> dict[str, Any]:
    """The answer to a post."""
    return {
        **summary(application),
        "warnings": [{"code": code, "message": _warning_text(code)} for code in content.warnings],
        "links": _links(application),
    }


def summary(application: Application) -> dict[str, Any]:
    """One line of the list."""
    return _without_nothing(
        {
            "receipt_number": application.receipt_number,
            "status": application.status.value,
            "kind": application.kind.value,
            "revision": application.revision,
            "applicant_office_code": application.applicant_office_code,
            "office_code": application.office_code,
            "received_at": format_instant(application.received_at),
            "requested_start_date": application.requested_start_date and application.requested_start_date.isoformat(),
            "confirmed_start_date": application.confirmed_start_date and application.confirmed_start_date.isoformat(),
            "withdrawal_requested": application.withdrawal_requested_at is not None,
        }
    )


def whole(view: ApplicationView, now: Any) -> dict[str, Any]:
    """Everything about one application, its timeline last."""
    application, content = view.application, view.content
    said = content.model_dump(
        mode="json", exclude_none=True, include={"reason", "contact", "mailbox_change", "password_reissue"}
    )
    return {
        **told_in_short(application, content),
        **said,
        "result": _result(application),
        "clarifications": [_question(each) for each in view.clarifications],
        "documents": _documents(application, now),
        "timeline": [_entry(each) for each in view.timeline],
    }


def contract_told(view: ContractView) -> dict[str, Any]:
    """An office's contract and its mailboxes with their state today."""
    register = view.contract.model_dump(mode="json", exclude_none=True)
    del register["opening_mailboxes"]
    mailboxes = [
        _without_nothing(
            {
                "mailbox_id": box.mailbox_id,
                "kind": box.kind.value,
                "state": state.value,
                "active_from": box.active_from.isoformat(),
                "abolished_on": box.abolished_on and box.abolished_on.isoformat(),
            }
        )
        for box, state in view.mailboxes
    ]
    return {**register, "mailboxes": mailboxes, "as_of": format_instant(view.as_of)}


def _links(application: Application) -> dict[str, str]:
    path = f"{PREFIX}/applications/{application.receipt_number}"
    return {"self": path, **{kind.value: f"{path}/documents/{kind.value}" for kind in DocumentKind}}


def _result(application: Application) -> dict[str, Any]:
    dates = {
        "completed_on": application.completed_on,
        "system_setting_deadline": application.system_setting_deadline,
        "viewable_until": application.viewable_until,
        "started_on": application.started_on,
    }
    return _without_nothing(
        {
            **{name: day and day.isoformat() for name, day in dates.items()},
            "start_date_changed": application.start_date_changed,
            "start_date_note": application.start_date_note,
            "mailbox_ids_issued": list(application.mailbox_ids_issued),
            "mailbox_ids_abolished": list(application.mailbox_ids_abolished),
            "mailbox_ids_reissued": list(application.mailbox_ids_reissued),
            "void_reason_code": application.void_reason_code,
            "void_note": application.void_note,
        }
    )


def _documents(application: Application, now: Any) -> list[dict[str, Any]]:
    found: Sequence[Any] = [(kind, availability_of(kind, application, local_date(now))) for kind in DocumentKind]
    return [
        _without_nothing(
            {
                "document": kind.value,
                "is_open": availability.is_open,
                "opens_on": availability.opens_on and availability.opens_on.isoformat(),
            }
        )
        for kind, availability in found
        if availability is not None
    ]


def _question(clarification: Clarification) -> dict[str, Any]:
    return _without_nothing(
        {
            "clarification_id": str(clarification.clarification_id),
            "revision": clarification.revision,
            "question": clarification.question,
            "requested_at": format_instant(clarification.requested_at),
            "answer_by": clarification.answer_by and clarification.answer_by.isoformat(),
            "outcome": clarification.outcome.value if clarification.outcome else None,
        }
    )


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return _without_nothing(
        {
            "kind": entry.kind.value,
            "actor": entry.actor.value,
            "occurred_at": format_instant(entry.occurred_at),
            "next_on": entry.next_on and entry.next_on.isoformat(),
            "note": entry.note,
            "mail": entry.mail.value if entry.mail else None,
            "role": entry.role.value if entry.role else None,
        }
    )


def _warning_text(code: str) -> str:
    return labels.FORM_WARNING_LABELS[FormWarningCode(code)]


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
