"""What the manifests call things: objects, labels, ports, mounted folders and the files in them."""

from typing import Any

from shared.contracts.topics import Principal, ServiceName

Manifest = dict[str, Any]

PORT = 8080
USER_ID = 10001
KAFKA_CLUSTER = "nss"
KAFKA_PORT = 9093
POSTGRES_PORT = 5432
ADDRESSES = "nss-addresses"
"""The ConfigMap in which a platform says where everything is; see the README beside this file."""

SECRETS_DIR = "/run/nss/settings"
TRUST_DIR = "/run/nss/trust"
KEYS_DIR = "/run/nss/keys"
DAY_KEYS_VOLUME = "/var/lib/nss"
DAY_KEYS_DIR = f"{DAY_KEYS_VOLUME}/days"


def object_name(service: ServiceName, part: str = "") -> str:
    """Of a service's object, such as `nss-intake` or `nss-intake-worker`."""
    return f"nss-{service}-{part}" if part else f"nss-{service}"


def kafka_user(principal: Principal) -> str:
    """The login on Kafka, which Strimzi takes from the object's name."""
    return f"nss-{principal}"


def database_cluster(service: ServiceName) -> str:
    """The service's own PostgreSQL."""
    return object_name(service, "db")


def database_roles(service: ServiceName) -> tuple[str, str, str]:
    """Owner, the service's own login and its relay's, named as in the local stack."""
    return f"nss_{service}_owner", f"nss_{service}_app", f"nss_{service}_relay"


def labels(service: ServiceName, component: str | None = None) -> dict[str, str]:
    """Labels by which objects of a service, or of one of its components, are found."""
    named = {"app.kubernetes.io/name": object_name(service), "app.kubernetes.io/part-of": "nss"}
    return {**named, "app.kubernetes.io/component": component} if component else named


def manifest(api_version: str, kind: str, name: str, body: Manifest, marks: dict[str, str] | None = None) -> Manifest:
    """An object; `body` holds what stands beside its metadata."""
    metadata: Manifest = {"name": name, "labels": marks or {"app.kubernetes.io/part-of": "nss"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
