"""Documents: when each can be printed, what stands on it, and that data is never markup."""

import asyncio
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdf
import pytest

from services.intake.documents import (
    DocumentFaulty,
    DocumentPrinter,
    DocumentPrinterBusy,
    FontsMissing,
    find_fonts,
    printer,
)
from services.intake.documents.fonts import BUNDLED
from services.intake.domain.application import Application, ApplicationStatus
from services.intake.domain.documents import (
    Availability,
    DocumentKind,
    application_form,
    approval_notice,
    availability_of,
)
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import PasswordReissue
from shared.kernel.identifiers import MailboxId
from tests.builders import START_DATE, a_contract, an_application_received

TODAY = START_DATE
COMPLETED_AT = datetime(2018, 10, 24, 1, 30, tzinfo=UTC)
HOSTILE = (
    "#panic(1)", "#read(\"/etc/passwd\")", "#include \"paper.typ\"", "#import \"x\": *", "#sys.inputs", "#data.office",
    "*太字*", "_斜体_", "`code`", "```rust x```", "$x^2$", "<label>", "@reference", "= 見出し", "- 項目", "+ 項目",
    "/ 語: 説明", "// 注釈", "/* 注釈 */", "\\ \\n \\u{41}", "\\", "\"引用\"", "'", "#", "{{7*7}}", "{% raw %}",
    "${7*7}", "<script>alert(1)</script>", "'; drop table applications; --", "--- -- ...", "\uff03{{\uff17*\uff17}}",
    "~", "%PDF-1.7", "(a\\)b)",
)  # fmt: skip


@pytest.fixture(scope="module")
def a_printer() -> Iterator[DocumentPrinter]:
    """One printer for all tests of the module, as a process has one."""
    made = DocumentPrinter(find_fonts(None))
    yield made
    made.close()


def an_application(**fields: Any) -> Application:
    """Completed, NAC00102 issued, starting on 1 November 2018."""
    content = an_application_received()
    made = Application(
        receipt_number=content.receipt_number,
        form_token=UUID(int=1),
        kind=content.kind,
        status=ApplicationStatus.REVIEW_COMPLETED,
        revision=1,
        applicant_office_code=content.office_code,
        office_code=content.office_code,
        received_at=content.received_at,
        received_on=content.received_on,
        requested_start_date=content.requested_start_date,
        confirmed_start_date=START_DATE,
        completed_on=date(2018, 10, 24),
        mailbox_ids_issued=(MailboxId("NAC00102"),),
    )
    return replace(made, **fields)


