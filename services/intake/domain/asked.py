"""What an application asks for, of either kind: mailboxes added and given up, or passwords issued anew."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.domain.difference import Difference, diff_sha256, difference_asked
from services.intake.domain.form import CheckedForm
from shared.contracts.event_data import ApplicationKind, MailboxRef
from shared.contracts.people import MailboxChange, PasswordReissue


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the two is set, as the kind of the application says."""

    mailbox_change: MailboxChange | None = None
    password_reissue: PasswordReissue | None = None

    @property
    def difference(self) -> Difference | None:
        """The before/after of a change; a reissue has none."""
        return difference_asked(self.mailbox_change) if self.mailbox_change else None

    @property
    def sha256(self) -> str:
        """The digest of what the check page shows, the same in page, event and document: 64 hexadecimal digits."""
        if (difference := self.difference) is not None:
            return diff_sha256(difference)
        mailbox_ids = sorted(self.password_reissue.mailbox_ids) if self.password_reissue else []
        text = json.dumps({"password_reissue": mailbox_ids}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def asked_by(checked: CheckedForm, before: Sequence[MailboxRef]) -> Asked:
    """What a form without errors asks for, on these mailboxes."""
    if checked.kind is ApplicationKind.PASSWORD_REISSUE:
        return Asked(password_reissue=PasswordReissue(mailbox_ids=list(checked.mailbox_ids)))
    return Asked(
        mailbox_change=MailboxChange(
            add_smtp_pop3=checked.add_smtp_pop3,
            add_edifact=checked.add_edifact,
            abolish=list(checked.abolish),
            mailboxes_before=list(before),
        )
    )
