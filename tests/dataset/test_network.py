"""Which addresses a crawl connects to, whatever a host is called."""

from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("scrapy")

from twisted.internet.address import IPv4Address, IPv6Address

from colorify.dataset.frontier import Hosts
from colorify.dataset.network import PublicResolver, is_public, numeric_address, refusal_behind_proxy


@pytest.mark.parametrize("host", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "::ffff:0:10.0.0.1", "no address", ""),
    ],
)
def test_all_other_addresses_are_not(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::1]"])
def test_every_spelling_of_an_address_is_known(host: str) -> None:
    assert numeric_address(host) in ("127.0.0.1", "::1")


def test_a_name_is_no_address() -> None:
    assert numeric_address("example.org") is None
    assert numeric_address("bücher.example") is None


def test_a_proxy_is_not_asked_for_what_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    asked = ["localhost", "a.localhost.", "proxy.example", "0x7f.1", "10.0.0.1", "example.org", "8.8.8.8"]
    found = ["localhost", "a.localhost", "proxy.example", "127.0.0.1", "10.0.0.1", None, None]
    assert [refusal_behind_proxy(host) for host in asked] == found


class Names:
    """A reactor and its resolver: each question has the next of the answers."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.nameResolver, self._answers = self, list(answers)

    def resolveHostName(self, receiver: Any, host: str, port: int, *rest: object) -> object:
        receiver.resolutionBegan(None)
        for number in self._answers.pop(0):
            kind = IPv6Address if ":" in number else IPv4Address
            receiver.addressResolved(kind("TCP", number, port))
        receiver.resolutionComplete()
        return None


class Receiver:
    """What an endpoint would connect to."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.is_complete = False

    def resolutionBegan(self, resolution: object) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.numbers.append(address.host)

    def resolutionComplete(self) -> None:
        self.is_complete = True


def look_up(names: Names, hosts: Hosts) -> list[str]:
    receiver = Receiver()
    PublicResolver(hosts, reactor=names).resolveHostName(receiver, "photos.example", 80)  # type: ignore[arg-type]
    assert receiver.is_complete
    return receiver.numbers


def test_a_name_that_changes_its_address_is_seen_when_it_is_connected_to() -> None:
    """DNS rebinding: what is checked is what is handed to the connection, each time."""
    names, hosts = Names(["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34"]), Hosts(1, None)
    assert look_up(names, hosts) == ["93.184.216.34"]
    assert look_up(names, hosts) == []
    assert hosts.private == {"photos.example": "127.0.0.1"}
    assert look_up(names, hosts) == ["93.184.216.34"]
    assert hosts.private == {}


def test_of_several_addresses_only_the_public_ones_are_connected_to() -> None:
    hosts = Hosts(1, None)
    assert look_up(Names(["::1", "8.8.8.8", "10.0.0.1"]), hosts) == ["8.8.8.8"]
    assert hosts.private == {}


def test_private_addresses_are_connected_to_where_they_are_allowed() -> None:
    hosts = Hosts(1, None, allow_private=True)
    assert look_up(Names(["127.0.0.1"]), hosts) == ["127.0.0.1"]


def test_a_proxy_may_be_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://photos.example:3128")
    assert look_up(Names(["10.0.0.1"]), Hosts(1, None)) == ["10.0.0.1"]
