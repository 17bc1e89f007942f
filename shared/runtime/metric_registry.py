"""Every metric of the product: name, unit, help, labels with what bounds them, and which process shows it.

A new metric is declared here, in the section of the service that measures it, and gets its constant in `metrics.py`.
Nothing else creates one. No label ever holds a subject, a person or a payload. A counter's name is written as it is
read, with `_total`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contracts.notifier_events import Mail
from shared.contracts.topics import SERVICES, TOPICS, ServiceName

Kind = Literal["counter", "gauge", "histogram"]
Unit = Literal["seconds", "unix seconds", "bytes", "number", "yes or no"]
Part = Literal["process", "web", "worker", "hooks", "jobs"]
"""Shown by every process of the service, by those that serve pages, that consume, that post hooks, or that run jobs."""
Role = Literal["all", "web", "worker", "hooks"]
PARTS: Mapping[Role, frozenset[Part]] = {
    "all": frozenset({"process", "web", "worker", "hooks", "jobs"}),
    "web": frozenset({"process", "web"}),
    "worker": frozenset({"process", "worker", "jobs"}),
    "hooks": frozenset({"process", "hooks", "jobs"}),
}
"""What a process of each role has."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label. Its values are those listed, or texts of our own making that match the pattern."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric as it is scraped. `services` are those that measure it."""

    name: str
    kind: Kind
    unit: Unit
    help: str
    labels: tuple[Label, ...] = ()
    services: tuple[ServiceName, ...] = SERVICES
    part: Part = "worker"
    buckets: tuple[float, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names in the order in which values are given; `service` is always the first."""
        return (SERVICE.name, *(label.name for label in self.labels))

    @property
    def family(self) -> str:
        """The name under which Prometheus groups its samples: a counter's lacks the `_total`."""
        return self.name.removesuffix("_total") if self.kind == "counter" else self.name

    def is_shown_by(self, service: ServiceName, role: Role) -> bool:
        """Whether a process of this service in this role has it on `/metrics`."""
        return service in self.services and self.part in PARTS[role]


CODE_PATTERN = r"[A-Za-z][A-Za-z0-9_.]*"
CLASS_PATTERN = r"[A-Z][A-Za-z0-9]*"

SERVICE = Label("service", "Which service.", values=SERVICES)
TOPIC = Label("topic", "Topic without a prefix.", values=tuple(topic.name for topic in TOPICS))
PARTITION = Label("partition", "Number of the partition.", pattern=r"\d{1,4}")
ERROR = Label("error", "Class of the error.", pattern=CLASS_PATTERN)
HELD_REASON = Label("reason", "Why it is held.", values=("dead", "waiting", "future", "behind"))
JOB = Label("job_name", "Name of the job.", pattern=r"[a-z_]+")
OUTCOME = Label("outcome", "`done`, or the class of the error.", pattern=f"done|{CLASS_PATTERN}")
CODE = Label("code", "A stable code.", pattern=CODE_PATTERN)
REASON_CODE = Label("reason_code", "Why nothing could be issued: a stable code.", pattern=CODE_PATTERN)
ACTION = Label("action", "What was done with the notice.", values=("opened", "revealed"))
ROUTE = Label("route", "Template of the route, or `other`.", pattern=r"(/[A-Za-z0-9_.{}:@-]*)+|other")
METHOD = Label("method", "HTTP method, or `other`.", pattern=r"[A-Z]{3,7}|other")
STATUS = Label("status", "HTTP status.", pattern=r"[1-5]\d\d")
ROLE = Label("role", "Role of the process.", values=("all", "web", "worker", "hooks"))
VERSION = Label("version", "Released version.", pattern=r"[0-9A-Za-z.+-]+")
MAIL = Label("mail", "Which mail of the catalogue.", values=tuple(mail.value for mail in Mail))
FAILURE = Label("failure", "Why it was given up.", values=("refused", "gave_up", "bounced", "invalid_address"))
BOUNCE = Label("kind", "What it was.", values=("hard", "soft", "delayed", "auto_reply", "unknown"))
AWAITS = Label("awaits", "The step that has not come.", values=("review", "issue", "void"))
HOOK = Label("hook", "The name operators gave the receiver; at most 200.", pattern=r"[a-z0-9][a-z0-9-]{0,62}")
HOOK_STATE = Label("state", "Whether it is called.", values=("active", "paused"))
HOOK_ANSWER = Label(
    "outcome", "What the receiver did.", values=("delivered", "refused", "gone", "timeout", "unreachable", "forbidden")
)
HOOK_FAILURE = Label(
    "outcome", "What its last attempt met.",
    values=("refused", "gone", "timeout", "unreachable", "forbidden", "too-late"),
)  # fmt: skip
FILE = Label("file", "The setting that names the file.", pattern=r"[a-z_]+")


def _counter(
    name: str, text: str, *labels: Label, services: tuple[ServiceName, ...] = SERVICES, part: Part = "worker"
) -> MetricSpec:
    return MetricSpec(name, "counter", "number", text, labels, services, part)


