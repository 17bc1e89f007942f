"""Rendered manifests: what is committed is what the registry and the rights say today."""

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from deploy.catalogue.access import grants
from deploy.kubernetes import render
from deploy.kubernetes.kafka import FEWEST_WORKERS
from deploy.kubernetes.render import FOLDER, outdated_files, write_files
from shared.contracts.topics import SERVICES, TOPICS, ServiceName, consumer_group, topics_read_by
from tests.unit.kubernetes.committed import of_kind


def test_the_committed_manifests_are_what_is_rendered_today() -> None:
    assert outdated_files() == [], "run `python -m deploy.kubernetes.render`"


def test_a_stale_manifest_a_missing_one_and_one_too_many_are_named_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "FOLDER", tmp_path)
    write_files()
    assert outdated_files() == []
    (tmp_path / "base/intake/web.yaml").write_text("old")
    (tmp_path / "base/intake/worker.yaml").unlink()
    (tmp_path / "base/gone.yaml").touch()
    assert outdated_files() == ["base/gone.yaml", "base/intake/web.yaml", "base/intake/worker.yaml"]
    write_files()
    assert outdated_files() == []


def test_every_kustomization_names_exactly_the_files_beside_it() -> None:
    for path in FOLDER.rglob("kustomization.yaml"):
        if "overlays" in path.parts:
            continue
        beside = {each.name for each in path.parent.iterdir()} - {path.name}
        assert set(yaml.safe_load(path.read_text())["resources"]) == beside, path


def test_every_users_rights_are_its_grants_and_no_other() -> None:
    users = of_kind("operators/strimzi", "KafkaUser")
    given = {
        (user["metadata"]["name"], acl["resource"]["type"], acl["resource"]["name"], operation,
         acl["resource"]["patternType"] == "prefix", acl.get("type", "allow"))
        for user in users
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }  # fmt: skip
    assert given == {
        (f"nss-{grant.principal}", grant.resource, grant.name, grant.operation, grant.is_prefix, "allow")
        for grant in grants()
    }
    assert {user["apiVersion"] for user in users} == {"kafka.strimzi.io/v1"}
    assert {user["spec"]["authentication"]["type"] for user in users} == {"scram-sha-512"}


def test_every_topic_is_made_as_the_registry_has_it_on_three_brokers() -> None:
    made = {each["spec"]["topicName"]: each["spec"] for each in of_kind("operators/strimzi", "KafkaTopic")}
    assert set(made) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        assert made[topic.name]["partitions"] == topic.partitions
        assert made[topic.name]["replicas"] == 3
        assert made[topic.name]["config"] == {**topic.configuration, "min.insync.replicas": "2"}


@pytest.mark.parametrize("service", SERVICES)
def test_workers_are_scaled_by_every_topic_they_read_up_to_the_partitions(service: ServiceName) -> None:
    [scaler] = of_kind(f"operators/keda/{service}", "ScaledObject")
    triggers = [trigger["metadata"] for trigger in scaler["spec"]["triggers"]]
    assert {trigger["topic"] for trigger in triggers} == {topic.name for topic in topics_read_by(service)}
    assert {trigger["consumerGroup"] for trigger in triggers} == {consumer_group(service)}
    assert all(isinstance(value, str) for trigger in triggers for value in trigger.values())
    most = max(topic.partitions for topic in topics_read_by(service))
    assert (scaler["spec"]["minReplicaCount"], scaler["spec"]["maxReplicaCount"]) == (FEWEST_WORKERS, most)
    [worker] = [each for each in of_kind(f"base/{service}", "Deployment") if "worker" in each["metadata"]["name"]]
    assert scaler["spec"]["scaleTargetRef"]["name"] == worker["metadata"]["name"]
    assert "replicas" not in worker["spec"]
