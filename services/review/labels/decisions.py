"""Words of decisions: states, problems of an approval, failures of the issue, the automatic policy."""

from collections.abc import Mapping

from services.review.domain.bulk_approval import BulkOutcome
from services.review.domain.review import ClarificationReason, DecisionProblem, ReviewState, VoidReason
from shared.contracts.provisioning_events import IssueFailure

MOVED_ON = "他の担当者または処理がこの申込を更新しました。最新の状態を確認してください。"
MOVED_BY_SERVICE = "自動処理"

POLICY_NAME = "自動承認"
POLICY_MOVED_NOTE = "ご希望日以降で最も早いシステム登録日を利用開始日としました。"

YES = "必要"
NO = "不要"
DECISION_FIELDS: Mapping[str, str] = {
    "confirmed_start_date": "利用開始日",
    "note": "申込者への説明",
    "system_setting_required": "システム設定",
    "reason_code": "理由",
    "question": "確認する内容",
    "answer_by": "回答希望日",
    "completed_on": "完了日",
}
ANSWER_BY = "回答希望日 {}"
COMPLETED_ON = "完了日 {}"
PROPOSED_BY = "承認案：{}"
REVISION = "第{}版"
ACKNOWLEDGED = "{}：確認しました"

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

DECISION_PROBLEM_LABELS: Mapping[DecisionProblem, str] = {
    DecisionProblem.SCHEDULE_MISSING: (
        "利用開始希望月のスケジュール表が未登録のため、承認できません。スケジュール表の登録後に承認してください。"
    ),
    DecisionProblem.START_DATE_UNREADABLE: "利用開始日は半角数字8桁の実在する日付で入力してください。",
    DecisionProblem.START_DATE_NOT_FUTURE: "利用開始日は本日より後の日付にしてください。",
    DecisionProblem.START_DATE_TOO_EARLY: "利用開始日は承認日の翌営業日以降にしてください。",
    DecisionProblem.START_DATE_TOO_EARLY_FOR_SETTING: (
        "システム設定が必要な申込の利用開始日は、承認日の5営業日後以降にしてください。"
    ),
    DecisionProblem.START_DATE_NOT_REGISTRATION_DAY: (
        "スケジュール表のシステム登録日から選んでください。それ以外の営業日は審査責任者だけが指定できます。"
    ),
    DecisionProblem.START_DATE_NOT_BUSINESS_DAY: "利用開始日は営業日にしてください。",
    DecisionProblem.START_DATE_NOT_COVERED: (
        "営業日カレンダーの範囲外の日付です。カレンダーの登録後に承認してください。"
    ),
    DecisionProblem.START_DATE_NOT_LATER: "今の利用開始日より後のシステム登録日を選んでください。",
    DecisionProblem.OFFICE_CLOSED: "事業所の廃止が登録されているため、承認できません。申込は自動的に無効になります。",
    DecisionProblem.NOTE_REQUIRED: "申込者への説明を入力してください。",
    DecisionProblem.NOTE_TOO_LONG: "申込者への説明は240文字以内で入力してください。",
    DecisionProblem.CHECK_NOT_ACKNOWLEDGED: "問題のある確認項目を1件ずつ確かめ、すべてチェックしてください。",
    DecisionProblem.NOT_CLEAN: "担当者の判断が必要な申込のため、一括では承認できません。",
    DecisionProblem.SAME_PERSON: "承認案を作成した担当者は、自分で承認できません。別の審査責任者が承認してください。",
    DecisionProblem.QUESTION_REQUIRED: "申込者に確認する内容を入力してください。",
    DecisionProblem.QUESTION_TOO_LONG: "確認する内容は1000文字以内で入力してください。",
    DecisionProblem.REASON_UNKNOWN: "理由を選んでください。",
    DecisionProblem.ANSWER_BY_UNREADABLE: "回答希望日は半角数字8桁の実在する日付で入力してください。",
    DecisionProblem.ANSWER_BY_NOT_FUTURE: "回答希望日は本日より後の日付にしてください。",
    DecisionProblem.ANSWER_BY_NOT_BUSINESS_DAY: "回答希望日は営業日にしてください。",
    DecisionProblem.CANCEL_ALREADY_REQUESTED: "確認事項の取消しは依頼済みです。結果をお待ちください。",
    DecisionProblem.TOO_LATE: "利用開始日の前日18:00を過ぎたため、変更できません。",
    DecisionProblem.WITHOUT_START_DATE: "パスワード再発行の申込は、審査終了後に変更できません。",
    DecisionProblem.SETTING_NOT_REQUIRED: "システム設定が必要な申込ではありません。",
    DecisionProblem.SETTING_ALREADY_RECORDED: "システム設定の完了は登録済みです。",
    DecisionProblem.COMPLETED_ON_UNREADABLE: "完了日は半角数字8桁の実在する日付で入力してください。",
    DecisionProblem.COMPLETED_ON_IN_FUTURE: "完了日は本日以前の日付にしてください。",
    DecisionProblem.COMPLETED_ON_AFTER_DEADLINE: "完了日がシステム設定申込締切日を過ぎています。",
}

