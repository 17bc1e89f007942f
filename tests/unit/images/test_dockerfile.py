"""Rules of the Dockerfile that nobody may break by accident; the image itself is built elsewhere."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from shared.contracts.topics import SERVICES

ROOT = Path(__file__).resolve().parents[3]
IMAGES = ROOT / "deploy" / "images"


def instructions() -> Iterator[tuple[str, str]]:
    """Instruction and arguments, continuation lines joined."""
    text = (IMAGES / "Dockerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, re.sub(r"\s+", " ", rest)


ALL = list(instructions())
STAGES = [rest.rpartition(" AS ")[2] for word, rest in ALL if word == "FROM" and " AS " in rest]


def of(word: str) -> list[str]:
    return [rest for found, rest in ALL if found == word]


def test_the_base_is_one_exact_version_and_other_stages_build_on_it() -> None:
    [base] = [rest.split("=")[1] for rest in of("ARG") if rest.startswith("PYTHON_IMAGE")]
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base)
    sources = {rest.split()[0] for rest in of("FROM")}
    assert sources <= {"${PYTHON_IMAGE}", "${SERVICE}", *STAGES}
    assert all("latest" not in rest for _, rest in ALL)


def test_the_user_is_set_by_number_before_every_entry_and_never_changed() -> None:
    assert of("USER") == ["10001:10001"]
    words = [word for word, _ in ALL]
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_each_service_is_a_stage_with_its_entry_in_exec_form() -> None:
    entries = [json.loads(rest) for rest in of("ENTRYPOINT")]
    assert sorted(entries) == sorted(["python", "-m", f"services.{service}.main"] for service in SERVICES)
    assert set(SERVICES) <= set(STAGES)
    assert ALL[-1] == ("FROM", "${SERVICE}")
    assert of("CMD") == []
    assert of("STOPSIGNAL") == ["SIGTERM"]


def test_every_installation_is_hash_locked() -> None:
    installations = [part for rest in of("RUN") for part in rest.split("&&") if " install" in part]
    assert len(installations) == 2
    for installation in installations:
        assert {"--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir"} <= set(installation.split())
    assert not any(word in rest for rest in of("RUN") for word in ("curl", "wget", "apt-get", "uv "))


def test_fonts_are_in_the_image_that_makes_documents_alone() -> None:
    stage, holders = "", set()
    for word, rest in ALL:
        stage = rest.rpartition(" ")[2] if word == "FROM" else stage
        if word == "COPY" and "--from=fonts" in rest:
            holders.add(stage)
    assert holders == {"intake"}


def test_the_image_is_labelled() -> None:
    [labels] = of("LABEL")
    for name in ("title", "description", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels
    assert of("ADD") == []


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("services/intake/main.py", True), ("shared/runtime/service.py", True), ("requirements/intake.txt", True),
        ("deploy/images/assemble.py", True), ("deploy/__init__.py", True), ("pyproject.toml", True),
        ("deploy/local/keys.py", False), (".git/config", False), (".local/stack.json", False),
        ("tests/conftest.py", False), (".venv/bin/python", False), ("services/intake/__pycache__/a.pyc", False),
    ],
)  # fmt: skip
def test_the_builder_is_sent_what_it_copies_and_no_more(path: str, sent: bool) -> None:
    assert is_sent(path) is sent


def is_sent(path: str) -> bool:
    """The last pattern that fits decides, as the builder has it."""
    kept = True
    for line in (IMAGES / "Dockerfile.dockerignore").read_text().splitlines():
        if line and not line.startswith("#") and _fits(path, line.lstrip("!")):
            kept = line.startswith("!")
    return kept


def _fits(path: str, pattern: str) -> bool:
    parents = [path, *(parent.as_posix() for parent in Path(path).parents)]
    pattern = pattern.rstrip("/")
    if pattern.startswith("**/"):
        return any(fnmatch(Path(each).name, pattern[3:]) for each in parents)
    return any(fnmatch(each, pattern) and each.count("/") == pattern.count("/") for each in parents)
