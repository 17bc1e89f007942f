"""Words of the desk itself: staff, login, audit, schedule, calendar and report."""

from collections.abc import Mapping

from services.review.domain.audit import AuditAction
from services.review.domain.day_counts import DayOff
from services.review.domain.notes import NoteKind, NoteProblem
from services.review.domain.schedule_checks import ScheduleProblem
from services.review.domain.schedule_table import LineProblem, RowKind, TableWords
from services.review.domain.staff import PasswordProblem, StaffRole

LOGIN_REFUSED = "ログインIDまたはパスワードが正しくありません。続けて5回誤ると、15分間ログインできなくなります。"
PROVIDER_REFUSED = "シングルサインオンでログインできませんでした。運用担当に連絡してください。"
NOT_PERMITTED = "この操作を行う権限がありません。"
BEARER_REFUSED = "トークンがないか、有効期限が切れています。もう一度ログインしてください。"
NO_SCHEDULE = "スケジュール表はまだ登録されていません。"
NOT_CLAIMED = "この申込を担当していません。"
HELD_BY = "{name}が{until}まで担当しています。"
LOGIN_TAKEN = "このログインIDはすでに使われています。"
UNKNOWN_LOGIN = "このログインIDはありません。"
OWN_ACCOUNT = "自分のアカウントは停止できません。"

STAFF_ROLE_LABELS: Mapping[StaffRole, str] = {
    StaffRole.REVIEWER: "審査担当",
    StaffRole.LEAD: "審査責任者",
    StaffRole.OPERATOR: "運用担当",
    StaffRole.HELP_DESK: "ヘルプデスク",
}

PASSWORD_PROBLEM_TEXTS: Mapping[PasswordProblem, str] = {
    PasswordProblem.CURRENT_WRONG: "現在のパスワードが正しくありません。",
    PasswordProblem.TOO_SHORT: "新しいパスワードは12文字以上で入力してください。",
    PasswordProblem.TOO_LONG: "新しいパスワードは200文字以内で入力してください。",
    PasswordProblem.SAME_AS_LOGIN: "ログインIDと同じパスワードは使えません。",
    PasswordProblem.SAME_AS_CURRENT: "現在のパスワードと違うパスワードを入力してください。",
    PasswordProblem.NOT_REPEATED: "新しいパスワードが一致しません。",
}

NOTE_KIND_LABELS: Mapping[NoteKind, str] = {
    NoteKind.NOTE: "メモ",
    NoteKind.TELEPHONE: "電話連絡",
}

NOTE_PROBLEM_TEXTS: Mapping[NoteProblem, str] = {
    NoteProblem.TEXT_REQUIRED: "内容を入力してください。",
    NoteProblem.TEXT_TOO_LONG: "内容は2000文字以内で入力してください。",
    NoteProblem.SPOKE_WITH_REQUIRED: "話した相手を入力してください。",
    NoteProblem.SPOKE_WITH_TOO_LONG: "話した相手は60文字以内で入力してください。",
    NoteProblem.CALLED_AT_UNREADABLE: "日時は2026-11-24T10:30の形で入力してください。",
    NoteProblem.CALLED_AT_IN_FUTURE: "電話の日時は現在より前にしてください。",
}

AUDIT_ACTION_TEXTS: Mapping[AuditAction, str] = {
    AuditAction.LOGGED_IN: "ログインしました",
    AuditAction.LOGIN_FAILED: "ログインに失敗しました",
    AuditAction.ACCOUNT_LOCKED: "ログインできなくなりました",
    AuditAction.LOGGED_OUT: "ログアウトしました",
    AuditAction.PASSWORD_CHANGED: "パスワードを変更しました",
    AuditAction.ACCOUNT_CREATED: "アカウントを登録しました",
    AuditAction.ROLES_CHANGED: "役割を変更しました",
    AuditAction.PASSWORD_RESET: "パスワードを再設定しました",
    AuditAction.ACCOUNT_DISABLED: "アカウントを停止しました",
    AuditAction.ACCOUNT_ENABLED: "アカウントを再開しました",
    AuditAction.CONTACT_VIEWED: "連絡先を表示しました",
    AuditAction.CLAIMED: "担当しました",
    AuditAction.RELEASED: "担当を外れました",
    AuditAction.NOTE_ADDED: "メモを書きました",
    AuditAction.TELEPHONE_RECORDED: "電話連絡を記録しました",
    AuditAction.DECIDED: "判断しました",
    AuditAction.SCHEDULE_PUBLISHED: "スケジュール表を公開しました",
    AuditAction.REPORT_EXPORTED: "月次報告を出力しました",
}

