"""Words of the application form: fields, errors, warnings."""

from collections.abc import Mapping

from services.intake.domain.form_errors import FieldError, FormErrorCode
from services.intake.domain.form_warnings import FormWarningCode

FORM_FIELD_LABELS: Mapping[str, str] = {
    "office_code": "事業所コード",
    "requested_start_date": "利用開始希望日",
    "reason": "変更する理由",
    "family_name": "姓",
    "given_name": "名",
    "family_name_kana": "セイ",
    "given_name_kana": "メイ",
    "department": "所属部課名",
    "title": "役職名",
    "phone": "電話番号",
    "fax": "FAX番号",
    "email": "E-mailアドレス（登録用）",
    "email_again": "E-mailアドレス（確認用）",
    "add_smtp_pop3": "メールボックス数（SMTP/POP3）",
    "add_edifact": "メールボックス数（EDIFACT）",
    "abolish": "メールボックスIDの廃止",
    "items": "変更申込を行う項目",
    "mailbox_ids": "パスワードを再発行するメールボックスID",
    "kind": "申込の種類",
}

FORM_ERROR_LABELS: Mapping[FormErrorCode, str] = {
    FormErrorCode.REQUIRED: "{field}を入力してください",
    FormErrorCode.TOO_LONG: "{field}は{limit}文字以内で入力してください（現在{length}文字）",
    FormErrorCode.UNPRINTABLE_CHARACTER: "{field}に使用できない文字があります：{characters}",
    FormErrorCode.NOT_FULL_WIDTH: "{field}は全角で入力してください",
    FormErrorCode.NOT_KATAKANA: "{field}は全角カナで入力してください",
    FormErrorCode.NOT_A_PHONE_NUMBER: (
        "{field}は0から始まる10桁または11桁の、ハイフンを除いた数字のみで入力してください"
    ),
    FormErrorCode.NOT_AN_EMAIL: "{field}は「名前@ドメイン」の形で、半角英数字で入力してください",
    FormErrorCode.EMAILS_DIFFER: "メールアドレスが一致しません",
    FormErrorCode.NOT_A_DATE: "{field}は半角数字8桁の実在する日付を入力してください（例：20261201）",
    FormErrorCode.DATE_NOT_IN_FUTURE: "{field}は本日より後の日付を入力してください",
    FormErrorCode.DATE_TOO_FAR: "{field}は本日から1年以内の日付を入力してください",
    FormErrorCode.START_DATE_AMBIGUOUS: (
        "{field}は、一覧から選択した日付と入力した日付が異なります。どちらか一方にしてください"
    ),
    FormErrorCode.NOT_A_COUNT: "{field}は0から99までの半角数字で入力してください",
    FormErrorCode.NOTHING_ASKED: (
        "変更内容がありません。追加する個数を入力するか、廃止するメールボックスIDを選択してください"
    ),
    FormErrorCode.MODE_NOT_CONTRACTED: "{field}は、この処理方式の利用者コードをお持ちの事業所のみ追加できます",
    FormErrorCode.IDS_EXHAUSTED: "追加できるのは残り{remaining}個です",
    FormErrorCode.MAILBOX_UNKNOWN: "廃止するメールボックスIDが見つかりません",
    FormErrorCode.MAILBOX_ALREADY_ABOLISHED: "{mailbox_id}は廃止済み、または廃止の手続き中です",
    FormErrorCode.NOT_AN_OFFICE_CODE: "{field}は半角英数字6桁で入力してください（例：NAC001）",
    FormErrorCode.OFFICE_NOT_GRANTED: (
        "この事業所コードでは申込できません。ログインしている事業所のコードを入力してください"
    ),
    FormErrorCode.OFFICE_CLOSED: "この事業所は契約が終了しているため、申込できません",
    FormErrorCode.OFFICE_CANNOT_CHANGE: (
        "修正で事業所コードを変更することはできません。取下げのうえ、もう一度お申し込みください"
    ),
    FormErrorCode.START_AFTER_CLOSING: "{field}は事業所の廃止日より前の日付を入力してください",
    FormErrorCode.ITEM_MISSING: "変更申込を行う項目を選択してください",
    FormErrorCode.ITEM_UNKNOWN: "{field}は一覧から選択してください",
    FormErrorCode.ITEM_NOT_HERE: (
        "この画面で申込できるのは「一般NACCSのメールボックス数（追加・廃止）」のみです。ほかの項目はお問い合わせください"
    ),
    FormErrorCode.ITEMS_EXCLUDE_EACH_OTHER: (
        "契約変更に関する項目と「その他の契約変更」を、同時に行うことはできません。再度変更申込を行ってください"
    ),
    FormErrorCode.STORAGE_NEEDS_STATISTICS: (
        "保税管理資料保存サービスには、管理統計資料（有料分）の申込みが必要となります"
    ),
    FormErrorCode.MAILBOX_NOT_CHOSEN: "パスワードを再発行するメールボックスIDを選択してください",
    FormErrorCode.MAILBOX_NOT_IN_USE: "{mailbox_id}は廃止されています",
    FormErrorCode.KIND_UNKNOWN: "{field}は mailbox_change または password_reissue を指定してください",
    FormErrorCode.KIND_CANNOT_CHANGE: (
        "修正で申込の種類を変更することはできません。取下げのうえ、もう一度お申し込みください"
    ),
}

FORM_WARNING_LABELS: Mapping[FormWarningCode, str] = {
    FormWarningCode.OFF_SCHEDULE: "スケジュール表にない日付です。ご希望に添えない場合があります。",
    FormWarningCode.DEADLINE_PASSED: "この利用開始日の申込締切日を過ぎています。ご希望に添えない場合があります。",
    FormWarningCode.NO_SCHEDULE: "この月のスケジュールは未定です。ご希望に添えない場合があります。",
    FormWarningCode.ADDED_NOT_TOTAL: "追加する個数を入力してください（合計数ではありません）。",
    FormWarningCode.LAST_MAILBOX: (
        "最後のメールボックスを廃止しようとしています。処理結果電文の出力先を変更済みかご確認ください。"
    ),
}


_IN_SENTENCES: Mapping[str, str] = {"reason": "理由"}
"""A field that has another label on each page: why something is changed, issued anew, or given up."""


def form_error_text(error: FieldError) -> str:
    """The sentence for one error, with its field's name and details filled in."""
    field = _IN_SENTENCES.get(error.field) or FORM_FIELD_LABELS.get(error.field, error.field)
    return FORM_ERROR_LABELS[error.code].format(field=field, **error.details)
