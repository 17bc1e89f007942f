"""Words about an application and its timeline: kinds, filters of the queue, steps, mails, before and after."""

from collections.abc import Mapping

from services.review.domain.ledger import MailboxCondition
from services.review.domain.review_queue import QueueFilter, QueueFlag
from services.review.domain.revisions import RevisionField
from services.review.domain.timeline import TimelineStep
from shared.contracts.event_data import ApplicationKind
from shared.contracts.notifier_events import MailFailure, RecipientRole
from shared.runtime.web.labels import MAIL_LABELS

UNKNOWN_APPLICATION = "この受付番号の申込はありません。"
INVALID_CURSOR_MESSAGE = "続きの位置を読み取れません。"

QUEUE_FILTER_LABELS: Mapping[QueueFilter, str] = {
    QueueFilter.UNDER_REVIEW: "審査中",
    QueueFilter.CLARIFICATION: "確認事項あり",
    QueueFilter.APPROVED: "払出し中",
    QueueFilter.REVIEW_COMPLETED: "審査終了",
    QueueFilter.IN_SERVICE: "利用開始",
    QueueFilter.WITHDRAWN: "取下げ",
    QueueFilter.VOIDED: "無効",
    QueueFilter.ALL: "すべて",
}

QUEUE_FLAG_LABELS: Mapping[QueueFlag, str] = {
    QueueFlag.OVERDUE: "目安超過",
    QueueFlag.OFF_SCHEDULE: "登録日以外",
    QueueFlag.ISSUE_FAILED: "払出し失敗",
    QueueFlag.MAIL_FAILED: "メール不達",
    QueueFlag.ABOLITION: "廃止あり",
    QueueFlag.REISSUE: "パスワード再発行",
}

MAILBOX_CONDITION_LABELS: Mapping[MailboxCondition, str] = {
    MailboxCondition.NOT_STARTED: "利用開始前",
    MailboxCondition.ACTIVE: "利用中",
    MailboxCondition.ABOLITION_DECIDED: "廃止予定",
    MailboxCondition.ABOLISHED: "廃止",
    MailboxCondition.VOIDED: "無効",
}

REVISION_FIELD_LABELS: Mapping[RevisionField, str] = {
    RevisionField.REQUESTED_START_DATE: "利用開始希望日",
    RevisionField.ADD_SMTP_POP3: "追加数（SMTP/POP3）",
    RevisionField.ADD_EDIFACT: "追加数（EDIFACT）",
    RevisionField.ABOLISH: "廃止",
    RevisionField.REISSUE: "再発行",
    RevisionField.REASON: "変更する理由",
}

APPLICATION_KIND_LABELS: Mapping[ApplicationKind, str] = {
    ApplicationKind.MAILBOX_CHANGE: "メールボックス数の変更",
    ApplicationKind.PASSWORD_REISSUE: "パスワード再発行",
}

TIMELINE_STEP_LABELS: Mapping[TimelineStep, str] = {
    TimelineStep.OPENED: "審査を開始しました",
    TimelineStep.APPROVED: "承認しました",
    TimelineStep.ISSUE_FAILED: "払出しできなかったため、審査中に戻りました",
    TimelineStep.COMPLETED: "払出しが完了し、審査を終了しました",
    TimelineStep.SERVICE_STARTED: "利用を開始しました",
    TimelineStep.ASKED: "申込者に確認事項を送りました",
    TimelineStep.CANCEL_REQUESTED: "確認事項の取消しを依頼しました",
    TimelineStep.GIVEN_BACK: "確認事項が取り消され、審査中に戻りました",
    TimelineStep.REMINDED: "確認事項への回答をお願いしました",
    TimelineStep.CORRECTED: "申込者が修正し、審査中に戻りました",
    TimelineStep.WITHDRAWN: "申込者が取り下げました",
    TimelineStep.WITHDRAWAL_REFUSED: "承認後のため、取下げを受け付けませんでした",
    TimelineStep.PROPOSED: "承認案を作成しました（もう一人の承認待ち）",
    TimelineStep.PROPOSAL_DECLINED: "承認案を差し戻しました",
    TimelineStep.VOIDED: "無効にしました",
    TimelineStep.VOID_MISSED: "システム設定が未完了のまま、無効にできる時刻を過ぎました",
    TimelineStep.MAILBOXES_VOIDED: "払い出したメールボックスを無効にしました",
    TimelineStep.START_DATE_CHANGED: "利用開始日を変更しました",
    TimelineStep.RESCHEDULED: "利用開始日の変更を反映しました",
    TimelineStep.SETTING_RECORDED: "システム設定の完了を登録しました",
    TimelineStep.REISSUED: "パスワードを再発行し、審査を終了しました",
    TimelineStep.NOTICE_VIEWED: "申込者がID通知内容を表示しました",
    TimelineStep.WINDOW_CLOSING: "パスワード参照期間の終わりが近づきました",
    TimelineStep.WINDOW_CLOSED: "パスワード参照期間が終わりました",
    TimelineStep.MAIL_SENT: "メールを送信しました",
    TimelineStep.MAIL_DEFERRED: "メールを送信できず、再送を待っています",
    TimelineStep.MAIL_FAILED: "メールを届けられませんでした",
}

RECIPIENT_ROLE_LABELS: Mapping[RecipientRole, str] = {
    RecipientRole.CONTACT: "申込担当者",
    RecipientRole.ADMINISTRATOR: "システム管理責任者",
}

MAIL_FAILURE_LABELS: Mapping[MailFailure, str] = {
    MailFailure.REFUSED: "受信側に拒否されました",
    MailFailure.GAVE_UP: "再送の期限を過ぎました",
    MailFailure.BOUNCED: "宛先不明で戻りました",
    MailFailure.INVALID_ADDRESS: "宛先の形式が正しくありません",
}

APPLICANT_WARNING_LABELS: Mapping[str, str] = {
    "off_schedule": "利用開始希望日がスケジュール表にない日付です",
    "deadline_passed": "希望した登録日の申込締切日を過ぎています",
    "no_schedule": "申込時点で希望月のスケジュール表がありませんでした",
    "added_not_total": "追加数に合計数を入力した可能性があります",
    "last_mailbox": "最後のメールボックスを廃止しようとしています",
}
"""By the codes an application carries; a newer intake may know more."""

SMTP_POP3_COUNT = "SMTP/POP3メールボックス数"
EDIFACT_COUNT = "EDIFACTメールボックス数"
MAILBOX_IDS = "メールボックスID"
ID_AFTER_REVIEW = "（審査終了後に払出し）"
NONE = "なし"
ADDED = "追加 {}個"
ABOLISHED = "廃止 {}個"
SEPARATOR = "・"
START_DATE = "利用開始日 {}"
TO = "宛先：{}"
NEXT_ATTEMPT = "次回送信 {}"
NEVER_VIEWED = "一度も表示されていません"
OPENING_BALANCE = "当初から"
ISSUED_BY = "申込 {}"
ABOLISHED_ON = "{}廃止"
REISSUED_ON = "{}パスワード再発行"


def mail_words(code: str) -> str:
    """A mail by its code; one of a newer notifier is shown as it is."""
    known = {mail.value: words for mail, words in MAIL_LABELS.items()}
    return known.get(code, code)


def count_of(mailboxes: int) -> str:
    """A number of mailboxes."""
    return f"{mailboxes}個"
