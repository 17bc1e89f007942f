"""The committed manifests, as the tests of this folder read them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]

from shared.contracts.topics import ServiceName

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes"
Object = dict[str, Any]


def objects(path: str) -> Iterator[Object]:
    """Every object of the files under a path, kustomizations left out."""
    for file in sorted((FOLDER / path).rglob("*.yaml")):
        if file.name != "kustomization.yaml":
            yield from _parsed(file)


@cache
def _parsed(file: Path) -> list[Object]:
    return list(yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader))


def of_kind(path: str, kind: str) -> list[Object]:
    """The objects of one kind."""
    return [each for each in objects(path) if each["kind"] == kind]


def deployments(service: ServiceName) -> list[Object]:
    """Pages and workers of a service."""
    return of_kind(f"base/{service}", "Deployment")


def templates(service: ServiceName) -> list[Object]:
    """The pods of a service: of its Deployments and of its migration."""
    return [each["spec"]["template"] for each in [*deployments(service), *of_kind(f"base/{service}", "Job")]]


def containers(template: Object) -> list[Object]:
    """All containers of a pod, those that prepare it included."""
    return [*template["spec"]["initContainers"], *template["spec"]["containers"]]


def main_container(template: Object) -> Object:
    """The one that runs the service."""
    [container] = [each for each in containers(template) if "args" in each]
    return container
