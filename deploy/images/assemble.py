"""What an image of one service holds, put into an empty folder: `python -m deploy.images.assemble SERVICE DIR`.

The Dockerfile runs this very script, so that a service started from such a folder alone proves the image's content.
Nothing but the standard library is needed: packages are installed from the lock, by the Dockerfile.
"""

import argparse
import json
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

from deploy.images.bill_of_materials import bill_of_materials
from shared.contracts.topics import SERVICES, ServiceName

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "README.md")
PROJECT = "nss_mailbox"


class NotEmpty(RuntimeError):
    """The folder holds something already, which would become part of the image."""


def assemble(service: ServiceName, folder: Path, root: Path = ROOT) -> None:
    """Fill `folder` with the service, `shared`, the lock, the bill of materials and the version. Raises NotEmpty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    lock = (root / "requirements" / f"{service}.txt").read_text(encoding="utf-8")
    version = project_version(root)
    shutil.copytree(root / "services" / service, folder / "services" / service, ignore=LEFT_OUT)
    shutil.copytree(root / "shared", folder / "shared", ignore=LEFT_OUT)
    (folder / "requirements.txt").write_text(lock, encoding="utf-8")
    bill = json.dumps(bill_of_materials(service, version, lock), indent=2) + "\n"
    (folder / "bill-of-materials.cdx.json").write_text(bill, encoding="utf-8")
    _name_version(folder, version)


def project_version(root: Path = ROOT) -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _name_version(folder: Path, version: str) -> None:
    """What an installed project leaves, so that the probes tell the version."""
    information = folder / f"{PROJECT}-{version}.dist-info"
    information.mkdir()
    lines = ("Metadata-Version: 2.4", f"Name: {PROJECT}", f"Version: {version}")
    (information / "METADATA").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images.assemble")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    try:
        assemble(given.service, given.folder)
    except NotEmpty as problem:
        raise SystemExit(str(problem)) from None


if __name__ == "__main__":
    main()
