"""Files that are rendered from the code and committed: which are out of date, and writing them anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path

EVERYTHING = (".",)


def outdated_in(folder: Path, wanted: Mapping[str, str], parts: Sequence[str] = EVERYTHING) -> list[str]:
    """Paths that are missing, stale or no longer rendered; nothing is written by hand in these parts of the folder."""
    there = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for part in parts
        for path in (folder / part).rglob("*")
        if path.is_file()
    }
    stale = [name for name in wanted.keys() & there.keys() if there[name] != wanted[name]]
    return sorted([*stale, *(wanted.keys() ^ there.keys())])


def write_outdated(folder: Path, wanted: Mapping[str, str], parts: Sequence[str] = EVERYTHING) -> None:
    """Writes what is missing or stale, and removes what is no longer rendered."""
    for name in outdated_in(folder, wanted, parts):
        if name in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
