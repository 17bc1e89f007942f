"""The alert rules: symptoms that somebody must act on, each with its section in the runbook.

`critical` wakes somebody up; `warning` can wait for the morning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.contracts.topics import SERVICES
from shared.kernel.retention import MAIL_DAYS

Severity = Literal["critical", "warning"]

DAY = 86_400
OUTBOX_SECONDS = 60
LAG_SECONDS = 300
STILL_SECONDS = 60
HELD_SECONDS = 600
WINDOW_JOB_SECONDS = 120
CERTIFICATE_DAYS = 21
KEY_DAYS = 400
CLOCK_SECONDS = 30
UNSEALED_ENTRIES = 1000
FAILED_RUNS = 3
MAIL_SECONDS = 300
MAIL_FAILURES = 0
FAILED_REQUESTS = 0.01
HOOK_SECONDS = 3600
PAUSED_DAYS = 1
RUNBOOK = "deploy/runbook.md"


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule. `after` is how long the symptom lasts before anybody is told, in Prometheus's spelling."""

    name: str
    expression: str
    after: str
    severity: Severity
    summary: str
    look: str = ""
    """The command that shows more."""

    @property
    def runbook(self) -> str:
        """Where the runbook tells what to do."""
        return f"{RUNBOOK}#{self.name.lower()}"

    def rule(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        look = {"look": self.look} if self.look else {}
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.after,
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.summary, "runbook_url": self.runbook, **look},
        }


SERVICE = "{{ $labels.service }}"
TOPIC = "{{ $labels.topic }}"
HOOK = "{{ $labels.hook }}"
VALUE = "{{ $value }}"
DURATION = "{{ $value | humanizeDuration }}"

PROCESSES = (
    Alert("NssServiceDown",
          " or ".join(f'absent(nss_build_info{{service="{service}"}})' for service in SERVICES),
          "2m", "critical", f"{SERVICE} shows no metrics: no process of it runs, or it cannot be reached.",
          "nss status"),
    Alert("NssRequestsFail",
          f'sum by (service) (rate(nss_web_requests_total{{status=~"5.."}}[5m]))'
          f" / sum by (service) (rate(nss_web_requests_total[5m])) > {FAILED_REQUESTS}",
          "5m", "critical", f"{SERVICE} answers {{{{ $value | humanizePercentage }}}} of its requests with an error."),
    Alert("NssDatabaseBehind", "min by (service) (nss_database_current) == 0",
          "1m", "critical", f"{SERVICE} has stopped itself: its database is older than its topics.",
          "nss restored check SERVICE"),
    Alert("NssClocksDiffer", f"max by (service) (abs(nss_clock_difference_seconds)) > {CLOCK_SECONDS}",
          "1m", "warning", f"{SERVICE} and its database are {DURATION} apart; from 60 s on nothing is destroyed."),
)  # fmt: skip

EVENTS = (
    Alert("NssOutboxOld", f"max by (service) (nss_outbox_oldest_seconds) > {OUTBOX_SECONDS}",
          "1m", "critical", f"{SERVICE} has an event that has not been published for {DURATION}.", "nss outbox list"),
    Alert("NssRelayWithoutLeader", "max by (service) (nss_relay_leader) == 0",
          "2m", "critical", f"No process of {SERVICE} publishes its outbox."),
    Alert("NssLag", f"max by (service, topic) (nss_consumer_lag_seconds) > {LAG_SECONDS}",
          "1m", "critical", f"{SERVICE} has not read {TOPIC} for {DURATION}.", "nss lag --partitions"),
    Alert("NssConsumerNotPolling", f"max by (service, instance) (nss_consumer_progress_seconds) > {STILL_SECONDS}",
          "30s", "critical", f"The consumer of {SERVICE} has stood still for {DURATION}."),
    Alert("NssConsumerNotReady", "min by (service, instance) (nss_consumer_ready) == 0",
          "5m", "critical", f"A consumer of {SERVICE} does not handle events.", "nss doctor"),
    Alert("NssTopicBraked", "max by (service, topic) (nss_consumer_paused) == 1",
          "1m", "critical", f"{SERVICE} has paused {TOPIC}, because most of its records fail.", "nss dlq list"),
    Alert("NssDeadLetters", 'max by (service) (nss_held_events{reason="dead"}) > 0',
          "1m", "warning", f"{SERVICE} keeps {VALUE} dead letter(s); their applications stand still.", "nss dlq list"),
    Alert("NssHeldTooLong",
          f'max by (service, reason) (nss_held_oldest_seconds{{reason=~"waiting|future"}}) > {HELD_SECONDS}',
          "1m", "warning", f"{SERVICE} has an event that has waited for {DURATION} ({{{{ $labels.reason }}}}).",
          "nss held list"),
)  # fmt: skip

APPLICATIONS = (
    Alert("NssApplicationsStalled", 'max by (service, awaits) (nss_stalled_applications{awaits!="void"}) > 0',
          "2m", "critical", f"{VALUE} application(s) wait too long for: {{{{ $labels.awaits }}}}.", "nss stalled"),
    Alert("NssVoidMissed", 'max by (service) (nss_stalled_applications{awaits="void"}) > 0',
          "1m", "warning", f"{VALUE} application(s) without their system setting were not voided at the deadline."),
    Alert("NssNoticesUnread", "max by (service) (nss_id_notices_unread_closing) > 0",
          "1h", "warning", f"{VALUE} ID notice(s) nobody has opened can be read for one more business day at most."),
    Alert("NssNoticesReadUnusually", "max by (service) (nss_id_notice_busy_offices) > 0",
          "0m", "warning", f"{VALUE} office(s) looked at ID notices ten times or more within the hour."),
)  # fmt: skip

