"""The databases of a cluster: the logins and rights of the local stack, and no superuser."""

import ast

import pytest

from deploy.kubernetes.workloads import rights_statements
from deploy.local.databases import READERS, RELAY_TABLES
from shared.contracts.topics import SERVICES, ServiceName
from tests.unit.kubernetes.committed import of_kind

each_service = pytest.mark.parametrize("service", SERVICES)


@each_service
def test_each_service_has_a_cluster_of_its_own_with_an_owner_and_two_logins(service: ServiceName) -> None:
    [cluster] = of_kind(f"operators/cloudnative-pg/{service}", "Cluster")
    spec = cluster["spec"]
    assert spec["enableSuperuserAccess"] is False
    assert spec["imageCatalogRef"]["major"] == 18
    assert spec["bootstrap"]["initdb"]["owner"] == f"nss_{service}_owner"
    readers = [f"nss_{service}_{reader}" for reader in READERS.get(service, ())]
    roles = spec["managed"]["roles"]
    assert [role["name"] for role in roles] == [f"nss_{service}_app", f"nss_{service}_relay", *readers]
    assert not any(role["superuser"] or role["createdb"] or role["createrole"] for role in roles)
    secrets = [spec["bootstrap"]["initdb"]["secret"]["name"], *(role["passwordSecret"]["name"] for role in roles)]
    assert len(set(secrets)) == len(secrets)


@each_service
def test_every_role_is_made_before_it_is_granted_anything(service: ServiceName) -> None:
    [cluster] = of_kind(f"operators/cloudnative-pg/{service}", "Cluster")
    statements = cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"]
    made = [statement.split()[2] for statement in statements if statement.startswith("create role")]
    assert made == [role["name"] for role in cluster["spec"]["managed"]["roles"]]
    assert [statement.startswith("create role") for statement in statements[: len(made)]] == [True] * len(made)
    assert not any("superuser" in statement for statement in statements)


@each_service
def test_the_migration_runs_first_and_then_grants_what_the_local_stack_grants(service: ServiceName) -> None:
    [job] = of_kind(f"base/{service}", "Job")
    pod = job["spec"]["template"]["spec"]
    assert pod["initContainers"][-1]["args"] == ["--migrate"]
    [rights] = pod["containers"]
    code = rights["command"][2]
    ast.parse(code)
    for statement in rights_statements(service):
        assert statement in code
    assert all(table in code for table in RELAY_TABLES)
    assert ("grant_provisioning_rights" in code) is (service == "provisioning")
