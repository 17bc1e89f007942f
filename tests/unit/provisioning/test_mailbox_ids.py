"""The next serials of an office: in sequence, never reused, all or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.provisioning.domain.mailbox_ids import MailboxIdsExhausted, next_mailbox_ids, remaining_serials
from shared.kernel.identifiers import OfficeCode, serial_of_mailbox

OFFICE = OfficeCode("NAC001")


def test_the_id_after_the_first_is_the_one_in_the_manual() -> None:
    assert next_mailbox_ids(OFFICE, 1, 1) == ("NAC00102",)


def test_an_office_without_mailboxes_starts_at_01() -> None:
    assert next_mailbox_ids(OFFICE, 0, 2) == ("NAC00101", "NAC00102")


def test_the_last_serial_is_99() -> None:
    assert next_mailbox_ids(OFFICE, 98, 1) == ("NAC00199",)


@pytest.mark.parametrize(("highest", "count", "remaining"), [(99, 1, 0), (98, 2, 1), (0, 100, 99)])
def test_too_many_gives_none_and_says_how_many_are_left(highest: int, count: int, remaining: int) -> None:
    assert next_mailbox_ids(OFFICE, highest, count) == MailboxIdsExhausted(remaining)


@given(highest=st.integers(0, 99), count=st.integers(0, 120))
def test_ids_follow_the_highest_without_gap_or_do_not_exist(highest: int, count: int) -> None:
    ids = next_mailbox_ids(OFFICE, highest, count)
    if isinstance(ids, MailboxIdsExhausted):
        assert highest + count > 99
        assert ids.remaining == remaining_serials(highest)
    else:
        assert [serial_of_mailbox(each) for each in ids] == list(range(highest + 1, highest + count + 1))