ROW_KIND_LABELS: Mapping[RowKind, str] = {
    RowKind.REGISTRATION: "登録日",
    RowKind.CLOSURE: "休業日",
    RowKind.OPENING: "臨時営業日",
}

SCHEDULE_TABLE = TableWords(
    headings=("種別", "日付", "申込締切日", "システム設定申込締切日", "理由"), kinds=ROW_KIND_LABELS
)
"""How a schedule is worded as CSV."""

SCHEDULE_PROBLEM_LABELS: Mapping[ScheduleProblem, str] = {
    ScheduleProblem.NO_REGISTRATION_DAYS: "システム登録日が1件もありません。",
    ScheduleProblem.REPEATED_DAY: "同じシステム登録日が2回あります。",
    ScheduleProblem.NOT_A_BUSINESS_DAY: "営業日でないシステム登録日があります。",
    ScheduleProblem.DEADLINE_AFTER_DAY: "締切日がシステム登録日より後になっています。",
    ScheduleProblem.DATE_NOT_COVERED: "カレンダーの範囲外のシステム登録日があります。",
    ScheduleProblem.REPEATED_EXCEPTION: "同じ休業日または臨時営業日が2回あります。",
    ScheduleProblem.CLOSED_AND_OPEN: "同じ日が休業日と営業日の両方に登録されています。",
    ScheduleProblem.EXCEPTION_NOT_COVERED: "カレンダーの範囲外の休業日または臨時営業日があります。",
    ScheduleProblem.COVERS_PAST_ONLY: "カレンダーの最終日が過去の日付です。",
    ScheduleProblem.COVERS_UNVERIFIED: "この日より後の祝日は確かめられていないため、カレンダーの最終日にできません。",
    ScheduleProblem.COVERS_LESS_THAN_PROMISED: "この日までの利用開始日または参照期間をすでに通知しています。",
}

LINE_PROBLEM_TEXTS: Mapping[LineProblem, str] = {
    LineProblem.UNKNOWN_KIND: "種別は登録日、休業日、臨時営業日のどれかにしてください。",
    LineProblem.DATE_UNREADABLE: "日付は半角数字8桁の実在する日付で入力してください。",
    LineProblem.APPLICATION_DEADLINE_UNREADABLE: "申込締切日は半角数字8桁の実在する日付で入力してください。",
    LineProblem.SETTING_DEADLINE_UNREADABLE: (
        "システム設定申込締切日は半角数字8桁の実在する日付にするか、空にしてください。"
    ),
    LineProblem.REASON_MISSING: "休業日と臨時営業日には理由を入力してください。",
    LineProblem.REASON_TOO_LONG: "理由は200文字以内で入力してください。",
    LineProblem.TOO_MANY_CELLS: "列が多すぎます。",
    LineProblem.TOO_MANY_LINES: "一度に登録できるのは2000行までです。",
    LineProblem.NOT_A_TABLE: "表として読み取れません。引用符の対応を確かめてください。",
}

DAY_OFF_LABELS: Mapping[DayOff, str] = {
    DayOff.WEEKEND: "土日",
    DayOff.HOLIDAY: "祝日",
    DayOff.YEAR_END: "年末年始",
    DayOff.CLOSURE: "臨時休業日",
}

THIRD_BUSINESS_DAY = "{day}は3営業日目のため"
WINDOW_REASON = "利用開始日の2営業日後（{last}）まで参照できます。{third}参照できません。{left_out}"
ANSWER_REASON = "{start}から数えて{days}営業日目です。{left_out}"
LEFT_OUT = "{days}は数えません。"
DAY_LEFT_OUT = "{day}（{cause}）"
SCHEDULE_MOVED_ON = "他の担当者が第{version}版を公開しました。公開された内容を確認してから、もう一度公開してください。"
COVERS_UNREADABLE = "カレンダーの最終日は半角数字8桁の実在する日付で入力してください。"
FAULT_OF_DAY = "{day}：{text}"
FAULT_OF_LINE = "{line}行目：{text}"

REPORT_HEADINGS = (
    "月",
    "事業所コード",
    "企業名",
    "事業所名",
    "受付",
    "審査終了",
    "取下げ",
    "無効",
    "追加（SMTP/POP3）",
    "追加（EDIFACT）",
    "廃止",
    "審査日数（平均）",
    "審査日数（最長）",
    "目安内",
)
INVALID_OFFICE_CODE = "事業所コードは英数字6桁で指定してください。"
INVALID_MONTH = "月は2026-11の形で指定してください。"
