"""Rules and dashboards as files: `python -m deploy.observability.render` writes them anew, a test compares them."""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.observability.alerts import GROUPS, rule_group
from deploy.observability.dashboards import dashboards
from deploy.rendered import outdated_in, write_outdated

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
    return outdated_in(FOLDER, rendered_files(), RENDERED)


def write_files() -> None:
    """Writes the committed files anew: in the same change as what they follow from."""
    write_outdated(FOLDER, rendered_files(), RENDERED)


def _yaml(document: object) -> str:
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=1000, allow_unicode=True)


if __name__ == "__main__":
    write_files()
