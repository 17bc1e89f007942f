"""Objects for operators a cluster may have: a PostgreSQL of the service's own, and what Prometheus shall read."""

from deploy.kubernetes.names import (
    Manifest,
    database_cluster,
    database_roles,
    labels,
    manifest,
    object_name,
)
from deploy.kubernetes.workloads import reader_roles
from deploy.local.databases import READER_LIMITS
from deploy.observability.alerts import GROUPS, rule_group
from shared.contracts.topics import ServiceName

POSTGRES_MAJOR = 18
IMAGE_CATALOG = {"apiGroup": "postgresql.cnpg.io", "kind": "ClusterImageCatalog", "name": "postgresql"}
INSTANCES = 3
STORAGE = "20Gi"
SCRAPE_SECONDS = 15


def database_manifests(service: ServiceName) -> list[Manifest]:
    """The service's Cluster: one database, an owner for migrations, and the logins that hold no schema."""
    owner, app, relay = database_roles(service)
    spec = {
        "instances": INSTANCES,
        "imageCatalogRef": {**IMAGE_CATALOG, "major": POSTGRES_MAJOR},
        "enableSuperuserAccess": False,
        "storage": {"size": STORAGE},
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "postgresql": {
            "parameters": {"password_encryption": "scram-sha-256"},
            "pg_hba": ["hostnossl all all all reject"],
            # An acknowledged application survives the loss of a machine.
            "synchronous": {"method": "any", "number": 1},
        },
        "bootstrap": {
            "initdb": {
                "database": f"nss_{service}",
                "owner": owner,
                "secret": {"name": _login_secret(owner)},
                "encoding": "UTF8",
                "postInitApplicationSQL": _first_statements(service),
            }
        },
        "managed": {"roles": [_role(name) for name in (app, relay, *reader_roles(service))]},
    }
    name = database_cluster(service)
    return [manifest("postgresql.cnpg.io/v1", "Cluster", name, {"spec": spec}, labels(service, "database"))]


def monitor_manifests(service: ServiceName) -> list[Manifest]:
    """The ServiceMonitor: pages and workers alike."""
    spec = {
        "selector": {"matchLabels": {"app.kubernetes.io/name": object_name(service)}},
        # Our own label `service` counts, not the name of the object that was scraped.
        "endpoints": [{"port": "http", "path": "/metrics", "interval": f"{SCRAPE_SECONDS}s", "honorLabels": True}],
        "targetLabels": ["app.kubernetes.io/name", "app.kubernetes.io/component"],
    }
    return [
        manifest("monitoring.coreos.com/v1", "ServiceMonitor", object_name(service), {"spec": spec}, labels(service))
    ]


def rule_manifests() -> list[Manifest]:
    """The alert rules, the same as in deploy/observability/alerts."""
    groups = [rule_group(name) for name, alerts in GROUPS.items() if alerts]
    return [manifest("monitoring.coreos.com/v1", "PrometheusRule", "nss", {"spec": {"groups": groups}})]


def _first_statements(service: ServiceName) -> list[str]:
    """Run once as superuser in the new database: what the local stack does when it makes one."""
    owner, app, relay = database_roles(service)
    readers = reader_roles(service)
    everybody = ", ".join((app, relay, *readers))
    defaults = f"alter default privileges for role {owner} in schema public grant"
    return [
        *(f"create role {name} login" for name in (app, relay, *readers)),
        *(f"alter role {name} set {setting} = '{value}'" for name in readers
          for setting, value in READER_LIMITS.items()),
        f"revoke all on database nss_{service} from public",
        f"grant connect on database nss_{service} to {everybody}",
        f"alter schema public owner to {owner}",
        f"grant usage on schema public to {app}, {relay}",
        f"{defaults} select, insert, update, delete on tables to {app}",
        f"{defaults} usage, select on sequences to {app}, {relay}",
    ]  # fmt: skip


def _role(name: str) -> Manifest:
    return {
        "name": name,
        "ensure": "present",
        "login": True,
        "superuser": False,
        "createdb": False,
        "createrole": False,
        "passwordSecret": {"name": _login_secret(name)},
    }


def _login_secret(role: str) -> str:
    """A Secret of type kubernetes.io/basic-auth."""
    return f"{role.replace('_', '-')}-login"
