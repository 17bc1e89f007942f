"""The configuration as files: `python -m deploy.debezium.render` writes them anew, a test compares them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped,unused-ignore]

from deploy.debezium.connector import configuration, connector_name, login_of, preparation, slot_statement
from deploy.debezium.worker import WORKER_SETTINGS, properties
from deploy.kubernetes.kafka import STRIMZI
from deploy.rendered import outdated_in, write_outdated
from shared.contracts.topics import SERVICES, ServiceName

FOLDER = Path(__file__).parent
RENDERED = ("rendered",)
CONNECT_CLUSTER = "nss-connect"
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
    yield "rendered/worker.properties", f"# {HEADER}\n" + properties(WORKER_SETTINGS)
    yield "rendered/strimzi.yaml", f"# {HEADER}\n" + yaml.safe_dump_all(map(_manifest, SERVICES), sort_keys=False)


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


def _manifest(service: ServiceName) -> Mapping[str, object]:
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
