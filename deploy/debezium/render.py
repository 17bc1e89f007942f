"""The configuration as files: `python -m deploy.debezium.render` writes them anew, a test compares them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped,unused-ignore]

from deploy.debezium.access import CONNECT_USER, KEPT_TOPICS, connect_entries, heartbeat_topics
from deploy.debezium.connector import configuration, connector_name, login_of, preparation, slot_statement
from deploy.debezium.worker_settings import SECURED, WORKER_SETTINGS, properties
from deploy.kubernetes.kafka import OF_CLUSTER, REPLICAS, STRIMZI, user_manifest
from deploy.kubernetes.names import Manifest, manifest
from deploy.rendered import outdated_in, write_outdated
from shared.contracts.topics import SERVICES, ServiceName

FOLDER = Path(__file__).parent
RENDERED = ("rendered",)
CONNECT_CLUSTER = "nss-connect"
HEARTBEATS_KEPT_MS = str(24 * 60 * 60 * 1000)
HEADER = "Rendered by `python -m deploy.debezium.render`; do not edit."


def rendered_files() -> Mapping[str, str]:
    """Content by path relative to this folder."""
    return dict(_files())


def outdated_files() -> list[str]:
    """Paths that are missing, stale or no longer rendered."""
    return outdated_in(FOLDER, rendered_files(), RENDERED)


def _files() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        yield f"rendered/{service}.json", json.dumps(configuration(service), indent=2) + "\n"
        yield f"rendered/{service}.sql", _sql(service)
    yield "rendered/worker.properties", f"# {HEADER}\n" + properties({**WORKER_SETTINGS, **SECURED})
    yield "rendered/strimzi.yaml", f"# {HEADER}\n" + yaml.safe_dump_all(_manifests(), sort_keys=False)


def _sql(service: ServiceName) -> str:
    login = login_of(service)
    lines = [
        f"-- {HEADER}",
        f"-- In the database of {service}, by its owner; the first and the last line by an administrator.",
        f"create role {login} login replication;",
        *(f"{statement};" for statement in preparation(service)),
        f"{slot_statement(service)};",
    ]
    return "\n".join(lines) + "\n"


def _manifests() -> Iterator[Manifest]:
    """The login with its rights, the topics that are nobody's events, and the connectors."""
    yield user_manifest(CONNECT_USER, connect_entries())
    yield from (_topic(name, {"cleanup.policy": "compact"}) for name in KEPT_TOPICS)
    yield from (_topic(name, {"cleanup.policy": "delete", "retention.ms": HEARTBEATS_KEPT_MS})
                for name in heartbeat_topics())  # fmt: skip
    yield from map(_connector, SERVICES)


def _topic(name: str, settings: Mapping[str, str]) -> Manifest:
    spec = {"topicName": name, "partitions": 1, "replicas": REPLICAS, "config": dict(settings)}
    return manifest(STRIMZI, "KafkaTopic", name.strip("_"), {"spec": spec}, OF_CLUSTER)


def _connector(service: ServiceName) -> Manifest:
    told = dict(configuration(service))
    connector, tasks = told.pop("connector.class"), int(told.pop("tasks.max"))
    return {
        "apiVersion": STRIMZI,
        "kind": "KafkaConnector",
        "metadata": {
            "name": connector_name(service),
            "labels": {"strimzi.io/cluster": CONNECT_CLUSTER, "app.kubernetes.io/part-of": "nss"},
        },
        "spec": {"class": connector, "tasksMax": tasks, "config": told},
    }


if __name__ == "__main__":
    write_outdated(FOLDER, rendered_files(), RENDERED)
