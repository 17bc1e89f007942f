"""The pods of every service: confined, probed, sized, and with files and settings that make the service start."""

import importlib
import json
import os
from pathlib import Path

import pytest

from deploy.scaling.model import Costs, peak_per_second, read_measured
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.service_process import LONGEST_STOP_SECONDS
from shared.runtime.settings import ServiceSettings, read_settings
from tests.unit.kubernetes.committed import (
    Object,
    containers,
    deployments,
    main_container,
    objects,
    of_kind,
    templates,
)

each_service = pytest.mark.parametrize("service", SERVICES)


def settings_class(service: ServiceName) -> type[ServiceSettings]:
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


@each_service
def test_a_base_names_no_namespace_and_no_object_of_a_neighbour(service: ServiceName) -> None:
    for each in objects(f"base/{service}"):
        assert "namespace" not in each["metadata"]
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == f"nss-{service}"
    neighbours = [f"nss-{other}" for other in SERVICES if other != service]
    text = json.dumps(list(objects(f"base/{service}")))
    assert [name for name in neighbours if name in text] == []


@each_service
def test_a_base_has_every_kind_a_service_needs(service: ServiceName) -> None:
    kinds = [each["kind"] for each in objects(f"base/{service}")]
    posts_hooks = service == "notifier"
    for kind, number in {
        "Deployment": 2 + posts_hooks,
        "Job": 1,
        "Service": 2 + posts_hooks,
        "PodDisruptionBudget": 2 + posts_hooks,
        "ServiceAccount": 1,
    }.items():
        assert kinds.count(kind) == number
    assert kinds.count("NetworkPolicy") == 2 + posts_hooks
    assert kinds.count("PersistentVolumeClaim") == (1 if service == "provisioning" else 0)


@each_service
def test_every_container_is_confined(service: ServiceName) -> None:
    for template in templates(service):
        pod = template["spec"]
        assert pod["enableServiceLinks"] is False
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(template):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["image"].rpartition(":")[2] not in ("", "latest")
            assert container["resources"]["requests"]["memory"] == "160Mi"
            assert int(container["resources"]["limits"]["memory"].removesuffix("Mi")) >= 256


@each_service
def test_every_mounted_volume_exists_and_secrets_are_not_for_everybody(service: ServiceName) -> None:
    for template in templates(service):
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        mounted = {mount["name"] for container in containers(template) for mount in container["volumeMounts"]}
        assert mounted == set(volumes)
        for volume in volumes.values():
            for kind in ("secret", "projected"):
                if kind in volume:
                    assert volume[kind]["defaultMode"] == 0o440


@each_service
def test_pages_and_workers_are_probed_and_have_time_to_stop(service: ServiceName) -> None:
    roles = set()
    for deployment in deployments(service):
        container = main_container(deployment["spec"]["template"])
        roles.add(tuple(container["args"]))
        for probe, path in (("startupProbe", "startup"), ("livenessProbe", "live"), ("readinessProbe", "ready")):
            assert container[probe]["httpGet"] == {"path": f"/health/{path}", "port": "http"}
        ready = container["readinessProbe"]
        assert ready["periodSeconds"] * ready["failureThreshold"] <= 10
        assert container["ports"] == [{"name": "http", "containerPort": 8080}]
        drain = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > LONGEST_STOP_SECONDS + drain
        assert (drain > 0) is (container["args"] == ["--role", "web"])
    more = {("--role", "hooks")} if service == "notifier" else set()
    assert roles == {("--role", "web"), ("--role", "worker")} | more


@each_service
def test_every_selector_finds_its_own_pods_and_no_others(service: ServiceName) -> None:
    by_role = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"] for each in deployments(service)
    }
    for kind, place in (("Service", "selector"), ("PodDisruptionBudget", "selector"), ("Deployment", "selector")):
        for each in of_kind(f"base/{service}", kind):
            wanted = each["spec"][place].get("matchLabels", each["spec"][place])
            role = each["metadata"]["labels"]["app.kubernetes.io/component"]
            found = [name for name, labels in by_role.items() if wanted.items() <= labels.items()]
            assert found == [f"nss-{service}-{role}"]


