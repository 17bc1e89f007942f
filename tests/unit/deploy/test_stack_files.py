"""Files of a stack: who may read them, and what a damaged one leads to."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from deploy.errors import StackError
from deploy.local.databases import ServiceDatabase
from deploy.local.environment import service_environment
from deploy.local.keys import ensure_keys
from deploy.local.postgres import open_to_everybody
from deploy.local.processes import Part
from deploy.local.state import StackState, find_stacks
from shared.contracts.topics import SERVICES, ServiceName


def a_state(directory: Path) -> StackState:
    ports = {name: 9000 + number for number, name in enumerate([*SERVICES, "smtp", "mail-viewer"])}
    databases: dict[ServiceName, ServiceDatabase] = {
        name: ServiceDatabase(f"postgresql://o@h/{name}", f"postgresql://a@h/{name}", f"postgresql://r@h/{name}")
        for name in SERVICES
    }
    return StackState(
        directory,
        ports=ports,
        kafka_bootstrap="127.0.0.1:9092",
        topic_prefix="p.",
        databases=databases,
        logins=[{"login": "NAC001", "password": "x"}],
        parts={"kafka": Part("kafka", 1, 2.0, "kafka.log")},
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_stack_reads_back_what_it_wrote(tmp_path: Path) -> None:
    state = a_state(tmp_path / "stack")
    state.save()
    assert StackState.load(tmp_path / "stack") == state


def test_the_state_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    a_state(tmp_path / "stack").save()
    assert mode(tmp_path / "stack" / "stack.json") == 0o600


def test_a_damaged_state_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    with pytest.raises(StackError, match=r"stack\.json is damaged"):
        StackState.load(tmp_path)


def test_a_folder_without_a_stack_holds_none(tmp_path: Path) -> None:
    assert StackState.load(tmp_path) is None


def test_a_checkouts_own_stack_is_found_before_the_demos(tmp_path: Path) -> None:
    local = tmp_path / ".local"
    for folder in (local / "demo", local):
        a_state(folder).save()
    assert find_stacks(tmp_path) == [local, local / "demo"]


def test_keys_are_made_once_and_their_public_halves_fit(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path / "keys")
    assert ensure_keys(tmp_path / "keys") == keys
    for pair in (keys.ticket, keys.staff):
        private = load_pem_private_key(pair.private_key.read_bytes(), password=None)
        public = load_pem_public_key((pair.public_keys / pair.private_key.name).read_bytes())
        assert private.public_key() == public


def test_private_keys_are_0600_and_their_folders_0700(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path / "keys")
    assert {mode(keys.ticket.private_key), mode(keys.staff.private_key)} == {0o600}
    folders = [keys.ticket.private_key.parent, keys.staff.private_key.parent, keys.days, tmp_path / "keys"]
    assert {mode(folder) for folder in folders} == {0o700}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_own_database_and_no_other_services_secrets(tmp_path: Path, service: ServiceName) -> None:
    keys = ensure_keys(tmp_path / "keys")
    environment = service_environment(service, a_state(tmp_path), keys)
    prefix = f"NSS_{service.upper()}_"
    assert environment[f"{prefix}DATABASE_URL"] == f"postgresql://a@h/{service}"
    assert environment[f"{prefix}RELAY_DATABASE_URL"] == f"postgresql://r@h/{service}"
    assert not [value for value in environment.values() if value.startswith("postgresql://o@")]
    private = {"intake": keys.ticket.private_key, "review": keys.staff.private_key}
    assert {str(key) for key in private.values()} & set(environment.values()) == (
        {str(private[service])} if service in private else set()
    )


def test_variables_of_the_shell_do_not_reach_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSS_POSTGRES_DSN", "postgresql://superuser@h/x")
    monkeypatch.setenv("NSS_FAILPOINT", "relay.after-send-before-delete")
    environment = service_environment("review", a_state(tmp_path), ensure_keys(tmp_path / "keys"))
    assert not {"NSS_POSTGRES_DSN", "NSS_FAILPOINT"} & environment.keys()


def test_a_folder_below_a_closed_one_is_not_open_to_everybody(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    assert not open_to_everybody(inner)
