"""What is wrong with running services, in words: the alert rules' questions, asked of what each service shows now."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx2

from deploy.doctor import Finding
from deploy.observability.alerts import ALERTS, RUNBOOK, Alert
from deploy.operate.instants import duration
from shared.contracts.topics import ServiceName
from shared.runtime.metrics import Sample, samples_of

ANSWER_SECONDS = 5.0
QUESTION = re.compile(
    r"(?P<choose>max|min) by \((?P<by>[\w, ]+)\) \((?P<metric>nss_\w+)(?:\{(?P<where>[^}]*)\})?\)"
    r" (?P<than>>|==) (?P<bound>[\d.]+)"
)
"""The shape of most rules: one value of one moment. What asks for rates or for absence needs a Prometheus."""
CHOICES = {"max": max, "min": min}
WHERE = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')
WORDS = re.compile(r"\{\{ \$(labels\.(?P<label>\w+)|value(?P<duration> \| humanizeDuration)?) \}\}")


def examine_services(urls: Mapping[ServiceName, str]) -> Iterator[Finding]:
    """Every service: whether it answers, whether it works, and each rule whose question is true of it."""
    for service, url in urls.items():
        yield from _examine(service, url)


def _examine(service: ServiceName, url: str) -> Iterator[Finding]:
    try:
        ready = httpx2.get(f"{url}/health/ready?role=worker", timeout=ANSWER_SECONDS).json()
        shown = httpx2.get(f"{url}/metrics", timeout=ANSWER_SECONDS).text
    except (httpx2.HTTPError, ValueError) as error:
        told = f"does not answer at {url} ({type(error).__name__}); what it has to do waits, nothing is lost"
        yield _wrong(service, told, f"`nss status`; `nss lag` shows how much waits for it; {RUNBOOK}, NssServiceDown")
        return
    wrong = [*_unready(service, ready), *_symptoms(service, samples_of(shown))]
    fine = f"{ready.get('version')} works in role {ready.get('role')}"
    yield from wrong or [Finding(service, True, fine, kind="service")]


def _unready(service: ServiceName, ready: Mapping[str, Any]) -> Iterator[Finding]:
    """Of a process that serves pages alone only its database counts."""
    checks = {name: good for name, good in ready.get("checks", {}).items() if name != "worker"}
    failing = [name for name, good in checks.items() if not good]
    reasons = [reason for name in ("consumer_reason", "relay_reason") if (reason := ready.get(name))]
    if failing:
        because = f": {'; '.join(reasons)}" if reasons else ""
        yield _wrong(service, f"does not work ({', '.join(failing)}){because}", f"{RUNBOOK}, «Events wait»")


def _symptoms(service: ServiceName, samples: Sequence[Sample]) -> Iterator[Finding]:
    for alert in ALERTS:
        for labels, value in true_of(alert, samples):
            look = f"`{alert.look}`; " if alert.look else ""
            yield _wrong(service, _in_words(alert.summary, labels, value), f"{look}{RUNBOOK}, {alert.name}")


def true_of(alert: Alert, samples: Iterable[Sample]) -> Sequence[tuple[Mapping[str, str], float]]:
    """Labels and value of each case in which the rule's question is true; none of a rule of another shape."""
    asked = QUESTION.fullmatch(alert.expression)
    if asked is None:
        return []
    names = [name for name in asked["by"].split(", ") if name != "instance"]
    groups: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for name, labels, value in samples:
        if name == asked["metric"] and _matches(labels, asked["where"] or ""):
            groups[tuple(labels[each] for each in names)].append(value)
    chosen = {group: CHOICES[asked["choose"]](values) for group, values in groups.items()}
    bound = float(asked["bound"])
    return [
        (dict(zip(names, group, strict=True)), value)
        for group, value in chosen.items()
        if (value > bound if asked["than"] == ">" else value == bound)
    ]


def _matches(labels: Mapping[str, str], where: str) -> bool:
    for name, operator, wanted in WHERE.findall(where):
        given = labels.get(name, "")
        if operator == "=~" and re.fullmatch(wanted, given) is None:
            return False
        if operator != "=~" and (given == wanted) != (operator == "="):
            return False
    return True


def _in_words(summary: str, labels: Mapping[str, str], value: float) -> str:
    def fill(place: re.Match[str]) -> str:
        if place["label"]:
            return labels.get(place["label"], "")
        return duration(value) if place["duration"] else f"{value:g}"

    return WORDS.sub(fill, summary)


def _wrong(service: ServiceName, told: str, next_step: str) -> Finding:
    return Finding(service, False, told.removeprefix(f"{service} "), kind="service", next_step=next_step)