CLARIFICATION_REASON_LABELS: Mapping[ClarificationReason, str] = {
    ClarificationReason.COUNT_UNCLEAR: "追加する個数",
    ClarificationReason.REASON_UNCLEAR: "変更する理由",
    ClarificationReason.START_DATE_UNCLEAR: "利用開始希望日",
    ClarificationReason.ABOLITION_UNCLEAR: "廃止するメールボックス",
    ClarificationReason.DESTINATIONS_UNCLEAR: "出力先の変更",
    ClarificationReason.SETTING_UNCLEAR: "システム設定の申込",
    ClarificationReason.CONTACT_UNCLEAR: "申込担当者の連絡先",
    ClarificationReason.OTHER: "その他",
}

QUESTION_TEMPLATES: Mapping[ClarificationReason, str] = {
    ClarificationReason.COUNT_UNCLEAR: (
        "追加する個数は、合計数ではなく、今回追加する数を入力していただいております。"
        "お申込みの個数でよろしいかご確認のうえ、異なる場合は修正してください。"
    ),
    ClarificationReason.REASON_UNCLEAR: (
        "変更する理由を、業務の内容や対象のシステムが分かるように詳しくご記入ください。"
    ),
    ClarificationReason.START_DATE_UNCLEAR: (
        "ご希望の利用開始日ではご利用を開始できません。スケジュール表のシステム登録日から選び直してください。"
    ),
    ClarificationReason.ABOLITION_UNCLEAR: (
        "廃止するメールボックスIDに誤りがないかご確認ください。廃止したIDは再び使用できません。"
    ),
    ClarificationReason.DESTINATIONS_UNCLEAR: (
        "最後のメールボックスを廃止するお申込みです。"
        "処理結果電文の出力先の変更がお済みかご確認のうえ、変更する理由にご記入ください。"
    ),
    ClarificationReason.SETTING_UNCLEAR: (
        "お申込みの変更には、別途「システム設定」の申込が必要です。お手続きの予定をご記入ください。"
    ),
    ClarificationReason.CONTACT_UNCLEAR: (
        "ご登録の連絡先で申込担当者の方とご連絡が取れませんでした。連絡先をご確認のうえ、修正してください。"
    ),
    ClarificationReason.OTHER: "",
}
"""What the question begins with; the reviewer edits it freely."""

MAIL_DATE = "%Y年%m月%d日"
CONTACT_PERSON = "申込担当者"
"""Where a mail's name stands, once it is erased or not to be shown."""

VOID_REASON_LABELS: Mapping[VoidReason, str] = {
    VoidReason.SYSTEM_SETTING_MISSING: "システム設定の申込がない",
    VoidReason.OFFICE_CLOSED: "事業所の廃止",
    VoidReason.APPLICANT_ASKED: "申込者からの連絡",
    VoidReason.APPROVED_IN_ERROR: "承認の誤り",
    VoidReason.OTHER: "その他",
}

BULK_OUTCOME_LABELS: Mapping[BulkOutcome, str] = {
    BulkOutcome.APPROVED: "承認しました",
    BulkOutcome.REFUSED: "承認しませんでした",
    BulkOutcome.MOVED_ON: "他の担当者または処理が先に更新しました",
}

ISSUE_FAILURE_LABELS: Mapping[IssueFailure, str] = {
    IssueFailure.IDS_EXHAUSTED: "事業所のメールボックスIDに空きがありません",
    IssueFailure.MODE_NOT_CONTRACTED: "契約にない処理方式のメールボックスです",
    IssueFailure.NOT_ACTIVE: "廃止対象のメールボックスが利用中ではありません",
    IssueFailure.UNKNOWN_OFFICE: "払出しの台帳に事業所がありません",
    IssueFailure.START_DATE_PASSED: "払出しの時点で利用開始日が過ぎていました",
    IssueFailure.REVISION_SUPERSEDED: "より新しい申込内容について払出しを判断済みです",
}