def _gauge(
    name: str,
    unit: Unit,
    text: str,
    *labels: Label,
    services: tuple[ServiceName, ...] = SERVICES,
    part: Part = "worker",
) -> MetricSpec:
    return MetricSpec(name, "gauge", unit, text, labels, services, part)


PROCESS: tuple[MetricSpec, ...] = (
    _gauge("nss_build_info", "yes or no", "Always 1; which version runs in which role.", ROLE, VERSION, part="process"),
    _gauge("nss_clock_offset_seconds", "seconds", "How far the clock is moved ahead (demos, tests).", part="process"),
    _gauge("nss_certificate_expiry_timestamp_seconds", "unix seconds",
           "When the first certificate in a file ceases to be valid.", FILE, part="process"),
    _gauge("nss_key_age_seconds", "seconds", "Age of the youngest key in a file or folder: since the last rotation.",
           FILE, part="process"),
)  # fmt: skip

WEB: tuple[MetricSpec, ...] = (
    _counter("nss_web_requests_total", "Requests answered.", ROUTE, METHOD, STATUS, part="web"),
    MetricSpec("nss_web_request_seconds", "histogram", "seconds", "Time to answer a request.", (ROUTE,), part="web",
               buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)),
)  # fmt: skip

PUBLISHING: tuple[MetricSpec, ...] = (
    _gauge("nss_outbox_depth", "number", "Events not yet published (counted up to 100,000)."),
    _gauge("nss_outbox_oldest_seconds", "seconds", "Age of the oldest event not yet published."),
    _gauge("nss_relay_leader", "yes or no", "1 where this process publishes the service's outbox."),
    _counter("nss_relay_published_total", "Records the broker has acknowledged.", TOPIC),
    _counter("nss_relay_failures_total", "Batches that could not be published entirely.", ERROR),
    _counter("nss_relay_producer_replacements_total", "Producers thrown away after an error."),
)  # fmt: skip

CONSUMER_TOTALS = {
    "polls": "Polls that brought records.",
    "received": "Records received.",
    "fresh": "Events handled for the first time.",
    "duplicates": "Deliveries of events handled before, absorbed without effect.",
    "skipped": "Records of a type this service does not act on.",
    "held": "Events put into the queue of held events.",
    "drained": "Held events handled since.",
    "dead": "Events that became dead letters.",
    "redone": "Batches rolled back and done again in smaller parts.",
    "commit_failures": "Offset commits refused or timed out; redelivery follows.",
    "members_replaced": "Times the group was left and joined anew because polls or commits kept failing.",
    "brakes": "Times a topic was paused because most of its records failed.",
}
"""Totals of the consumer, each published as `nss_consumer_<name>_total`."""

CONSUMING: tuple[MetricSpec, ...] = (
    *(_counter(f"nss_consumer_{name}_total", text) for name, text in CONSUMER_TOTALS.items()),
    _counter("nss_dead_letters_total", "Dead letters by their stable code.", CODE),
    _gauge("nss_consumer_paused", "yes or no", "1 for each topic the brake holds.", TOPIC),
    _gauge("nss_consumer_ready", "yes or no", "1 while events flow."),
    _gauge("nss_consumer_progress_seconds", "seconds", "Time since the consumer last came round its loop."),
    _gauge("nss_consumer_lag", "number", "Records the group has not committed yet, as the broker knows.",
           TOPIC, PARTITION),
    _gauge("nss_consumer_lag_seconds", "seconds", "Age of the oldest record the group has not committed yet.", TOPIC),
    # Measured in the database: every process of a service shows the same.
    _gauge("nss_held_events", "number", "Events in the queue of held events.", HELD_REASON),
    _gauge("nss_held_oldest_seconds", "seconds", "Age of the oldest held event.", HELD_REASON),
)  # fmt: skip

JOBS: tuple[MetricSpec, ...] = (
    _counter("nss_job_runs_total", "Runs of a job.", JOB, OUTCOME, part="jobs"),
    _counter("nss_job_rows_total", "Rows a job has handled.", JOB, part="jobs"),
    _gauge("nss_job_last_success_timestamp_seconds", "unix seconds", "When a job last succeeded.", JOB, part="jobs"),
    _gauge("nss_clock_difference_seconds", "seconds",
           "This process's clock minus the database's, the set offset counted.", part="jobs"),
)  # fmt: skip

RECALL: tuple[MetricSpec, ...] = (
    # Provisioning has a ledger and `nss_ledger_current` instead.
    _gauge("nss_database_current", "yes or no",
           "0 while the process does nothing, because its database is older than its topics.",
           services=("intake", "review", "notifier"), part="process"),
)  # fmt: skip

APPLICATIONS: tuple[MetricSpec, ...] = (
    _gauge("nss_stalled_applications", "number", "Applications whose next step is overdue.", AWAITS,
           services=("intake", "review")),
)  # fmt: skip

REVIEW: tuple[MetricSpec, ...] = (
    _counter("nss_issue_failures_total", "Approvals that could not be issued and came back to review.", REASON_CODE,
             services=("review", "provisioning")),
)  # fmt: skip

