"""Whether a version may go out, from files alone: yes beside what it fits, no with the reason beside what it breaks."""

import copy
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.catalogue import releases
from deploy.catalogue.releases import find_release, keep_release, misfits_of, release_of_today, versions_of
from deploy.errors import CommandError
from shared.contracts.topics import SERVICES

RECEIVED = "nss.application.received.v1"
COMMITTED = releases.RELEASES
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service has released 1.0.0 as it is today."""
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    for service in SERVICES:
        keep_release(release_of_today(service, "1.0.0"))


def changed(examples: Any, **fields: Any) -> Any:
    return [{**example, **fields} for example in copy.deepcopy(examples)]


@pytest.mark.parametrize("service", SERVICES)
def test_todays_state_goes_with_what_was_released(service: Any) -> None:
    assert misfits_of(release_of_today(service, "1.1.0")) == []


def test_a_new_optional_field_and_a_new_type_hold_nobody_up() -> None:
    today = release_of_today("intake", "1.1.0")
    writes = {**today.writes, RECEIVED: changed(today.writes[RECEIVED], added="x"), "nss.application.new.v1": [{}]}
    assert misfits_of(replace(today, writes=writes)) == []


def test_a_broken_field_is_named_with_reader_type_and_place() -> None:
    today = release_of_today("intake", "1.1.0")
    writes = {**today.writes, RECEIVED: changed(today.writes[RECEIVED], revision="one")}
    lines = [misfit.as_text() for misfit in misfits_of(replace(today, writes=writes))]
    assert lines == [
        f"{reader} 1.0.0 cannot read {RECEIVED} as intake 1.1.0 writes it: revision: type"
        for reader in ("review", "notifier")
    ]


def test_a_reader_that_asks_for_more_than_the_older_writer_gives_is_refused() -> None:
    today = release_of_today("review", "1.1.0")
    schema = copy.deepcopy(dict(today.reads[RECEIVED]))
    schema["required"] = [*schema["required"], "priority"]
    found = misfits_of(replace(today, reads={**today.reads, RECEIVED: schema}))
    assert [(misfit.writer.service, misfit.event_type) for misfit in found] == [("intake", RECEIVED)]


def test_only_the_newest_two_versions_of_a_neighbour_count() -> None:
    old = find_release("intake", "1.0.0")
    broken = {**old.writes, RECEIVED: changed(old.writes[RECEIVED], revision="one")}
    keep_release(replace(old, version="0.9.0", writes=broken))
    assert versions_of("intake") == ["0.9.0", "1.0.0"]
    assert misfits_of(release_of_today("review", "1.1.0")) != []
    keep_release(replace(old, version="1.10.0"))
    assert versions_of("intake") == ["0.9.0", "1.0.0", "1.10.0"]
    assert misfits_of(release_of_today("review", "1.1.0")) == []


def test_a_released_version_is_never_changed_and_an_unknown_one_is_named() -> None:
    keep_release(release_of_today("intake", "1.0.0"))
    with pytest.raises(CommandError, match="released already"):
        keep_release(replace(release_of_today("intake", "1.0.0"), writes={}))
    with pytest.raises(CommandError, match=r"no release 7\.0\.0 of intake; there are 1\.0\.0"):
        find_release("intake", "7.0.0")


def test_every_service_has_its_release_of_this_version_and_todays_state_goes_with_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(releases, "RELEASES", COMMITTED)
    version = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    for service in SERVICES:
        assert version in versions_of(service), f"run `nss catalogue release {service} --version {version}`"
        assert [misfit.as_text() for misfit in misfits_of(release_of_today(service, "of this checkout"))] == []
        assert misfits_of(find_release(service, version)) == []
