"""The registry of metrics: complete, alone, and named as Prometheus wants it."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime import metrics
from shared.runtime.metric_registry import METRICS, PYTHON_FAMILIES, MetricSpec, Role, specs_shown_by
from tests.scraped import families_of

ROOT = Path(__file__).parents[3]
ROLES: tuple[Role, ...] = ("all", "web", "worker", "hooks")
MAKERS = {Path("shared/runtime/metrics.py")}
ENDINGS = {"seconds": ("_seconds",), "unix seconds": ("_timestamp_seconds",), "bytes": ("_bytes",)}


def named(spec: MetricSpec) -> str:
    return spec.name


@pytest.mark.parametrize("spec", METRICS, ids=named)
def test_every_name_follows_the_conventions(spec: MetricSpec) -> None:
    assert re.fullmatch(r"nss(_[a-z]+)+", spec.name)
    assert (spec.kind == "counter") == spec.name.endswith("_total")
    for unit, endings in ENDINGS.items():
        assert (spec.unit == unit) == (
            spec.name.endswith(endings) and not (unit == "seconds" and "timestamp" in spec.name)
        )
    assert spec.help.endswith(".")
    assert (spec.kind == "histogram") == bool(spec.buckets)


@pytest.mark.parametrize("spec", METRICS, ids=named)
def test_every_label_is_bounded_and_told(spec: MetricSpec) -> None:
    assert len(set(spec.label_names)) == len(spec.label_names)
    for label in spec.labels:
        assert label.meaning.endswith(".")
        assert bool(label.values) != bool(label.pattern), f"{label.name}: listed values or a pattern, one of them"


def test_no_name_is_declared_twice() -> None:
    assert len({spec.name for spec in METRICS}) == len(METRICS)


def test_the_client_library_counts_exactly_what_is_declared() -> None:
    made = {family.name for family in REGISTRY.collect() if family.name.startswith("nss_")}
    assert made == {spec.family for spec in METRICS}


def test_nothing_but_the_metrics_module_creates_metrics() -> None:
    sources = [path for folder in ("services", "shared", "deploy") for path in (ROOT / folder).rglob("*.py")]
    found = {path.relative_to(ROOT) for path in sources if "prometheus_client" in path.read_text(encoding="utf-8")}
    assert found == MAKERS


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_process_shows_what_the_registry_lists_for_it_and_nothing_else(service: ServiceName, role: Role) -> None:
    shown = families_of(metrics.render_metrics(service, role)[0].decode())
    assert set(shown) == {spec.family for spec in specs_shown_by(service, role)} | set(PYTHON_FAMILIES)


def test_the_roles_apart_show_everything_together() -> None:
    for service in SERVICES:
        parts = {spec for role in ROLES[1:] for spec in specs_shown_by(service, role)}
        assert parts == set(specs_shown_by(service, "all"))


def test_jobs_are_measured_in_every_role_that_runs_jobs() -> None:
    for role in ("worker", "hooks"):
        assert "nss_job_runs_total" in {spec.name for spec in specs_shown_by("notifier", role)}
    assert "nss_job_runs_total" not in {spec.name for spec in specs_shown_by("notifier", "web")}


def test_a_total_of_few_known_values_begins_at_zero() -> None:
    metrics.begin_counting("notifier", "worker")
    shown = metrics.render_metrics("notifier", "worker")[0].decode()
    assert 'nss_relay_producer_replacements_total{service="notifier"} 0.0' in shown
    assert 'nss_mails_failed_total{failure="bounced",service="notifier"} 0.0' in shown
    assert "nss_relay_published_total{" not in shown
