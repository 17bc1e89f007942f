"""A sheet as the data of its template: dates as Japanese documents write them, words for codes, a dash for nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.intake import labels
from services.intake.domain.difference import KindDifference
from services.intake.domain.documents import ApplicationFormSheet, ApprovalNoticeSheet, PrintedOffice
from shared.contracts.intake_events import AccessLine, ContractUser, SystemClass

Sheet = ApplicationFormSheet | ApprovalNoticeSheet
NOTHING = "―"

_TEMPLATES: Mapping[type[Sheet], str] = {
    ApplicationFormSheet: "application_form.typ",
    ApprovalNoticeSheet: "approval_notice.typ",
}


def template_of(sheet: Sheet) -> str:
    """The template's file name."""
    return _TEMPLATES[type(sheet)]


def decided_at(sheet: Sheet) -> datetime:
    """The instant the document counts as made: what it says was decided then."""
    return sheet.decided_at


def printed_data(sheet: Sheet) -> dict[str, Any]:
    """What the template prints, all of it text, numbers, truth values and lists."""
    if isinstance(sheet, ApplicationFormSheet):
        return _form_data(sheet)
    return _notice_data(sheet)


def _form_data(sheet: ApplicationFormSheet) -> dict[str, Any]:
    return {
        "receipt_number": sheet.receipt_number,
        "revision": sheet.revision,
        "received_on": _day(sheet.received_on),
        "office_code": sheet.office_code,
        "requested_start_date": _day(sheet.requested_start_date),
        "reason": sheet.reason,
        "office": _office(sheet.office),
        "kinds": [_kind(kind) for kind in sheet.kinds],
        "reissued": list(sheet.reissued),
        "diff_sha256": sheet.diff_sha256,
    }


def _notice_data(sheet: ApprovalNoticeSheet) -> dict[str, Any]:
    return {
        "receipt_number": sheet.receipt_number,
        "received_on": _day(sheet.received_on),
        "completed_on": _day(sheet.completed_on),
        "office_code": sheet.office_code,
        "confirmed_start_date": _day(sheet.confirmed_start_date),
        "office": _office(sheet.office),
        "kinds": [_kind(kind) for kind in sheet.kinds],
        "issued": list(sheet.issued),
        "abolished": list(sheet.abolished),
        "diff_sha256": sheet.diff_sha256,
    }


def _office(office: PrintedOffice) -> dict[str, Any]:
    return {
        "company_name": office.company_name,
        "office_name": office.office_name,
        "office_address": office.office_address or NOTHING,
        "holder_title": office.holder_title,
        "holder_name": office.holder_name,
        "system_class": _system_class(office.system_class),
        "billing_code": office.billing_code,
        "users": [_user(user, office.system_class) for user in office.users],
        "mail_mode_terminals": _number(office.mail_mode_terminals),
        "smtp_two_way_addresses": _number(office.smtp_two_way_addresses),
        "lines": [_line(line) for line in office.lines],
    }


def _user(user: ContractUser, system_class: SystemClass) -> dict[str, Any]:
    return {
        "category": user.category,
        "user_code": user.user_code,
        "identification_number": user.identification_number,
        "paid_statistics": user.paid_statistics is True,
        "free_statistics": user.free_statistics is True,
        "bonded_record_storage": user.bonded_record_storage is True,
        "system_class": _system_class(system_class),
    }


def _line(line: AccessLine) -> list[str]:
    return [
        line.line_type,
        line.speed or NOTHING,
        _system_class(line.system_class) if line.system_class else NOTHING,
        line.maintenance or NOTHING,
        line.option or NOTHING,
    ]


def _kind(kind: KindDifference) -> dict[str, Any]:
    return {
        "name": labels.MAILBOX_KIND_LABELS[kind.kind],
        "before": kind.count_before,
        "added": kind.added,
        "abolished": _ids(kind.ids_abolished),
        "abolished_count": len(kind.ids_abolished),
        "after": kind.count_after,
        "changed": bool(kind.added or kind.ids_abolished),
    }


def _ids(mailbox_ids: Sequence[str]) -> str:
    return "、".join(mailbox_ids) or NOTHING


def _system_class(system_class: SystemClass) -> str:
    return labels.label_of(labels.SYSTEM_CLASS_LABELS, system_class)


def _number(number: int | None) -> str:
    return NOTHING if number is None else str(number)


def _day(day: date | None) -> str:
    return labels.written_day(day) if day else NOTHING
