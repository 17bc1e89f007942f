"""Letters of four services: one that is away hides nothing of the others, and a death is told in words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deploy.errors import NotRunning
from deploy.operate import letters, letters_command, own_records
from deploy.operate.letters import HeldEvents, LetterSelection, faults_of, list_held
from deploy.operate.records import SeenRecord
from shared.contracts.golden import golden_example
from shared.contracts.topics import APPLICATION
from tests.builders import NOW, FixedClock

RECEIVED = golden_example("nss.application.received.v1", "one_mailbox").record


def record(**changes: Any) -> SeenRecord:
    """A received application, changed."""
    value = json.dumps({**json.loads(RECEIVED.value or b""), **changes}).encode()
    headers = {name: raw.decode() for name, raw in RECEIVED.headers}
    return SeenRecord(APPLICATION, 0, 0, RECEIVED.key.decode(), headers, value, 0)


def test_a_service_that_is_away_is_named_and_the_others_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(_method: str, url: str, **_options: Any) -> Mapping[str, Any]:
        if "notifier" in url:
            raise NotRunning("away")
        after = "after=0" in url
        return {"held": [{"event_id": f"{url[7:13]}{after}"}], **({"next": 1} if after else {})}

    monkeypatch.setattr(letters, "call", call)
    monkeypatch.setattr(letters, "staff_token", lambda _role: "")
    monkeypatch.setattr(letters, "service_url", lambda service: f"http://{service}")
    found = list_held(LetterSelection())
    assert found.away == ["notifier"]
    assert [(row["service"], row["event_id"]) for row in found.rows][:2] == [
        ("intake", "intakeTrue"), ("intake", "intakeFalse"),
    ]  # fmt: skip
    assert {row["service"] for row in found.rows} == {"intake", "review", "provisioning"}


def test_letters_are_chosen_by_when_they_were_held_on_the_services_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[LetterSelection] = []

    def list_held(selection: LetterSelection) -> HeldEvents:
        asked.append(selection)
        return HeldEvents([], [])

    monkeypatch.setattr(letters, "list_held", list_held)
    monkeypatch.setattr(own_records, "services_clock", lambda: FixedClock(NOW))
    letters_command.list_dead(since="2h", until="2026-11-23T15:00:00+09:00")
    letters_command.list_held(since="15m")
    letters_command.replay(since="2h", reason="drill", again=True)
    two_hours_ago = (NOW - timedelta(hours=2)).isoformat()
    assert [each.query() for each in asked] == [
        {"reason": "dead", "held_since": two_hours_ago, "held_before": "2026-11-23T15:00:00+09:00"},
        {"held_since": (NOW - timedelta(minutes=15)).isoformat()},
        {"reason": "dead", "held_since": two_hours_ago},
    ]


def test_fields_that_the_contract_refuses_are_named_without_their_values() -> None:
    assert faults_of(record()) == []
    assert faults_of(record(revision="many", office_code="no code")) == [
        "revision: int_parsing", "office_code: string_pattern_mismatch",
    ]  # fmt: skip


def test_what_is_no_event_of_ours_has_no_faults() -> None:
    assert faults_of(replace(record(), headers={})) == []
    assert faults_of(replace(record(), value=None)) == []
