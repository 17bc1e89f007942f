"""Queries that compare the ledger with the mail server's own list."""

from services.provisioning.domain.drift import DriftFault, DriftFinding, DriftReport
from shared.kernel.identifiers import MailboxId
from shared.runtime.database import Connection


async def find_active_accounts(db: Connection) -> dict[MailboxId, str | None]:
    """Every active mailbox with the SHA-256 of its hash, in hexadecimal; None where the password is not kept here."""
    rows = await db.fetch(
        """
        select mailboxes.mailbox_id, encode(sha256(convert_to(password_hash, 'UTF8')), 'hex') as fingerprint
        from mailboxes
        left join mail_server_accounts as accounts on accounts.mailbox_id = mailboxes.mailbox_id and accounts.active
        where mailboxes.status = 'active'
        """
    )
    return {MailboxId(row["mailbox_id"]): row["fingerprint"] for row in rows}


async def upsert_drift_report(db: Connection, report: DriftReport) -> None:
    """Keep the latest comparison."""
    await db.execute(
        """
        insert into drift_reports (singleton, compared_at, compared_by, accounts, findings)
        values (true, $1, $2, $3, $4)
        on conflict (singleton) do update
        set compared_at = excluded.compared_at, compared_by = excluded.compared_by, accounts = excluded.accounts,
            findings = excluded.findings
        """,
        report.compared_at,
        report.compared_by,
        report.accounts,
        [{"fault": finding.fault.value, "account": finding.account} for finding in report.findings],
    )


async def find_drift_report(db: Connection) -> DriftReport | None:
    """The latest comparison; None before the first."""
    row = await db.fetchrow("select compared_at, compared_by, accounts, findings from drift_reports")
    if row is None:
        return None
    findings = tuple(DriftFinding(DriftFault(each["fault"]), each["account"]) for each in row["findings"])
    return DriftReport(row["compared_at"], row["compared_by"], row["accounts"], findings)
