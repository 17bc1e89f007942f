"""From what one application costs to what many times today's volume needs, and to what gives way first. Pure.

Measured figures come from `measured.json`, whose sections name the command that makes each; everything else that the
results rest on is an assumption and stands here with its reason.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contracts.topics import SERVICES, TOPICS, topics_read_by
from shared.kernel.identifiers import RECEIPTS_PER_YEAR

MEASURED = Path(__file__).with_name("measured.json")
GIB, TIB = 2**30, 2**40
HALF = 0.5
"""Share of a processor that is planned with: the rest is for bursts, roll-outs and the loss of a machine."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number nobody has measured, and why it is this one."""

    value: float
    why: str


APPLICATIONS_PER_DAY = Assumption(300, "applications on a business day: «hundreds a day»; no published count is known")
BUSINESS_DAYS = Assumption(245, "business days a year")
BUSIEST_HOUR = Assumption(0.2, "share of a day's applications in its busiest hour")
REVIEWERS = Assumption(10, "people who review")
REVIEW_MINUTES = Assumption(5, "minutes of a person per application; none with automatic approval")
REVIEW_HOURS = Assumption(6, "hours a day in which a person reviews")
DATABASE_CORES = Assumption(16, "cores of the largest database server that one would still buy")
DISK_TIB = Assumption(4, "disk of such a server, in TiB, to be filled in ten years")
KAFKA_COPIES = Assumption(3, "copies of each record")
ASSUMPTIONS = (
    APPLICATIONS_PER_DAY, BUSINESS_DAYS, BUSIEST_HOUR, REVIEWERS, REVIEW_MINUTES, REVIEW_HOURS, DATABASE_CORES,
    DISK_TIB, KAFKA_COPIES,
)  # fmt: skip
FACTORS = (1, 10, 100, 10_000)
YEARS = 10


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Something that gives way at `factor` times today's volume, and what to do then."""

    factor: float
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the table: what is needed at each of `FACTORS`, as text."""

    what: str
    at: Sequence[str]


class Costs:
    """What one application costs, by `measured.json`: milliseconds of a processor, bytes, events and mails."""

    def __init__(self, measured: Mapping[str, Any]) -> None:
        costs = measured["costs"]
        batches, people = costs["batches"], costs["people"]
        self.batch_ms: Mapping[str, float] = batches["cpu_ms_per_application"]
        self.people_ms: Mapping[str, float] = people["cpu_ms_per_application"]
        self.kept_bytes: Mapping[str, int] = batches["kept_bytes_per_application"]
        self.topic_bytes: Mapping[str, int] = batches["topic_bytes_per_application"]
        self.events: Mapping[str, int] = batches["events_per_application"]
        self.mails: int = batches["mails_per_application"]
        self.mail_ms: float = costs["singles"]["cpu_ms_per_mail"]
        self.relayed_ms: float = measured["cdc"]["relay"]["cpu_us_per_event"][0] / 1000


def read_measured() -> Mapping[str, Any]:
    """The table of measured figures."""
    measured: Mapping[str, Any] = json.loads(MEASURED.read_text())
    return measured


def peak_per_second(factor: float) -> float:
    """Applications per second in the busiest hour."""
    return factor * APPLICATIONS_PER_DAY.value * BUSIEST_HOUR.value / 3600


def per_year(factor: float) -> float:
    """Applications a year."""
    return factor * APPLICATIONS_PER_DAY.value * BUSINESS_DAYS.value


def needs(costs: Costs) -> Iterator[Need]:
    """The table, line by line."""
    yield _need("applications a year", lambda factor: f"{per_year(factor):,.0f}")
    yield _need("applications per second in the busiest hour", lambda factor: _short(peak_per_second(factor)))
    for service in SERVICES:
        yield _need(f"{service}: cores", lambda factor, s=service: _cores(costs.people_ms[s], factor))
    yield _need(
        "the four databases: cores, without what pages read", lambda factor: _cores(costs.batch_ms["database"], factor)
    )
    yield _need("the brokers: cores", lambda factor: _cores(costs.batch_ms["broker"], factor))
    yield _need(
        "the four databases: disk a year", lambda factor: _size(sum(costs.kept_bytes.values()) * per_year(factor))
    )
    yield _need("the topics: disk, all copies", lambda factor: _size(topic_disk(costs) * factor))
    yield _need("mails per second in the busiest hour", lambda factor: _short(costs.mails * peak_per_second(factor)))
    yield _need("people who review", lambda factor: f"{math.ceil(reviewers(factor)):,}")


def topic_disk(costs: Costs) -> float:
    """Bytes of today's volume in all topics, as full as they get; where all is kept, after ten years."""
    days = {topic.name: topic.retention_days or YEARS * 365 for topic in TOPICS}
    a_day = per_year(1) / 365
    return sum(size * a_day * days[name] for name, size in costs.topic_bytes.items()) * KAFKA_COPIES.value


