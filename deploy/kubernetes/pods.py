"""The pods of a service: what every one of them has, whatever its role."""

from deploy.images.assemble import project_version
from deploy.kubernetes.names import (
    ADDRESSES,
    DAY_KEYS_DIR,
    DAY_KEYS_VOLUME,
    KAFKA_CLUSTER,
    KEYS_DIR,
    PORT,
    SECRETS_DIR,
    TRUST_DIR,
    USER_ID,
    Manifest,
    database_cluster,
    kafka_user,
    object_name,
)
from shared.contracts.topics import ServiceName

PRIVATE_MODE = 0o440
MEMORY_LIMIT = {"intake": "384Mi", "review": "256Mi", "provisioning": "320Mi", "notifier": "256Mi"}
"""Measured 129 to 146 MiB under load; above it, documents of intake and two password hashes of 19 MiB at once."""
SIZES = {"requests": {"cpu": "100m", "memory": "160Mi"}}
"""Processor: idle and ten times today's busiest hour (deploy/scaling/measured.json); no limit, it may borrow more."""

MAKE_DAY_KEYS_DIR = f"import os; os.makedirs({DAY_KEYS_DIR!r}, mode=0o700, exist_ok=True)"
COPY_MAIL_KEYS = "; ".join(
    (
        "import os, pathlib",
        f"source, target = pathlib.Path('{KEYS_DIR}/mails-given'), pathlib.Path('{KEYS_DIR}/mails')",
        "os.umask(0o077)",
        "[(target / key.name).write_bytes(key.read_bytes()) for key in source.glob('*.key')]",
    )
)
"""Mounted secrets are readable by their group, which notifier refuses."""

ALL_SERVICES = {"NSS_STAFF_KEYS_DIR": f"{KEYS_DIR}/staff-public"}
OF_SERVICE: dict[ServiceName, dict[str, str]] = {
    "intake": {},
    "review": {},
    "provisioning": {
        "NSS_PROVISIONING_TICKET_KEYS_DIR": f"{KEYS_DIR}/ticket-public",
        "NSS_PROVISIONING_KEY_DIR": DAY_KEYS_DIR,
    },
    "notifier": {"NSS_NOTIFIER_KEYS_DIR": f"{KEYS_DIR}/mails"},
}
KEY_SECRETS: dict[ServiceName, tuple[str, ...]] = {
    "intake": ("ticket",),
    "review": ("staff",),
    "provisioning": ("ticket-public",),
    "notifier": ("mails-given",),
}
"""Folders of key files by the Secret `nss-<folder>-keys`; every service has `staff-public` besides."""


def settings(service: ServiceName) -> dict[str, str]:
    """Variables that are the same wherever the service runs; the others come from the platform."""
    own = f"NSS_{service.upper()}_"
    return {
        "NSS_ENVIRONMENT": "production",
        "NSS_SECRETS_DIR": SECRETS_DIR,
        "NSS_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "NSS_KAFKA_SECURITY_MECHANISM": "SCRAM-SHA-512",
        "NSS_KAFKA_SECURITY_USERNAME": kafka_user(service),
        "NSS_KAFKA_SECURITY_CA_FILE": f"{TRUST_DIR}/kafka.crt",
        "NSS_REPLICATION_FACTOR": "3",
        "NSS_MIN_INSYNC_REPLICAS": "2",
        f"{own}HOST": "0.0.0.0",  # noqa: S104 - a pod's own address is known to nobody beforehand
        f"{own}PORT": str(PORT),
        **ALL_SERVICES,
        **OF_SERVICE[service],
    }


def container(service: ServiceName, name: str, arguments: list[str]) -> Manifest:
    """The image with its own entry, the service's settings and files."""
    return {
        **_image(service, name),
        "args": arguments,
        "env": [{"name": name, "value": value} for name, value in settings(service).items()],
        "envFrom": [{"configMapRef": {"name": ADDRESSES}}],
        "volumeMounts": _mounts(service),
    }


