"""What an image holds: one service and what all share, enough to start, and nothing of the neighbours."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.images.assemble import NotEmpty, assemble, main, project_version
from shared.contracts.topics import SERVICES, ServiceName

SITE_PACKAGES = sysconfig.get_path("purelib")
TELL = """
import importlib, importlib.metadata, json, sys
importlib.import_module(f"services.{sys.argv[1]}.main")
own = {module.__file__ for name, module in sys.modules.items()
       if name.split(".")[0] in ("services", "shared") and module.__file__}
print(json.dumps({"files": sorted(own), "version": importlib.metadata.version("nss-mailbox")}))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[ServiceName, Path]:
    made = {service: tmp_path_factory.mktemp(service) / "image" for service in SERVICES}
    for service, folder in made.items():
        assemble(service, folder)
    return made


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("service", SERVICES)
def test_a_folder_holds_its_service_what_is_shared_and_nothing_else(
    folders: Mapping[ServiceName, Path], service: ServiceName
) -> None:
    tops = {name.split("/")[0] for name in files_in(folders[service])}
    assert tops == {
        "services", "shared", "requirements.txt", "bill-of-materials.cdx.json",
        f"nss_mailbox-{project_version()}.dist-info",
    }  # fmt: skip
    assert {path.name for path in (folders[service] / "services").iterdir()} == {service}
    assert (folders[service] / "services" / service / "migrations").is_dir()


@pytest.mark.parametrize("service", SERVICES)
def test_a_folder_holds_no_font_no_test_no_cache_and_no_secret(
    folders: Mapping[ServiceName, Path], service: ServiceName
) -> None:
    unwanted = (".ttf", ".ttc", ".otf", ".woff", ".woff2", ".pyc", ".pem", ".key", ".env")
    strays = [name for name in files_in(folders[service]) if name.endswith(unwanted) or "/test" in name]
    assert strays == []


def test_every_service_starts_importing_from_its_folder_alone(folders: Mapping[ServiceName, Path]) -> None:
    # -S: the packages are named by hand, so that this checkout, which is installed among them, is not found.
    started = {
        service: subprocess.Popen(
            [sys.executable, "-S", "-P", "-c", TELL, service],
            env={"PYTHONPATH": f"{folder}:{SITE_PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for service, folder in folders.items()
    }  # fmt: skip
    for service, process in started.items():
        out, error = process.communicate(timeout=60)
        assert process.returncode == 0, f"{service}: {error[-1500:]}"
        told = json.loads(out)
        assert told["version"] == project_version()
        assert [name for name in told["files"] if not name.startswith(str(folders[service]))] == []


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "left-over").touch()
    with pytest.raises(NotEmpty):
        assemble("notifier", tmp_path)
    with pytest.raises(SystemExit, match="is not empty"):
        main(["notifier", str(tmp_path)])