PROVISIONING: tuple[MetricSpec, ...] = (
    _gauge("nss_ledger_current", "yes or no", "1 while the ledger holds what was published; 0 stops issuing.",
           services=("provisioning",)),
    _gauge("nss_ledger_findings", "number", "Disagreements found between the ledger and its topic.",
           services=("provisioning",)),
    _gauge("nss_audit_unsealed", "number", "Audit entries that wait to be sealed.", services=("provisioning",)),
    _gauge("nss_drift_findings", "number", "Accounts that differ between ledger and mail server.",
           services=("provisioning",), part="process"),
    _gauge("nss_key_store_usable", "yes or no", "0 while keys cannot be made or read: nothing is issued.",
           services=("provisioning",), part="process"),
    _counter("nss_key_store_failures_total", "Times the key store could not be used.", CODE,
             services=("provisioning",), part="process"),
    _counter("nss_id_notice_views_total", "ID notices opened or revealed.", ACTION,
             services=("provisioning",), part="web"),
    _counter("nss_id_notice_refusals_total", "Tickets and sessions that opened nothing.", CODE,
             services=("provisioning",), part="web"),
    _gauge("nss_id_notice_busy_offices", "number",
           "Offices that looked at ID notices unusually often within the hour.", services=("provisioning",)),
    _gauge("nss_id_notices_unread_closing", "number",
           "ID notices nobody has opened whose window closes within one business day.", services=("provisioning",)),
)  # fmt: skip

NOTIFIER: tuple[MetricSpec, ...] = (
    _counter("nss_mails_sent_total", "Mails a mail server has accepted.", MAIL, services=("notifier",)),
    _counter("nss_mails_deferred_total", "Attempts after which another follows.", MAIL, services=("notifier",)),
    _counter("nss_mails_failed_total", "Mails given up, held back, or returned later.", FAILURE,
             services=("notifier",)),
    _counter("nss_mail_bounces_total", "What came back to the return path.", BOUNCE, services=("notifier",)),
    _gauge("nss_mails_waiting", "number", "Mails not sent yet (counted up to 100,000).", services=("notifier",)),
    _gauge("nss_mail_oldest_due_seconds", "seconds", "Since when the oldest mail whose attempt is due waits for it.",
           services=("notifier",)),
    _gauge("nss_mail_suppressed_addresses", "number", "Addresses nothing is sent to until they are released.",
           services=("notifier",)),
    _gauge("nss_mail_archive_oldest_seconds", "seconds", "Since when the oldest mail whose text is still kept is done.",
           services=("notifier",)),
)  # fmt: skip

HOOKS: tuple[MetricSpec, ...] = (
    # Measured by the workers, so that they show when no process posts.
    _gauge("nss_hooks", "number", "Receivers of web hooks.", HOOK_STATE, services=("notifier",)),
    _gauge("nss_hook_posts_waiting", "number", "Posts a receiver has not taken yet (counted up to 100,000).", HOOK,
           services=("notifier",)),
    _gauge("nss_hook_oldest_waiting_seconds", "seconds", "Since when the oldest post waits for its receiver.",
           HOOK, HOOK_STATE, services=("notifier",)),
    _gauge("nss_hook_oldest_due_seconds", "seconds",
           "Since when the next post is due to a receiver that may be called now.", services=("notifier",)),
    _gauge("nss_hook_lag", "number", "Records not read for web hooks yet, as the broker knows.", TOPIC, PARTITION,
           services=("notifier",)),
    _gauge("nss_hook_lag_seconds", "seconds", "Age of the oldest record not read for web hooks yet.", TOPIC,
           services=("notifier",)),
    _counter("nss_hook_attempts_total", "Posts tried, by what the receiver answered.", HOOK_ANSWER,
             services=("notifier",), part="hooks"),
    _counter("nss_hook_posts_failed_total", "Posts given up; a replay brings them again.", HOOK_FAILURE,
             services=("notifier",), part="hooks"),
)  # fmt: skip

METRICS: tuple[MetricSpec, ...] = (
    *PROCESS, *WEB, *PUBLISHING, *CONSUMING, *JOBS, *RECALL, *APPLICATIONS, *REVIEW, *PROVISIONING, *NOTIFIER, *HOOKS,
)  # fmt: skip

PYTHON_FAMILIES = (
    "python_gc_objects_collected", "python_gc_objects_uncollectable", "python_gc_collections", "python_info",
    "process_virtual_memory_bytes", "process_resident_memory_bytes", "process_start_time_seconds",
    "process_cpu_seconds", "process_open_fds", "process_max_fds",
)  # fmt: skip
"""What the client library shows of every process by itself, by family."""


def spec_of(name: str) -> MetricSpec:
    """The declaration of a metric. Raises KeyError for one nobody declared."""
    return _BY_NAME[name]


def specs_shown_by(service: ServiceName, role: Role) -> Iterator[MetricSpec]:
    """What a process of this service in this role has on `/metrics`, besides the families of Python itself."""
    return (spec for spec in METRICS if spec.is_shown_by(service, role))


_BY_NAME = {spec.name: spec for spec in METRICS}
