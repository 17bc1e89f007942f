"""The words of the mails: checked against what each mail is told, frozen per version, complete for their readers."""

import os
import shutil
import unicodedata
from pathlib import Path

import jinja2
import pytest

from services.notifier.domain.facts import CURRENT_TEMPLATE_VERSION, variables_of
from services.notifier.domain.mails import PlannedMail
from services.notifier.rendering import MailTemplates, TemplateProblem
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.runtime.web.labels import MAIL_LABELS
from tests.unit.notifier.sample import PRESS, TEMPLATES_FOLDER, all_samples, claimed, sample, text_of

GOLDEN = Path(__file__).parent / "mails"
WIDEST_LINE = 74
"""Columns; a full-width character takes two."""
MANUALS_COMPLETION_MAIL = """\
ナックス商事株式会社 第一営業所 第一営業部通関課
通関 花子 様

輸出入・港湾関連情報処理センター株式会社(NACCSセンター)です。

NACCSのご利用ありがとうございます。
申込内容の確認が完了しました。

申込受付年月日:2026年11月24日
申込受付番号 :260001A

以下のURLから確定した申込内容と利用開始日を必ずご確認ください。
NACCSサポートシステム<https://nss.naccs.example/login?next=/applications/260001A>
トップメニュー「新着情報」>「ID通知内容」
"""
SAMPLES = dict(all_samples())


def planted(folder: Path, mail: str, body: str, version: int = 1) -> Path:
    """A copy of the templates with another body for one version of a mail."""
    copy = folder / "templates"
    shutil.copytree(TEMPLATES_FOLDER, copy)
    (copy / mail / f"v{version}").mkdir(exist_ok=True)
    for part, text in (("subject", "{{ receipt_number }}"), ("body", body)):
        (copy / mail / f"v{version}" / f"{part}.txt").write_text(text)
    return copy


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_mail_is_byte_for_byte_the_golden_one(name: str) -> None:
    made, file = PRESS.message_of(claimed(SAMPLES[name])), GOLDEN / f"{name}.eml"
    if os.environ.get("NSS_WRITE_GOLDEN"):
        file.write_bytes(made)

    assert made == file.read_bytes()


def test_no_golden_mail_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.eml")} == set(SAMPLES)


def test_every_mail_has_a_golden_one_for_both_roles() -> None:
    assert {name.split(".")[0] for name in SAMPLES} == {mail.value for mail in Mail}
    assert {name.rsplit(".", 1)[1] for name in SAMPLES} == {role.value for role in RecipientRole}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_mail_names_number_link_contacts_and_fits_the_reader(name: str) -> None:
    planned = SAMPLES[name]
    subject, body = text_of(planned)
    lines = [line for line in body.splitlines() if "http" not in line and not line.startswith("変更の理由")][2:]

    assert subject.startswith(f"【NSS】{MAIL_LABELS[planned.mail].replace('（', '(').replace('）', ')')}")
    assert len(subject) <= 40
    assert planned.receipt_number in body
    assert body.count("http") == 1
    assert f"/login?next=/applications/{planned.receipt_number}>" in body
    assert "0120-794-550" in body
    assert "044-520-6266" in body
    assert [line for line in lines if columns(line) > WIDEST_LINE] == []
    assert body.splitlines()[1].endswith(" 様")
    assert "\n\n\n\n" not in body


def columns(text: str) -> int:
    """Its width where full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def test_completion_mail_is_the_manuals_text_before_ours() -> None:
    subject, body = text_of(sample(Mail.M2))

    assert subject == "【NSS】利用申込確認完了のお知らせ"
    assert body.startswith(MANUALS_COMPLETION_MAIL + "\n─")
    assert "2026年12月10日(希望日と異なります)" in body
    assert "2026年12月14日まで" in body


def test_completion_of_abolition_alone_names_no_id_notice() -> None:
    body = text_of(sample(Mail.M2, "abolition_only"))[1]

    assert "ID通知内容" not in body
    assert "パスワード" not in body
    assert "出力先(宛先管理)から外してください" in body


def test_head_without_department_has_no_blank_at_its_end() -> None:
    assert text_of(sample(Mail.M2, role=RecipientRole.ADMINISTRATOR))[1].splitlines()[:2] == [
        "ナックス商事株式会社 第一営業所",
        "管理\u3000太郎 様",
    ]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_mail_tells_no_mailbox_id_that_was_issued(name: str) -> None:
    planned = SAMPLES[name]
    if planned.mail in (Mail.M2, Mail.M7, Mail.M8, Mail.M9):
        assert planned.office_code not in text_of(planned)[1]


def test_deadline_stands_in_the_first_lines_of_what_has_one() -> None:
    for mail, deadline in ((Mail.M3, "2026年12月03日"), (Mail.M8, "2026年12月28日"), (Mail.M7, "2026年12月24日")):
        told = text_of(sample(mail))[1].partition("ありがとうございます。\n")[2]
        assert deadline in "".join(told.splitlines()[:5])


def test_variable_that_the_mail_is_not_told_fails_the_start(tmp_path: Path) -> None:
    folder = planted(tmp_path, "M5", "{{ password }}")

    with pytest.raises(TemplateProblem, match="M5 version 1 says password"):
        MailTemplates(folder)


def test_variable_that_is_told_but_not_said_fails_the_start(tmp_path: Path) -> None:
    folder = planted(tmp_path, "M10", '{% include "parts/v1/head.txt" %}')

    with pytest.raises(TemplateProblem, match="M10 version 1 is told answer_by"):
        MailTemplates(folder)


def test_mail_without_its_current_version_fails_the_start(tmp_path: Path) -> None:
    folder = planted(tmp_path, "M5", "")
    shutil.rmtree(folder / "M5" / "v1")

    with pytest.raises(TemplateProblem, match="M5 has no version 1"):
        MailTemplates(folder)


def test_template_that_cannot_be_read_fails_the_start(tmp_path: Path) -> None:
    with pytest.raises(jinja2.TemplateSyntaxError):
        MailTemplates(planted(tmp_path, "M5", "{% if %}"))


def test_missing_fact_is_an_error_not_an_empty_place() -> None:
    planned = sample(Mail.M2)
    facts = {name: fact for name, fact in planned.facts.items() if name != "viewable_until"}

    with pytest.raises(jinja2.UndefinedError):
        PRESS.templates.render("M2", 1, facts)


def test_mail_of_the_first_version_stays_as_it_was_after_the_second_is_live(tmp_path: Path) -> None:
    planned = sample(Mail.M3)
    body = '{% include "parts/v2/head.txt" %}{{ question }}{{ answer_by }}'
    folder = planted(tmp_path, "M3", body, version=2)
    shutil.copytree(folder / "parts" / "v1", folder / "parts" / "v2")
    (folder / "parts" / "v2" / "head.txt").write_text("another head\n")
    later = type(PRESS)(MailTemplates(folder))

    assert later.message_of(claimed(planned)) == PRESS.message_of(claimed(planned))
    assert later.message_of(claimed(as_version(planned, 2))) != PRESS.message_of(claimed(planned))


def as_version(planned: PlannedMail, version: int) -> PlannedMail:
    """The same mail under another version."""
    values = {name: getattr(planned, name) for name in planned.__slots__}
    return PlannedMail(**{**values, "template_version": version})


def test_every_current_version_exists_and_is_told_what_it_says() -> None:
    for mail in Mail:
        assert PRESS.templates.variables(mail.value, CURRENT_TEMPLATE_VERSION[mail]) == variables_of(mail)
