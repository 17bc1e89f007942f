"""Topics, users and scalers, from the registry: nobody writes a topic's name or a right by hand."""

from collections.abc import Iterable, Mapping, Sequence

from deploy.catalogue.access import Grant, grants
from deploy.kubernetes.names import KAFKA_CLUSTER, Manifest, kafka_user, labels, manifest, object_name
from shared.contracts.topics import (
    SERVICES,
    TOPICS,
    Principal,
    ServiceName,
    Topic,
    consumer_group,
    topics_read_by,
)

STRIMZI = "kafka.strimzi.io/v1"
OF_CLUSTER = {"strimzi.io/cluster": KAFKA_CLUSTER, "app.kubernetes.io/part-of": "nss"}
PRINCIPALS: tuple[Principal, ...] = (*SERVICES, "operator")
REPLICAS = 3
MIN_INSYNC_REPLICAS = 2
LAG_PER_REPLICA = 500
"""One poll of a consumer: with less to do a second replica would not help."""
FEWEST_WORKERS = 2
"""Of a service with more than one partition, so that the loss of a machine is no pause."""


def topic_manifests() -> list[Manifest]:
    """A KafkaTopic for each topic."""
    return [_topic(topic) for topic in TOPICS]


def user_manifests() -> list[Manifest]:
    """A KafkaUser for each principal, with exactly its grants."""
    given = grants()
    return [_user(principal, [grant for grant in given if grant.principal == principal]) for principal in PRINCIPALS]


def scaler_manifests(service: ServiceName) -> list[Manifest]:
    """The ScaledObject of a service's workers, and how KEDA logs in to see how far they are behind."""
    worker, topics = object_name(service, "worker"), topics_read_by(service)
    body: Manifest = {
        "spec": {
            "scaleTargetRef": {"name": worker},
            "minReplicaCount": FEWEST_WORKERS,
            "maxReplicaCount": max(topic.partitions for topic in topics),
            "pollingInterval": 15,
            "cooldownPeriod": 300,
            "advanced": {
                # A replica that comes or goes costs every consumer a rebalance.
                "horizontalPodAutoscalerConfig": {
                    "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
                },
            },
            "triggers": [_trigger(service, topic) for topic in topics],
        }
    }
    marks = labels(service, "worker")
    return [manifest("keda.sh/v1alpha1", "ScaledObject", worker, body, marks), _keda_login(service)]


def _topic(topic: Topic) -> Manifest:
    spec = {
        "topicName": topic.name,
        "partitions": topic.partitions,
        "replicas": REPLICAS,
        "config": {**topic.configuration, "min.insync.replicas": str(MIN_INSYNC_REPLICAS)},
    }
    return manifest(STRIMZI, "KafkaTopic", topic.name, {"spec": spec}, OF_CLUSTER)


def user_manifest(user: str, entries: Iterable[tuple[str, str, str]]) -> Manifest:
    """The KafkaUser of a login that is no principal of ours; entries are resource, name and operation."""
    operations: dict[tuple[str, str, bool], list[str]] = {}
    for resource, name, operation in entries:
        operations.setdefault((resource, name, False), []).append(operation)
    return _with_access(user, operations)


def _user(principal: Principal, given: Iterable[Grant]) -> Manifest:
    operations: dict[tuple[str, str, bool], list[str]] = {}
    for grant in given:
        operations.setdefault((grant.resource, grant.name, grant.is_prefix), []).append(grant.operation)
    return _with_access(kafka_user(principal), operations)


def _with_access(user: str, operations: Mapping[tuple[str, str, bool], Sequence[str]]) -> Manifest:
    acls = [
        {
            "resource": {"type": resource, "name": name, "patternType": "prefix" if is_prefix else "literal"},
            "operations": sorted(allowed),
            "host": "*",
        }
        for (resource, name, is_prefix), allowed in sorted(operations.items())
    ]
    spec = {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": acls}}
    return manifest(STRIMZI, "KafkaUser", user, {"spec": spec}, OF_CLUSTER)


def _trigger(service: ServiceName, topic: Topic) -> Manifest:
    return {
        "type": "kafka",
        "metadata": {
            # Read from the worker's own environment, so that the address is said once.
            "bootstrapServersFromEnv": "NSS_KAFKA_BOOTSTRAP",
            "consumerGroup": consumer_group(service),
            "topic": topic.name,
            "lagThreshold": str(LAG_PER_REPLICA),
            "offsetResetPolicy": "earliest",
            # A dead letter or a held partition must not pile up replicas that could not help it.
            "excludePersistentLag": "true",
            "sasl": "scram_sha512",
            "tls": "enable",
        },
        "authenticationRef": {"name": object_name(service, "lag")},
    }


def _keda_login(service: ServiceName) -> Manifest:
    user = kafka_user(service)
    body: Manifest = {
        "spec": {
            "env": [{"parameter": "username", "name": "NSS_KAFKA_SECURITY_USERNAME", "containerName": service}],
            "secretTargetRef": [
                {"parameter": "password", "name": user, "key": "password"},
                {"parameter": "ca", "name": f"{KAFKA_CLUSTER}-cluster-ca-cert", "key": "ca.crt"},
            ],
        }
    }
    return manifest("keda.sh/v1alpha1", "TriggerAuthentication", object_name(service, "lag"), body, labels(service))
