"""The audit: new entries are sealed into the chain behind the commits that wrote them; the chain is verified."""

from dataclasses import dataclass

from services.provisioning import store
from services.provisioning.domain.audit import (
    GENESIS_SEAL,
    AuditFault,
    AuditFinding,
    Seal,
    seal_entries,
    verify_links,
)
from shared.runtime import metrics
from shared.runtime.database import Connection, Pool, transaction
from shared.runtime.logs import get_log

SEALED_AT_ONCE = 1000
READ_AT_ONCE = 5000
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification has found; at most a hundred findings."""

    sealed: int
    head: Seal
    findings: tuple[AuditFinding, ...]


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
        seals = seal_entries(entries, await store.find_last_seal(db) or GENESIS_SEAL)
        await store.insert_seals(db, seals)
        metrics.AUDIT_UNSEALED.labels("provisioning").set(await store.count_unsealed(db))
    get_log().info("audit sealed", position=seals[-1].position, head=seals[-1].hash.hex())
    return len(seals)


async def verify_audit(pool: Pool, expected: Seal | None = None) -> AuditReport:
    """Read the whole chain and everything outside it. `expected` is a head that was noted at an earlier time."""
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        last, findings = await _verify_chain(db)
        never_sealed = await store.find_never_sealed(db, MOST_FINDINGS)
        findings += [AuditFinding(AuditFault.NEVER_SEALED, entry) for entry in never_sealed]
        if expected is not None:
            noted = await store.find_seal(db, expected.position)
            if noted is None or noted.hash != expected.hash:
                findings.append(AuditFinding(AuditFault.HEAD_DIFFERS, expected.position))
    return AuditReport(last.position, last, tuple(findings[:MOST_FINDINGS]))


async def _verify_chain(db: Connection) -> tuple[Seal, list[AuditFinding]]:
    last, findings = GENESIS_SEAL, list[AuditFinding]()
    while links := await store.find_links(db, last.position, READ_AT_ONCE):
        findings += verify_links(links, last)
        last = links[-1].seal
    return last, findings
