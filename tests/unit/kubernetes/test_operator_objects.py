"""Objects of operators against small closed schemas of the kinds we use: a misspelt field is an error.

Their own schemas are not to be had offline; these follow the published references of Strimzi 1.0, KEDA 2, CloudNativePG
1.28 and the Prometheus operator.
"""

import copy
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.kubernetes.committed import Object, objects

TEXT: Object = {"type": "string", "minLength": 1}
COUNT: Object = {"type": "integer", "minimum": 1}


def closed(required: Object, optional: Object | None = None) -> Object:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def listed(items: Object) -> Object:
    return {"type": "array", "items": items, "minItems": 1}


def one_of(*values: str) -> Object:
    return {"enum": list(values)}


def texts() -> Object:
    return {"type": "object", "additionalProperties": {"type": "string"}}


ACL = closed(
    {
        "resource": closed(
            {"type": one_of("topic", "group", "cluster", "transactionalId"), "name": TEXT,
             "patternType": one_of("literal", "prefix")}
        ),
        "operations": listed(one_of("Read", "Write", "Describe", "DescribeConfigs")),
    },
    {"host": TEXT, "type": one_of("allow", "deny")},
)  # fmt: skip
ROLE = closed(
    {"name": TEXT, "ensure": one_of("present", "absent"), "login": {"type": "boolean"}, "superuser": {"const": False},
     "createdb": {"const": False}, "createrole": {"const": False}, "passwordSecret": closed({"name": TEXT})}
)  # fmt: skip
RULE = closed({"alert": TEXT, "expr": TEXT, "for": TEXT, "labels": texts(), "annotations": texts()})
SPECIFICATIONS: dict[tuple[str, str], Object] = {
    ("kafka.strimzi.io/v1", "KafkaTopic"): closed(
        {"topicName": TEXT, "partitions": COUNT, "replicas": COUNT, "config": texts()}
    ),
    ("kafka.strimzi.io/v1", "KafkaUser"): closed(
        {
            "authentication": closed({"type": one_of("scram-sha-512", "tls")}),
            "authorization": closed({"type": one_of("simple"), "acls": listed(ACL)}),
        }
    ),
    ("kafka.strimzi.io/v1", "KafkaConnector"): closed(
        {"class": TEXT, "tasksMax": COUNT, "config": texts()}, {"state": one_of("running", "paused", "stopped")}
    ),
    ("keda.sh/v1alpha1", "ScaledObject"): closed(
        {
            "scaleTargetRef": closed({"name": TEXT}),
            "minReplicaCount": COUNT,
            "maxReplicaCount": COUNT,
            "pollingInterval": COUNT,
            "cooldownPeriod": COUNT,
            "advanced": closed({"horizontalPodAutoscalerConfig": closed({"behavior": {"type": "object"}})}),
            "triggers": listed(
                closed({"type": one_of("kafka"), "metadata": texts(), "authenticationRef": closed({"name": TEXT})})
            ),
        }
    ),
    ("keda.sh/v1alpha1", "TriggerAuthentication"): closed(
        {
            "env": listed(closed({"parameter": TEXT, "name": TEXT, "containerName": TEXT})),
            "secretTargetRef": listed(closed({"parameter": TEXT, "name": TEXT, "key": TEXT})),
        }
    ),
    ("monitoring.coreos.com/v1", "ServiceMonitor"): closed(
        {
            "selector": closed({"matchLabels": texts()}),
            "endpoints": listed(closed({"port": TEXT, "path": TEXT, "interval": TEXT, "honorLabels": {"const": True}})),
            "targetLabels": listed(TEXT),
        }
    ),
    ("monitoring.coreos.com/v1", "PrometheusRule"): closed(
        {"groups": listed(closed({"name": TEXT, "rules": listed(RULE)}))}
    ),
    ("postgresql.cnpg.io/v1", "Cluster"): closed(
        {
            "instances": COUNT,
            "imageCatalogRef": closed({"apiGroup": TEXT, "kind": TEXT, "name": TEXT, "major": COUNT}),
            "enableSuperuserAccess": {"const": False},
            "storage": closed({"size": TEXT}),
            "resources": closed({"requests": texts(), "limits": texts()}),
            "postgresql": closed(
                {"parameters": texts(), "pg_hba": listed(TEXT),
                 "synchronous": closed({"method": one_of("any", "first"), "number": COUNT})}
            ),
            "bootstrap": closed(
                {"initdb": closed({"database": TEXT, "owner": TEXT, "secret": closed({"name": TEXT}),
                                   "encoding": TEXT, "postInitApplicationSQL": listed(TEXT)})}
            ),
            "managed": closed({"roles": listed(ROLE)}),
        }
    ),
}  # fmt: skip
ALL = [*objects("operators"), *objects("../debezium/rendered")]


def complaints(each: Object) -> list[str]:
    schema = SPECIFICATIONS[each["apiVersion"], each["kind"]]
    return [error.message for error in jsonschema_rs.iter_errors(schema, each["spec"])]


@pytest.mark.parametrize("each", ALL, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_an_operators_object_has_known_fields_alone(each: Object) -> None:
    assert complaints(each) == []
    assert set(each) == {"apiVersion", "kind", "metadata", "spec"}


def test_objects_of_every_kind_are_there() -> None:
    assert {(each["apiVersion"], each["kind"]) for each in ALL} == set(SPECIFICATIONS)


@pytest.mark.parametrize("each", ALL[:: len(ALL) // 6], ids=lambda each: str(each["kind"]))
def test_a_misspelt_field_is_found(each: Any) -> None:
    wrong = copy.deepcopy(each)
    name = next(iter(wrong["spec"]))
    wrong["spec"][f"{name}s"] = wrong["spec"].pop(name)
    assert complaints(wrong) != []
