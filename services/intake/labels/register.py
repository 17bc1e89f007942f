"""Words about contracts and mailboxes, and what can be wrong with a register."""

from collections.abc import Mapping

from services.intake.domain.mailboxes import MailboxState
from services.intake.domain.register_rules import RegisterProblemCode
from shared.contracts.event_data import MailboxKind
from shared.runtime.web.labels import FIELD_MESSAGES, OTHER_FIELD_MESSAGE

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

REGISTER_PROBLEM_LABELS: Mapping[RegisterProblemCode, str] = {
    RegisterProblemCode.FOREIGN_MAILBOX: "この事業所のメールボックスIDではありません",
    RegisterProblemCode.REPEATED_MAILBOX: "同じメールボックスIDが重複しています",
    RegisterProblemCode.UNKNOWN_VALUE: "選択肢から選んでください",
    RegisterProblemCode.OPENING_MAILBOXES_FIXED: "登録時のメールボックスは後から変更できません",
    RegisterProblemCode.FOREIGN_ABBREVIATION: "企業略称は事業所コードの先頭3桁と同じにしてください",
    RegisterProblemCode.EMPTY: "入力してください",
    RegisterProblemCode.TOO_LONG: "文字数が多すぎます",
    RegisterProblemCode.UNPRINTABLE_CHARACTER: "帳票に印刷できない文字があります。入力し直してください",
    RegisterProblemCode.NOT_OF_THE_FORM: "決められた形式で入力してください",
}

REPEATED_IN_REGISTER: Mapping[str, str] = {
    "repeated_office_code": "同じ事業所コードが重複しています",
    "repeated_company_abbreviation": "同じ企業略称が重複しています",
}


def register_problem_text(code: str) -> str:
    """The sentence for a problem of a register, whether a rule, a repetition or a field's type found it."""
    if code in set(RegisterProblemCode):
        return REGISTER_PROBLEM_LABELS[RegisterProblemCode(code)]
    return REPEATED_IN_REGISTER.get(code) or FIELD_MESSAGES.get(code, OTHER_FIELD_MESSAGE)
