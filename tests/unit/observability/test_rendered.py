"""Rules and dashboards: fresh, about metrics that exist, and each rule with its section in the runbook."""

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from deploy.observability import render
from deploy.observability.alerts import ALERTS, Alert
from deploy.observability.dashboards import COLUMNS, SCHEMA_VERSION, dashboards
from shared.contracts.topics import SERVICES
from shared.runtime.metric_registry import METRICS, MetricSpec, specs_shown_by

ROOT = Path(__file__).parents[3]
METRIC = re.compile(r"\bnss_[a-z_]+")
SELECTED = re.compile(r"(nss_[a-z_]+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)")
ADDED_BY_PROMETHEUS = {"instance", "le"}
BOARDS = dashboards()


def scraped_names(spec: MetricSpec) -> set[str]:
    return (
        {f"{spec.name}_bucket", f"{spec.name}_count", f"{spec.name}_sum"} if spec.kind == "histogram" else {spec.name}
    )


SCRAPED = {name: spec for spec in METRICS for name in scraped_names(spec)}


def faults_of(expression: str) -> Iterator[str]:
    """What an expression asks for that nothing shows."""
    metrics = [SCRAPED[name] for name in METRIC.findall(expression) if name in SCRAPED]
    yield from (name for name in METRIC.findall(expression) if name not in SCRAPED)
    known = {name for spec in metrics for name in spec.label_names} | ADDED_BY_PROMETHEUS
    for grouped in GROUPED.findall(expression):
        yield from (label for label in re.findall(r"\w+", grouped) if label not in known)
    for name, selectors in SELECTED.findall(expression):
        labels = {label.name: label for label in SCRAPED[name].labels} if name in SCRAPED else {}
        for label, operator, value in re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', selectors):
            if label == "service":
                yield from [] if value in SERVICES else [value]
            elif label not in labels:
                yield f"{name} has no label {label}"
            elif labels[label].values and operator != "=~" and value not in labels[label].values:
                yield f"{name}: {label} is never {value}"


def test_the_committed_files_follow_from_the_code() -> None:
    assert render.outdated_files() == [], "run python -m deploy.observability.render"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_rule_asks_for_metrics_that_exist(alert: Alert) -> None:
    assert METRIC.search(alert.expression)
    assert list(faults_of(alert.expression)) == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_rule_has_a_section_in_the_runbook_and_says_what_is_wrong(alert: Alert) -> None:
    path, _, anchor = alert.runbook.partition("#")
    headings = re.findall(r"^#+ (\S+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}
    assert re.fullmatch(r"Nss[A-Z][A-Za-z]+", alert.name)
    assert alert.summary.endswith(".")


def test_the_runbook_has_no_section_of_a_rule_that_is_gone() -> None:
    text = (ROOT / "deploy" / "runbook.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### (Nss\S+)$", text, re.MULTILINE)) == {alert.name for alert in ALERTS}


def test_every_rule_is_proved_by_a_fault_on_a_running_stack() -> None:
    files = sorted((ROOT / "tests" / "component" / "observability").glob("test_alerts_on_*.py"))
    proved = {name for file in files for name in re.findall(r'until_firing\("(Nss\w+)"', file.read_text())}
    assert proved == {alert.name for alert in ALERTS}


def test_no_two_rules_have_one_name() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


def panels_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = board["panels"]
    return found


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_asks_for_metrics_that_exist(name: str) -> None:
    asked = [target["expr"] for panel in panels_of(BOARDS[name]) for target in panel.get("targets", ())]
    assert asked
    assert [fault for expression in asked for fault in faults_of(expression)] == []


@pytest.mark.parametrize("name", BOARDS)
def test_panels_fill_the_grid_without_overlap(name: str) -> None:
    places = [panel["gridPos"] for panel in panels_of(BOARDS[name])]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        )  # fmt: skip
        assert apart, f"{one} and {other}"


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_has_what_grafana_needs(name: str) -> None:
    board = BOARDS[name]
    assert board["schemaVersion"] == SCHEMA_VERSION
    assert re.fullmatch(r"[a-z0-9-]{1,40}", board["uid"])
    panels = panels_of(board)
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["type"] for panel in panels} <= {"row", "timeseries"}
    assert all(panel["title"] for panel in panels)
    for panel in panels:
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_dashboard_shows_every_metric_of_the_service(service: str) -> None:
    asked = "\n".join(target["expr"] for panel in panels_of(BOARDS[service]) for target in panel.get("targets", ()))
    missing = [
        spec.name for spec in specs_shown_by(service, "all")  # type: ignore[arg-type]
        if not any(name in METRIC.findall(asked) for name in scraped_names(spec))
    ]  # fmt: skip
    assert missing == []
