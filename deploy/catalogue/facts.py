"""What the catalogue says about each topic and event, gathered from the registry, the models and the examples."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.clearance import DATA_CLASSES
from shared.contracts.event_data import EventData
from shared.contracts.golden import GoldenExample, golden_examples
from shared.contracts.registry import EVENT_MODELS, producers_of
from shared.contracts.schemas import definition_of, schema_of
from shared.contracts.topics import TOPICS, Topic

RULE_NUMBERS = re.compile(r" \((?:[BEMST][0-9]+(?:, )?)+\)")
"""Numbers of business rules help who reads the code, not who reads the topics."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field, nested ones with their path: `contact.email`, `mailboxes[].kind`.

    `is_always_there` speaks of the object the field stands in, which may itself be absent.
    """

    path: str
    form: str
    data_class: str
    is_always_there: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event type as a consumer sees it."""

    type: str
    topic: Topic
    producers: Sequence[str]
    when: str
    explanation: str
    fields: Sequence[FieldFacts]
    schema: Mapping[str, Any]
    examples: Sequence[GoldenExample]

    @property
    def data_class(self) -> str:
        """The strictest class of any field."""
        return max((field.data_class for field in self.fields), key=DATA_CLASSES.index, default="public")

    @property
    def slug(self) -> str:
        """Name for files and anchors: `application.received.v1`."""
        return self.type.removeprefix("nss.")


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic and the events on it."""

    topic: Topic
    events: Sequence[EventFacts]

    @property
    def retention(self) -> str:
        """How long a record stays."""
        if self.topic.compacted:
            return "the latest record of each key, for ever"
        return "for ever" if self.topic.retention_days is None else f"{self.topic.retention_days} days"

    @property
    def data_class(self) -> str:
        """The strictest class of any event; copies of dead letters may hold anything."""
        if not self.events:
            return "personal"
        return max((event.data_class for event in self.events), key=DATA_CLASSES.index)


def topic_facts() -> Sequence[TopicFacts]:
    """Every topic of the registry, in its order."""
    events = event_facts()
    return [TopicFacts(topic, [event for event in events if event.topic is topic]) for topic in TOPICS]


def event_facts() -> Sequence[EventFacts]:
    """Every event type of the registry, in its order."""
    examples = list(golden_examples())
    return [_facts(model, [example for example in examples if example.event_type == model.ce_type])
            for model in EVENT_MODELS.values()]  # fmt: skip


def _facts(model: type[EventData], examples: Sequence[GoldenExample]) -> EventFacts:
    when, _, explanation = RULE_NUMBERS.sub("", model.__doc__ or "").strip().partition("\n")
    schema = schema_of(model)
    return EventFacts(
        type=model.ce_type,
        topic=model.topic,
        producers=producers_of(model),
        when=when,
        explanation=" ".join(explanation.split()),
        fields=_fields(schema, schema, ""),
        schema=schema,
        examples=examples,
    )


def _fields(part: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> list[FieldFacts]:
    found = []
    for name, field in part.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        here = name in part.get("required", ())
        found.append(
            FieldFacts(below, _form(field, schema), field.get("x-data-class", "public"), here, _meaning(field))
        )
        inner, suffix = _inner(field, schema)
        found += _fields(inner, schema, below + suffix)
    return found


def _meaning(field: Mapping[str, Any]) -> str:
    return RULE_NUMBERS.sub("", field["description"])


def _inner(field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    if field.get("type") == "array":
        return definition_of(field.get("items", {}), schema), "[]"
    return definition_of(field, schema), ""


def _form(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    definition = definition_of(field, schema)
    if "enum" in definition:
        return "one of " + ", ".join(definition["enum"])
    if "x-known-values" in definition:
        return "code; known: " + ", ".join(definition["x-known-values"]) + "; more may come"
    if definition.get("type") == "array":
        return f"list of {_form(definition.get('items', {}), schema)}"
    if definition.get("type") == "object":
        return _words(definition.get("title", "object"))
    return " ".join(str(definition[key]) for key in ("type", "format", "pattern") if key in definition)


def _words(title: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).lower()
