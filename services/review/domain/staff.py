"""Staff of the Center: who they are, what their roles allow, and when an account is locked."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILED_LOGINS_TO_LOCK = 5
LOCK = timedelta(minutes=15)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
LOGIN_FORM = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class StaffRole(StrEnum):
    """What a member of staff does (domain rules, section 11)."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    OPERATOR = "operator"
    HELP_DESK = "help_desk"


DECIDING = frozenset({StaffRole.REVIEWER, StaffRole.LEAD})
EVERYBODY = frozenset(StaffRole)


class InvalidStaffAccount(ValueError):
    """The account cannot be created as asked; the message says why and holds no secret."""


class PasswordProblem(StrEnum):
    """Why a new password is refused; stable codes."""

    CURRENT_WRONG = "current_wrong"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    SAME_AS_LOGIN = "same_as_login"
    SAME_AS_CURRENT = "same_as_current"
    NOT_REPEATED = "not_repeated"

    @property
    def field(self) -> str:
        """The field of the form that is to be changed."""
        fields = {PasswordProblem.CURRENT_WRONG: "current", PasswordProblem.NOT_REPEATED: "repeated"}
        return fields.get(self, "new_password")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person of the Center who has logged in."""

    login: str
    display_name: str
    roles: frozenset[StaffRole]

    @property
    def may_approve(self) -> bool:
        """Reviewers and leads decide; operators and the help desk only look."""
        return not self.roles.isdisjoint(DECIDING)

    @property
    def is_lead(self) -> bool:
        """A lead may confirm a business day outside the schedule (E17)."""
        return StaffRole.LEAD in self.roles

    @property
    def may_void(self) -> bool:
        """After the review has ended: a lead, or an operator (E30)."""
        return not self.roles.isdisjoint({StaffRole.LEAD, StaffRole.OPERATOR})

    @property
    def may_record_setting(self) -> bool:
        """That a required system setting is complete: a lead, or an operator's program."""
        return self.may_void

    @property
    def may_see_contacts(self) -> bool:
        """The help desk reads the status, not the personal data of the contact."""
        return self.may_approve

    @property
    def may_set_schedule(self) -> bool:
        """Schedule and calendar are the operators' work."""
        return StaffRole.OPERATOR in self.roles

    @property
    def may_read_report(self) -> bool:
        """What charges rest on is for those who answer for it."""
        return not self.roles.isdisjoint({StaffRole.LEAD, StaffRole.OPERATOR})

    @property
    def may_keep_accounts(self) -> bool:
        """Who may work at the desk is the operators' to keep."""
        return StaffRole.OPERATOR in self.roles


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """A login with what protects it. `locked_until` may be in the past."""

    member: StaffMember
    password_hash: str
    failed_logins: int = 0
    locked_until: datetime | None = None
    must_change_password: bool = False
    is_disabled: bool = False
    oidc_subject: str | None = None

    def is_locked(self, now: datetime) -> bool:
        """Whether no password is accepted, right or wrong."""
        return self.locked_until is not None and now < self.locked_until


def after_login(account: StaffAccount, is_right: bool, now: datetime) -> StaffAccount:
    """The account after an attempt: a right password clears the count, the fifth wrong one in a row locks."""
    if account.is_locked(now):
        return account
    if is_right:
        return replace(account, failed_logins=0, locked_until=None)
    failed = account.failed_logins + 1
    if failed < FAILED_LOGINS_TO_LOCK:
        return replace(account, failed_logins=failed)
    return replace(account, failed_logins=0, locked_until=now + LOCK)


def new_password_problems(login: str, current: str, new: str, repeated: str) -> list[PasswordProblem]:
    """Every reason against the new password; whether `current` is right is found out elsewhere."""
    found = {
        PasswordProblem.TOO_SHORT: len(new) < SHORTEST_PASSWORD,
        PasswordProblem.TOO_LONG: len(new) > LONGEST_PASSWORD,
        PasswordProblem.SAME_AS_LOGIN: new.lower() == login.lower(),
        PasswordProblem.SAME_AS_CURRENT: new == current,
        PasswordProblem.NOT_REPEATED: new != repeated,
    }
    return [problem for problem, is_so in found.items() if is_so]


def a_staff_member(login: str, display_name: str, roles: Collection[str]) -> StaffMember:
    """A checked member of staff; raises InvalidStaffAccount for an empty name, an unknown role or none."""
    known = {role.value for role in StaffRole}
    unknown = sorted(set(roles) - known)
    if not login.strip() or not display_name.strip():
        raise InvalidStaffAccount("login and display name must not be empty")
    if unknown or not roles:
        raise InvalidStaffAccount(f"unknown roles {unknown}; choose from {sorted(known)}")
    return StaffMember(login.strip(), display_name.strip(), frozenset(StaffRole(role) for role in roles))


def a_new_login(login: str, display_name: str, roles: Collection[str]) -> StaffMember:
    """A member of staff whose login can be typed, quoted and logged; raises InvalidStaffAccount."""
    if not LOGIN_FORM.fullmatch(login.strip()):
        raise InvalidStaffAccount("a login is 1 to 64 of a-z, 0-9, dot, hyphen, underscore and @")
    return a_staff_member(login, display_name, roles)
