"""The bill of materials: everything locked and nothing else, the same bytes for the same lock."""

import re
from pathlib import Path

import pytest

from deploy.images.bill_of_materials import InvalidLock, bill_of_materials, locked_packages
from shared.contracts.topics import SERVICES, ServiceName

ROOT = Path(__file__).resolve().parents[3]
LOCK = "one.two==1.0 ; sys_platform != 'win32' \\\n    --hash=sha256:" + "a" * 64 + " \\\n    --hash=sha256:" + "b" * 64


def lock_of(service: ServiceName) -> str:
    return (ROOT / "requirements" / f"{service}.txt").read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_every_locked_package_is_listed_with_all_its_hashes(service: ServiceName) -> None:
    lock = lock_of(service)
    components = bill_of_materials(service, "1.2.3", lock)["components"]
    named = re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", lock, re.MULTILINE)
    assert [component["name"] for component in components] == named
    assert sum(len(component["hashes"]) for component in components) == lock.count("--hash=sha256:")
    assert len({component["bom-ref"] for component in components}) == len(components)


@pytest.mark.parametrize("service", SERVICES)
def test_a_bill_has_the_shape_of_cyclonedx(service: ServiceName) -> None:
    bill = bill_of_materials(service, "1.2.3", lock_of(service))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill["metadata"]["component"]["name"] == f"nss-{service}"
    [root] = bill["dependencies"]
    assert root["ref"] == bill["metadata"]["component"]["bom-ref"]
    assert set(root["dependsOn"]) == {component["bom-ref"] for component in bill["components"]}
    for component in bill["components"]:
        assert component["type"] == "library"
        assert re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[A-Za-z0-9.+!]+", component["purl"])
        assert all(re.fullmatch("[0-9a-f]{64}", digest["content"]) for digest in component["hashes"])


def test_the_same_lock_gives_the_same_bill_and_another_one_another() -> None:
    assert bill_of_materials("review", "1", LOCK) == bill_of_materials("review", "1", LOCK)
    other = bill_of_materials("review", "1", LOCK.replace("1.0", "1.1"))
    assert other["serialNumber"] != bill_of_materials("review", "1", LOCK)["serialNumber"]


def test_names_are_normalised_and_markers_kept() -> None:
    [package] = locked_packages(LOCK)
    assert (package.purl, package.marker) == ("pkg:pypi/one-two@1.0", "sys_platform != 'win32'")


@pytest.mark.parametrize("lock", ["", "# nothing", "one==1.0", "one>=1.0 --hash=sha256:" + "a" * 64, "-e ."])
def test_a_lock_without_exact_versions_and_hashes_is_refused(lock: str) -> None:
    with pytest.raises(InvalidLock):
        locked_packages(lock)
