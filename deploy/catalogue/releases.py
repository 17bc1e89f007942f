"""What each released version of a service writes and reads, kept as files, by which a deployment can be judged.

`releases/<service>/<version>.json` is made when a version is released and never changed afterwards. Two versions go
together if everything the one writes in its examples is read by the other under the schemas it was built with.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from deploy.errors import CommandError
from shared.contracts.compatibility import as_readers_apply_it
from shared.contracts.golden import golden_examples
from shared.contracts.registry import EVENT_MODELS, producers_of
from shared.contracts.schemas import schema_of
from shared.contracts.topics import SERVICES, ServiceName, topics_read_by

RELEASES = Path(__file__).parent / "releases"
NEIGHBOURS = 2
"""A neighbour may run its newest version or, during its own roll-out, the one before."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version: examples of what it writes by type, and the schemas by which it reads."""

    service: str
    version: str
    writes: Mapping[str, Sequence[Any]]
    reads: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Misfit:
    """An example of the writer that the reader refuses."""

    writer: Release
    reader: Release
    event_type: str
    why: str

    def as_text(self) -> str:
        """One line."""
        return (
            f"{self.reader.service} {self.reader.version} cannot read {self.event_type} "
            f"as {self.writer.service} {self.writer.version} writes it: {self.why}"
        )


def release_of_today(service: ServiceName, version: str) -> Release:
    """The version that this checkout would release."""
    written: dict[str, list[Any]] = {}
    for example in golden_examples():
        if service in producers_of(EVENT_MODELS[example.event_type]):
            written.setdefault(example.event_type, []).append(example.data)
    read = [model for model in EVENT_MODELS.values() if model.topic in topics_read_by(service)]
    return Release(service, version, written, {model.ce_type: as_readers_apply_it(schema_of(model)) for model in read})


def keep_release(release: Release) -> Path:
    """Write it down. Raises CommandError if the version is there already with another content."""
    path = RELEASES / release.service / f"{release.version}.json"
    text = json.dumps({"writes": release.writes, "reads": release.reads}, ensure_ascii=False, indent=1, sort_keys=True)
    if path.exists() and path.read_text(encoding="utf-8") != text + "\n":
        raise CommandError(f"{release.service} {release.version} is released already: take another version")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def find_release(service: str, version: str) -> Release:
    """A kept version. Raises CommandError that names those there are."""
    path = RELEASES / service / f"{version}.json"
    if not path.exists():
        raise CommandError(f"no release {version} of {service}; there are {', '.join(versions_of(service)) or 'none'}")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Release(service, version, kept["writes"], kept["reads"])


def versions_of(service: str) -> list[str]:
    """Kept versions, oldest first."""
    return sorted((path.stem for path in (RELEASES / service).glob("*.json")), key=_rank)


def misfits_of(release: Release) -> list[Misfit]:
    """What would go wrong beside the newest two versions of every other service, and of the service itself."""
    found = []
    for service in SERVICES:
        for version in versions_of(service)[-NEIGHBOURS:]:
            neighbour = find_release(service, version)
            if (service, version) != (release.service, release.version):
                found += [*_misfits(release, neighbour), *_misfits(neighbour, release)]
    return found


def _misfits(writer: Release, reader: Release) -> Iterator[Misfit]:
    for event_type, examples in writer.writes.items():
        schema = reader.reads.get(event_type)
        if schema is None:
            # A type the reader does not know is skipped by it: newer producers are normal.
            continue
        for example in examples:
            error = next(jsonschema_rs.iter_errors(dict(schema), example), None)
            if error is not None:
                place = ".".join(str(step) for step in error.instance_path)
                yield Misfit(
                    writer, reader, event_type, f"{place}: {error.kind.name}" if place else str(error.kind.name)
                )
                break


def _rank(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
