"""Grafana dashboards: one for the flow of events, one for each service, all of them from the registry of metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.metric_registry import (
    CONSUMING,
    JOBS,
    PROCESS,
    PUBLISHING,
    SERVICE,
    WEB,
    MetricSpec,
    specs_shown_by,
)

SCHEMA_VERSION = 39
COLUMNS = 24
PANEL_WIDTH, PANEL_HEIGHT, ROW_HEIGHT = 8, 7, 1
REFRESH = "30s"
SOURCE = {"type": "prometheus", "uid": "${source}"}
UNITS = {"seconds": "s", "unix seconds": "dateTimeFromNow", "bytes": "bytes", "number": "short",
         "yes or no": "bool_yes_no"}  # fmt: skip
QUANTILES = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class Question:
    """One panel: what it is called, what it asks, and in which unit the answer is."""

    title: str
    expressions: Sequence[tuple[str, str]]
    """Each with the legend of its lines."""
    unit: str


def _ask(title: str, expression: str, legend: str, unit: str) -> Question:
    return Question(title, [(expression, legend)], unit)


WAITING = (
    _ask("Oldest event not published", "max by (service) (nss_outbox_oldest_seconds)", "{{service}}", "s"),
    _ask("Oldest event not read", "max by (service, topic) (nss_consumer_lag_seconds)", "{{service}} {{topic}}", "s"),
    _ask("Oldest event held", "max by (service, reason) (nss_held_oldest_seconds)", "{{service}} {{reason}}", "s"),
    _ask("Dead letters", 'max by (service) (nss_held_events{reason="dead"})', "{{service}}", "short"),
    _ask("Events held back", 'max by (service, reason) (nss_held_events{reason!="dead"})', "{{service}} {{reason}}",
         "short"),
    _ask("Applications whose next step is overdue", "max by (awaits) (nss_stalled_applications)", "{{awaits}}",
         "short"),
    _ask("Oldest event not read for web hooks", "max by (topic) (nss_hook_lag_seconds)", "{{topic}}", "s"),
    _ask("Oldest post to a receiver of web hooks", "max by (hook, state) (nss_hook_oldest_waiting_seconds)",
         "{{hook}} {{state}}", "s"),
    _ask("Oldest mail that is due", "max(nss_mail_oldest_due_seconds)", "mails", "s"),
)  # fmt: skip
FLOWING = (
    _ask("Published", "sum by (topic) (rate(nss_relay_published_total[5m]))", "{{topic}}", "eps"),
    _ask("Handled", "sum by (service) (rate(nss_consumer_fresh_total[5m]))", "{{service}}", "eps"),
    _ask("Repeats absorbed", "sum by (service) (rate(nss_consumer_duplicates_total[5m]))", "{{service}}", "eps"),
    _ask("Requests", "sum by (service) (rate(nss_web_requests_total[5m]))", "{{service}}", "reqps"),
    _ask("Requests that failed", 'sum by (service) (rate(nss_web_requests_total{status=~"5.."}[5m]))', "{{service}}",
         "reqps"),
    _ask("Approvals that could not be issued", "sum by (reason_code) (increase(nss_issue_failures_total[1h]))",
         "{{reason_code}}", "short"),
)  # fmt: skip

SECTIONS: Mapping[str, Sequence[MetricSpec]] = {
    "Process": PROCESS,
    "Pages": WEB,
    "Outbox and relay": PUBLISHING,
    "Consumer": CONSUMING,
    "Jobs": JOBS,
}
"""What every service has; whatever else the registry lists for it is its own."""


def flow_dashboard() -> dict[str, Any]:
    """The four services side by side."""
    rows = (("Where events wait", WAITING), ("How much flows", FLOWING))
    return _dashboard("flow", "NSS mailbox: the flow", rows)


def service_dashboard(service: ServiceName) -> dict[str, Any]:
    """Every metric of the service, its own first."""
    shown = list(specs_shown_by(service, "all"))
    common = {spec.name for section in SECTIONS.values() for spec in section}
    rows = [(f"Only {service}", [_question(spec, service) for spec in shown if spec.name not in common])]
    rows += [(title, [_question(spec, service) for spec in section]) for title, section in SECTIONS.items()]
    return _dashboard(service, f"NSS mailbox: {service}", [row for row in rows if row[1]])


def dashboards() -> Mapping[str, dict[str, Any]]:
    """All of them by file name without its ending."""
    return {"flow": flow_dashboard(), **{service: service_dashboard(service) for service in SERVICES}}


def _question(spec: MetricSpec, service: ServiceName) -> Question:
    selected = f'{{{SERVICE.name}="{service}"}}'
    groups = ", ".join(label.name for label in spec.labels)
    legend = " ".join(f"{{{{{label.name}}}}}" for label in spec.labels) or spec.name
    by = f" by ({groups})" if groups else ""
    title = spec.help.removesuffix(".")
    if spec.kind == "histogram":
        rate = f"sum by (le) (rate({spec.name}_bucket{selected}[5m]))"
        asked = [(f"histogram_quantile({share}, {rate})", f"p{share * 100:g}") for share in QUANTILES]
        return Question(title, asked, UNITS[spec.unit])
    if spec.kind == "counter":
        return Question(f"{title} (per second)", [(f"sum{by} (rate({spec.name}{selected}[5m]))", legend)], "cps")
    if spec.unit == "unix seconds":
        return Question(title, [(f"max{by} ({spec.name}{selected}) * 1000", legend)], UNITS[spec.unit])
    return Question(title, [(f"max{by} ({spec.name}{selected})", legend)], UNITS[spec.unit])


def _dashboard(name: str, title: str, rows: Iterable[tuple[str, Sequence[Question]]]) -> dict[str, Any]:
    return {
        "uid": f"nss-{name}",
        "title": title,
        "tags": ["nss"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "refresh": REFRESH,
        "timezone": "Asia/Tokyo",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "annotations": {"list": []},
        "links": [{"title": "NSS mailbox", "type": "dashboards", "tags": ["nss"], "asDropdown": True}],
        "panels": _panels(rows),
    }


def _panels(rows: Iterable[tuple[str, Sequence[Question]]]) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    top = 0
    for title, questions in rows:
        place = {"x": 0, "y": top, "w": COLUMNS, "h": ROW_HEIGHT}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": place,
                       "panels": []})  # fmt: skip
        top += ROW_HEIGHT
        for number, question in enumerate(questions):
            line, column = divmod(number, COLUMNS // PANEL_WIDTH)
            place = {"x": column * PANEL_WIDTH, "y": top + line * PANEL_HEIGHT, "w": PANEL_WIDTH, "h": PANEL_HEIGHT}
            panels.append(_panel(len(panels) + 1, question, place))
        top += -(-len(questions) // (COLUMNS // PANEL_WIDTH)) * PANEL_HEIGHT
    return panels


def _panel(number: int, question: Question, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": question.title,
        "datasource": SOURCE,
        "gridPos": dict(place),
        "fieldConfig": {"defaults": {"unit": question.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(question.expressions)
        ],
    }
