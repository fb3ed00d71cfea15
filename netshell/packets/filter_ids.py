"""What a filter's qualifiers are about: `host 192.0.2.1`, `net 10/8`, `port http`, `proto 89`, as predicates."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import NamedTuple, NoReturn

from netshell.packets import filter_terms as terms
from netshell.packets.filter_lexer import Token, fault, integer, nearest
from netshell.packets.filter_terms import Direction, Predicate
from netshell.packets.filter_words import (
    ETHERNET_WORDS,
    LINK_PROTOCOLS,
    PORTS,
    PROTOCOL_NUMBERS,
    TRANSPORTS,
)

_BOTH = frozenset({4, 6})


class Qualifiers(NamedTuple):
    """What stands before an address, a network, a port or a protocol."""

    protocol: str
    """A word such as `ip`, `tcp` or `ether`, or empty."""
    direction: Direction
    type: str
    """`host`, `net`, `port`, `portrange`, `proto`, `protochain`."""


class Target(NamedTuple):
    """A condition, and how many tokens it took."""

    predicate: Predicate
    tokens: int


class Where(NamedTuple):
    """What a condition may look at besides its own tokens."""

    text: str
    nodes: Mapping[str, tuple[str, ...]]
    tags: int

    def fail(self, token: Token, problem: str, remedy: str = "") -> NoReturn:
        """Raise the error for a token."""
        raise fault(self.text, token.at, token.written, problem, remedy)

    def is_known(self, token: Token, qualifiers: Qualifiers) -> bool:
        """Whether a word is a name of that type."""
        if qualifiers.type == "host":
            return token.written in self.nodes
        if qualifiers.type == "proto":
            return token.text in PROTOCOL_NUMBERS
        return qualifiers.type in {"port", "portrange"} and token.text.partition("-")[0] in PORTS


def target(where: Where, qualifiers: Qualifiers, tokens: list[Token]) -> Target:
    """Read the target that the tokens begin with. Raises UserError with its place."""
    kind = qualifiers.type
    if kind in {"port", "portrange"}:
        return _port(where, qualifiers, tokens)
    if kind in {"proto", "protochain"}:
        return Target(_protocol(where, qualifiers, tokens[0]), 1)
    if kind == "net":
        return _net(where, qualifiers, tokens)
    return Target(_host(where, qualifiers, tokens), 1)


def _host(where: Where, qualifiers: Qualifiers, tokens: list[Token]) -> Predicate:
    token = tokens[0]
    protocol, direction = qualifiers.protocol, qualifiers.direction
    if protocol in ETHERNET_WORDS:
        if token.kind != "mac":
            where.fail(token, "Expected a MAC address.", "Such as `ether host 02:00:00:00:00:01`.")
        mac = ":".join(f"{int(part, 16):02x}" for part in token.text.replace("-", ":").split(":"))
        return terms.mac(mac, direction)
    if protocol and protocol not in LINK_PROTOCOLS:
        where.fail(token, f"`{protocol}` has ports and no hosts.", f"Say `{protocol} and host {token.written}`.")
    if token.kind == "mac":
        word = qualifiers.direction if qualifiers.direction in {"src", "dst"} else "host"
        where.fail(token, "This is a MAC address.", f"Did you mean `ether {word} {token.text}`?")
    if len(tokens) > 1 and tokens[1].text == "/":
        where.fail(tokens[1], "A host has no prefix length.", f"Did you mean `net {token.text}/{tokens[2].text}`?")
    if token.kind == "word" and token.written in where.nodes:
        return _any_of(where, qualifiers, where.nodes[token.written])
    if token.kind not in {"ipv4", "ipv6"}:
        remedy = f"Did you mean `port {token.text}`?" if token.kind == "number" else ""
        remedy = remedy or nearest(token.written, set(where.nodes)) or "Such as `host 192.0.2.1`."
        where.fail(token, "Expected an IP address or the name of a node.", remedy)
    if _canonical(token.text) is None:
        where.fail(token, "This is not a whole IP address.", "An IPv4 address has four numbers from 0 to 255.")
    return _any_of(where, qualifiers, (token.text,))


def _any_of(where: Where, qualifiers: Qualifiers, addresses: tuple[str, ...]) -> Predicate:
    """Source or destination is one of these; a node without addresses is never met."""
    known = frozenset(filter(None, map(_canonical, addresses)))
    by_version = [
        terms.address(same.__contains__, version, _headers(qualifiers.protocol), qualifiers.direction, where.tags)
        for version in (4, 6)
        if (same := frozenset(each for each in known if (":" in each) == (version == 6)))
    ]
    if len(by_version) == 1:
        return by_version[0]
    return lambda packet: any(each(packet) for each in by_version)


def _headers(protocol: str) -> frozenset[str]:
    return frozenset({protocol}) if protocol else frozenset(LINK_PROTOCOLS)


def _canonical(text: str) -> str | None:
    """An address as the reader writes it, or None for what is none."""
    family = AF_INET6 if ":" in text else AF_INET
    try:
        return inet_ntop(family, inet_pton(family, text))
    except OSError:
        return None


def _net(where: Where, qualifiers: Qualifiers, tokens: list[Token]) -> Target:
    token, following = tokens[0], tokens[1:3]
    if qualifiers.protocol and qualifiers.protocol not in LINK_PROTOCOLS:
        where.fail(token, f"`{qualifiers.protocol}` has no networks.", f"Say `{qualifiers.protocol} and net …`.")
    if token.kind not in {"ipv4", "ipv6", "number"}:
        where.fail(token, "Expected a network.", "Such as `net 192.0.2.0/24`.")
    size = 1
    length: int | str | None = None
    if len(following) == 2 and following[0].text == "/":
        size = 3
        length = int(following[1].text) if following[1].text.isdecimal() else None
        if length is None or length > (128 if token.kind == "ipv6" else 32):
            where.fail(following[1], "Expected a prefix length.", "From 0 to 32 for IPv4, to 128 for IPv6.")
    elif len(following) == 2 and following[0].text == "mask":
        size, length = 3, following[1].text
    network = _network(where, token, length, following)
    headers = _headers(qualifiers.protocol)
    wanted = terms.in_network(network)
    return Target(terms.address(wanted, network.version, headers, qualifiers.direction, where.tags), size)


def _network(where: Where, token: Token, length: int | str | None, following: list[Token]) -> IPv4Network | IPv6Network:
    """The network that is meant; `net 10` is 10.0.0.0/8, `net 192.0.2` 192.0.2.0/24, as in pcap-filter."""
    text = token.text
    if token.kind != "ipv6":
        parts = text.split(".")
        text = ".".join([*parts, *["0"] * (4 - len(parts))])
        length = 8 * len(parts) if length is None else length
    elif length is None:
        length = 128
    try:
        return ip_network(f"{text}/{length}")
    except ValueError:
        pass
    try:
        meant = ip_network(f"{text}/{length}", strict=False)
    except ValueError:
        wrong = following[1] if isinstance(length, str) else token
        return where.fail(wrong, "This makes no network.", "Such as `net 192.0.2.0/24`.")
    return where.fail(token, f"It has bits set behind the prefix of {length}.", f"Did you mean `net {meant}`?")


def _port(where: Where, qualifiers: Qualifiers, tokens: list[Token]) -> Target:
    token, protocol = tokens[0], qualifiers.protocol
    if protocol and protocol not in TRANSPORTS:
        where.fail(token, f"`{protocol}` has no ports.", f"Did you mean `tcp {qualifiers.type} {token.text}`?")
    named = {"tcp", "udp"} if token.kind == "word" else TRANSPORTS.keys()
    protocols = frozenset(TRANSPORTS[each] for each in ({protocol} if protocol else named))
    has_dash = len(tokens) > 2 and tokens[1].text == "-"
    if has_dash and qualifiers.type == "port":
        where.fail(tokens[1], "A port is one number.", f"Did you mean `portrange {token.text}-{tokens[2].text}`?")
    names = token.text.partition("-")
    if has_dash:
        ends = _port_number(where, token), _port_number(where, tokens[2])
    elif qualifiers.type == "portrange" and names[0] in PORTS and names[2] in PORTS and token.text not in PORTS:
        ends = PORTS[names[0]], PORTS[names[2]]
    else:
        ends = _port_number(where, token), _port_number(where, token)
    condition = terms.port(min(ends), max(ends), protocols, qualifiers.direction, where.tags)
    return Target(condition, 3 if has_dash else 1)


def _port_number(where: Where, token: Token) -> int:
    if token.kind == "number":
        if integer(token) > 0xFFFF:
            where.fail(token, "A port is a number from 0 to 65535.")
        return integer(token)
    if token.kind == "word" and token.text in PORTS:
        return PORTS[token.text]
    close = nearest(token.text, frozenset(PORTS))
    return where.fail(token, "Expected a port: a number from 0 to 65535, or a name.", close)


def _protocol(where: Where, qualifiers: Qualifiers, token: Token) -> Predicate:
    protocol = qualifiers.protocol
    if protocol in ETHERNET_WORDS:
        number = _numbered(token, LINK_PROTOCOLS)
        if token.text == "stp":
            return terms.spanning_tree
        if number is None:
            where.fail(token, "Expected an EtherType.", "Such as `ether proto 0x88cc` or `ether proto arp`.")
        return terms.carries(number, where.tags)
    if protocol not in {"", "ip", "ip6"}:
        where.fail(token, f"`{protocol}` carries no numbered protocols.", "Say `ip proto` or `ether proto`.")
    number = _numbered(token, PROTOCOL_NUMBERS)
    if number is None or number > 255:
        close = nearest(token.text, frozenset(PROTOCOL_NUMBERS))
        where.fail(token, "Expected a protocol: a number from 0 to 255, or a name.", close)
    versions = {"": _BOTH, "ip": frozenset({4}), "ip6": frozenset({6})}[protocol]
    condition = terms.protocol_chain if qualifiers.type == "protochain" else terms.ip_protocol
    return condition(number, versions, where.tags)


def _numbered(token: Token, names: Mapping[str, int]) -> int | None:
    return integer(token) if token.kind == "number" else names.get(token.text)
