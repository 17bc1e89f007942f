"""Every manifest as a file: `python -m deploy.kubernetes.render` writes them anew, a test compares them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped,unused-ignore]

from deploy.catalogue.access import POSTS_HOOKS
from deploy.kubernetes.kafka import scaler_manifests, topic_manifests, user_manifests
from deploy.kubernetes.names import Manifest
from deploy.kubernetes.network import hooks_network_manifests, network_manifests, traces_network_manifests
from deploy.kubernetes.operators import database_manifests, monitor_manifests, rule_manifests
from deploy.kubernetes.workloads import (
    account_manifests,
    day_keys_manifests,
    hooks_manifests,
    migration_manifests,
    web_manifests,
    worker_manifests,
)
from deploy.rendered import outdated_in, write_outdated
from shared.contracts.topics import SERVICES, ServiceName

FOLDER = Path(__file__).parent
RENDERED = ("base", "operators", "traces")
"""Folders in which nothing is written by hand."""
HEADER = "# Rendered by `python -m deploy.kubernetes.render`; do not edit.\n"


def rendered_files() -> Mapping[str, str]:
    """Content by path relative to this folder."""
    return dict(_files())


def outdated_files() -> list[str]:
    """Paths that are missing, stale or no longer rendered."""
    return outdated_in(FOLDER, rendered_files(), RENDERED)


def write_files() -> None:
    """Writes the committed manifests anew: in the same change as what they follow from."""
    write_outdated(FOLDER, rendered_files(), RENDERED)


def _files() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        yield from _folder(f"base/{service}", _base(service))
        yield from _folder(f"operators/keda/{service}", {"scaler": scaler_manifests(service)})
        yield from _folder(f"operators/cloudnative-pg/{service}", {"cluster": database_manifests(service)})
        yield from _folder(f"operators/prometheus/{service}", {"monitor": monitor_manifests(service)})
        yield from _folder(f"traces/{service}", {"network": traces_network_manifests(service)})
    yield from _folder("operators/prometheus/rules", {"rules": rule_manifests()})
    yield from _folder("operators/strimzi", {"topics": topic_manifests(), "users": user_manifests()})


def _base(service: ServiceName) -> Mapping[str, list[Manifest]]:
    files = {
        "account": account_manifests(service),
        "network": network_manifests(service),
        "migration": migration_manifests(service),
        "web": web_manifests(service),
        "worker": worker_manifests(service),
    }
    if service == POSTS_HOOKS:
        files["hooks"] = [*hooks_manifests(service), *hooks_network_manifests(service)]
    return {"day-keys": day_keys_manifests(), **files} if service == "provisioning" else files


def _folder(path: str, files: Mapping[str, list[Manifest]]) -> Iterator[tuple[str, str]]:
    kustomization: Manifest = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{name}.yaml" for name in files],
    }
    yield f"{path}/kustomization.yaml", _yaml([kustomization])
    for name, manifests in files.items():
        yield f"{path}/{name}.yaml", _yaml(manifests)


def _yaml(manifests: Iterable[Manifest]) -> str:
    documents = (yaml.dump(each, Dumper=_Plain, sort_keys=False, width=1000, allow_unicode=True) for each in manifests)
    return HEADER + "---\n".join(documents)


class _Plain(yaml.CSafeDumper):  # type: ignore[misc,unused-ignore]
    """Without anchors, and with texts of several lines as they are."""

    def ignore_aliases(self, data: object) -> bool:
        """Say everything where it stands."""
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)

if __name__ == "__main__":
    write_files()