@each_service
def test_nobody_but_the_gateway_and_monitoring_reaches_a_service(service: ServiceName) -> None:
    sources = [
        source
        for policy in of_kind(f"base/{service}", "NetworkPolicy")
        for rule in policy["spec"].get("ingress", ())
        for source in rule["from"]
    ]
    assert [source["namespaceSelector"]["matchLabels"] for source in sources] == [
        {"nss-gateway": "true"}, {"nss-monitoring": "true"},
    ]  # fmt: skip
    [outgoing] = [each for each in of_kind(f"base/{service}", "NetworkPolicy")
                  if "egress" in each["spec"] and "component" not in str(each["spec"]["podSelector"])]  # fmt: skip
    ports = {port["port"] for rule in outgoing["spec"]["egress"] for port in rule["ports"]}
    assert ports - {53, 9093, 5432} == {"review": {443}, "notifier": {465, 587}}.get(service, set())


def test_of_notifier_the_pods_that_post_to_receivers_alone_go_out_over_https() -> None:
    [policy] = [
        each for each in of_kind("base/notifier", "NetworkPolicy") if each["metadata"]["name"].endswith("hooks")
    ]
    assert policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "hooks"
    assert policy["spec"]["egress"] == [{"ports": [{"protocol": "TCP", "port": 443}]}]


@each_service
def test_a_collector_of_traces_is_reached_only_where_that_was_applied_as_well(service: ServiceName) -> None:
    [policy] = objects(f"traces/{service}")
    assert policy["spec"]["egress"] == [
        {
            "to": [{"namespaceSelector": {"matchLabels": {"nss-tracing": "true"}}}],
            "ports": [{"protocol": "TCP", "port": 4318}],
        }
    ]
    chosen = policy["spec"]["podSelector"]["matchLabels"].items()
    assert all(chosen <= template["metadata"]["labels"].items() for template in templates(service))
    assert "4318" not in json.dumps(list(objects(f"base/{service}")))


@each_service
def test_the_settings_of_every_pod_start_the_service(
    service: ServiceName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for template in templates(service):
        environment = lay_out(service, template, tmp_path)
        for name in [name for name in os.environ if name.startswith("NSS_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = read_settings(settings_class(service), environment)
        assert settings.environment == "production"
        assert settings.port == 8080
        assert not settings.host.startswith("127.")
        assert settings.kafka_security_password.get_secret_value() == "given"
        assert settings.kafka_security_username == f"nss-{service}"
        is_migration = template["spec"].get("restartPolicy") == "OnFailure"
        assert (settings.migration_database_url is not None) is is_migration


def lay_out(service: ServiceName, template: Object, root: Path) -> dict[str, str]:
    """A pod's environment, its absolute paths moved under `root`, where its files are put as the volumes have them."""
    [addresses] = of_kind("", "ConfigMap")
    container = main_container(template)
    values = {**addresses["data"], **{each["name"]: each["value"] for each in container["env"]}}
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    for name, value in values.items():
        if value.startswith("/") and not is_of_a_neighbour(name, service):
            assert any(Path(value).is_relative_to(mount) for mount in mounts), f"{name} lies in no volume"
            put(root / value[1:])
    secrets = root / values["NSS_SECRETS_DIR"][1:]
    for path in secrets.iterdir():
        path.unlink()
    for source in template["spec"]["volumes"][0]["projected"]["sources"]:
        for path in secret_files(service, source["secret"]):
            (secrets / path).write_text("given")
    return {name: f"{root}{value}" if value.startswith("/") else value for name, value in values.items()}


def is_of_a_neighbour(variable: str, service: ServiceName) -> bool:
    return any(variable.startswith(f"NSS_{other.upper()}_") for other in SERVICES if other != service)


def put(path: Path) -> None:
    """A file where the name has a suffix, else a folder."""
    folder = path.parent if path.suffix else path
    folder.mkdir(parents=True, exist_ok=True)
    if path.suffix:
        path.touch()


def secret_files(service: ServiceName, secret: Object) -> list[str]:
    """File names a Secret brings: as the README's table has them."""
    if "items" in secret:
        return [item["path"] for item in secret["items"]]
    own = f"nss_{service}_"
    if secret["name"] == f"nss-{service}-owner":
        return [f"{own}migration_database_url"]
    assert secret["name"] == f"nss-{service}-settings"
    return [f"{own}database_url", f"{own}relay_database_url"]


@each_service
def test_the_processor_time_asked_for_bears_ten_times_today_s_busiest_hour(service: ServiceName) -> None:
    measured = read_measured()
    idle = measured["costs"]["people"]["idle_cpu_percent"][service] / 100
    busy = Costs(measured).people_ms[service] / 1000 * peak_per_second(10)
    for template in templates(service):
        asked = main_container(template)["resources"]["requests"]["cpu"]
        assert asked.endswith("m")
        assert idle + busy <= int(asked.removesuffix("m")) / 1000 <= 4 * (idle + busy)
