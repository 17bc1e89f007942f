"""Imports every module of one service where only its own locked packages exist: `python import_alone.py NAME`."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", re.MULTILINE)


class OnlyLockedPackages:
    """A finder in front of all others: refuses what the service's image would not have."""

    def __init__(self, service: str) -> None:
        locked = {normal(name) for name in LOCKED.findall((ROOT / "requirements" / f"{service}.txt").read_text())}
        self._allowed = {
            module
            for module, distributions in packages_distributions().items()
            if any(normal(distribution) in locked for distribution in distributions)
        } | {"shared", "services", *sys.stdlib_module_names}
        self._own = f"services.{service}"

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Never finds anything: raises where the image would have nothing."""
        top = name.partition(".")[0]
        foreign_service = top == "services" and name != "services" and not f"{name}.".startswith(f"{self._own}.")
        # The standard library's own table of build settings has a name that differs by platform.
        known = top in self._allowed or top.startswith("_sysconfigdata")
        if foreign_service or not known:
            raise ModuleNotFoundError(f"{name} is not in the image of {self._own}", name=name)
        return None


def normal(distribution: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def main(service: str) -> None:
    """Import the service, module by module."""
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, OnlyLockedPackages(service))
    package = importlib.import_module(f"services.{service}")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, f"services.{service}.")]
    for name in names:
        importlib.import_module(name)
    sys.stdout.write(f"{len(names)} modules\n")


if __name__ == "__main__":
    main(sys.argv[1])
