"""Words about documents, and those words on them that do not stand in their templates."""

from collections.abc import Mapping
from datetime import date

from services.intake.domain.documents import DocumentKind

DOCUMENT_KIND_LABELS: Mapping[DocumentKind, str] = {
    DocumentKind.APPLICATION_FORM: "申込書",
    DocumentKind.APPROVAL_NOTICE: "承認通知",
}


def written_day(day: date) -> str:
    """`2018年11月01日`, as Japanese documents write a date."""
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"
