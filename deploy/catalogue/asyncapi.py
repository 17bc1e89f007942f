"""The AsyncAPI 3 document: every topic as a channel, every event as a message, rendered from the registry."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.catalogue.facts import EventFacts, TopicFacts
from shared.contracts.headers import headers_schema
from shared.contracts.topics import SERVICES, ServiceName, Topic, consumer_group

VERSION = "3.0.0"
BINDING_VERSION = "0.5.0"
HEADERS = {"$ref": "#/components/schemas/headers"}
DESCRIPTION = (
    "The events of NSS mailbox: CloudEvents 1.0 in Kafka binary mode. Ignore fields and codes you do not know, expect "
    "duplicates (ce_source and ce_id tell them), and expect order only within one topic and key."
)


def asyncapi_document(topics: Sequence[TopicFacts], version: str) -> dict[str, Any]:
    """The document; `version` is the catalogue's own."""
    events = [event for topic in topics for event in topic.events]
    return {
        "asyncapi": VERSION,
        "info": {"title": "NSS mailbox", "version": version, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {topic.topic.name: _channel(topic) for topic in topics},
        "operations": {name: operation for topic in topics for name, operation in _operations(topic)},
        "components": {
            "messages": {event.slug: _message(event) for event in events},
            "schemas": {"headers": headers_schema()} | {name: part for event in events for name, part in _parts(event)},
        },
    }


def _channel(facts: TopicFacts) -> dict[str, Any]:
    topic = facts.topic
    return {
        "address": topic.name,
        "description": f"{topic.holds[0].upper()}{topic.holds[1:]}. Key: {topic.key}. Kept: {facts.retention}.",
        "messages": {event.slug: {"$ref": f"#/components/messages/{event.slug}"} for event in facts.events},
        "bindings": {"kafka": _topic_binding(topic)},
    }


def _topic_binding(topic: Topic) -> dict[str, Any]:
    cleanup = ["compact"] if topic.compacted else ["delete"]
    kept = {} if topic.compacted else {"retention.ms": int(topic.configuration["retention.ms"])}
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": {"cleanup.policy": cleanup, **kept},
        "bindingVersion": BINDING_VERSION,
    }


def _operations(facts: TopicFacts) -> list[tuple[str, dict[str, Any]]]:
    if not facts.events:
        return []
    topic = facts.topic
    written = [(f"{producer}.writes.{topic.name}", _operation("send", facts)) for producer in topic.producers]
    read = [(f"{reader}.reads.{topic.name}", _operation("receive", facts, reader)) for reader in topic.readers]
    return written + read


def _operation(action: str, facts: TopicFacts, reader: ServiceName | None = None) -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{facts.topic.name}"}
    if reader is None:
        return {"action": action, "channel": channel}
    assert reader in SERVICES
    group = {"type": "string", "enum": [consumer_group(reader)]}
    return {
        "action": action,
        "channel": channel,
        "bindings": {"kafka": {"groupId": group, "bindingVersion": BINDING_VERSION}},
    }


def _message(event: EventFacts) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.type,
        "summary": event.when,
        **({"description": event.explanation} if event.explanation else {}),
        "contentType": "application/json",
        "headers": HEADERS,
        "payload": {"$ref": f"#/components/schemas/{event.slug}"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING_VERSION}},
        "examples": [
            {
                "name": example.case,
                "headers": {name: value.decode() for name, value in example.record.headers},
                "payload": example.data,
            }
            for example in event.examples
        ],
    }


def _parts(event: EventFacts) -> list[tuple[str, Any]]:
    """The payload and its definitions, each under a name of its own: references reach no further than one document."""
    text = json.dumps(event.schema).replace('"#/$defs/', f'"#/components/schemas/{event.slug}.')
    schema: Mapping[str, Any] = json.loads(text)
    payload = {key: part for key, part in schema.items() if key not in ("$defs", "$id", "$schema")}
    definitions = schema.get("$defs", {})
    return [(event.slug, payload), *((f"{event.slug}.{name}", part) for name, part in definitions.items())]
