"""Japanese words of the console: states, kinds, roles, problems, timeline steps, and its few sentences."""

from collections.abc import Mapping

from services.review.domain.review import ApprovalProblem, ReviewState
from services.review.domain.review_queue import QueueFilter
from services.review.domain.schedule import ScheduleProblem
from services.review.domain.staff import StaffRole
from services.review.domain.timeline import TimelineStep
from shared.contracts.event_data import ApplicationKind
from shared.contracts.notifier_events import MailFailure, RecipientRole
from shared.contracts.provisioning_events import IssueFailure
from shared.runtime.web.labels import MAIL_LABELS as MAIL_LABELS
from shared.runtime.web.labels import PROCESSING_MODE_LABELS as PROCESSING_MODE_LABELS

LOGIN_REFUSED = "ログインIDまたはパスワードが正しくありません。"
NOT_PERMITTED = "この操作を行う権限がありません。"
BEARER_REFUSED = "トークンがないか、有効期限が切れています。もう一度ログインしてください。"
UNKNOWN_APPLICATION = "この受付番号の申込はありません。"
NO_SCHEDULE = "スケジュール表はまだ登録されていません。"
MOVED_ON = "他の担当者または処理がこの申込を更新しました。最新の状態を確認してください。"
INVALID_CURSOR_MESSAGE = "続きの位置を読み取れません。"
MOVED_BY_SERVICE = "自動処理"

POLICY_NAME = "自動承認"
POLICY_MOVED_NOTE = "ご希望日以降で最も早いシステム登録日を利用開始日としました。"

REVIEW_STATE_LABELS: Mapping[ReviewState, str] = {
    ReviewState.RECEIVED: "受付",
    ReviewState.UNDER_REVIEW: "審査中",
    ReviewState.CLARIFICATION: "確認事項あり",
    ReviewState.APPROVED: "承認済み（払出し中）",
    ReviewState.REVIEW_COMPLETED: "審査終了",
    ReviewState.IN_SERVICE: "利用開始",
    ReviewState.WITHDRAWN: "取下げ",
    ReviewState.VOIDED: "無効",
}

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

APPLICATION_KIND_LABELS: Mapping[ApplicationKind, str] = {
    ApplicationKind.MAILBOX_CHANGE: "メールボックス数の変更",
    ApplicationKind.PASSWORD_REISSUE: "パスワード再発行",
}

STAFF_ROLE_LABELS: Mapping[StaffRole, str] = {
    StaffRole.REVIEWER: "審査担当",
    StaffRole.LEAD: "審査責任者",
    StaffRole.OPERATOR: "運用担当",
    StaffRole.HELP_DESK: "ヘルプデスク",
}

APPROVAL_PROBLEM_LABELS: Mapping[ApprovalProblem, str] = {
    ApprovalProblem.SCHEDULE_MISSING: (
        "利用開始希望月のスケジュール表が未登録のため、承認できません。スケジュール表の登録後に承認してください。"
    ),
    ApprovalProblem.START_DATE_UNREADABLE: "利用開始日は半角数字8桁の実在する日付で入力してください。",
    ApprovalProblem.START_DATE_NOT_FUTURE: "利用開始日は本日より後の日付にしてください。",
    ApprovalProblem.START_DATE_TOO_EARLY: "利用開始日は承認日の翌営業日以降にしてください。",
    ApprovalProblem.START_DATE_TOO_EARLY_FOR_SETTING: (
        "システム設定が必要な申込の利用開始日は、承認日の5営業日後以降にしてください。"
    ),
    ApprovalProblem.START_DATE_NOT_REGISTRATION_DAY: (
        "スケジュール表のシステム登録日から選んでください。それ以外の営業日は審査責任者だけが指定できます。"
    ),
    ApprovalProblem.START_DATE_NOT_BUSINESS_DAY: "利用開始日は営業日にしてください。",
    ApprovalProblem.START_DATE_NOT_COVERED: (
        "営業日カレンダーの範囲外の日付です。カレンダーの登録後に承認してください。"
    ),
    ApprovalProblem.NOTE_REQUIRED: "利用開始日が希望日と異なるため、申込者への説明を入力してください。",
    ApprovalProblem.NOTE_TOO_LONG: "申込者への説明は240文字以内で入力してください。",
    ApprovalProblem.DESTINATIONS_NOT_ACKNOWLEDGED: (
        "最後のSMTP/POP3メールボックスを廃止します。出力先の変更が済んでいることを確認し、チェックしてください。"
    ),
}

SCHEDULE_PROBLEM_LABELS: Mapping[ScheduleProblem, str] = {
    ScheduleProblem.NO_REGISTRATION_DAYS: "システム登録日が1件もありません。",
    ScheduleProblem.REPEATED_DAY: "同じシステム登録日が2回あります。",
    ScheduleProblem.NOT_A_BUSINESS_DAY: "営業日でないシステム登録日があります。",
    ScheduleProblem.DEADLINE_AFTER_DAY: "締切日がシステム登録日より後になっています。",
    ScheduleProblem.CLOSED_AND_OPEN: "同じ日が休業日と営業日の両方に登録されています。",
    ScheduleProblem.COVERS_PAST_ONLY: "カレンダーの最終日が過去の日付です。",
    ScheduleProblem.DATE_NOT_COVERED: "カレンダーの範囲外のシステム登録日があります。",
}

TIMELINE_STEP_LABELS: Mapping[TimelineStep, str] = {
    TimelineStep.OPENED: "審査を開始しました",
    TimelineStep.APPROVED: "承認しました",
    TimelineStep.ISSUE_FAILED: "払出しできなかったため、審査中に戻りました",
    TimelineStep.COMPLETED: "払出しが完了し、審査を終了しました",
    TimelineStep.SERVICE_STARTED: "利用を開始しました",
    TimelineStep.MAIL_SENT: "メールを送信しました",
    TimelineStep.MAIL_DEFERRED: "メールを送信できず、再送を待っています",
    TimelineStep.MAIL_FAILED: "メールを届けられませんでした",
}

ISSUE_FAILURE_LABELS: Mapping[IssueFailure, str] = {
    IssueFailure.IDS_EXHAUSTED: "事業所のメールボックスIDに空きがありません",
    IssueFailure.MODE_NOT_CONTRACTED: "契約にない処理方式のメールボックスです",
    IssueFailure.NOT_ACTIVE: "廃止対象のメールボックスが利用中ではありません",
    IssueFailure.UNKNOWN_OFFICE: "払出しの台帳に事業所がありません",
    IssueFailure.START_DATE_PASSED: "払出しの時点で利用開始日が過ぎていました",
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


def count_of(mailboxes: int) -> str:
    """A number of mailboxes."""
    return f"{mailboxes}個"
