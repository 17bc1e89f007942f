"""What runs of a service: pages, workers and the migration that comes before them."""

from deploy.kubernetes.names import (
    PORT,
    SECRETS_DIR,
    Manifest,
    database_roles,
    labels,
    manifest,
    object_name,
)
from deploy.kubernetes.pods import container, pod, snippet
from deploy.local import databases
from deploy.local.databases import READERS
from shared.contracts.topics import ServiceName
from shared.runtime.service_process import LONGEST_STOP_SECONDS

REPLICAS = 2
DRAIN_SECONDS = 5
"""How long a pod still serves after it was taken out of the Service: not every proxy has heard of it at once."""
GRACE_SECONDS = int(LONGEST_STOP_SECONDS) + DRAIN_SECONDS + 7
KEEP_JOB_SECONDS = 3600
LONGEST_MIGRATION_SECONDS = 2 * 3600


def web_manifests(service: ServiceName) -> list[Manifest]:
    """Pages and API: Deployment, Service and PodDisruptionBudget."""
    return [
        _deployment(service, "web"),
        _service(service, "web", {}),
        _disruption_budget(service, "web"),
    ]


def worker_manifests(service: ServiceName) -> list[Manifest]:
    """Consumer, relay and jobs. Their Service has no address: it is for measurements alone."""
    return [
        _deployment(service, "worker"),
        _service(service, "worker", {"clusterIP": "None"}),
        _disruption_budget(service, "worker"),
    ]


def hooks_manifests(service: ServiceName) -> list[Manifest]:
    """What posts to the receivers of hooks, apart from the workers: a burst of posts must not delay mails."""
    return [
        _deployment(service, "hooks"),
        _service(service, "hooks", {"clusterIP": "None"}),
        _disruption_budget(service, "hooks"),
    ]


def migration_manifests(service: ServiceName) -> list[Manifest]:
    """The Job that brings the database up to date as its owner, then grants the logins their rights."""
    rights = snippet(service, "rights", _rights_code(service), "settings", "trust")
    template = pod(service, [rights], [object_name(service, "settings"), object_name(service, "owner")])
    template["initContainers"] = [*template["initContainers"], container(service, "migrate", ["--migrate"])]
    template["restartPolicy"] = "OnFailure"
    marks = labels(service, "migration")
    spec = {
        "backoffLimit": 6,
        "activeDeadlineSeconds": LONGEST_MIGRATION_SECONDS,
        "ttlSecondsAfterFinished": KEEP_JOB_SECONDS,
        "template": {"metadata": {"labels": marks}, "spec": template},
    }
    return [manifest("batch/v1", "Job", object_name(service, "migration"), {"spec": spec}, marks)]


def account_manifests(service: ServiceName) -> list[Manifest]:
    """The ServiceAccount, which may do nothing in the cluster."""
    body: Manifest = {"automountServiceAccountToken": False}
    return [manifest("v1", "ServiceAccount", object_name(service), body, labels(service))]


def day_keys_manifests() -> list[Manifest]:
    """The volume of provisioning's day keys, shared by its replicas; never part of a database's backup."""
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    name = object_name("provisioning", "day-keys")
    return [manifest("v1", "PersistentVolumeClaim", name, {"spec": spec}, labels("provisioning"))]


def rights_statements(service: ServiceName) -> list[str]:
    """What the owner grants after migrations, as the local stack does."""
    _, app, relay = database_roles(service)
    return databases.rights_statements(service, app, relay, reader_roles(service))


def reader_roles(service: ServiceName) -> list[str]:
    """Logins that only read."""
    return [f"nss_{service}_{reader}" for reader in READERS.get(service, ())]


def _rights_code(service: ServiceName) -> str:
    sql = ";\n".join(rights_statements(service))
    return (
        "import asyncio, asyncpg, pathlib\n"
        f"url = pathlib.Path('{SECRETS_DIR}/nss_{service}_migration_database_url').read_text().strip()\n"
        "async def grant():\n"
        "    db = await asyncpg.connect(url, timeout=15)\n"
        f'    await db.execute("""{sql}""")\n'
        "    await db.close()\n"
        "asyncio.run(grant())\n"
    )


def _deployment(service: ServiceName, role: str) -> Manifest:
    marks = labels(service, role)
    served = container(service, service, ["--role", role])
    served["ports"] = [{"name": "http", "containerPort": PORT}]
    served.update(_probes())
    template = pod(service, [served], [object_name(service, "settings")])
    template["terminationGracePeriodSeconds"] = GRACE_SECONDS
    template["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": marks},
        }
    ]
    spec: Manifest = {
        "selector": {"matchLabels": marks},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {"metadata": {"labels": marks}, "spec": template},
    }
    if role != "worker":
        # Not for workers: a number here would undo their scaler's at every roll-out.
        spec["replicas"] = REPLICAS
    if role == "web":
        served["lifecycle"] = {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}}
    return manifest("apps/v1", "Deployment", object_name(service, role), {"spec": spec}, marks)


def _probes() -> Manifest:
    def asking(path: str, period: int, failures: int) -> Manifest:
        place = {"path": f"/health/{path}", "port": "http"}
        return {"httpGet": place, "periodSeconds": period, "timeoutSeconds": 3, "failureThreshold": failures}

    return {
        "startupProbe": asking("startup", 2, 45),
        "livenessProbe": asking("live", 10, 3),
        "readinessProbe": asking("ready", 5, 2),
    }


def _service(service: ServiceName, role: str, more: Manifest) -> Manifest:
    marks = labels(service, role)
    ports = [{"name": "http", "port": 80 if role == "web" else PORT, "targetPort": "http"}]
    name = object_name(service) if role == "web" else object_name(service, role)
    return manifest("v1", "Service", name, {"spec": {"selector": marks, "ports": ports, **more}}, marks)


def _disruption_budget(service: ServiceName, role: str) -> Manifest:
    marks = labels(service, role)
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": marks}}
    return manifest("policy/v1", "PodDisruptionBudget", object_name(service, role), {"spec": spec}, marks)
