"""Where a hook may lead: names are looked up once, every address is judged, and the judged address is the one called.

Otherwise whoever may enter a receiver could let this process speak to what stands behind the firewall: databases,
metadata services of clouds, its own probes. A name that leads elsewhere at the second look changes nothing.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 addresses that stand for IPv4 ones (NAT64, 6to4, Teredo): nobody needs them to be reached."""

LOOK_UPS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="hook-names")
"""Apart from the loop's own few threads: names that are never answered must not hold up the others."""


class ForbiddenAddress(ConnectionError):
    """The name leads to an address that hooks may not call."""


async def resolve(host: str, port: int, *, private_allowed: bool) -> str:
    """The address to connect to, as text. Raises ForbiddenAddress, OSError where the name leads nowhere."""
    found = await asyncio.get_running_loop().run_in_executor(LOOK_UPS, _look_up, host, port)
    addresses = [ip_address(text) for text in found]
    if not all(may_be_called(address, private_allowed=private_allowed) for address in addresses):
        raise ForbiddenAddress("not a public address")
    return str(addresses[0])


def may_be_called(address: IPv4Address | IPv6Address, *, private_allowed: bool) -> bool:
    """Public unicast addresses; with `private_allowed` those of one's own network and machine, too."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_be_called(address.ipv4_mapped, private_allowed=private_allowed)
        if any(address in network for network in TRANSLATED):
            return False
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    return address.is_global or (private_allowed and (address.is_private or address.is_loopback))


def _look_up(host: str, port: int) -> list[str]:
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]).partition("%")[0] for *_, place in places]
