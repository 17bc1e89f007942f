"""Which mails an operator means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class MailFilter:
    """Which mails; what is None does not matter. `ids` are mail ids, `since` and `until` bound the queueing."""

    ids: Sequence[int] | None = None
    receipt_number: str | None = None
    mail: str | None = None
    role: str | None = None
    state: str | None = None
    failure: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def arguments(self) -> list[Any]:
        """In the order of the database's `wanted_mails`."""
        return [self.ids, self.receipt_number, self.mail, self.role, self.state, self.failure, self.since, self.until]

    @property
    def is_everything(self) -> bool:
        """Whether nothing is asked for in particular."""
        return all(argument is None for argument in self.arguments())
