"""The manual beside our pages: every heading, label, button and sentence of its pictures, and where ours stands.

What is left out on purpose stands in `LEFT_OUT`, with the reason.
"""

import html
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.intake.domain.form_errors import FormErrorCode
from services.intake.labels import CHANGE_FLAGS, CHANGE_ITEM_CAPTIONS, FORM_ERROR_LABELS, FORM_FIELD_LABELS
from shared.contracts.notifier_events import RecipientRole
from tests.builders import an_event, mail_sent, mailboxes_issued, review_completed
from tests.builders.moving import clarification_requested
from tests.component.intake.conftest import Intake, register, save_draft

TABS = ("申込実施", "申込内容確認", "契約内容確認", "請求内容参照", "パスワード変更", "ログアウト", "からログイン中")
MANUAL: Mapping[str, tuple[str, ...]] = {
    "/menu": (
        *TABS, "新着情報", "最新の10件を表示", "「詳細」", "利用申込",
        "利用申込の審査を終了しました。通知内容をご確認ください。",
        "利用申込内容に確認事項があります。通知内容をご確認の上、申込内容の修正、または取下げを行ってください。",
        "メニュー一覧", "申込を行う", "契約内容の変更", "システム設定の申込", "通関士IDの追加",
        "クライアント証明書の再発行", "申込内容の確認", "契約内容を確認する", "契約内容の確認", "ユーザー情報",
        "パスワードの変更", "請求を参照する", "請求金額の参照",
    ),
    "/contract/general-naccs": (
        *TABS, "契約情報詳細", "契約概要", "事業所", "netNACCS", "一般NACCS", "請求先", "適用料金", "適用年月",
        "利用者コード / 利用者ID", "区分", "業種", "処理方式", "利用者コード", "識別番号", "管理統計資料", "有料分",
        "無料分", "保税管理資料", "保存サービス", "他事業所", "と共用", "利用開始日", "契約情報を変更する",
    ),
    "/applications/new": (
        *TABS, "変更申込ガイダンス", "STEP1", "契約内容の確認", "NSSに登録している現在の契約情報を確認します。",
        "STEP2", "契約変更項目の選択", "事業所コードを入力し、変更申込を行う項目を選択します。", "STEP3",
        "変更情報の入力・確認", "変更前・変更後の情報を対照して確認できます。",
        "変更の必要のない項目については、上書きしないようご注意ください。", "STEP4",
        "別途「システム設定」が必要となる場合があります。", "書面による提出は不要です",
        "あらかじめ契約内容のご検討をお願いいたします。", "申込担当者へメール等によりご連絡いたします。",
        "申込内容選択へ進む",
    ),
    "{draft}/items": (
        "契約変更に関する項目", "変更申込を行う項目", "事業所コード", *CHANGE_ITEM_CAPTIONS.values(),
        "本社・事業所の変更", "利用業種・利用者コード等の変更", "端末・証明書の変更（netNACCS）",
        "回線・端末等の変更（一般NACCS）", "料金プランの変更", "管理統計資料の変更", "保税管理資料保存サービスの変更",
        "請求先の変更", "その他の契約変更", "付替先事業所コード",
        "回線を利用している事業所が移転する場合は", "管理統計資料（有料分）の申込みが必要となる",
        "事前にNACCSセンターへのお問い合わせが必要", "同時に行うことはできません",
        "両方の変更を行いたい場合は、再度変更申込を行っていただきます。", "変更申込ガイダンスに戻る",
    ),
    "{draft}/start": (
        "利用開始希望日", "半角数字8桁", "スケジュール表のシステム登録日（利用開始日）", "変更する理由", "240文字以内",
        "記載例", "ご希望に添えない利用開始日となる場合があります。", "申込担当者の入力へ進む",
    ),
    "{draft}/contact": (
        "申込担当者の入力", "確認を行う際の連絡先となります。", "必ず申込を行った方の連絡先を入力してください。",
        "上書きで修正してください", "姓", "名", "セイ", "メイ", "全角", "全角カナ", "所属部課名", "役職名", "任意",
        "電話番号", "FAX番号", "ハイフンを入力せずに、数字のみ", "E-mailアドレス", "登録用", "確認用", "半角英数字",
        "確認のため、同じE-mailアドレスを入力してください。",
        "申込受付・完了通知等は、「申込担当者」及び「管理責任者」",
        "E-mailにてお知らせします。", "変更申込完了の通知先として登録します。", "次へ進む",
    ),
    "{draft}/mailboxes": (
        "メールボックスの入力", "SMTP/POP3処理方式およびEDIFACTを利用される方のみ、メールボックスの個数を変更",
        "メールボックスの追加", "メールボックス数（SMTP/POP3）", "メールボックス数（EDIFACT）", "半角数字",
        "メールボックスの廃止", "表示されているメールボックスIDを廃止したい場合", "メールボックスIDの廃止", "前に戻る",
    ),
    "{draft}/check": (
        "申込内容の確認", "申込情報", "申込内容", "メール種別", "メールボックスID", "メールボックス追加数", "追加",
        "廃止", "変更前", "変更後", "申込内容を登録する",
    ),
    "{asked}/received": (
        "NACCS利用申込 完了", "利用申込の受付が完了しました",
        "利用申込受付完了のメールを申込担当者および管理責任者宛てに送信しましたので、ご確認ください。",
        "お問い合わせの際は、こちらの番号をお伝えください", "申込受付番号", "審査を行い", "審査完了後",
        "申込内容に確認事項がある場合は、ご連絡を差し上げます。", "翌営業日以降になることがあります",
        "迷惑フィルターの設定やメールの振り分け設定をご確認ください。", "メニューに戻る", "ヘルプデスク",
        "0120-794-550",
        "終日", "ソリューション事業推進部 利用契約事務課", "044-520-6266", "平日 9:00～18:00",
    ),
    "{completed}": (
        "申込内容参照", "利用申込", "事業所", "netNACCS", "一般NACCS", "申込内容", "受付番号", "ステータス", "審査終了",
        "事業所コード（申込者）", "事業所コード", "申込日", "審査終了日", "利用開始希望日", "申込分類", "新規申込",
        "変更申込", "解約申込", "変更（通関士）", "申込分類（特殊）", "共同利用", "機器共用", "付替", "地位の承継",
        "契約変更内容", *CHANGE_FLAGS, "申込事務担当者", "企業名", "企業略称", "事業所名", "所属部課名", "電話番号",
        "役職名", "FAX番号", "申込結果", "利用開始日", "契約満了日", "利用申込書提出締切日", "システム設定申込締切日",
        "対象項目", "追加", "変更", "削除", "利用者コード数", "識別番号数", "回線数", "論理端末数", "メールボックス数",
        "ID通知内容", "申込情報一覧に戻る", "申込書を出力する", "承認通知",
    ),
    "{asked}/clarification": ("確認事項", "申込内容の修正、または取下げを行ってください。", "修正する", "取下げ"),
}  # fmt: skip
LEFT_OUT: Mapping[str, str] = {
    "ブラウザの戻るボタンは使用しないでください。": "the Back button works at every step",
    "人・物・国をつなぐ": "the operator's slogan and logo are not ours to print",
    "変更項目は複数選択することができます。": "one item can be applied for here; the others say who takes them",
    "あり なし": "その他の契約変更 cannot be applied for here, so there is nothing to choose",
    "次のページへ": "the result is one page",
    "NSS電子申請情報ページ": "an external page; help stands behind ヘルプ on every page",
    "通関士IDの追加申込の審査を終了しました。": "no service decides such applications; operators post the line as news",
}
FIELDS_7A = {
    "family_name": "姓", "given_name": "名", "family_name_kana": "セイ", "given_name_kana": "メイ",
    "department": "所属部課名", "title": "役職名", "phone": "電話番号", "fax": "FAX番号",
    "email": "E-mailアドレス（登録用）", "email_again": "E-mailアドレス（確認用）",
    "requested_start_date": "利用開始希望日",
    "reason": "変更する理由", "add_smtp_pop3": "メールボックス数（SMTP/POP3）",
    "add_edifact": "メールボックス数（EDIFACT）",
    "abolish": "メールボックスIDの廃止", "office_code": "事業所コード",
}  # fmt: skip
ERRORS_7B: Mapping[FormErrorCode, str] = {
    FormErrorCode.NOTHING_ASKED: "変更内容がありません",
    FormErrorCode.IDS_EXHAUSTED: "追加できるのは残り{remaining}個です",
    FormErrorCode.EMAILS_DIFFER: "メールアドレスが一致しません",
    FormErrorCode.NOT_A_PHONE_NUMBER: "ハイフンを除いた数字のみ",
    FormErrorCode.NOT_KATAKANA: "全角カナで入力",
    FormErrorCode.NOT_A_DATE: "半角数字8桁の実在する日付",
    FormErrorCode.DATE_NOT_IN_FUTURE: "本日より後の日付",
}
MESSAGES_7B = (
    "スケジュール表にない日付です。ご希望に添えない場合があります。",
    "追加する個数を入力してください（合計数ではありません）。",
    "最後のメールボックスを廃止しようとしています。",
    "受付中の申込【",
    "この画面は有効期限が切れました",
    "利用申込の審査を終了しました。通知内容をご確認ください。",
    "利用申込の取下げを受け付けました。",
    "利用申込は無効となりました。通知内容をご確認ください。",
    "利用開始日が変更されました。通知内容をご確認ください。",
    "パスワードを再発行しました。通知内容をご確認ください。",
)
TAGS = re.compile(r"<[^>]+>")
INTAKE = Path("services/intake")


