"""The registries agree with what exists: examples, handlers, tables."""

import importlib
import inspect
from collections.abc import Set
from unittest.mock import MagicMock

import pytest

from shared.contracts.registry import EVENT_MODELS, PRODUCED_BY
from shared.contracts.topics import REDRIVE, SERVICES, TOPICS, ServiceName
from shared.runtime.event_router import EventRouter
from tests.architecture.source_tree import ROOT

EXAMPLES = ROOT / "shared" / "contracts" / "examples"


@pytest.mark.parametrize("event_type", sorted(EVENT_MODELS))
def test_every_event_has_an_example(event_type: str) -> None:
    name, _, version = event_type.removeprefix("nss.").rpartition(".")

    assert list(EXAMPLES.glob(f"*{name}/{version}/*.json"))


@pytest.mark.parametrize("service", SERVICES)
def test_topics_read_are_topics_acted_on(service: ServiceName) -> None:
    read = {topic.name for topic in TOPICS if service in topic.readers} - {REDRIVE.name}

    assert _topics_acted_on(service) == read


def test_every_model_has_one_home() -> None:
    produced = [model for models in PRODUCED_BY.values() for model in models]

    assert len(produced) == len(set(produced))


def test_event_tables_are_the_same_in_every_service() -> None:
    texts = {
        (ROOT / "services" / service / "migrations" / "0001_create_event_tables.sql").read_text()
        for service in SERVICES
    }

    assert len(texts) == 1


def _topics_acted_on(service: ServiceName) -> Set[str]:
    # Handlers are only registered, never called, so anything will do for what they depend on.
    build_router = importlib.import_module(f"services.{service}.messaging").build_router
    router: EventRouter = build_router(*(MagicMock() for _ in inspect.signature(build_router).parameters))
    return {model.topic.name for model in router.models}
