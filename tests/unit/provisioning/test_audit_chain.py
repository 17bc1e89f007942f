"""The chain of hashes: the same entries give the same chain, any other entry another one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.provisioning.domain.audit import (
    GENESIS_SEAL,
    AuditEntry,
    AuditFault,
    SealedEntry,
    last_outlived,
    outlived_before,
    seal_entries,
    verify_links,
)

ENTRIES = [
    AuditEntry(
        number, datetime(2018, 11, 1, 0, number, tzinfo=UTC), "mailbox.entered", f"NAC0010{number}", {"a": number}
    )
    for number in range(1, 6)
]
CHANGES = st.one_of(
    st.fixed_dictionaries({"entry": st.integers(1, 9)}),
    st.fixed_dictionaries({"happened_at": st.datetimes(timezones=st.just(UTC))}),
    st.fixed_dictionaries({"action": st.text(max_size=20)}),
    st.fixed_dictionaries({"subject": st.text(max_size=20)}),
    st.fixed_dictionaries({"detail": st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3))}),
)


def links() -> list[SealedEntry]:
    return [SealedEntry(seal, entry) for seal, entry in zip(seal_entries(ENTRIES, GENESIS_SEAL), ENTRIES, strict=True)]


def test_a_chain_made_in_parts_is_the_chain_made_at_once() -> None:
    first = seal_entries(ENTRIES[:2], GENESIS_SEAL)
    assert first + seal_entries(ENTRIES[2:], first[-1]) == seal_entries(ENTRIES, GENESIS_SEAL)


def test_an_instant_is_the_same_in_every_zone_and_fields_in_every_order() -> None:
    entry = replace(ENTRIES[0], detail={"b": 1, "a": "é"})
    tokyo = entry.happened_at.astimezone(timezone(timedelta(hours=9)))
    same = replace(entry, happened_at=tokyo, detail={"a": "é", "b": 1})
    assert seal_entries([entry], GENESIS_SEAL) == seal_entries([same], GENESIS_SEAL)


@given(at=st.integers(0, 4), change=CHANGES)
def test_any_change_of_any_entry_is_found(at: int, change: dict[str, Any]) -> None:
    changed = links()
    altered = replace(ENTRIES[at], **change)
    assume(altered != ENTRIES[at])
    changed[at] = SealedEntry(changed[at].seal, altered)
    assert AuditFault.ALTERED in {finding.fault for finding in verify_links(changed, GENESIS_SEAL)}


@given(at=st.integers(0, 4), byte=st.integers(0, 31), bit=st.integers(0, 7))
def test_any_bit_of_any_hash_is_found(at: int, byte: int, bit: int) -> None:
    changed = links()
    seal = changed[at].seal
    flipped = bytearray(seal.hash)
    flipped[byte] ^= 1 << bit
    changed[at] = SealedEntry(replace(seal, hash=bytes(flipped)), changed[at].entry)
    findings = verify_links(changed, GENESIS_SEAL)
    assert findings[0].fault is AuditFault.ALTERED
    assert findings[0].at == at + 1


def test_a_link_that_was_taken_out_leaves_its_place() -> None:
    (finding,) = verify_links(links()[:2] + links()[3:], GENESIS_SEAL)
    assert (finding.fault, finding.at) == (AuditFault.SEAL_MISSING, 3)


@pytest.mark.parametrize(
    ("today", "before"),
    [
        (date(2026, 4, 1), "2019-04-01T00:00:00+09:00"),
        (date(2024, 2, 29), "2017-02-28T00:00:00+09:00"),
        (date(2026, 1, 31), "2019-01-28T00:00:00+09:00"),
    ],
)
def test_a_day_has_been_kept_for_seven_years_at_the_earliest(today: date, before: str) -> None:
    assert outlived_before(today, 7).isoformat() == before


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 9))
def test_what_goes_is_the_longest_old_front_of_the_chain(minutes: list[int], limit: int) -> None:
    entries = [
        replace(ENTRIES[0], entry=number, happened_at=datetime(2018, 11, 1, 0, minute, tzinfo=UTC))
        for number, minute in enumerate(minutes, start=1)
    ]
    chain = [SealedEntry(seal, entry) for seal, entry in zip(seal_entries(entries, GENESIS_SEAL), entries, strict=True)]
    cut = last_outlived(chain, datetime(2018, 11, 1, 0, limit, tzinfo=UTC))
    goes = cut.position if cut else 0
    assert all(minute < limit for minute in minutes[:goes])
    assert goes == len(minutes) or minutes[goes] >= limit
    assert verify_links(chain[goes:], cut or GENESIS_SEAL) == []
