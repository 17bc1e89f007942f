"""What four running services show of themselves, compared with the registry of metrics."""

import subprocess

import httpx2
import pytest

from shared.contracts.topics import SERVICES
from shared.runtime.metric_registry import PYTHON_FAMILIES, specs_shown_by
from tests.scraped import families_of, unbounded_labels
from tests.town import Town


def scrape(town: Town, service: str) -> str:
    """Its exposition text."""
    return httpx2.get(f"{town.urls[service]}/metrics", timeout=30).text


@pytest.mark.parametrize("service", SERVICES)
def test_a_running_service_shows_what_the_registry_lists_and_keeps_its_labels_bounded(town: Town, service: str) -> None:
    shown = scrape(town, service)
    listed = {spec.family for spec in specs_shown_by(service, "all")}  # type: ignore[arg-type]
    assert set(families_of(shown)) == listed | set(PYTHON_FAMILIES)
    assert list(unbounded_labels(shown)) == []


def test_promtool_finds_nothing_to_mend(town: Town) -> None:
    for service in SERVICES:
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=scrape(town, service), capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        ours = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("nss_")]
        assert ours == []
