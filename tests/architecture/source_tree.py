"""The project's own files, as the architecture tests see them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("services", "shared", "deploy", "tests")
"""Folders with code of ours."""


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file under the folders, in order."""
    for folder in folders or CODE:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """The file's path inside the project."""
    return path.relative_to(ROOT).as_posix()
