"""Between a row of `reviews` and the domain's Review."""

import json
from typing import Any

import asyncpg

from services.review.domain.review import ApprovalTerms, IssuedResult, Review, ReviewState, Voiding
from services.review.store.open_decisions import clarification_of, proposal_of
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.contracts.review_events import DecidedBy

COLUMNS = """
    receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
    received_at, received_on, review_starts_on, contract_version, requested_start_date, reason,
    warnings::text as warnings, mailbox_change::text as mailbox_change, password_reissue::text as password_reissue,
    opened_at, moved_at, moved_by, approved_at, approved_by, decided_by, confirmed_start_date, start_date_note,
    system_setting_required, system_setting_deadline, calendar_version, schedule_version, completed_on,
    mailbox_ids_issued::text as mailbox_ids_issued, viewable_until, issue_failure,
    clarification::text as clarification, clarification_asked_at, clarification_reminded_at, proposal::text as proposal,
    approved_by_login, proposed_by, proposed_by_login, setting_completed_on, void_reason, void_note, counts_from
"""


def review_of(row: asyncpg.Record) -> Review:
    """The domain's view of a row selected with COLUMNS."""
    change, reissue = row["mailbox_change"], row["password_reissue"]
    return Review(
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        applicant_office_code=row["applicant_office_code"],
        kind=ApplicationKind(row["kind"]),
        state=ReviewState(row["state"]),
        revision=row["revision"],
        company_name=row["company_name"],
        office_name=row["office_name"],
        received_at=row["received_at"],
        received_on=row["received_on"],
        review_starts_on=row["review_starts_on"],
        counts_from=row["counts_from"],
        contract_version=row["contract_version"],
        requested_start_date=row["requested_start_date"],
        reason=row["reason"],
        warnings=tuple(json.loads(row["warnings"])),
        mailbox_change=MailboxChange.model_validate_json(change) if change else None,
        password_reissue=PasswordReissue.model_validate_json(reissue) if reissue else None,
        opened_at=row["opened_at"],
        moved_at=row["moved_at"],
        moved_by=row["moved_by"],
        terms=_terms(row),
        issued=_issued(row),
        issue_failure=row["issue_failure"],
        clarification=clarification_of(row),
        proposal=proposal_of(row["proposal"]),
        voiding=Voiding(row["void_reason"], row["void_note"]) if row["void_reason"] else None,
    )


def content_values(review: Review) -> tuple[Any, ...]:
    """What the form says, in the order of `update_contents`."""
    change, reissue = review.mailbox_change, review.password_reissue
    return (
        review.receipt_number,
        review.revision,
        review.company_name,
        review.office_name,
        review.contract_version,
        review.requested_start_date,
        review.reason,
        json.dumps(list(review.warnings)),
        change.model_dump_json() if change else None,
        reissue.model_dump_json() if reissue else None,
    )


def terms_values(review: Review) -> tuple[Any, ...]:
    """The approval's columns, in the order of `update_reviews`; nulls while there is no approval."""
    terms = review.terms
    if terms is None:
        return (None, None, None, None, None, False, None, None, None, None, None, None, None)
    return (
        terms.approved_at,
        terms.approved_by,
        terms.decided_by.value,
        terms.confirmed_start_date,
        terms.start_date_note,
        terms.system_setting_required,
        terms.system_setting_deadline,
        terms.calendar_version,
        terms.schedule_version,
        terms.approved_by_login,
        terms.proposed_by,
        terms.proposed_by_login,
        terms.setting_completed_on,
    )


def issued_values(review: Review) -> tuple[Any, ...]:
    """completed_on, mailbox_ids_issued (JSON text) and viewable_until; nulls before the issue."""
    issued = review.issued
    if issued is None:
        return (None, None, None)
    return (issued.completed_on, json.dumps(list(issued.mailbox_ids)), issued.viewable_until)


def _terms(row: asyncpg.Record) -> ApprovalTerms | None:
    if row["approved_at"] is None:
        return None
    return ApprovalTerms(
        approved_at=row["approved_at"],
        approved_by=row["approved_by"],
        decided_by=DecidedBy(row["decided_by"]),
        confirmed_start_date=row["confirmed_start_date"],
        start_date_note=row["start_date_note"],
        system_setting_required=row["system_setting_required"],
        system_setting_deadline=row["system_setting_deadline"],
        calendar_version=row["calendar_version"],
        schedule_version=row["schedule_version"],
        approved_by_login=row["approved_by_login"],
        proposed_by=row["proposed_by"],
        proposed_by_login=row["proposed_by_login"],
        setting_completed_on=row["setting_completed_on"],
    )


def _issued(row: asyncpg.Record) -> IssuedResult | None:
    if row["completed_on"] is None:
        return None
    return IssuedResult(row["completed_on"], tuple(json.loads(row["mailbox_ids_issued"])), row["viewable_until"])
