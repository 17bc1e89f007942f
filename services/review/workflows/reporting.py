"""The monthly report."""

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.report import Month, MonthlyReport, monthly_report
from services.review.workflows.dependencies import Dependencies
from shared.runtime.database import transaction


async def read_report(deps: Dependencies, month: Month, target_business_days: int) -> MonthlyReport:
    """What was received, how long it took, and which mailboxes came and went in a month."""
    async with transaction(deps.pool) as db:
        activities = await store.find_office_activities(db, month)
        completed = await store.find_completed_reviews(db, month)
        schedule = await store.find_schedule(db)
    return monthly_report(month, activities, completed, schedule, target_business_days)


async def export_report(deps: Dependencies, month: Month, target_business_days: int, login: str) -> MonthlyReport:
    """The same, to leave the console as a file: who took it is audited."""
    async with transaction(deps.pool) as db:
        details = {"month": str(month)}
        entry = AuditEntry(deps.new_id(), deps.clock.now(), login, AuditAction.REPORT_EXPORTED, details=details)
        await store.insert_audit_entries(db, [entry])
    return await read_report(deps, month, target_business_days)
