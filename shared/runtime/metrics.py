"""The metrics as objects that count, made from the registry alone, and the exposition text of a process."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from shared.contracts.topics import ServiceName
from shared.runtime.metric_registry import (
    CONSUMER_TOTALS,
    PYTHON_FAMILIES,
    TOPIC,
    Role,
    spec_of,
    specs_shown_by,
)

CONSUMER_STATE = (
    "nss_dead_letters_total",
    "nss_consumer_paused",
    "nss_consumer_ready",
    "nss_consumer_progress_seconds",
)
ASKED_AT_SCRAPES = (*(f"nss_consumer_{name}_total" for name in CONSUMER_TOTALS), *CONSUMER_STATE)
"""Metrics that no object counts: the consumer keeps plain integers and is asked for them."""


_counters: dict[str, Counter] = {}


def _counter(name: str) -> Counter:
    spec = spec_of(name)
    _counters[name] = Counter(spec.name, spec.help, spec.label_names)
    return _counters[name]


def _gauge(name: str) -> Gauge:
    spec = spec_of(name)
    return Gauge(spec.name, spec.help, spec.label_names)


def _histogram(name: str) -> Histogram:
    spec = spec_of(name)
    return Histogram(spec.name, spec.help, spec.label_names, buckets=spec.buckets)


# Outbox and relay
OUTBOX_DEPTH = _gauge("nss_outbox_depth")
OUTBOX_OLDEST_SECONDS = _gauge("nss_outbox_oldest_seconds")
RELAY_LEADER = _gauge("nss_relay_leader")
RELAY_PUBLISHED = _counter("nss_relay_published_total")
RELAY_FAILURES = _counter("nss_relay_failures_total")
RELAY_PRODUCER_REPLACEMENTS = _counter("nss_relay_producer_replacements_total")

# Consumer
CONSUMER_LAG = _gauge("nss_consumer_lag")
CONSUMER_LAG_SECONDS = _gauge("nss_consumer_lag_seconds")
HOOK_LAG = _gauge("nss_hook_lag")
HOOK_LAG_SECONDS = _gauge("nss_hook_lag_seconds")
HELD_EVENTS = _gauge("nss_held_events")
HELD_OLDEST_SECONDS = _gauge("nss_held_oldest_seconds")

# Jobs
JOB_RUNS = _counter("nss_job_runs_total")
JOB_ROWS = _counter("nss_job_rows_total")
JOB_LAST_SUCCESS = _gauge("nss_job_last_success_timestamp_seconds")
CLOCK_DIFFERENCE_SECONDS = _gauge("nss_clock_difference_seconds")

# Intake and review
STALLED_APPLICATIONS = _gauge("nss_stalled_applications")
ISSUE_FAILURES = _counter("nss_issue_failures_total")

# Provisioning
LEDGER_CURRENT = _gauge("nss_ledger_current")
LEDGER_FINDINGS = _gauge("nss_ledger_findings")
AUDIT_UNSEALED = _gauge("nss_audit_unsealed")
DRIFT_FINDINGS = _gauge("nss_drift_findings")
KEY_STORE_USABLE = _gauge("nss_key_store_usable")
KEY_STORE_FAILURES = _counter("nss_key_store_failures_total")
ID_NOTICE_VIEWS = _counter("nss_id_notice_views_total")
ID_NOTICE_REFUSALS = _counter("nss_id_notice_refusals_total")
ID_NOTICE_BUSY_OFFICES = _gauge("nss_id_notice_busy_offices")
ID_NOTICES_UNREAD_CLOSING = _gauge("nss_id_notices_unread_closing")

# Notifier
MAILS_SENT = _counter("nss_mails_sent_total")
MAILS_DEFERRED = _counter("nss_mails_deferred_total")
MAILS_FAILED = _counter("nss_mails_failed_total")
MAIL_BOUNCES = _counter("nss_mail_bounces_total")
MAILS_WAITING = _gauge("nss_mails_waiting")
MAIL_OLDEST_DUE_SECONDS = _gauge("nss_mail_oldest_due_seconds")
MAIL_SUPPRESSED_ADDRESSES = _gauge("nss_mail_suppressed_addresses")
MAIL_ARCHIVE_OLDEST_SECONDS = _gauge("nss_mail_archive_oldest_seconds")
HOOKS = _gauge("nss_hooks")
HOOK_POSTS_WAITING = _gauge("nss_hook_posts_waiting")
HOOK_OLDEST_WAITING_SECONDS = _gauge("nss_hook_oldest_waiting_seconds")
HOOK_OLDEST_DUE_SECONDS = _gauge("nss_hook_oldest_due_seconds")
HOOK_ATTEMPTS = _counter("nss_hook_attempts_total")
HOOK_POSTS_FAILED = _counter("nss_hook_posts_failed_total")

# Web
WEB_REQUESTS = _counter("nss_web_requests_total")
WEB_REQUEST_SECONDS = _histogram("nss_web_request_seconds")

# Process
DATABASE_CURRENT = _gauge("nss_database_current")
BUILD = _gauge("nss_build_info")
CLOCK_OFFSET_SECONDS = _gauge("nss_clock_offset_seconds")
CERTIFICATE_EXPIRY = _gauge("nss_certificate_expiry_timestamp_seconds")
KEY_AGE_SECONDS = _gauge("nss_key_age_seconds")


@dataclass(frozen=True, slots=True)
class LagGauges:
    """The two gauges of how far one group is behind: records of each partition, seconds of each topic."""

    records: Gauge
    seconds: Gauge


CONSUMER_LAGS = LagGauges(CONSUMER_LAG, CONSUMER_LAG_SECONDS)
HOOK_LAGS = LagGauges(HOOK_LAG, HOOK_LAG_SECONDS)


class MeasuredConsumer(Protocol):
    """What is measured of a consumer."""

    @property
    def counts(self) -> object:
        """An object with the attributes named in CONSUMER_TOTALS, and `dead_by_code`."""
        ...

    @property
    def ready(self) -> bool:
        """Whether events flow."""
        ...

    @property
    def braked_topics(self) -> Sequence[str]:
        """Topics that stand still because most of their records fail."""
        ...

    def progress_age_seconds(self) -> float:
        """Since when its loop has stood still."""
        ...


def consumer_metrics(service: str, consumer: MeasuredConsumer) -> Iterator[Metric]:
    """The consumer's own totals and state at this moment, in the form Prometheus collects."""
    counts = consumer.counts
    for name in CONSUMER_TOTALS:
        yield _family(f"nss_consumer_{name}_total", {(service,): getattr(counts, name, 0)})
    dead = dict(getattr(counts, "dead_by_code", {}))
    yield _family("nss_dead_letters_total", {(service, code): number for code, number in dead.items()})
    yield _family("nss_consumer_paused", {(service, topic): 1 for topic in consumer.braked_topics})
    yield _family("nss_consumer_ready", {(service,): float(consumer.ready)})
    yield _family("nss_consumer_progress_seconds", {(service,): consumer.progress_age_seconds()})


