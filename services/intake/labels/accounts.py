"""Words about passwords and logins."""

from collections.abc import Mapping

from services.intake.domain.new_password import LONGEST, SHORTEST, NewPasswordProblem

PASSWORD_FIELD_LABELS: Mapping[str, str] = {
    "current_password": "現在のパスワード",
    "new_password": "新しいパスワード",
    "new_password_again": "新しいパスワード（確認用）",
}

NEW_PASSWORD_PROBLEM_LABELS: Mapping[NewPasswordProblem, str] = {
    NewPasswordProblem.REQUIRED: "{field}を入力してください",
    NewPasswordProblem.TOO_SHORT: f"{{field}}は{SHORTEST}文字以上で入力してください",
    NewPasswordProblem.TOO_LONG: f"{{field}}は{LONGEST}文字以内で入力してください",
    NewPasswordProblem.TOO_COMMON: (
        "{field}は推測されやすいものです。よく使われる言葉や連続した文字だけにせず、別のものを入力してください"
    ),
    NewPasswordProblem.HOLDS_OFFICE_WORDS: (
        "{field}は推測されやすいものです。事業所コードや企業名だけにせず、別のものを入力してください"
    ),
    NewPasswordProblem.SAME_AS_CURRENT: "{field}は、現在のパスワードと異なるものを入力してください",
    NewPasswordProblem.NOT_REPEATED: "{field}が、新しいパスワードと一致しません",
    NewPasswordProblem.CURRENT_WRONG: "{field}が正しくありません",
}


def password_problem_text(field: str, problem: NewPasswordProblem) -> str:
    """The sentence for one field."""
    return NEW_PASSWORD_PROBLEM_LABELS[problem].format(field=PASSWORD_FIELD_LABELS[field])