JOBS = (
    Alert("NssWindowJobLate",
          "time() + max(nss_clock_offset_seconds{service=\"provisioning\"})"
          " - max(nss_job_last_success_timestamp_seconds{service=\"provisioning\", job_name=\"close_windows\"})"
          f" > {WINDOW_JOB_SECONDS}"
          " or absent(nss_job_last_success_timestamp_seconds{service=\"provisioning\", job_name=\"close_windows\"})",
          "1m", "critical", "The job that closes password windows and destroys keys does not run."),
    Alert("NssJobFails",
          f'sum by (service, job_name) (increase(nss_job_runs_total{{outcome!="done"}}[10m])) > {FAILED_RUNS}',
          "0m", "warning", f"The job {{{{ $labels.job_name }}}} of {SERVICE} has failed several times."),
)  # fmt: skip

SECRETS = (
    Alert("NssKeyStoreUnavailable", "min by (service) (nss_key_store_usable) == 0",
          "30s", "critical", "Keys cannot be made or read: nothing is issued, no password is shown."),
    Alert("NssLedgerBehind", "min by (service) (nss_ledger_current) == 0",
          "1m", "critical", "The ID ledger does not hold what was published: nothing is issued until it is repaired.",
          "nss provisioning verify"),
    Alert("NssAuditUnsealed", f"max by (service) (nss_audit_unsealed) > {UNSEALED_ENTRIES}",
          "2m", "warning", f"{VALUE} audit entries wait to be sealed.", "nss provisioning audit verify"),
    Alert("NssAccountsDrift", "max by (service) (nss_drift_findings) > 0",
          "0m", "warning", f"{VALUE} account(s) of the mail server differ from the ledger."),
    Alert("NssCertificateEnds",
          f"min by (service, file) (nss_certificate_expiry_timestamp_seconds) - time() < {CERTIFICATE_DAYS * DAY}",
          "1h", "warning", f"A certificate in {{{{ $labels.file }}}} of {SERVICE} ends in {DURATION}."),
    Alert("NssKeyOld", f"max by (service, file) (nss_key_age_seconds) > {KEY_DAYS * DAY}",
          "1h", "warning", f"The key in {{{{ $labels.file }}}} of {SERVICE} was last changed {DURATION} ago."),
)  # fmt: skip

MAIL = (
    Alert("NssMailServerAway",
          "max by (service) (nss_mails_waiting) > 0"
          " unless sum by (service) (increase(nss_mails_sent_total[15m])) > 0",
          "5m", "critical", f"{VALUE} mail(s) wait, and the mail server has taken none for 15 minutes.",
          "nss mails list --state queued"),
    Alert("NssMailsLate", f"max by (service) (nss_mail_oldest_due_seconds) > {MAIL_SECONDS}",
          "1m", "critical", f"A mail that is due has waited for {DURATION}: nobody sends.",
          "nss mails list --state queued"),
    Alert("NssMailFailures", f"sum by (service, failure) (increase(nss_mails_failed_total[1h])) > {MAIL_FAILURES}",
          "0m", "warning", "{{ $value | humanize }} mail(s) did not reach anybody ({{ $labels.failure }}).",
          "nss mails list --state failed"),
    Alert("NssMailTextsKept", f"max by (service) (nss_mail_archive_oldest_seconds) > {(MAIL_DAYS + 2) * DAY}",
          "1h", "warning", f"Texts of mails are kept for {DURATION}, longer than they may be."),
)  # fmt: skip

HOOKS = (
    Alert("NssHooksNotRead",
          f"max by (service, topic) (nss_hook_lag_seconds) > {LAG_SECONDS}"
          " and on (service) sum by (service) (nss_hooks) > 0",
          "1m", "critical", f"{TOPIC} has not been read for web hooks for {DURATION}: receivers are told nothing.",
          "nss lag"),
    Alert("NssHooksNotPosted",
          f"max by (service) (nss_hook_oldest_due_seconds) > {MAIL_SECONDS}"
          " unless sum by (service) (increase(nss_hook_attempts_total[10m])) > 0",
          "1m", "critical", f"A post to a receiver of web hooks has been due for {DURATION}: nobody posts.",
          "nss hooks list"),
    Alert("NssHookReceiverAway",
          f'max by (service, hook) (nss_hook_oldest_waiting_seconds{{state="active"}}) > {HOOK_SECONDS}',
          "1m", "warning", f"The receiver {HOOK} has not taken a post that has waited for {DURATION}.",
          "nss hooks list"),
    Alert("NssHookPaused",
          f'max by (service, hook) (nss_hook_oldest_waiting_seconds{{state="paused"}}) > {PAUSED_DAYS * DAY}',
          "1m", "warning", f"The receiver {HOOK} is paused, and a post has waited for it for {DURATION}.",
          "nss hooks list"),
    Alert("NssHookPostsFailed", "sum by (service, outcome) (increase(nss_hook_posts_failed_total[1h])) > 0",
          "0m", "warning", "{{ $value | humanize }} post(s) to receivers of web hooks were given up"
          " ({{ $labels.outcome }}).", "nss hooks list"),
)  # fmt: skip

GROUPS: Mapping[str, Sequence[Alert]] = {
    "processes": PROCESSES,
    "events": EVENTS,
    "applications": APPLICATIONS,
    "jobs": JOBS,
    "secrets": SECRETS,
    "mail": MAIL,
    "hooks": HOOKS,
}
ALERTS: tuple[Alert, ...] = tuple(alert for group in GROUPS.values() for alert in group)


def rule_group(name: str) -> dict[str, Any]:
    """A group as it stands in a rule file, and in a PrometheusRule."""
    return {"name": f"nss-{name}", "rules": [alert.rule() for alert in GROUPS[name]]}
