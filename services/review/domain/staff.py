"""Staff of the Center: who they are and what their roles allow."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class StaffRole(StrEnum):
    """What a member of staff does (domain rules, section 11)."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    OPERATOR = "operator"
    HELP_DESK = "help_desk"


class InvalidStaffAccount(ValueError):
    """The account cannot be created as asked; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person of the Center who has logged in."""

    login: str
    display_name: str
    roles: frozenset[StaffRole]

    @property
    def may_approve(self) -> bool:
        """Reviewers and leads decide; operators and the help desk only look."""
        return not self.roles.isdisjoint({StaffRole.REVIEWER, StaffRole.LEAD})

    @property
    def is_lead(self) -> bool:
        """A lead may confirm a business day outside the schedule (E17)."""
        return StaffRole.LEAD in self.roles

    @property
    def may_see_contacts(self) -> bool:
        """The help desk reads the status, not the personal data of the contact."""
        return self.may_approve

    @property
    def may_set_schedule(self) -> bool:
        """Schedule and calendar are the operators' work."""
        return StaffRole.OPERATOR in self.roles


def a_staff_member(login: str, display_name: str, roles: Collection[str]) -> StaffMember:
    """A checked member of staff; raises InvalidStaffAccount for an empty name, an unknown role or none."""
    known = {role.value for role in StaffRole}
    unknown = sorted(set(roles) - known)
    if not login.strip() or not display_name.strip():
        raise InvalidStaffAccount("login and display name must not be empty")
    if unknown or not roles:
        raise InvalidStaffAccount(f"unknown roles {unknown}; choose from {sorted(known)}")
    return StaffMember(login.strip(), display_name.strip(), frozenset(StaffRole(role) for role in roles))
