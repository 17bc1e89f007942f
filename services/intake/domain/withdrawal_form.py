"""The one field of a withdrawal: why, if the applicant says so."""

from services.intake.domain.form_errors import FormErrors, Problems
from services.intake.domain.form_fields import read_reason


def check_withdrawal_reason(typed: str) -> str | FormErrors:
    """The reason, normalised; the empty text if none is given, the errors if it cannot be kept."""
    if not typed.strip():
        return ""
    problems = Problems()
    reason = read_reason(typed, problems)
    return FormErrors(tuple(problems.errors)) if problems.errors else reason