def text_of(pdf: bytes) -> str:
    """Everything a reader can copy out of the PDF, white space aside (lines break where the paper ends)."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


async def form_text(a_printer: DocumentPrinter, **content: Any) -> str:
    sheet = application_form(an_application_received(**content), a_contract())
    return text_of((await a_printer.print(sheet)).pdf)


def test_the_application_form_can_be_printed_in_every_status() -> None:
    for status in ApplicationStatus:
        application = an_application(status=status)
        found = availability_of(DocumentKind.APPLICATION_FORM, application, TODAY)
        assert found == Availability(True, application.received_on), status


def test_the_approval_notice_opens_on_the_confirmed_start_date() -> None:
    notice, application = DocumentKind.APPROVAL_NOTICE, an_application()
    day_before = START_DATE - timedelta(days=1)

    assert availability_of(notice, application, day_before) == Availability(False, START_DATE)
    assert availability_of(notice, application, START_DATE) == Availability(True, START_DATE)
    in_service = replace(application, status=ApplicationStatus.IN_SERVICE)
    assert availability_of(notice, in_service, START_DATE + timedelta(days=9000)) == Availability(True, START_DATE)


def test_the_approval_notice_has_no_day_before_the_review_has_ended() -> None:
    for status in (ApplicationStatus.RECEIVED, ApplicationStatus.UNDER_REVIEW, ApplicationStatus.CLARIFICATION):
        application = an_application(status=status, confirmed_start_date=None)
        assert availability_of(DocumentKind.APPROVAL_NOTICE, application, TODAY) == Availability(False, None), status


def test_there_is_never_an_approval_notice_of_what_is_gone_or_of_a_reissue() -> None:
    for gone in (ApplicationStatus.WITHDRAWN, ApplicationStatus.VOIDED):
        assert availability_of(DocumentKind.APPROVAL_NOTICE, an_application(status=gone), TODAY) is None
    reissue = an_application(kind=ApplicationKind.PASSWORD_REISSUE)
    assert availability_of(DocumentKind.APPROVAL_NOTICE, reissue, TODAY) is None


async def test_the_application_form_has_every_section_and_marks_what_changes(a_printer: DocumentPrinter) -> None:
    text = await form_text(a_printer)

    for section in (
        "【申込内容】",
        "【利用契約変更内容】",
        "【専用回線接続によるNACCSの利用申込】",
        "【アクセス回線】",
    ):
        assert section in text
    for word in (
        "システムサービス利用契約変更申込書",
        "輸出入・港湾関連情報処理センター株式会社",
        "180012A",
        "2018年10月24日",
    ):
        assert word in text
    for row in ("会社名", "事業所名", "事業所所在地", "契約者役職名", "契約者名", "機器等の台数", "メールアドレス数"):
        assert f"□{row}" in text, row
    assert text.count("■メールボックス数") == 1
    assert text.count("□メールボックス数") == 1, "EDIFACT does not change"


async def test_the_form_of_a_reissue_names_the_mailboxes(a_printer: DocumentPrinter) -> None:
    reissue = PasswordReissue(mailbox_ids=[MailboxId("NAC00101")])

    text = await form_text(
        a_printer, kind="password_reissue", mailbox_change=None, password_reissue=reissue, requested_start_date=None
    )

    assert "メールボックスパスワード再発行申込書" in text
    assert "NAC00101" in text
    assert "【利用契約変更内容】" not in text


async def test_the_approval_notice_says_what_was_approved(a_printer: DocumentPrinter) -> None:
    sheet = approval_notice(an_application(), an_application_received(), a_contract(), COMPLETED_AT)

    text = text_of((await a_printer.print(sheet)).pdf)

    for word in ("承認通知", "ナックス商事株式会社", "契約一郎殿", "利用開始日2018年11月01日", "NAC00102", "1234567"):
        assert word in text
    assert "1個1個0個2個" in text


async def test_a_sheet_has_the_same_bytes_in_every_printer(a_printer: DocumentPrinter) -> None:
    sheet = application_form(an_application_received(), a_contract())
    other = DocumentPrinter(find_fonts(None))
    bundled_alone = DocumentPrinter(find_fonts(BUNDLED))

    first, second, third = [await each.print(sheet) for each in (a_printer, other, bundled_alone)]

    other.close()
    bundled_alone.close()
    assert first == second
    assert pypdf.PdfReader(io.BytesIO(first.pdf)).metadata.creation_date == sheet.decided_at  # type: ignore[union-attr]
    # The list of families is no part of the file: a fallback that is not needed changes nothing.
    assert first.pdf == third.pdf


async def test_hostile_text_stands_on_the_paper_as_it_was_typed(a_printer: DocumentPrinter) -> None:
    for hostile in HOSTILE:
        contract = a_contract(office_address=hostile, contract_holder={"name": hostile, "title": hostile})
        content = an_application_received(reason=hostile, company_name=hostile, office_name=hostile)
        texts = [
            text_of((await a_printer.print(sheet)).pdf)
            for sheet in (
                application_form(content, contract),
                approval_notice(an_application(), content, contract, COMPLETED_AT),
            )
        ]
        literal = "".join(hostile.split())
        assert texts[0].count(literal) >= 6, hostile
        assert texts[1].count(literal) >= 4, hostile


async def test_names_come_out_letter_by_letter(a_printer: DocumentPrinter) -> None:
    name = "髙﨑①㈱\ufa19～−―ヴ"

    text = await form_text(a_printer, company_name=name)

    assert name in text
    assert unicodedata.normalize("NFC", name) != name, "the test would not see a normalised name"


async def test_a_character_no_font_has_is_set_as_a_geta(a_printer: DocumentPrinter) -> None:
    text = await form_text(a_printer, office_name="第\U000f0000営業所")

    assert "第〓営業所" in text


def test_what_cannot_be_printed_is_named_once_each() -> None:
    fonts = find_fonts(BUNDLED)
    bundled = DocumentPrinter(fonts)

    assert bundled.find_unprintable("髙﨑①㈱神—\n山田") == []
    assert bundled.find_unprintable("😀あ\u0007😀\U000f0000") == ["😀", "\u0007", "\U000f0000"]
    bundled.close()


def test_without_a_font_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="make setup"):
        find_fonts(tmp_path)


async def test_a_warning_of_the_template_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "application_form.typ").write_text('#set document(title: "x")\n#set text(font: "No Such Font")\n本文')
    monkeypatch.setattr(printer, "TEMPLATES", tmp_path)
    broken = DocumentPrinter(find_fonts(None))

    with pytest.raises(DocumentFaulty, match="warning"):
        await broken.print(application_form(an_application_received(), a_contract()))
    broken.close()


async def test_a_template_that_fails_tells_nothing_of_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "application_form.typ").write_text("#panic(sys.inputs.data)")
    monkeypatch.setattr(printer, "TEMPLATES", tmp_path)
    broken = DocumentPrinter(find_fonts(None))

    with pytest.raises(DocumentFaulty) as failure:
        await broken.print(application_form(an_application_received(reason="秘密の理由"), a_contract()))
    broken.close()
    assert "秘密" not in str(failure.value)
    assert failure.value.__cause__ is None


async def test_more_sheets_than_the_printer_takes_on_are_refused_at_once() -> None:
    small = DocumentPrinter(find_fonts(None), waiting=2)
    sheets = [application_form(an_application_received(reason=f"理由{number}"), a_contract()) for number in range(4)]

    answers = await asyncio.gather(*(small.print(sheet) for sheet in sheets), return_exceptions=True)

    assert [isinstance(answer, DocumentPrinterBusy) for answer in answers] == [False, False, True, True]
    assert (await small.print(sheets[3])).pdf.startswith(b"%PDF"), "the places are free again"
    small.close()
