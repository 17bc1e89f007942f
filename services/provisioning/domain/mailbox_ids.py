"""Which serials an office gets next: highest ever issued + 1, never a hole, never again, 99 at most (E1-E5)."""

from dataclasses import dataclass

from shared.kernel.identifiers import HIGHEST_MAILBOX_SERIAL, MailboxId, OfficeCode, mailbox_id


@dataclass(frozen=True, slots=True)
class MailboxIdsExhausted:
    """The office has fewer serials left than were asked for; it gets none (E2)."""

    remaining: int


def remaining_serials(highest_issued: int) -> int:
    """How many serials an office has left, 0 to 99. IDs that were abolished or void count as used."""
    return HIGHEST_MAILBOX_SERIAL - highest_issued


def next_mailbox_ids(
    office_code: OfficeCode, highest_issued: int, count: int
) -> tuple[MailboxId, ...] | MailboxIdsExhausted:
    """The next `count` IDs after the highest serial ever issued (0 for none), all or nothing."""
    if count > remaining_serials(highest_issued):
        return MailboxIdsExhausted(remaining_serials(highest_issued))
    return tuple(mailbox_id(office_code, highest_issued + step) for step in range(1, count + 1))
