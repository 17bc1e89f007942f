"""A service's image without a builder: the Dockerfile's own instructions, carried out in a folder.

Folders of the image are folders beneath it. Left out is what changes the machine: the stage `runtime` takes tools away
and makes a user.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import processes
from deploy.local.environment import service_environment
from deploy.local.stack import LocalStack
from shared.contracts.topics import ServiceName

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "images" / "Dockerfile"
STEP_SECONDS = 300
FOLDERS_OF_THE_IMAGE = re.compile(r"(?<![\w./])/(packages|image|fonts|source|app)\b")
CHANGES_THE_MACHINE = "runtime"
OF_THE_CHECKOUT = ("PYTHONPATH", "VIRTUAL_ENV")


@dataclass(slots=True)
class ServiceImage:
    """What the stage of one service holds. `python` has the standard library and nothing else."""

    service: ServiceName
    folder: Path
    python: Path
    variables: dict[str, str] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """This process's, without what belongs to the checkout, and the image's own."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("NSS_", *OF_THE_CHECKOUT))}
        return {**kept, **self.variables}

    def run(self, argument: str, variables: Mapping[str, str]) -> str:
        """The entry with this argument until it ends; what it printed. Fails the test when it fails."""
        return _run([*self.entry, argument], self.folder / "app", {**self.environment, **variables}, STEP_SECONDS)

    def start_in(self, stack: LocalStack) -> processes.Part:
        """As the stack's process of this service, at its port; returns when it is ready."""
        told = service_environment(self.service, stack.state, stack.keys)
        told = {name: text for name, text in told.items() if name not in OF_THE_CHECKOUT}
        part = processes.start_detached(
            self.service,
            self.entry,
            log=stack.log_of(self.service),
            cwd=self.folder / "app",
            environment={**told, **self.variables},
        )
        stack.state.parts[self.service] = part
        stack.state.save()
        stack.wait_for_service(self.service)
        return part


def image_of(service: ServiceName, folder: Path) -> ServiceImage:
    """Carry out the Dockerfile for the service, as its builder would."""
    venv.create(folder / "python", symlinks=True, with_pip=False)
    image = ServiceImage(service, folder, folder / "python" / "bin" / "python")
    for stage, word, rest in _instructions(service):
        if word == "COPY":
            _copy(rest, stage, folder)
        elif word == "RUN" and stage != CHANGES_THE_MACHINE:
            _run_step(rest, folder)
        elif word == "ENV":
            named = [pair.partition("=") for pair in _within(rest, folder).split()]
            image.variables |= {name: value for name, _, value in named}
        elif word == "ENTRYPOINT":
            python, *arguments = json.loads(rest)
            assert python == "python"
            image.entry = [str(image.python), *arguments]
    return image


def _instructions(service: ServiceName) -> Iterator[tuple[str, str, str]]:
    """Stage, word and rest of each instruction that the service's image is made of."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stage, wanted = "", ("build", "fonts", CHANGES_THE_MACHINE, service)
    for line in text.replace("${SERVICE}", service).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        elif stage in wanted:
            yield stage, word, re.sub(r"\s+", " ", rest)


def _copy(rest: str, stage: str, folder: Path) -> None:
    *sources, target = rest.split()
    if sources[0].startswith("--from="):
        _lay(folder / sources[1].lstrip("/"), folder / target.lstrip("/"))
        return
    assert stage != CHANGES_THE_MACHINE, "nothing of the checkout goes into an image but through its build"
    for source in sources:
        place = folder / "source" / target
        _lay(ROOT / source, place / Path(source).name if (ROOT / source).is_file() else place)


def _lay(source: Path, target: Path) -> None:
    if source == target:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _run_step(command: str, folder: Path) -> None:
    """With this interpreter's pip, which the builder's base image has as well."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("NSS_", *OF_THE_CHECKOUT))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with_cache = command.replace("--no-cache-dir", "--quiet")
    _run(["sh", "-euc", _within(with_cache, folder)], folder / "source", environment, STEP_SECONDS)


def _within(text: str, folder: Path) -> str:
    return FOLDERS_OF_THE_IMAGE.sub(lambda found: f"{folder}/{found[1]}", text)


def _run(command: list[str], folder: Path, environment: Mapping[str, str], seconds: float) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
