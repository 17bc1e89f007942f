"""`nss doctor` about services: what is wrong is said in words, with the next step."""

import json

import httpx2
import pytest

from deploy.operate.instants import duration
from deploy.operate.symptoms import examine_services
from shared.contracts.topics import ServiceName

READY = {"status": "ok", "role": "all", "version": "1.0", "checks": {"database": True, "consumer": True}}
URLS: dict[ServiceName, str] = {"review": "http://review"}
DEAD = 'nss_held_events{service="review",reason="dead"} 2\nnss_held_events{service="review",reason="behind"} 7\n'
OLD = 'nss_outbox_oldest_seconds{service="review"} 3725\nnss_relay_leader{service="review"} 1\n'


def shows(monkeypatch: pytest.MonkeyPatch, ready: object, metrics: str = "") -> None:
    """What the service answers."""
    texts = {"/health/ready": json.dumps(ready), "/metrics": metrics}

    def get(url: str, **_options: object) -> httpx2.Response:
        return httpx2.Response(200, text=texts[httpx2.URL(url).path])

    monkeypatch.setattr(httpx2, "get", get)


def test_a_service_that_works_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    shows(monkeypatch, READY, 'nss_held_events{service="review",reason="dead"} 0\n')
    assert [(each.word, each.told) for each in examine_services(URLS)] == [("ok", "1.0 works in role all")]


def test_what_a_rule_would_say_is_said_with_numbers_and_the_command_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    shows(monkeypatch, READY, DEAD + OLD)
    old, dead = examine_services(URLS)
    assert old.told == "has an event that has not been published for 1 h 2 min."
    assert dead.told == "keeps 2 dead letter(s); their applications stand still."
    assert dead.next_step == "`nss dlq list`; deploy/runbook.md, NssDeadLetters"
    assert {old.word, dead.word} == {"WRONG"}


def test_why_events_do_not_flow_is_told_as_the_service_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = {"database": True, "consumer": False, "broker": False}
    shows(monkeypatch, {**READY, "checks": checks, "consumer_reason": "the group was not joined"})
    [found] = examine_services(URLS)
    assert found.told == "does not work (consumer, broker): the group was not joined"


def test_pages_alone_are_in_order_without_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    shows(monkeypatch, {**READY, "role": "web", "checks": {"database": True, "worker": False}})
    assert [each.word for each in examine_services(URLS)] == ["ok"]


def test_a_service_that_is_gone_is_wrong_and_the_others_are_still_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(url: str, **_options: object) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    monkeypatch.setattr(httpx2, "get", get)
    found = list(examine_services({**URLS, "notifier": "http://notifier"}))
    assert [each.what for each in found] == ["review", "notifier"]
    assert all("does not answer at" in each.told and "nss lag" in each.next_step for each in found)


def test_durations_are_said_in_their_two_largest_units() -> None:
    assert [duration(each) for each in (7.4, 61, 3600, 90_000)] == ["7 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]
