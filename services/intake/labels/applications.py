"""Words about an application and its course: status, timeline, mails, news."""

from collections.abc import Mapping

from services.intake.domain.application import ApplicationStatus
from services.intake.domain.clarification import ClarificationOutcome
from services.intake.domain.news import NewsCategory, NewsKind
from services.intake.domain.timeline import Actor, MailState, TimelineEntry, TimelineKind
from shared.contracts.event_data import ApplicationKind
from shared.contracts.notifier_events import RecipientRole

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
    TimelineKind.CLARIFICATION_REQUESTED: "確認事項があります",
    TimelineKind.CLARIFICATION_REMINDED: "確認事項への回答をお待ちしています",
    TimelineKind.CLARIFICATION_RETURNED: "確認事項を取り消しました",
    TimelineKind.CORRECTED: "修正内容を受け付けました",
    TimelineKind.WITHDRAWAL_REQUESTED: "取下げを申し出ました",
    TimelineKind.WITHDRAWN: "申込を取り下げました",
    TimelineKind.WITHDRAWN_FOR_CLOSING: "事業所の廃止により申込を取り下げました",
    TimelineKind.WITHDRAWAL_REFUSED: "審査が終了しているため、取下げを受け付けられませんでした",
    TimelineKind.ISSUE_FAILED: "払出しができなかったため、審査を続けています",
    TimelineKind.MAILBOXES_ISSUED: "メールボックスIDを払い出しました",
    TimelineKind.ABOLITION_DECIDED: "メールボックスの廃止を登録しました",
    TimelineKind.PASSWORDS_REISSUED: "パスワードを再発行しました",
    TimelineKind.REVIEW_COMPLETED: "審査を終了しました",
    TimelineKind.NOTICE_VIEWED: "ID通知内容を参照しました",
    TimelineKind.SYSTEM_SETTING_RECORDED: "システム設定の完了を確認しました",
    TimelineKind.START_DATE_CHANGED: "利用開始日の変更を決定しました",
    TimelineKind.RESCHEDULED: "利用開始日を変更しました",
    TimelineKind.SERVICE_STARTED: "利用を開始しました",
    TimelineKind.WINDOW_CLOSING: "パスワードの参照期間がまもなく終了します",
    TimelineKind.WINDOW_CLOSED: "パスワードの参照期間が終了しました",
    TimelineKind.VOIDED: "申込は無効となりました",
    TimelineKind.MAILBOXES_VOIDED: "払い出したメールボックスIDを無効にしました",
    TimelineKind.MAIL_SENT: "メールを送信しました",
    TimelineKind.MAIL_DEFERRED: "メールの送信に時間がかかっています（自動で再送します）",
    TimelineKind.MAIL_FAILED: "メールを送信できませんでした",
}

_TIMELINE_NEXT: Mapping[TimelineKind, str] = {
    TimelineKind.RECEIVED: "次は、NACCSセンターの審査です。",
    TimelineKind.REVIEW_OPENED: "回答は翌営業日以降になることがあります。",
    TimelineKind.CLARIFICATION_REQUESTED: "次は、お客様による申込内容の修正、または取下げです。",
    TimelineKind.CLARIFICATION_REMINDED: "次は、お客様による申込内容の修正、または取下げです。",
    TimelineKind.CLARIFICATION_RETURNED: "次は、NACCSセンターの審査です。お客様の操作は必要ありません。",
    TimelineKind.CORRECTED: "次は、NACCSセンターの審査です。",
    TimelineKind.WITHDRAWAL_REQUESTED: "次は、NACCSセンターの回答です。",
    TimelineKind.ISSUE_FAILED: "次は、NACCSセンターの審査です。お客様の操作は必要ありません。",
    TimelineKind.MAILBOXES_ISSUED: "次は、審査終了のお知らせです。",
    TimelineKind.ABOLITION_DECIDED: "次は、審査終了のお知らせです。",
    TimelineKind.PASSWORDS_REISSUED: "次は、ID通知内容でのパスワードの確認です。",
}
"""What happens next; an entry that has no word here is an end, or says it with its date."""

_TIMELINE_DATED: Mapping[TimelineKind, str] = {
    TimelineKind.RECEIVED: "次は、NACCSセンターの審査です（{date}から）。",
    TimelineKind.CORRECTED: "次は、NACCSセンターの審査です（{date}から）。",
    TimelineKind.CLARIFICATION_REQUESTED: "次は、お客様による申込内容の修正、または取下げです（回答期限：{date}）。",
    TimelineKind.CLARIFICATION_REMINDED: "次は、お客様による申込内容の修正、または取下げです（回答期限：{date}）。",
    TimelineKind.MAILBOXES_ISSUED: "パスワードは{date}まで参照できます。",
    TimelineKind.PASSWORDS_REISSUED: "パスワードは{date}まで参照できます。",
    TimelineKind.REVIEW_COMPLETED: "次は、{date}の利用開始です。",
    TimelineKind.START_DATE_CHANGED: "新しい利用開始日は{date}です。",
    TimelineKind.RESCHEDULED: "パスワードは{date}まで参照できます。",
    TimelineKind.WINDOW_CLOSING: "パスワードは{date}まで参照できます。",
}
"""The same where the day is known."""

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