def reviewers(factor: float) -> float:
    """People it takes to decide a day's applications on that day."""
    return factor * APPLICATIONS_PER_DAY.value * REVIEW_MINUTES.value / (REVIEW_HOURS.value * 60)


def ceilings(costs: Costs) -> list[Ceiling]:
    """What gives way, first things first."""
    found = [
        Ceiling(REVIEWERS.value / reviewers(1), f"{REVIEWERS.value:.0f} people review", "more people, or automatic "
                "approval (`NSS_REVIEW_AUTOMATIC_APPROVAL`) for what the checks find in order"),
        Ceiling(RECEIPTS_PER_YEAR / per_year(1), f"receipt numbers of a year ({RECEIPTS_PER_YEAR:,})",
                "another form of number, which the Center and the manual decide: nothing technical helps"),
        *_of_workers(costs),
        *_of_databases(costs),
        *_of_relays(costs),
        _of_mails(costs),
    ]  # fmt: skip
    return sorted(found, key=lambda ceiling: ceiling.factor)


def _of_workers(costs: Costs) -> Iterator[Ceiling]:
    for service in SERVICES:
        workers = max(topic.partitions for topic in topics_read_by(service))
        what = f"{service}: {workers} workers, one per partition, of one core each"
        yield Ceiling(_bearable(costs.batch_ms[service], workers), what, "more partitions (see above)")


def _of_databases(costs: Costs) -> Iterator[Ceiling]:
    server = f"all four databases on one server of {DATABASE_CORES.value:.0f} cores"
    yield Ceiling(_bearable(costs.batch_ms["database"], DATABASE_CORES.value), server,
                  "one server per service, then offices shared out over several")  # fmt: skip
    service, kept = max(costs.kept_bytes.items(), key=lambda item: item[1])
    years = DISK_TIB.value * TIB / (kept * per_year(1))
    yield Ceiling(years / YEARS, f"{service}'s database: {DISK_TIB.value:.0f} TiB in {YEARS} years",
                  "less in truth: bodies of mails go after 90 days; else closed years in a database apart")  # fmt: skip


def _of_relays(costs: Costs) -> Iterator[Ceiling]:
    service, events = max(costs.events.items(), key=lambda item: item[1])
    yield Ceiling(_bearable(events * costs.relayed_ms), f"{service}'s one relay, {events} events per application",
                  "several leaders that share out the offices, not built; Debezium costs more each")  # fmt: skip


def _of_mails(costs: Costs) -> Ceiling:
    return Ceiling(
        _bearable(costs.mails * costs.mail_ms),
        "mails of one notifier worker",
        "more workers, as many as the mail server bears",
    )


def _bearable(milliseconds: float, cores: float = 1) -> float:
    """How many times today's busiest hour so many cores bear of what costs so much per application."""
    return cores * HALF * 1000 / milliseconds / peak_per_second(1)


def _need(what: str, tell: Any) -> Need:
    return Need(what, [tell(factor) for factor in FACTORS])


def _cores(milliseconds: float, factor: float) -> str:
    return _short(peak_per_second(factor) * milliseconds / 1000 / HALF)


def _short(value: float) -> str:
    """Two digits that count."""
    if value >= 100:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{float(f'{value:.2g}'):g}"


def _size(count: float) -> str:
    return f"{_short(count / TIB)} TiB" if count >= TIB else f"{_short(count / GIB)} GiB"
