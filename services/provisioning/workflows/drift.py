"""Comparing the ledger with the accounts that the mail server really has."""

from collections.abc import Sequence

from services.provisioning import store
from services.provisioning.domain.drift import DriftReport, ExportedAccount, find_drift
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import Pool, transaction


async def compare_accounts(pool: Pool, clock: Clock, exported: Sequence[ExportedAccount], operator: str) -> DriftReport:
    """Compare an exported account list with the ledger of this moment, and keep the outcome as the latest."""
    async with transaction(pool) as db:
        active = await store.find_active_accounts(db)
        report = DriftReport(clock.now(), operator, len(exported), find_drift(active, exported))
        await store.upsert_drift_report(db, report)
    metrics.DRIFT_FINDINGS.labels("provisioning").set(len(report.findings))
    return report


async def read_drift(pool: Pool) -> DriftReport | None:
    """The latest comparison; None before the first."""
    async with pool.acquire() as db:
        return await store.find_drift_report(db)
