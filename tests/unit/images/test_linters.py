"""The Dockerfile and compose.yaml before the linters people use, offline."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMPOSE_SCHEMA = ("--builtin-schema", "vendor.compose-spec")


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A tool installed beside this Python, or a skip that says how to get it."""
    found = shutil.which(tool, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"no {tool}: install what requirements/development.txt locks")
    return subprocess.run([found, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_dockerfile_has_no_finding() -> None:
    ended = run("hadolint", str(ROOT / "deploy/images/Dockerfile"))
    assert (ended.returncode, ended.stdout) == (0, "")


def test_a_careless_dockerfile_has_findings(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nENTRYPOINT python -m services.intake.main\n")
    ended = run("hadolint", str(tmp_path / "Dockerfile"))
    assert {word for word in ("DL3007", "DL3025") if word in ended.stdout} == {"DL3007", "DL3025"}


def test_compose_yaml_fits_the_specification() -> None:
    ended = run("check-jsonschema", *COMPOSE_SCHEMA, str(ROOT / "compose.yaml"))
    assert ended.returncode == 0, ended.stdout


def test_a_misspelt_field_of_compose_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((ROOT / "compose.yaml").read_text().replace("depends_on:", "depend_on:"))
    assert run("check-jsonschema", *COMPOSE_SCHEMA, str(wrong)).returncode == 1