def _family(name: str, samples: Mapping[tuple[str, ...], float]) -> Metric:
    spec = spec_of(name)
    made = CounterMetricFamily if spec.kind == "counter" else GaugeMetricFamily
    family = made(spec.name, spec.help, labels=spec.label_names)
    for values, number in samples.items():
        family.add_metric(values, number)
    return family


class _ConsumerCollector(Collector):
    """Asks the process's consumer at every scrape, so that the hot path counts plain integers only."""

    def __init__(self) -> None:
        self.source: tuple[str, MeasuredConsumer] | None = None

    def collect(self) -> Iterator[Metric]:
        """The families without samples until there is a consumer."""
        if self.source is not None:
            yield from consumer_metrics(*self.source)
        else:
            yield from (_family(name, {}) for name in ASKED_AT_SCRAPES)


class _ShownFamilies(Collector):
    """Of all families only those the registry lists for a process."""

    def __init__(self, service: ServiceName, role: Role) -> None:
        self._names = {spec.family for spec in specs_shown_by(service, role)} | set(PYTHON_FAMILIES)

    def collect(self) -> Iterator[Metric]:
        """In the order of the registry of the client library."""
        return (family for family in REGISTRY.collect() if family.name in self._names)


_consumer_collector = _ConsumerCollector()
REGISTRY.register(_consumer_collector)
disable_created_metrics()  # type: ignore[no-untyped-call]


def measure_consumer(service: str, consumer: MeasuredConsumer) -> None:
    """From now on `/metrics` shows this consumer; a process has one."""
    _consumer_collector.source = (service, consumer)


def render_metrics(service: ServiceName, role: Role) -> tuple[bytes, str]:
    """The exposition text of a process and its content type: what the registry lists for it, and nothing else."""
    shown = CollectorRegistry(auto_describe=False)
    shown.register(_ShownFamilies(service, role))
    return generate_latest(shown), CONTENT_TYPE_LATEST


Sample = tuple[str, Mapping[str, str], float]
"""Name, labels and value."""


def samples_of(text: str) -> Sequence[Sample]:
    """What an exposition text says."""
    families = text_string_to_metric_families(text)
    return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


def begin_counting(service: ServiceName, role: Role) -> None:
    """Show counters of known values as 0 before anything was counted: an increase needs a beginning.

    Not by topic: most topics are other services'.
    """
    for spec in specs_shown_by(service, role):
        if spec.name in _counters and all(label.values and label is not TOPIC for label in spec.labels):
            for values in product(*(label.values for label in spec.labels)):
                _counters[spec.name].labels(service, *values)
