"""The before and after of an application: what the check page shows, and the digest that page, PDF and event share."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.people import MailboxChange
from shared.kernel.identifiers import MailboxId


@dataclass(frozen=True, slots=True)
class KindDifference:
    """One kind of mailbox before and after: IDs that exist, IDs given up, and how many new ones are asked for."""

    kind: MailboxKind
    ids_before: tuple[MailboxId, ...]
    ids_abolished: tuple[MailboxId, ...]
    added: int

    @property
    def ids_kept(self) -> tuple[MailboxId, ...]:
        """IDs that stay."""
        return tuple(mailbox for mailbox in self.ids_before if mailbox not in self.ids_abolished)

    @property
    def count_before(self) -> int:
        """Mailboxes of this kind now."""
        return len(self.ids_before)

    @property
    def count_after(self) -> int:
        """Mailboxes of this kind when the application has taken effect."""
        return len(self.ids_kept) + self.added


@dataclass(frozen=True, slots=True)
class Difference:
    """The whole before/after, one entry per kind in a fixed order (B22)."""

    kinds: tuple[KindDifference, ...]

    def of(self, kind: MailboxKind) -> KindDifference:
        """The entry of one kind."""
        return next(entry for entry in self.kinds if entry.kind is kind)


def difference_of(
    before: Sequence[MailboxRef], *, add_smtp_pop3: int, add_edifact: int, abolish: Collection[MailboxId]
) -> Difference:
    """What would change: per kind the IDs before, the IDs given up and the number of new ones."""
    added = {MailboxKind.SMTP_POP3: add_smtp_pop3, MailboxKind.EDIFACT: add_edifact}
    return Difference(tuple(_kind_difference(kind, before, added[kind], abolish) for kind in MailboxKind))


def difference_asked(change: MailboxChange) -> Difference:
    """The before/after of a registered application, the same that its check page showed."""
    return difference_of(
        change.mailboxes_before,
        add_smtp_pop3=change.add_smtp_pop3,
        add_edifact=change.add_edifact,
        abolish=change.abolish,
    )


def canonical_json(difference: Difference) -> str:
    """The one text of a before/after: keys sorted, no white space, UTF-8 unescaped, counts beside the IDs."""
    entries = {
        entry.kind.value: {
            "after": {"count": entry.count_after, "kept": entry.ids_kept, "added": entry.added},
            "before": {"count": entry.count_before, "mailbox_ids": entry.ids_before},
        }
        for entry in difference.kinds
    }
    return json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def diff_sha256(difference: Difference) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(difference).encode()).hexdigest()


def _kind_difference(
    kind: MailboxKind, before: Sequence[MailboxRef], added: int, abolish: Collection[MailboxId]
) -> KindDifference:
    ids = tuple(sorted(box.mailbox_id for box in before if box.kind is kind))
    return KindDifference(kind, ids, tuple(mailbox for mailbox in ids if mailbox in abolish), added)
