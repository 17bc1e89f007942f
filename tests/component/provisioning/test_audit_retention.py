"""The audit is kept for seven years; what is older goes from its front, and the rest still proves itself."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.provisioning import workflows
from services.provisioning.domain.audit import GENESIS_SEAL, AuditFault, AuditFinding, Seal
from services.provisioning.workflows import BookKeeping, LedgerWatch
from services.provisioning.workflows.auditing import CUT_AT_ONCE
from shared.runtime.database import transaction
from tests.builders import RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning
from tests.component.provisioning.roles import Logins
from tests.component.provisioning.topic_of_outbox import KeptTopics

YEAR = timedelta(days=365.25)
NOW = datetime.now(UTC)
"""The database holds to its own clock here, so that the tests' clock has to stand where that one does."""
LONG_AGO, RECENTLY = NOW - 8 * YEAR, NOW - 6 * YEAR
OLD, YOUNG = 40, 7


def keeping_of(provisioning: Provisioning) -> BookKeeping:
    return BookKeeping(provisioning.pool, provisioning.clock, KeptTopics(), LedgerWatch(is_current=True))


async def write(provisioning: Provisioning, count: int, happened_at: datetime) -> None:
    """So many entries of that time, sealed."""
    async with transaction(provisioning.pool) as db:
        for number in range(count):
            await db.execute(
                "select write_audit_entry($1, 'mailbox.entered', $2, '{\"line\": 1}')", happened_at, f"NAC{number:05}"
            )
    await sealed(provisioning)


async def sealed(provisioning: Provisioning) -> None:
    while await workflows.seal_audit(provisioning.pool):
        pass


@pytest.fixture
async def aged(empty_provisioning: Provisioning) -> Provisioning:
    """Entries of eight and of six years ago."""
    empty_provisioning.clock.set(NOW)
    await write(empty_provisioning, OLD, LONG_AGO)
    await write(empty_provisioning, YOUNG, RECENTLY)
    return empty_provisioning


async def as_a_forger(provisioning: Provisioning, *statements: str) -> None:
    """Past every trigger, as only somebody with the machine in his hands could."""
    async with transaction(provisioning.pool) as db:
        await db.execute("set local session_replication_role = replica")
        for statement in statements:
            await db.execute(statement)


async def entries_by_year(provisioning: Provisioning) -> dict[int, int]:
    rows = await provisioning.rows(
        "select extract(year from happened_at)::integer, count(*) from audit_entries"
        " where action <> 'audit.cut' group by 1"
    )
    return dict(rows)


async def test_what_is_older_than_seven_years_goes_and_the_rest_verifies(aged: Provisioning) -> None:
    whole = await workflows.verify_audit(aged.pool)
    assert await workflows.cut_audit(keeping_of(aged)) == OLD
    assert await entries_by_year(aged) == {RECENTLY.year: YOUNG}
    (anchor,) = await aged.rows("select position, encode(hash, 'hex') from audit_anchors")
    told = await aged.rows("select subject::bigint, detail ->> 'hash' from audit_entries where action = 'audit.cut'")
    assert told == [anchor]
    await sealed(aged)
    report = await workflows.verify_audit(aged.pool)
    assert (report.let_go, report.sealed, report.findings) == (OLD, OLD + YOUNG + 1, ())
    assert await workflows.cut_audit(keeping_of(aged)) == 0
    assert whole.anchor == GENESIS_SEAL


async def test_a_noted_head_still_proves_the_rest_unless_it_has_been_let_go(aged: Provisioning) -> None:
    noted = (await workflows.verify_audit(aged.pool)).head
    await workflows.cut_audit(keeping_of(aged))
    await sealed(aged)
    anchor = (await workflows.verify_audit(aged.pool)).anchor
    heads = {
        noted: None,
        anchor: None,
        Seal(anchor.position, anchor.entry, bytes(32)): AuditFault.HEAD_DIFFERS,
        Seal(3, 3, bytes(32)): AuditFault.HEAD_LET_GO,
    }
    for head, fault in heads.items():
        findings = (await workflows.verify_audit(aged.pool, head)).findings
        assert findings == ((AuditFinding(fault, head.position),) if fault else ())


async def test_a_cut_takes_a_bounded_number_and_the_chain_goes_on_from_the_last_anchor(
    empty_provisioning: Provisioning,
) -> None:
    empty_provisioning.clock.set(NOW)
    await empty_provisioning.pool.execute(
        "select write_audit_entry($1, 'mailbox.entered', number::text, '{}')"
        " from generate_series(1, $2::integer) as number",
        LONG_AGO,
        CUT_AT_ONCE + 10,
    )
    await sealed(empty_provisioning)
    keeping = keeping_of(empty_provisioning)
    assert [await workflows.cut_audit(keeping) for _ in range(3)] == [CUT_AT_ONCE, 10, 0]
    await sealed(empty_provisioning)
    report = await workflows.verify_audit(empty_provisioning.pool)
    assert (report.let_go, report.findings) == (CUT_AT_ONCE + 10, ())