def snippet(service: ServiceName, name: str, code: str, *volumes: str) -> Manifest:
    """The image running a few words of Python instead, with the named volumes alone; it has no shell to rely on."""
    return {
        **_image(service, name),
        "command": ["python", "-c", code],
        "volumeMounts": [mount for mount in _mounts(service) if mount["name"] in volumes],
    }


def _image(service: ServiceName, name: str) -> Manifest:
    return {
        "name": name,
        "image": f"{object_name(service)}:{project_version()}",
        "securityContext": hardened(),
        "resources": {**SIZES, "limits": {"memory": MEMORY_LIMIT[service]}},
    }


def pod(service: ServiceName, containers: list[Manifest], settings_secrets: list[str]) -> Manifest:
    """What all pods of a service share. `settings_secrets` name the Secrets whose keys become settings files."""
    return {
        "serviceAccountName": object_name(service),
        "automountServiceAccountToken": False,
        # Else the Service named nss-intake would set NSS_INTAKE_PORT, which is a setting of ours.
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            # Changing a whole volume would open the key directory to the group; provisioning then refuses it.
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": _preparations(service),
        "containers": containers,
        "volumes": _volumes(service, settings_secrets),
    }


def hardened() -> Manifest:
    """A container that can neither write to its image nor gain rights."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _preparations(service: ServiceName) -> list[Manifest]:
    if service == "provisioning":
        return [snippet(service, "key-directory", MAKE_DAY_KEYS_DIR, "day-keys")]
    if service == "notifier":
        return [snippet(service, "mail-keys", COPY_MAIL_KEYS, "mails-given", "mails")]
    return []


def _mounts(service: ServiceName) -> list[Manifest]:
    folders = (*KEY_SECRETS[service], "staff-public")
    mounts: list[Manifest] = [
        {"name": "settings", "mountPath": SECRETS_DIR, "readOnly": True},
        {"name": "trust", "mountPath": TRUST_DIR, "readOnly": True},
        {"name": "temporary", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        *({"name": folder, "mountPath": f"{KEYS_DIR}/{folder}", "readOnly": True} for folder in folders),
    ]
    if service == "provisioning":
        mounts.append({"name": "day-keys", "mountPath": DAY_KEYS_VOLUME})
    if service == "notifier":
        mounts.append({"name": "mails", "mountPath": f"{KEYS_DIR}/mails"})
    return mounts


def _volumes(service: ServiceName, settings_secrets: list[str]) -> list[Manifest]:
    folders = (*KEY_SECRETS[service], "staff-public")
    volumes: list[Manifest] = [
        _projected("settings", [*({"secret": {"name": name}} for name in settings_secrets), _kafka_password(service)]),
        _projected("trust", [_authority(f"{KAFKA_CLUSTER}-cluster-ca-cert", "kafka.crt"),
                             _authority(f"{database_cluster(service)}-ca", "database.crt")]),
        {"name": "temporary", "emptyDir": {"sizeLimit": "64Mi"}},
        *({"name": folder, "secret": {"secretName": f"nss-{folder}-keys", "defaultMode": PRIVATE_MODE}}
          for folder in folders),
    ]  # fmt: skip
    if service == "provisioning":
        volumes.append({"name": "day-keys", "persistentVolumeClaim": {"claimName": object_name(service, "day-keys")}})
    if service == "notifier":
        volumes.append({"name": "mails", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}})
    return volumes


def _projected(name: str, sources: list[Manifest]) -> Manifest:
    return {"name": name, "projected": {"defaultMode": PRIVATE_MODE, "sources": sources}}


def _kafka_password(service: ServiceName) -> Manifest:
    items = [{"key": "password", "path": "nss_kafka_security_password"}]
    return {"secret": {"name": kafka_user(service), "items": items}}


def _authority(secret: str, path: str) -> Manifest:
    """The certificate of an authority, without the key that may lie beside it."""
    return {"secret": {"name": secret, "items": [{"key": "ca.crt", "path": path}]}}
