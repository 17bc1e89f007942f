"""Rules and dashboards as files: `python -m deploy.observability.render` writes them anew, a test compares them."""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.observability.alerts import GROUPS, rule_group
from deploy.observability.dashboards import dashboards

FOLDER = Path(__file__).parent
RENDERED = ("alerts", "dashboards")
"""Folders in which nothing is written by hand."""
HEADER = "# Rendered by `python -m deploy.observability.render`; do not edit.\n"


def rendered_files() -> Mapping[str, str]:
    """Content by path relative to this folder."""
    rules = {f"alerts/{name}.yaml": _yaml({"groups": [rule_group(name)]}) for name in GROUPS}
    boards = {f"dashboards/{name}.json": json.dumps(board, indent=1) + "\n" for name, board in dashboards().items()}
    return rules | boards


def outdated_files() -> list[str]:
    """Paths that are missing, stale or no longer rendered."""
    wanted = rendered_files()
    there = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for name in RENDERED
        for path in (FOLDER / name).rglob("*")
        if path.is_file()
    }
    stale = [name for name in wanted.keys() & there.keys() if there[name] != wanted[name]]
    return sorted([*stale, *(wanted.keys() ^ there.keys())])


def write_files() -> None:
    """Writes the committed files anew: in the same change as what they follow from."""
    wanted = rendered_files()
    for name in outdated_files():
        if name in wanted:
            (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_text(wanted[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()


def _yaml(document: object) -> str:
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=1000, allow_unicode=True)


if __name__ == "__main__":
    write_files()
