"""What the API and the `nss` command get to read: plain values, dates in ISO 8601, instants in UTC."""

from typing import Any

from services.provisioning.domain.book_comparison import BookFinding
from services.provisioning.domain.drift import DriftReport
from services.provisioning.domain.ledger import LedgerPage, LedgerRow
from services.provisioning.workflows import AuditReport, LedgerReport, RepairReport
from shared.contracts.event_data import format_instant


def ledger_answer(page: LedgerPage) -> dict[str, Any]:
    """Part of an office's ledger; fields that do not apply are left out."""
    return {
        "office_code": page.office_code,
        "highest_serial": page.highest_serial,
        "remaining": page.remaining,
        "items": [_row_answer(row) for row in page.rows],
        "next_cursor": str(page.next_serial) if page.next_serial else None,
    }


def _row_answer(row: LedgerRow) -> dict[str, Any]:
    fields = {
        "mailbox_id": row.mailbox_id,
        "kind": row.kind,
        "cause": row.cause,
        "status": row.status,
        "receipt_number": row.receipt_number,
        "line": row.line,
        "active_from": row.active_from,
        "entered_at": format_instant(row.entered_at),
        "started_at": format_instant(row.started_at) if row.started_at else None,
        "abolition_receipt_number": row.abolition_receipt_number,
        "abolished_on": row.abolished_on,
        "ended_at": format_instant(row.ended_at) if row.ended_at else None,
        "end_cause": row.end_cause,
        "content_erasable_from": row.content_erasable_from,
        "last_change": row.change,
        "last_changed_at": format_instant(row.changed_at),
    }
    return {name: str(value) if name != "line" else value for name, value in fields.items() if value is not None}


def drift_answer(report: DriftReport) -> dict[str, Any]:
    """One comparison with the mail server's list."""
    return {
        "compared_at": format_instant(report.compared_at),
        "compared_by": report.compared_by,
        "accounts": report.accounts,
        "findings": [{"fault": each.fault.value, "account": each.account} for each in report.findings],
    }


def verification_answer(report: LedgerReport) -> dict[str, Any]:
    """One comparison of the whole ledger with its topic."""
    return {
        "is_current": report.is_current,
        "events": report.events,
        "mailboxes": report.mailboxes,
        "findings": [_finding(each) for each in report.findings],
    }


def repair_answer(report: RepairReport) -> dict[str, Any]:
    """What a repair has done, or would do."""
    return {
        "mailboxes": list(report.mailboxes),
        "applications": report.applications,
        "without_password": list(report.without_password),
        "missed_events": report.missed_events,
        "left": [_finding(each) for each in report.left],
    }


def audit_answer(report: AuditReport) -> dict[str, Any]:
    """One verification of the audit; `head` is to be noted elsewhere and given back at a later verification."""
    return {
        "sealed": report.sealed,
        "let_go": report.let_go,
        "head": f"{report.head.position}:{report.head.hash.hex()}",
        "findings": [{"fault": each.fault.value, "at": each.at} for each in report.findings],
    }


def _finding(finding: BookFinding) -> dict[str, str]:
    return {"fault": finding.fault.value, "subject": finding.subject}
