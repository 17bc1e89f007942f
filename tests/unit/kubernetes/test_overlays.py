"""Overlays change image, replicas, namespace and sizes; whatever else differs belongs into the bases."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from tests.unit.kubernetes.committed import FOLDER, objects

OVERLAYS = sorted((FOLDER / "overlays").glob("*/kustomization.yaml"))
MAY_CHANGE = {"apiVersion", "kind", "namespace", "resources", "images", "replicas", "patches"}
SIZES = ("/spec/storage/size", "/spec/resources/", "/spec/instances", "/spec/template/spec/containers/0/resources/")


def forbidden(overlay: dict[str, Any]) -> list[str]:
    """What an overlay changes and may not."""
    found = sorted(overlay.keys() - MAY_CHANGE)
    for patch in overlay.get("patches", ()):
        found += [step["path"] for step in yaml.safe_load(patch["patch"]) if not step["path"].startswith(SIZES)]
    for image in overlay.get("images", ()):
        found += sorted(image.keys() - {"name", "newName", "newTag", "digest"})
    return found


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.parent.name)
def test_an_overlay_changes_only_what_it_may(path: Path) -> None:
    overlay = yaml.safe_load(path.read_text())
    assert forbidden(overlay) == []
    assert overlay["namespace"] != "default"
    assert {each.name for each in path.parent.iterdir()} == {"kustomization.yaml"}


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.parent.name)
def test_an_overlay_speaks_of_objects_that_exist(path: Path) -> None:
    overlay = yaml.safe_load(path.read_text())
    there = []
    for folder in overlay["resources"]:
        assert (path.parent / folder / "kustomization.yaml").is_file()
        there += list(objects(str((path.parent / folder).resolve())))
    names = {(each["kind"], each["metadata"]["name"]) for each in there}
    assert {("Deployment", each["name"]) for each in overlay.get("replicas", ())} <= names
    assert {(each["target"]["kind"], each["target"]["name"]) for each in overlay.get("patches", ())} <= names


@pytest.mark.parametrize(
    "change",
    [
        {"configMapGenerator": []},
        {"patches": [{"patch": "- {op: replace, path: /spec/template/spec/containers/0/env, value: []}"}]},
        {"patches": [{"patch": "- {op: remove, path: /spec/template/spec/securityContext}"}]},
    ],
)
def test_a_change_of_anything_else_is_found(change: dict[str, Any]) -> None:
    assert len(forbidden(change)) == 1