async def test_a_younger_entry_holds_back_the_older_ones_behind_it(empty_provisioning: Provisioning) -> None:
    empty_provisioning.clock.set(NOW)
    for count, happened_at in ((3, LONG_AGO), (1, RECENTLY), (5, LONG_AGO)):
        await write(empty_provisioning, count, happened_at)
    assert await workflows.cut_audit(keeping_of(empty_provisioning)) == 3
    assert await entries_by_year(empty_provisioning) == {LONG_AGO.year: 5, RECENTLY.year: 1}


async def test_what_does_not_verify_is_evidence_and_is_not_let_go(aged: Provisioning) -> None:
    await as_a_forger(aged, "update audit_entries set subject = 'NAC99999' where entry = 3")
    assert await workflows.cut_audit(keeping_of(aged)) == 0
    assert (await workflows.verify_audit(aged.pool)).findings == (AuditFinding(AuditFault.ALTERED, 3),)


Forge = Callable[[Provisioning], Awaitable[None]]


async def take_the_front_away(aged: Provisioning) -> None:
    await as_a_forger(
        aged,
        "delete from audit_entries using audit_seals where audit_seals.entry = audit_entries.entry and position <= 10",
        "delete from audit_seals where position <= 10",
    )


async def take_the_front_away_and_forge_an_anchor(aged: Provisioning) -> None:
    await as_a_forger(
        aged,
        "insert into audit_anchors select position, entry, hash, now(), now() from audit_seals where position = 10",
        "delete from audit_entries using audit_seals where audit_seals.entry = audit_entries.entry and position <= 10",
        "delete from audit_seals where position <= 10",
    )


async def alter_the_anchor(aged: Provisioning) -> None:
    await workflows.cut_audit(keeping_of(aged))
    await sealed(aged)
    await as_a_forger(aged, "update audit_anchors set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)")


async def hide_a_seal_before_the_anchor(aged: Provisioning) -> None:
    await workflows.cut_audit(keeping_of(aged))
    await sealed(aged)
    await as_a_forger(
        aged, "update audit_seals set position = 1 where position = (select max(position) from audit_seals)"
    )


@pytest.mark.parametrize(
    ("forge", "faults"),
    [
        (take_the_front_away, {AuditFault.SEAL_MISSING}),
        (take_the_front_away_and_forge_an_anchor, {AuditFault.ANCHOR_UNTOLD}),
        (alter_the_anchor, {AuditFault.ALTERED, AuditFault.ANCHOR_UNTOLD}),
        (hide_a_seal_before_the_anchor, {AuditFault.SEAL_MISSING}),
    ],
)
async def test_a_forged_cut_is_found(aged: Provisioning, forge: Forge, faults: set[AuditFault]) -> None:
    await forge(aged)
    assert {finding.fault for finding in (await workflows.verify_audit(aged.pool)).findings} >= faults


ANCHOR = "insert into audit_anchors select position, entry, hash, '2999-01-01', '2999-01-01' from audit_seals"


FORBIDDEN = (
    f"{ANCHOR} where position = {OLD + 1}",
    "insert into audit_anchors values (40, 40, sha256('x'), '2999-01-01', '2999-01-01')",
    "delete from audit_entries where entry = 1",
    "delete from audit_seals where position = 1",
    "truncate audit_anchors",
)


async def test_not_even_the_owner_cuts_what_is_young_or_without_its_anchor(aged: Provisioning) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.CheckViolationError):
            await aged.pool.execute(statement)


async def test_who_takes_over_the_service_cannot_choose_the_time(aged: Provisioning, logins: Logins) -> None:
    taken_over = await asyncpg.connect(logins.app)
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await taken_over.execute("select cut_audit($1, '2999-01-01', '2999-01-01')", OLD + 1)
        await taken_over.execute("select cut_audit($1, '2999-01-01', '2999-01-01')", OLD)
    finally:
        await taken_over.close()
    left = await entries_by_year(aged)
    assert (left.get(LONG_AGO.year), left[RECENTLY.year]) == (None, YOUNG)


async def test_looks_at_notices_go_as_late_as_the_audit_does(provisioning: Provisioning) -> None:
    await provisioning.approve(an_event(an_approval()))
    await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    await as_a_forger(
        provisioning,
        "insert into notice_views select uuidv7(), receipt_number, acting_office, action, window_open,"
        " viewed_at + interval '100 years', mailbox_ids from notice_views",
    )
    provisioning.clock.set(NOW)
    assert await workflows.forget_notice_views(keeping_of(provisioning)) == 1
    assert await provisioning.rows("select viewed_at > $1 from notice_views", NOW) == [(True,)]
