"""Each service from its image's folder alone: its own lock, its own code and shared/, as the Dockerfile lays them."""

from pathlib import Path

import psutil
import pytest

from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import CreateDatabase
from tests.e2e.service_image import ROOT, image_of
from tests.town import PASSWORD, Town, until, violations_at_rest

MAILS_OF_AN_ISSUE = 4
OFFICES: dict[ServiceName, str] = {
    "intake": "TST014", "review": "TST015", "provisioning": "TST016", "notifier": "TST017",
}  # fmt: skip


@pytest.mark.parametrize(
    "service",
    ["provisioning", *(pytest.param(name, marks=pytest.mark.full) for name in SERVICES if name != "provisioning")],
)
async def test_service_migrates_from_its_image_alone(
    service: ServiceName, tmp_path: Path, service_database: CreateDatabase
) -> None:
    image = image_of(service, tmp_path)
    url = await service_database(service)

    printed = image.run("--migrate", variables_of(service, url, tmp_path))

    assert "Traceback" not in printed


@pytest.mark.full
@pytest.mark.parametrize("service", SERVICES)
async def test_service_from_its_image_alone_takes_its_part_in_the_walk(
    service: ServiceName, tmp_path: Path, town: Town
) -> None:
    """TLS everywhere, the service's own login on broker and database; the other three run as they did."""
    image = image_of(service, tmp_path)
    town.stack.stop_part(service)
    try:
        part = image.start_in(town.stack)
        await _walk(town, OFFICES[service])
        assert _files_of_the_checkout(part.pid) == set()
    finally:
        town.stack.restart_service(service)


async def _walk(town: Town, office: str) -> None:
    """From the form to the password and the four mails, and nothing lost or doubled."""
    number = await town.issue(office)
    async with town.applicant(office) as applicant:
        passwords = await applicant.read_passwords(number, PASSWORD)
        await applicant.print_document(number, "application-form")
    assert list(passwords) == [f"{office}02"]

    async def mails() -> bool | None:
        told = [mail for mail in town.mails() if number in mail.text]
        return len(told) == MAILS_OF_AN_ISSUE or None

    await until(mails, f"the {MAILS_OF_AN_ISSUE} mails about {number}")
    assert await violations_at_rest(town) == []


def _files_of_the_checkout(pid: int) -> set[str]:
    """What the process has open or mapped of this checkout, but for the stack's own folder of secrets and logs."""
    process = psutil.Process(pid)
    files = {each.path for each in process.memory_maps()} | {process.cwd(), process.exe()}
    return {path for path in files if Path(path).is_relative_to(ROOT)}


def variables_of(service: ServiceName, url: str, folder: Path) -> dict[str, str]:
    """The least a service is told: where its database is, and its own needs."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    key_file = keys / "key.pem"
    key_file.touch(mode=0o600)
    prefix = f"NSS_{service.upper()}"
    own = {
        "intake": {"NSS_INTAKE_TICKET_KEY_FILE": str(key_file)},
        "review": {"NSS_REVIEW_STAFF_KEY_FILE": str(key_file)},
        "provisioning": {"NSS_PROVISIONING_TICKET_KEYS_DIR": str(keys), "NSS_PROVISIONING_KEY_DIR": str(keys)},
        "notifier": {
            "NSS_NOTIFIER_SMTP_HOST": "127.0.0.1",
            "NSS_NOTIFIER_SMTP_PORT": "25",
            "NSS_NOTIFIER_SENDER": "nss@naccs.example",
            "NSS_NOTIFIER_KEYS_DIR": str(keys),
        },
    }
    return {
        f"{prefix}_DATABASE_URL": url,
        f"{prefix}_RELAY_DATABASE_URL": url,
        f"{prefix}_PORT": "0",
        "NSS_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
        "NSS_STAFF_KEYS_DIR": str(keys),
        **own[service],
    }
