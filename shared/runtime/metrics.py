"""Every metric the runtime measures, and all their names. No label ever holds a subject, a person or a payload."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Outbox and relay
OUTBOX_DEPTH = Gauge("nss_outbox_depth", "Events not yet published (counted up to 100,000).", ["service"])
OUTBOX_OLDEST_SECONDS = Gauge("nss_outbox_oldest_seconds", "Age of the oldest event not yet published.", ["service"])
RELAY_LEADER = Gauge("nss_relay_leader", "1 where this process publishes the service's outbox.", ["service"])
RELAY_PUBLISHED = Counter("nss_relay_published", "Records the broker has acknowledged.", ["service", "topic"])
RELAY_FAILURES = Counter("nss_relay_failures", "Batches that could not be published entirely.", ["service", "error"])
RELAY_PRODUCER_REPLACEMENTS = Counter(
    "nss_relay_producer_replacements", "Producers thrown away after an error.", ["service"]
)

# Held events, measured in the database: every process of a service shows the same
HELD_EVENTS = Gauge("nss_held_events", "Events in the queue of held events.", ["service", "reason"])
HELD_OLDEST_SECONDS = Gauge("nss_held_oldest_seconds", "Age of the oldest held event.", ["service", "reason"])

CONSUMER_LAG = Gauge(
    "nss_consumer_lag",
    "Records the group has not committed yet, as the broker knows.",
    ["service", "topic", "partition"],
)

# Jobs
JOB_RUNS = Counter("nss_job_runs", "Runs of a job.", ["service", "job", "outcome"])
JOB_ROWS = Counter("nss_job_rows", "Rows a job has handled.", ["service", "job"])
JOB_LAST_SUCCESS = Gauge("nss_job_last_success_timestamp_seconds", "When a job last succeeded.", ["service", "job"])
CLOCK_DIFFERENCE_SECONDS = Gauge(
    "nss_clock_difference_seconds", "This process's clock minus the database's, the set offset counted.", ["service"]
)

# Review
ISSUE_FAILURES = Counter(
    "nss_issue_failures", "Approvals that could not be issued and came back to review.", ["service", "reason_code"]
)

# The ID ledger of provisioning
LEDGER_CURRENT = Gauge(
    "nss_ledger_current", "1 while the ledger holds what was published; 0 stops issuing.", ["service"]
)
LEDGER_FINDINGS = Gauge("nss_ledger_findings", "Disagreements found between the ledger and its topic.", ["service"])
AUDIT_UNSEALED = Gauge("nss_audit_unsealed", "Audit entries that wait to be sealed.", ["service"])
DRIFT_FINDINGS = Gauge("nss_drift_findings", "Accounts that differ between ledger and mail server.", ["service"])

# Web
WEB_REQUESTS = Counter("nss_web_requests", "Requests answered.", ["service", "route", "method", "status"])
WEB_REQUEST_SECONDS = Histogram(
    "nss_web_request_seconds",
    "Time to answer a request.",
    ["service", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

# Provisioning's secrets
KEY_STORE_USABLE = Gauge("nss_key_store_usable", "0 while keys cannot be made or read: nothing is issued.", ["service"])
KEY_STORE_FAILURES = Counter("nss_key_store_failures", "Times the key store could not be used.", ["service", "code"])
ID_NOTICE_VIEWS = Counter("nss_id_notice_views", "ID notices opened or revealed.", ["service", "action"])
ID_NOTICE_REFUSALS = Counter("nss_id_notice_refusals", "Tickets and sessions that opened nothing.", ["service", "code"])
ID_NOTICE_BUSY_OFFICES = Gauge(
    "nss_id_notice_busy_offices", "Offices that looked at ID notices unusually often within the hour.", ["service"]
)

# Process
BUILD = Gauge("nss_build", "Always 1; which version runs in which role.", ["service", "role", "version"])
CLOCK_OFFSET_SECONDS = Gauge(
    "nss_clock_offset_seconds", "How far the clock is moved ahead (demos, tests).", ["service"]
)


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
    for name, text in CONSUMER_TOTALS.items():
        total = CounterMetricFamily(f"nss_consumer_{name}", text, labels=["service"])
        total.add_metric([service], getattr(counts, name, 0))
        yield total
    dead = CounterMetricFamily("nss_dead_letters", "Dead letters by their stable code.", labels=["service", "code"])
    for code, number in dict(getattr(counts, "dead_by_code", {})).items():
        dead.add_metric([service, code], number)
    yield dead
    paused = GaugeMetricFamily("nss_consumer_paused", "1 for each topic the brake holds.", labels=["service", "topic"])
    for topic in consumer.braked_topics:
        paused.add_metric([service, topic], 1)
    yield paused
    yield _state("nss_consumer_ready", "1 while events flow.", service, float(consumer.ready))
    yield _state(
        "nss_consumer_progress_seconds",
        "Time since the consumer last came round its loop.",
        service,
        consumer.progress_age_seconds(),
    )


def _state(name: str, text: str, service: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=["service"])
    gauge.add_metric([service], value)
    return gauge


class _ConsumerCollector(Collector):
    """Asks the process's consumer at every scrape, so that the hot path counts plain integers only."""

    def __init__(self) -> None:
        self.source: tuple[str, MeasuredConsumer] | None = None

    def collect(self) -> Iterator[Metric]:
        """Nothing until there is a consumer."""
        if self.source is not None:
            yield from consumer_metrics(*self.source)


_consumer_collector = _ConsumerCollector()
REGISTRY.register(_consumer_collector)
disable_created_metrics()  # type: ignore[no-untyped-call]


def measure_consumer(service: str, consumer: MeasuredConsumer) -> None:
    """From now on `/metrics` shows this consumer; a process has one."""
    _consumer_collector.source = (service, consumer)


def render_metrics() -> tuple[bytes, str]:
    """The exposition text and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
