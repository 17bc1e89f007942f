"""Ports: free ones, the last ones again, and a clear refusal when a given one is in use."""

import socket
from collections.abc import Iterator

import pytest

from deploy.errors import StackError
from deploy.local.ports import LOOPBACK, OURS, choose_ports, is_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody listens on while the test runs."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_every_name_gets_a_free_port_of_its_own() -> None:
    chosen = choose_ports(["intake", "review", "provisioning", "notifier"])
    assert len(set(chosen.values())) == 4
    assert all(is_free(port) for port in chosen.values())


def test_a_free_port_is_none_that_a_kernel_gives_to_outgoing_connections_and_another_one_each_time() -> None:
    chosen = [choose_ports(["intake"])["intake"] for _ in range(100)]
    assert len(set(chosen)) == 100
    assert all(1024 < OURS.start <= port < 32_768 for port in chosen)


def test_a_port_in_use_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_the_port_of_the_last_start_is_taken_again() -> None:
    last = choose_ports(["intake"])
    assert choose_ports(["intake"], last=last) == last


def test_the_port_of_the_last_start_is_left_to_whoever_has_it_now(taken_port: int) -> None:
    assert choose_ports(["intake"], last={"intake": taken_port})["intake"] != taken_port


def test_two_names_with_the_same_last_port_are_told_apart() -> None:
    port = choose_ports(["intake"])["intake"]
    chosen = choose_ports(["intake", "review"], last={"intake": port, "review": port})
    assert chosen["intake"] == port
    assert chosen["review"] != port


def test_a_given_port_in_use_is_refused_with_its_number_and_name(taken_port: int) -> None:
    with pytest.raises(StackError, match=rf"port {taken_port} \(intake\) is in use"):
        choose_ports(["intake"], given={"intake": taken_port})
