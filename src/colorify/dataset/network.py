"""Which addresses a crawl connects to: the public internet's, unless it is told otherwise.

A list or a page can name this machine, its neighbours, or a cloud's own services, which trust whoever reaches
them. What counts is the address that is connected to, whatever the host is called: so names are looked up
through `PublicResolver`, and nothing looks them up a second time.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

from colorify.dataset.frontier import Hosts

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 networks whose addresses end in an IPv4 address that something on the way connects to
WITH_IPV4: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215


def is_public(host: str) -> bool:
    """Say whether a numeric address is of the public internet. What is no address is not."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_global, (address, *_inside(address))))


def _is_global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in LOCAL_NAT64 or address.is_site_local:
            return False
        if any(address in network for network in WITH_IPV4):
            return True  # what is inside decides
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inside(address: Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [*(address.teredo or ()), address.sixtofour]
    if any(address in network for network in WITH_IPV4):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def numeric_address(host: str) -> str | None:
    """Return the address that a host is written as: "10.0.0.1", "2130706433", "0x7f.1"; None: a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def proxy_hosts() -> frozenset[str]:
    """Name the proxies of this machine's settings. Its owner chose them, so they may be private."""
    hosts = (urlsplit(url if "//" in url else f"//{url}").hostname for url in getproxies().values())
    return frozenset(host for host in hosts if host)


def refusal_behind_proxy(host: str) -> str | None:
    """Return the private address that a proxy would be asked for, as far as the name itself says."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or name in proxy_hosts():
        return name
    address = numeric_address(name)
    return address if address is not None and not is_public(address) else None


@implementer(IHostnameResolver)
class PublicResolver:
    """Looks names up for the reactor, and hands on only the addresses that may be connected to."""

    def __init__(self, hosts: Hosts, *, reactor: Any) -> None:
        self._hosts, self._reactor, self._names = hosts, reactor, reactor.nameResolver
        self._proxies = proxy_hosts()

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(  # Twisted's name
        self,
        resolutionReceiver: Any,  # an IResolutionReceiver
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        receiver = resolutionReceiver
        if not self._hosts.allow_private and hostName not in self._proxies:
            receiver = _PublicOnly(resolutionReceiver, hostName, self._hosts)
        resolution: IHostResolution = self._names.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )
        return resolution


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Hands on the public addresses of a host; writes down where there was none."""

    def __init__(self, receiver: Any, host: str, hosts: Hosts) -> None:
        self._receiver, self._host, self._hosts = receiver, host, hosts
        self._refused: str | None = None
        self._any = False

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IPv4Address | IPv6Address) -> None:
        if is_public(address.host):
            self._any = True
            self._receiver.addressResolved(address)
        else:
            self._refused = address.host

    def resolutionComplete(self) -> None:
        self._hosts.private.pop(self._host, None)
        if self._refused is not None and not self._any:
            self._hosts.private[self._host] = self._refused
        self._receiver.resolutionComplete()