@pytest.fixture
async def addresses(intake: Intake) -> Mapping[str, str]:
    """Of a completed application, one with a question, and a draft that adds and gives up."""
    browser = await intake.logged_in()
    completed = await register(browser)
    await intake.consume(
        an_event(mailboxes_issued(receipt_number=completed)), an_event(review_completed(receipt_number=completed))
    )
    asked = await register(browser)
    mails = [an_event(mail_sent(receipt_number=asked, role=role)) for role in RecipientRole]
    await intake.consume(*mails, an_event(clarification_requested(receipt_number=asked)))
    form_token, _ = await save_draft(browser, abolish="NAC00101")
    return {
        "completed": f"/applications/{completed}",
        "asked": f"/applications/{asked}",
        "draft": f"/applications/drafts/{form_token}",
    }


async def test_every_word_of_the_manual_stands_on_its_page(intake: Intake, addresses: Mapping[str, str]) -> None:
    browser, missing = await intake.logged_in(), {}
    for path, words in MANUAL.items():
        answer = await browser.get(path.format_map(addresses))
        assert answer.status_code == 200, path
        text = html.unescape(TAGS.sub("", answer.text))
        if lacking := [word for word in words if word not in text]:
            missing[path] = lacking
        assert [word for word in LEFT_OUT if word in text] == [], path

    assert missing == {}


def test_every_field_and_error_of_the_domain_has_its_words() -> None:
    assert {name: FORM_FIELD_LABELS[name] for name in FIELDS_7A} == FIELDS_7A
    assert {code: words for code, words in ERRORS_7B.items() if words not in FORM_ERROR_LABELS[code]} == {}


def test_every_message_of_the_domain_stands_in_a_template_or_a_label() -> None:
    texts = [path.read_text(encoding="utf-8") for path in [*INTAKE.rglob("*.html"), *INTAKE.rglob("labels/*.py")]]

    assert [message for message in MESSAGES_7B if not any(message in text for text in texts)] == []
