"""Japanese words for enum members, form fields, errors, warnings and news."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from services.intake.domain.application import ApplicationStatus
from services.intake.domain.form_errors import FieldError, FormErrorCode
from services.intake.domain.form_warnings import FormWarningCode
from services.intake.domain.mailboxes import MailboxState
from services.intake.domain.register import RegisterProblemCode
from services.intake.domain.timeline import Actor, MailState, NewsCategory, NewsKind, TimelineKind
from shared.contracts.event_data import MailboxKind
from shared.contracts.notifier_events import RecipientRole
from shared.runtime.web.labels import MAIL_LABELS as MAIL_LABELS
from shared.runtime.web.labels import PROCESSING_MODE_LABELS as PROCESSING_MODE_LABELS
from shared.runtime.web.labels import SYSTEM_CLASS_LABELS as SYSTEM_CLASS_LABELS

APPLICATION_STATUS_LABELS: Mapping[ApplicationStatus, str] = {
    ApplicationStatus.RECEIVED: "受付",
    ApplicationStatus.UNDER_REVIEW: "審査中",
    ApplicationStatus.CLARIFICATION: "確認事項あり",
    ApplicationStatus.REVIEW_COMPLETED: "審査終了",
    ApplicationStatus.IN_SERVICE: "審査終了（利用開始済み）",
    ApplicationStatus.WITHDRAWN: "取下げ",
    ApplicationStatus.VOIDED: "無効",
}

STATUS_TAG_KINDS: Mapping[ApplicationStatus, str] = {
    ApplicationStatus.RECEIVED: "progress",
    ApplicationStatus.UNDER_REVIEW: "progress",
    ApplicationStatus.CLARIFICATION: "attention",
    ApplicationStatus.REVIEW_COMPLETED: "done",
    ApplicationStatus.IN_SERVICE: "done",
    ApplicationStatus.WITHDRAWN: "neutral",
    ApplicationStatus.VOIDED: "void",
}

NEXT_STEP_LABELS: Mapping[ApplicationStatus, str] = {
    ApplicationStatus.RECEIVED: (
        "NACCSセンターが審査を始めます。審査が終了しましたら、メールと新着情報でお知らせします。"
    ),
    ApplicationStatus.UNDER_REVIEW: (
        "NACCSセンターで審査しています。回答は翌営業日以降になることがあります。お客様の操作は必要ありません。"
    ),
    ApplicationStatus.CLARIFICATION: "確認事項の内容をご確認のうえ、申込内容の修正、または取下げを行ってください。",
    ApplicationStatus.REVIEW_COMPLETED: "確定した利用開始日をご確認ください。",
    ApplicationStatus.IN_SERVICE: "ご利用いただけます。お客様の操作は必要ありません。",
    ApplicationStatus.WITHDRAWN: "この申込は取り下げられました。",
    ApplicationStatus.VOIDED: "この申込は無効となりました。必要な場合は、もう一度お申し込みください。",
}

TIMELINE_KIND_LABELS: Mapping[TimelineKind, str] = {
    TimelineKind.RECEIVED: "申込を受け付けました",
    TimelineKind.REVIEW_OPENED: "審査を開始しました",
    TimelineKind.ISSUE_FAILED: "払出しができなかったため、審査を続けています",
    TimelineKind.MAILBOXES_ISSUED: "メールボックスIDを払い出しました",
    TimelineKind.REVIEW_COMPLETED: "審査を終了しました",
    TimelineKind.SERVICE_STARTED: "利用を開始しました",
    TimelineKind.MAIL_SENT: "メールを送信しました",
    TimelineKind.MAIL_DEFERRED: "メールの送信に時間がかかっています（自動で再送します）",
    TimelineKind.MAIL_FAILED: "メールを送信できませんでした",
}

ACTOR_LABELS: Mapping[Actor, str] = {
    Actor.APPLICANT: "申込担当者",
    Actor.CENTER: "NACCSセンター",
    Actor.SYSTEM: "システム",
}

RECIPIENT_ROLE_LABELS: Mapping[RecipientRole, str] = {
    RecipientRole.CONTACT: "申込担当者",
    RecipientRole.ADMINISTRATOR: "管理責任者",
}

MAIL_STATE_LABELS: Mapping[MailState, str] = {
    MailState.SENT: "送信済み",
    MailState.DEFERRED: "再送待ち",
    MailState.FAILED: "送信できませんでした",
}

MAILBOX_KIND_LABELS: Mapping[MailboxKind, str] = {
    MailboxKind.SMTP_POP3: "メール（SMTP/POP3）",
    MailboxKind.EDIFACT: "EDIFACT",
}

MAILBOX_STATE_LABELS: Mapping[MailboxState, str] = {
    MailboxState.NOT_STARTED: "利用開始前",
    MailboxState.ACTIVE: "利用中",
    MailboxState.ABOLITION_DECIDED: "廃止予定",
    MailboxState.ABOLISHED: "廃止",
}

NEWS_CATEGORY_LABELS: Mapping[NewsCategory, str] = {NewsCategory.USE_APPLICATION: "利用申込"}

NEWS_KIND_LABELS: Mapping[NewsKind, str] = {
    NewsKind.RECEIVED: "利用申込を受け付けました。",
    NewsKind.REVIEW_COMPLETED: "利用申込の審査を終了しました。通知内容をご確認ください。",
}

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

REGISTER_PROBLEM_LABELS: Mapping[RegisterProblemCode, str] = {
    RegisterProblemCode.FOREIGN_MAILBOX: "この事業所のメールボックスIDではありません",
    RegisterProblemCode.REPEATED_MAILBOX: "同じメールボックスIDが重複しています",
    RegisterProblemCode.UNKNOWN_VALUE: "選択肢から選んでください",
    RegisterProblemCode.FOREIGN_ABBREVIATION: "企業略称は事業所コードの先頭3桁と同じにしてください",
}

OFFICE_CODE_DIFFERS = "アドレスの事業所コードと異なります"

WEEKDAY_NAMES = "月火水木金土日"
"""By `date.weekday()`."""


def mail_entry_text(text: str, mail: str, role: str) -> str:
    """A timeline line about a mail: what became of it, which one, to whom."""
    return f"{text}：{mail}（{role}宛て）"


def label_of(labels: Mapping[Any, str], member: StrEnum) -> str:
    """The word for a member; a value of a newer release, which has none here yet, stands for itself."""
    return labels.get(member, member.value)


def weekday(day: date) -> str:
    """One letter."""
    return WEEKDAY_NAMES[day.weekday()]


def form_error_text(error: FieldError) -> str:
    """The sentence for one error, with its field's name and details filled in."""
    field = FORM_FIELD_LABELS.get(error.field, error.field)
    return FORM_ERROR_LABELS[error.code].format(field=field, **error.details)
