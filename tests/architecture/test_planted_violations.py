"""Every contract of the structure turns red when it is broken: each is broken here, in a copy of the tree."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

TOOLS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Plant:
    """Lines added to a module, and the contract they break."""

    contract: str
    module: str
    lines: str


PLANTS = (
    Plant("services-are-independent", "services/intake/domain/planted.py", "import services.review.domain"),
    Plant(
        "services-are-independent",
        "services/intake/domain/planted.py",
        "import typing\nif typing.TYPE_CHECKING:\n    import services.notifier.domain",
    ),
    Plant("shared-knows-no-service", "shared/runtime/planted.py", "import services.intake"),
    Plant("layers-of-a-service", "services/notifier/domain/planted.py", "import services.notifier.labels"),
    Plant("layers-of-a-service", "services/notifier/workflows.py", "import services.notifier.settings"),
    Plant("layers-of-a-service", "services/notifier/mailer.py", "import services.notifier.rendering"),
    Plant("layers-of-a-service", "services/intake/helpers.py", ""),
    Plant("domain-is-pure", "services/review/domain/planted.py", "import asyncio"),
    Plant("domain-is-pure", "services/review/domain/planted.py", "import secrets"),
    Plant("domain-is-pure", "shared/kernel/planted.py", "import time"),
    Plant("domain-is-pure", "shared/contracts/planted.py", "import shared.runtime.clock"),
    Plant("one-door-to-smtp", "services/notifier/rendering.py", "import aiosmtplib"),
    Plant("layers-of-shared", "shared/kernel/planted.py", "import shared.contracts.topics"),
    Plant("layers-of-shared", "shared/plumbing/__init__.py", ""),
    Plant("edges-go-through-workflows", "services/notifier/messaging.py", "import asyncpg"),
    Plant("edges-go-through-workflows", "services/notifier/jobs.py", "import services.notifier.store"),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python files and the rules, nothing else."""
    tree = tmp_path_factory.mktemp("tree")
    for folder in ("services", "shared"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=_everything_but_python)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


@contextmanager
def planted(module: Path, lines: str) -> Iterator[None]:
    """The lines at the module's end, or in a new module, for the time of the block."""
    before = module.read_text() if module.exists() else None
    is_new_package = not module.parent.exists()
    module.parent.mkdir(exist_ok=True)
    module.write_text(f"{before or ''}\n{lines}\n")
    yield
    if before is not None:
        module.write_text(before)
    elif is_new_package:
        shutil.rmtree(module.parent)
    else:
        module.unlink()


def _everything_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()}


def lint_imports(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check the tree against the contracts named, else against all."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    return subprocess.run(
        [str(TOOLS / "lint-imports"), "--no-cache", *chosen],
        cwd=tree,
        env={"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_tree_itself_keeps_every_contract() -> None:
    run = lint_imports(ROOT)

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}: {plant.module}")
def test_broken_contract_is_seen(copy: Path, plant: Plant) -> None:
    module = copy / plant.module
    with planted(module, plant.lines):
        run = lint_imports(copy, plant.contract)

    assert run.returncode == 1, run.stdout + run.stderr
    assert "Contracts: 0 kept, 1 broken." in run.stdout
    assert "planted" in run.stdout or module.stem in run.stdout or module.parent.name in run.stdout


@pytest.mark.parametrize(
    ("folder", "code", "rule"),
    [
        ("services/intake/domain", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)", "TID251"),
        ("services/intake/domain", "import uuid\n\nID = uuid.uuid4()", "TID251"),
        ("shared/kernel", "from datetime import date\n\nTODAY = date.today()", "TID251"),
        ("services/intake", 'QUERY = f"select * from applications where id = {input()}"', "S608"),
        ("services/intake/domain", "from . import form", "TID252"),
    ],
)
def test_broken_lint_rule_is_seen(copy: Path, folder: str, code: str, rule: str) -> None:
    module = copy / folder / "planted.py"
    with planted(module, f'"""Planted."""\n\n{code}'):
        run = subprocess.run(
            [str(TOOLS / "ruff"), "check", "--no-cache", "--output-format", "concise", str(module)],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert rule in run.stdout


def test_copy_keeps_every_contract_once_nothing_is_planted(copy: Path) -> None:
    assert lint_imports(copy).returncode == 0
