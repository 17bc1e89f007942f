"""Mails as bytes: the manual's words, a deterministic form, and nothing that can be smuggled into a header."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.rendering import (
    Envelope,
    MailTemplates,
    Sender,
    UnsafeAddress,
    build_message,
    checked_address,
)
from shared.contracts.notifier_events import Mail

TEMPLATES = MailTemplates(Path("services/notifier/templates"))
SENDER = Sender("nss@naccs.example", "http://127.0.0.1:8000")
ENVELOPE = Envelope("hanako@naccs.example", "abc123", "260001A", datetime(2026, 10, 16, 1, 2, 3, tzinfo=UTC))
HEAD = {
    "company_name": "ナックス商事株式会社",
    "office_name": "第一営業所",
    "department": "第一営業部通関課",
    "recipient_name": "通関 花子",
    "receipt_number": "260001A",
    "received_on": "2026-10-16",
}
COMPLETED = {
    **HEAD,
    "confirmed_start_date": "2026-11-04",
    "start_date_changed": True,
    "start_date_note": "",
    "viewable_until": "2026-11-06",
    "system_setting_deadline": None,
    "issued": True,
    "abolished": False,
}
MANUALS_COMPLETION_MAIL = """\
ナックス商事株式会社 第一営業所 第一営業部通関課
通関 花子 様

輸出入・港湾関連情報処理センター株式会社(NACCSセンター)です。

NACCSのご利用ありがとうございます。
申込内容の確認が完了しました。

申込受付年月日:2026年10月16日
申込受付番号 :260001A

以下のURLから確定した申込内容と利用開始日を必ずご確認ください。
NACCSサポートシステム<http://127.0.0.1:8000/login?next=/applications/260001A>
トップメニュー「新着情報」>「ID通知内容」
"""


def parsed(message: bytes) -> EmailMessage:
    result = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(result, EmailMessage)
    return result


def test_completion_mail_is_the_manuals_text_before_ours() -> None:
    subject, body = TEMPLATES.render(Mail.M2, 1, COMPLETED, SENDER.portal_url)

    assert subject == "【NSS】利用申込確認完了のお知らせ"
    assert body.startswith(MANUALS_COMPLETION_MAIL)
    assert "2026年11月04日(希望日と異なります)" in body
    assert "2026年11月06日まで" in body


def test_completion_of_abolition_alone_names_no_id_notice() -> None:
    facts = {**COMPLETED, "issued": False, "abolished": True, "viewable_until": None}

    assert "ID通知内容" not in TEMPLATES.render(Mail.M2, 1, facts, SENDER.portal_url)[1]


def test_missing_fact_is_an_error_not_an_empty_place() -> None:
    with pytest.raises(jinja2.UndefinedError):
        TEMPLATES.render(Mail.M2, 1, HEAD, SENDER.portal_url)


def test_same_mail_has_the_same_bytes() -> None:
    assert build_message("件名", "本文\n", ENVELOPE, SENDER) == build_message("件名", "本文\n", ENVELOPE, SENDER)


@given(
    subject=st.text(
        st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cc", "Zl", "Zp"]),
        min_size=1,
        max_size=60,
    )
    .map(str.strip)
    .filter(bool),
    body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=400),
)
def test_assembled_bytes_say_what_the_standard_library_reads(subject: str, body: str) -> None:
    message = build_message(subject, body + "\n", ENVELOPE, SENDER)
    read = parsed(message)

    assert read["Subject"] == subject
    assert read.get_content().replace("\r\n", "\n") == body + "\n"
    assert max(len(line) for line in message.split(b"\r\n")) <= 78


def test_headers_thread_an_application_and_stop_answering_machines() -> None:
    read = parsed(build_message("件名", "本文\n", ENVELOPE, SENDER))

    assert read["Message-ID"] == "<abc123@naccs.example>"
    assert read["References"] == "<application.260001A@naccs.example>"
    assert read["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: c@d.example", '"a,b"@c.example', "a b@c.example", "a@b@c.example", "a@", "@b.example",
        "a@b.example,c@d.example", "<a@b.example>", "あ@b.example", "a@b.example\n", "",
    ],
)  # fmt: skip
def test_hostile_address_is_refused(address: str) -> None:
    with pytest.raises(UnsafeAddress):
        checked_address(address)


def test_line_break_in_a_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        build_message("件名\r\nBcc: a@b.example", "本文", ENVELOPE, SENDER)
