"""compose.yaml: the same images, variables, topics and logins as everywhere else."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from deploy.images.assemble import project_version
from deploy.kubernetes.workloads import rights_statements
from deploy.local.databases import ServiceDatabase
from deploy.local.environment import service_environment
from deploy.local.keys import StackKeys
from deploy.local.state import StackState
from deploy.operate.key_files import KeyPair
from shared.contracts.topics import SERVICES, TOPICS, ServiceName
from shared.runtime.settings import READ_BY_OTHERS, ServiceSettings, unknown_variables

COMPOSE = yaml.load((Path(__file__).resolve().parents[3] / "compose.yaml").read_text(), Loader=yaml.CSafeLoader)
PARTS: dict[str, Any] = COMPOSE["services"]
OURS = [*SERVICES, *(f"{service}-migration" for service in SERVICES)]
each_service = pytest.mark.parametrize("service", SERVICES)


def settings_class(service: ServiceName) -> type[ServiceSettings]:
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def script(part: str) -> str:
    """The shell text of a part, as its shell sees it."""
    return str(PARTS[part]["command"][0]).replace("$$", "$")


@each_service
@pytest.mark.parametrize("part", ["{}", "{}-migration"])
def test_every_variable_is_one_the_service_knows(service: ServiceName, part: str) -> None:
    environment = PARTS[part.format(service)]["environment"]
    assert list(unknown_variables(settings_class(service), environment)) == []
    assert all(isinstance(value, str) for value in environment.values())


@each_service
def test_a_service_gets_the_variables_of_the_local_stack(
    service: ServiceName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("NSS_")]:
        monkeypatch.delenv(name)
    local = {name for name in service_environment(service, a_state(tmp_path), some_keys(tmp_path)) if "NSS_" in name}
    # Nobody moves the clock of containers.
    assert set(PARTS[service]["environment"]) == local - {"NSS_CLOCK_OFFSET_FILE"} - READ_BY_OTHERS
    migration = set(PARTS[f"{service}-migration"]["environment"])
    assert migration - set(PARTS[service]["environment"]) == {f"NSS_{service.upper()}_MIGRATION_DATABASE_URL"}


@each_service
def test_images_are_built_by_the_one_dockerfile_and_run_confined(service: ServiceName) -> None:
    for part in (PARTS[service], PARTS[f"{service}-migration"]):
        assert part["image"] == f"nss-{service}:{project_version()}"
        assert part["build"]["dockerfile"] == "deploy/images/Dockerfile"
        assert part["build"]["args"] == {"SERVICE": service}
        assert part["read_only"] is True
        assert part["cap_drop"] == ["ALL"]
        assert "entrypoint" not in part


def test_nothing_is_reached_from_outside_this_machine_and_no_image_is_the_latest() -> None:
    for part in PARTS.values():
        assert all(port.startswith("127.0.0.1:") for port in part.get("ports", ()))
        assert re.search(r":v?\d+\.\d+", part["image"])
        assert part.get("privileged") is None
        assert part.get("network_mode") in (None, "none")


def test_every_part_volume_and_configuration_named_exists() -> None:
    used = {volume.split(":")[0] for part in PARTS.values() for volume in part.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])
    assert {each["source"] for part in PARTS.values() for each in part.get("configs", ())} == set(COMPOSE["configs"])
    for part in PARTS.values():
        for name, asked in part.get("depends_on", {}).items():
            assert (asked["condition"] == "service_healthy") is ("healthcheck" in PARTS[name])


@each_service
def test_every_key_path_lies_in_a_volume_and_no_service_sees_a_neighbours_key(service: ServiceName) -> None:
    for part in (PARTS[service], PARTS[f"{service}-migration"]):
        mounts = {volume.split(":")[1] for volume in part["volumes"]}
        asked = {value for value in part["environment"].values() if value.startswith("/keys/")}
        assert all(any(Path(path).is_relative_to(mount) for mount in mounts) for path in asked)
        assert len(mounts) == len(asked)


def test_the_topics_made_are_those_of_the_registry() -> None:
    made = {}
    for line in script("topics").splitlines():
        if line.startswith("make nss."):
            _, name, partitions, *options = line.split()
            made[name] = (int(partitions), dict(option.split("=") for option in options if option != "--config"))
    assert made == {topic.name: (topic.partitions, topic.configuration) for topic in TOPICS}


@each_service
def test_the_rights_granted_are_those_of_the_cluster(service: ServiceName) -> None:
    granted = script("rights").replace("${service}", service).replace('"', "")
    for statement in rights_statements(service):
        assert statement in granted


@pytest.mark.parametrize("text", [script("topics"), script("rights"),
                                  COMPOSE["configs"]["make_databases"]["content"].replace("$$", "$")])  # fmt: skip
def test_shell_texts_are_well_formed(text: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=10, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    for volume in PARTS["keys"]["volumes"]:
        (tmp_path / volume.split(":")[1][1:]).mkdir(parents=True)
    code = COMPOSE["configs"]["make_keys"]["content"]
    code = code.replace('Path("/keys")', f'Path("{tmp_path}/keys")').replace("10001, 10001", "os.getuid(), os.getgid()")

    def made() -> dict[str, bytes]:
        subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
        return {str(path.relative_to(tmp_path / "keys")): path.read_bytes()
                for path in tmp_path.rglob("*") if path.is_file()}  # fmt: skip

    first = made()
    assert set(first) == {
        "ticket/ticket-1.pem", "ticket-public/ticket-1.pem", "staff/staff-1.pem", "staff-public/staff-1.pem",
        "mails/addresses.key", "mails/archive-1.key",
    }  # fmt: skip
    assert made() == first
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.*")} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o700}


def a_state(folder: Path) -> StackState:
    ports = dict.fromkeys((*SERVICES, "smtp"), 1)
    return StackState(folder, ports, databases={service: ServiceDatabase("", "", "") for service in SERVICES})


def some_keys(folder: Path) -> StackKeys:
    pair = KeyPair(folder / "key.pem", folder)
    return StackKeys(ticket=pair, staff=pair, days=folder, mails=folder)
