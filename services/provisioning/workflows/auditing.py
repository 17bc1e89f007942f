"""The audit: new entries are sealed into the chain behind the commits that wrote them, old ones are let go."""

from dataclasses import dataclass

from services.provisioning import store
from services.provisioning.domain.audit import (
    GENESIS_SEAL,
    AuditFault,
    AuditFinding,
    Seal,
    last_outlived,
    outlived_before,
    seal_entries,
    verify_links,
)
from services.provisioning.workflows.verifying import BookKeeping
from shared.kernel.local_time import local_date
from shared.runtime import metrics
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.logs import get_log

SEALED_AT_ONCE = 1000
READ_AT_ONCE = 5000
CUT_AT_ONCE = 5000
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification has found; at most a hundred findings."""

    anchor: Seal
    """The last seal that was let go, after which the chain begins."""
    head: Seal
    findings: tuple[AuditFinding, ...]

    @property
    def sealed(self) -> int:
        """How many entries have been sealed since the books were opened."""
        return self.head.position

    @property
    def let_go(self) -> int:
        """How many of them were older than is kept."""
        return self.anchor.position


async def seal_audit(pool: Pool) -> int:
    """Seal the entries that have come since, oldest first; returns how many. One process at a time does it.

    The head goes to the log as well: whoever keeps logs elsewhere can tell a chain that was written anew.
    """
    async with transaction(pool) as db:
        if not await store.try_sealers_lock(db):
            return 0
        entries = await store.claim_unsealed(db, SEALED_AT_ONCE)
        if not entries:
            return 0
        last = await store.find_last_seal(db) or await store.find_anchor(db) or GENESIS_SEAL
        seals = seal_entries(entries, last)
        await store.insert_seals(db, seals)
    get_log().info("audit sealed", position=seals[-1].position, head=seals[-1].hash.hex())
    return len(seals)


async def measure_audit(pool: Pool) -> int:
    """Show how much waits to be sealed, apart from the sealing, so that it shows when nobody seals; no row counts."""
    async with transaction(pool) as db:
        metrics.AUDIT_UNSEALED.labels("provisioning").set(await store.count_unsealed(db))
    return 0


async def verify_audit(pool: Pool, expected: Seal | None = None) -> AuditReport:
    """Read the whole chain and everything outside it. `expected` is a head that was noted at an earlier time."""
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        anchor = await store.find_anchor(db) or GENESIS_SEAL
        findings = await _verify_anchor(db, anchor)
        head, broken = await _verify_chain(db, anchor)
        findings += broken
        never_sealed = await store.find_never_sealed(db, MOST_FINDINGS)
        findings += [AuditFinding(AuditFault.NEVER_SEALED, entry) for entry in never_sealed]
        if expected is not None:
            findings += await _compare_head(db, anchor, expected)
    return AuditReport(anchor, head, tuple(findings[:MOST_FINDINGS]))


async def cut_audit(keeping: BookKeeping) -> int:
    """Let go of the oldest entries that have been kept long enough; returns how many.

    They leave an anchor, so that the rest still verifies, and an entry that tells of it. A stretch that does not verify
    stays as it is: it is evidence.
    """
    now = keeping.clock.now()
    before = outlived_before(local_date(now), keeping.audit_years)
    async with transaction(keeping.pool) as db:
        if not await store.try_sealers_lock(db):
            return 0
        anchor = await store.find_anchor(db) or GENESIS_SEAL
        links = await store.find_links(db, 0, CUT_AT_ONCE)
        if faults := verify_links(links, anchor):
            get_log().error("audit not cut: it is not what was sealed", at=faults[0].at, code=faults[0].fault.value)
            return 0
        cut = last_outlived(links, before)
        if cut is None:
            return 0
        await store.cut_audit(db, cut.position, before, now)
    get_log().info("audit cut", position=cut.position, anchor=cut.hash.hex())
    return cut.position - anchor.position


async def forget_notice_views(keeping: BookKeeping) -> int:
    """Delete looks at notices that have been kept long enough, one batch of them; returns how many."""
    before = outlived_before(local_date(keeping.clock.now()), keeping.audit_years)
    async with transaction(keeping.pool) as db:
        return await store.forget_notice_views(db, before, CUT_AT_ONCE)


async def _verify_anchor(db: Connection, anchor: Seal) -> list[AuditFinding]:
    if anchor == GENESIS_SEAL or await store.find_told_cut(db, anchor.position) == anchor.hash:
        return []
    return [AuditFinding(AuditFault.ANCHOR_UNTOLD, anchor.position)]


async def _verify_chain(db: Connection, anchor: Seal) -> tuple[Seal, list[AuditFinding]]:
    """The chain's head, and its faults. Read from the very first seal: one before the anchor does not belong there."""
    last, after, findings = anchor, 0, list[AuditFinding]()
    while links := await store.find_links(db, after, READ_AT_ONCE):
        findings += verify_links(links, last)
        last = links[-1].seal
        after = last.position
    return last, findings


async def _compare_head(db: Connection, anchor: Seal, expected: Seal) -> list[AuditFinding]:
    noted = anchor if expected.position == anchor.position else await store.find_seal(db, expected.position)
    if noted is None and expected.position < anchor.position:
        return [AuditFinding(AuditFault.HEAD_LET_GO, expected.position)]
    if noted is None or noted.hash != expected.hash:
        return [AuditFinding(AuditFault.HEAD_DIFFERS, expected.position)]
    return []
