"""The broker's jars: exactly those of jgo.lock.toml, fetched when missing, none used whose SHA-256 differs."""

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.errors import StackError
from deploy.progress import say

LOCK = Path(__file__).with_name("jgo.lock.toml")
PARALLEL_DOWNLOADS = 4
SAY_EVERY = 10


@dataclass(frozen=True, slots=True)
class Jar:
    """One entry of the lock."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven repositories name it."""
        return f"{self.artifact}-{self.version}{'-' + self.classifier if self.classifier else ''}.jar"

    def path_in(self, repository: Path) -> Path:
        """Where a Maven repository keeps it."""
        return repository.joinpath(*self.group.split("."), self.artifact, self.version, self.file_name)


Fetch = Callable[[Jar, Path], Path]
"""Bring one jar into a repository folder and return its path there; any error means that it could not be had."""


def class_path(lock: Path = LOCK, repository: Path | None = None, fetch: Fetch | None = None) -> Sequence[Path]:
    """Every jar of the lock, verified, in the lock's order. Raises StackError with one line saying what to do."""
    return present(read_lock(lock), repository, fetch)


def present(jars: Sequence[Jar], repository: Path | None = None, fetch: Fetch | None = None) -> Sequence[Path]:
    """These jars, fetched when missing and verified, in their order. Raises StackError."""
    repository = repository or repository_folder()
    missing = missing_jars(jars, repository)
    if missing:
        _fetch_all(missing, repository, fetch or fetch_with_jgo)
    return [jar.path_in(repository) for jar in jars]


def missing_jars(jars: Sequence[Jar], repository: Path) -> Sequence[Jar]:
    """Those that the folder lacks, or holds with another SHA-256."""
    return [jar for jar in jars if not _is_locked_one(jar, jar.path_in(repository))]


def repository_folder() -> Path:
    """The Maven repository of this user: M2_REPO, else the usual place. Filled once, it serves without a network."""
    return Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")


def read_lock(lock: Path) -> Sequence[Jar]:
    """The entries of the lock. Raises StackError if the file is damaged or an entry has no SHA-256."""
    try:
        entries = tomllib.loads(lock.read_text())["dependencies"]
        jars = [_jar(entry) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise StackError(f"{lock} is damaged ({error}): restore it from the repository") from error
    if not jars or any(len(jar.sha256) != 64 for jar in jars):
        raise StackError(f"{lock} is damaged (an entry without SHA-256): restore it from the repository")
    return jars


def _jar(entry: dict[str, Any]) -> Jar:
    return Jar(
        entry["groupId"], entry["artifactId"], entry["version"], entry.get("classifier", ""), str(entry["sha256"])
    )


def _is_locked_one(jar: Jar, path: Path) -> bool:
    return path.is_file() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_all(jars: Sequence[Jar], repository: Path, fetch: Fetch) -> None:
    say(f"      fetching {len(jars)} jars, once for all checkouts")
    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        fetched = pool.map(lambda jar: _fetch_one(jar, repository, fetch), jars)
        for count, _ in enumerate(fetched, start=1):
            if count % SAY_EVERY == 0 or count == len(jars):
                say(f"      {count} of {len(jars)}")


def _fetch_one(jar: Jar, repository: Path, fetch: Fetch) -> None:
    """Fetch beside the place and move in what the lock agrees with: a broken download is never seen by anybody."""
    place = jar.path_in(repository)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fetching-") as beside:
            arrived = _arrived(jar, Path(beside), fetch)
            if _sha256(arrived) != jar.sha256:
                raise StackError(f"{jar.file_name} does not match its SHA-256 in {LOCK.name}: it was not used")
            shutil.move(arrived, place)
    except OSError as error:
        raise StackError(f"the folder {repository} for Kafka's jars cannot be written: {error.strerror}") from error


def _arrived(jar: Jar, folder: Path, fetch: Fetch) -> Path:
    try:
        return fetch(jar, folder)
    except Exception as error:
        raise StackError(
            f"{jar.file_name} is not in {repository_folder()} and could not be fetched: "
            "connect to the network once, or set NSS_KAFKA_BOOTSTRAP to a running broker"
        ) from error


def fetch_with_jgo(jar: Jar, folder: Path) -> Path:
    """From the Maven repositories that jgo knows."""
    from jgo.maven import MavenContext

    component = MavenContext(repo_cache=folder).project(jar.group, jar.artifact).at_version(jar.version)
    return Path(component.artifact(classifier=jar.classifier, packaging="jar").resolve())