NEWS_CATEGORY_LABELS: Mapping[NewsCategory, str] = {
    NewsCategory.USE_APPLICATION: "利用申込",
    NewsCategory.SYSTEM_SETTING: "システム設定",
    NewsCategory.CHARGE: "利用料金",
    NewsCategory.CERTIFICATE: "証明書再発行",
}

NEWS_KIND_LABELS: Mapping[NewsKind, str] = {
    NewsKind.RECEIVED: "利用申込を受け付けました。",
    NewsKind.CLARIFICATION_REQUESTED: (
        "利用申込内容に確認事項があります。通知内容をご確認の上、申込内容の修正、または取下げを行ってください。"
    ),
    NewsKind.CLARIFICATION_REMINDED: "確認事項への回答をお待ちしています。",
    NewsKind.CLARIFICATION_RETURNED: "確認事項を取り消しました。審査を続けます。",
    NewsKind.CORRECTED: "修正内容を受け付けました。",
    NewsKind.WITHDRAWN: "利用申込の取下げを受け付けました。",
    NewsKind.WITHDRAWAL_REFUSED: "審査が終了しているため、取下げを受け付けられませんでした。",
    NewsKind.REVIEW_COMPLETED: "利用申込の審査を終了しました。通知内容をご確認ください。",
    NewsKind.PASSWORDS_REISSUED: "パスワードを再発行しました。通知内容をご確認ください。",
    NewsKind.VOIDED: "利用申込は無効となりました。通知内容をご確認ください。",
    NewsKind.START_DATE_CHANGED: "利用開始日が変更されました。通知内容をご確認ください。",
    NewsKind.POSTED: "NACCSセンターからのお知らせです。",
}

APPLICATION_KIND_LABELS: Mapping[ApplicationKind, str] = {
    ApplicationKind.MAILBOX_CHANGE: "メールボックス数の変更",
    ApplicationKind.PASSWORD_REISSUE: "パスワード再発行",
}

APPLICATION_CLASS_LABELS: Mapping[ApplicationKind, str] = {
    ApplicationKind.MAILBOX_CHANGE: "変更申込",
    ApplicationKind.PASSWORD_REISSUE: "パスワード再発行",
}

DRAFT_NAMES: Mapping[str, str] = {"mailbox_change": "申込", "password_reissue": "パスワード再発行の申込"}
"""By the kind of the form."""

CHANGE_FLAGS = (
    "企業",
    "事業所",
    "契約者",
    "管理責任者",
    "緊急連絡用FAX番号",
    "料金プラン",
    "請求先",
    "利用者コード",
    "識別番号",
    "管理統計資料",
    "保存サービス",
    "端末（net）",
    "証明書（web）",
    "回線",
    "端末（一般）",
    "メールボックス",
)
"""What a contract change can be about, as the manual's result page lists it (S11)."""
MAILBOX_FLAG = "メールボックス"

APPLICATION_CLASSES = ("新規申込", "変更申込", "解約申込", "変更（通関士）")
SPECIAL_CLASSES = ("共同利用", "機器共用", "付替", "地位の承継")

CLARIFICATION_OUTCOME_LABELS: Mapping[ClarificationOutcome, str] = {
    ClarificationOutcome.CORRECTED: "修正内容を受け付けました。",
    ClarificationOutcome.RETURNED: "NACCSセンターが取り消しました。",
    ClarificationOutcome.WITHDRAWN: "申込を取り下げました。",
    ClarificationOutcome.VOIDED: "申込が無効となりました。",
    ClarificationOutcome.OUTDATED: "回答は必要なくなりました。",
}

VOID_REASONS: Mapping[str, str] = {
    "system_setting_missing": "必要なシステム設定の申込が、締切日までに完了しませんでした。",
    "office_closed": "事業所の契約が終了しました。",
    "applicant_asked": "お客様からのご連絡により無効としました。",
    "approved_in_error": "承認の内容に誤りがありました。",
}
"""By the code of review's event; another code says nothing to an applicant."""


def timeline_next(entry: TimelineEntry) -> str:
    """What comes next after an entry, with its date where one is known; the empty text after an end."""
    if entry.next_on is not None and entry.kind in _TIMELINE_DATED:
        return _TIMELINE_DATED[entry.kind].format(date=entry.next_on.strftime("%Y/%m/%d"))
    return _TIMELINE_NEXT.get(entry.kind, "")


def mail_entry_text(text: str, mail: str, role: str) -> str:
    """A timeline line about a mail: what became of it, which one, to whom."""
    return f"{text}：{mail}（{role}宛て）"
