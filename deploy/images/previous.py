"""The release before this one: the image's content of one service, put together from the repository's history.

`python -m deploy.images.previous SERVICE DIR` fills the empty folder DIR with what the image of the release before
held, and prints its revision and how it is started. A roll-out is tried with it first, because both versions
run side by side for a while.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.errors import CommandError
from deploy.images.assemble import ROOT, NotEmpty, assemble
from deploy.local.environment import Code
from shared.contracts.topics import SERVICES, ServiceName

INSTALL_SECONDS = 300.0
NOT_IN_THE_IMAGE = ":(exclude)*.md"
LOCK = "requirements.txt"


def previous_revision(service: ServiceName, root: Path = ROOT) -> str:
    """Tag or commit of the release before: the newest whose image of the service is not the one of the last commit.

    Releases are tags named `<service>-<version>` or `v<version>`. Where nothing is tagged yet, every commit that
    changed the service, `shared` or the service's lock is one. Raises CommandError where the history shows none.
    """
    pieces = ("--", f"services/{service}", "shared", f"requirements/{service}.txt", NOT_IN_THE_IMAGE)
    tags = _git(root, "tag", "--merged", "HEAD", "--sort=-creatordate", "--list", f"{service}-[0-9]*", "v[0-9]*")
    for tag in tags.split():
        if _git(root, "diff", "--name-only", tag, "HEAD", *pieces):
            return tag
    if not tags:
        changes = _git(root, "log", "-1", "--format=%P", *pieces).split()
        if changes:
            return changes[0]
    raise CommandError(f"the history has no release of {service} before this one: fetch all of it, tags too")


def assemble_revision(service: ServiceName, revision: str, folder: Path, root: Path = ROOT) -> Code:
    """Fill `folder` with what the image of that revision holds, and give it an interpreter with what its lock names.

    With the lock of this checkout that is the interpreter at work. Raises CommandError and NotEmpty.
    """
    with tempfile.TemporaryDirectory(prefix="nss-revision-") as tree:
        unpack(revision, Path(tree), root)
        assemble(service, folder, Path(tree))
    lock = (folder / LOCK).read_text(encoding="utf-8")
    here = (root / "requirements" / f"{service}.txt").read_text(encoding="utf-8")
    return Code(folder, sys.executable if lock == here else _own_interpreter(folder))


def unpack(revision: str, folder: Path, root: Path = ROOT) -> None:
    """Lay the whole tree of a revision into a folder; the repository stays as it is. Raises CommandError."""
    archive = _run(["git", "-C", str(root), "archive", "--format=tar", revision])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        tree.extractall(folder, filter="data")


def _own_interpreter(folder: Path) -> str:
    environment = folder / "environment"
    python = str(environment / "bin" / "python")
    _run([sys.executable, "-m", "venv", str(environment)])
    quietly = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    _run([python, "-m", "pip", "install", *quietly, "-r", str(folder / LOCK)])
    return python


def _git(root: Path, *arguments: str) -> str:
    return _run(["git", "-C", str(root), *arguments]).decode().strip()


def _run(command: Sequence[str]) -> bytes:
    # Within a hook of git, its variables would lead to another repository; and a question must not refresh its index.
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    environment = {**inherited, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603  git and pip with arguments of ours
            command, capture_output=True, timeout=INSTALL_SECONDS, check=False, env=environment
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed here") from error
    if done.returncode:
        last_words = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CommandError(f"{' '.join(command[:5])} failed: {''.join(last_words)}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images.previous")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--revision", help="another revision than the release before")
    given = parser.parse_args(arguments)
    try:
        revision = given.revision or previous_revision(given.service)
        code = assemble_revision(given.service, revision, given.folder)
    except (CommandError, NotEmpty) as problem:
        raise SystemExit(str(problem)) from None
    sys.stdout.write(f"{revision}\n{code.python} -m services.{given.service}.main\n")


if __name__ == "__main__":
    main()
