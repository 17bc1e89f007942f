"""The bill of materials of one service in CycloneDX 1.6, from its hash-locked requirements: same lock, same bytes."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.contracts.topics import ServiceName

REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*(?:\\|$)"
)
SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/schema/bom-1.6.schema.json")


class InvalidLock(ValueError):
    """A line of the lock is no exact requirement, or one has no hash."""


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One requirement: exact version, the hashes of the files that may be installed, and where it applies."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str | None = None

    @property
    def purl(self) -> str:
        """The package URL."""
        return f"pkg:pypi/{re.sub(r'[-_.]+', '-', self.name).lower()}@{self.version}"


def locked_packages(lock: str) -> list[LockedPackage]:
    """Every package of a lock, in order. Raises InvalidLock."""
    packages = [_package(entry) for entry in _entries(lock)]
    if not packages:
        raise InvalidLock("the lock is empty")
    return packages


def bill_of_materials(service: ServiceName, version: str, lock: str) -> dict[str, Any]:
    """The document, ready for JSON. Raises InvalidLock."""
    packages = locked_packages(lock)
    product = f"nss-{service}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{product}{lock}')}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": product, "name": f"nss-{service}", "version": version}
        },
        "components": [_component(package) for package in packages],
        "dependencies": [{"ref": product, "dependsOn": [package.purl for package in packages]}],
    }


def _entries(lock: str) -> Iterator[str]:
    """Requirements with their continuation lines joined."""
    for entry in lock.replace("\\\n", "\\ ").splitlines():
        if entry.strip() and not entry.lstrip().startswith("#"):
            yield entry


def _package(entry: str) -> LockedPackage:
    found = REQUIREMENT.match(entry)
    hashes = tuple(SHA256.findall(entry))
    if found is None or not hashes:
        raise InvalidLock(f"not an exact version with hashes: {entry[:60]}")
    return LockedPackage(found["name"], found["version"], hashes, found["marker"])


def _component(package: LockedPackage) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.hashes],
    }
    if package.marker:
        component["properties"] = [{"name": "python:marker", "value": package.marker}]
    return component
