"""The glossary: every entry whole, every term of a bundled lesson in it, the nearest for a mistyped one."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from netshell.explain.glossary import glossary, look_up, nearest
from netshell.lesson import library
from netshell.lesson.model import Span
from netshell.render.glossary import term_lines

CURRICULUM = [
    "netns",
    "loopback",
    "veth",
    "addresses",
    "tcpdump",
    "ethernet",
    "bridge",
    "routing",
    "static-routes",
    "dynamic-routing",
    "ports",
    "tcp-handshake",
    "tcp-data",
    "http",
    "dns",
    "dhcp",
    "nat",
    "port-forward",
    "sockets",
    "firewall",
    "ipv6",
    "mtu",
    "container",
    "tickets",
]
NOT_TERMS = frozenset({"Ctrl-]", "bytes", "exception", "new socket", "nothing"})
"""Words in bold of bundled lessons that are no terms of the field."""
LONGEST_TERM = 4
"""Words; more in bold are a sentence that matters."""


def test_every_entry_is_whole() -> None:
    for term in glossary():
        assert 40 <= len(term.says) <= 420, term.names
        assert term.says.endswith((".", ")", "`")), term.names
        assert term.lesson in CURRICULUM, term.names
        assert term.read, term.names
        assert all(look_up(name) is term for name in term.names), "a name stands for one entry"


def strong(value: object) -> Iterator[str]:
    """The words in bold in any part of a lesson."""
    if isinstance(value, Span):
        yield from [value.text] if value.style == "strong" else []
    elif isinstance(value, tuple | list):
        for each in value:
            yield from strong(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strong(getattr(value, field.name))


def test_every_term_of_a_bundled_lesson_has_an_entry() -> None:
    missing: dict[str, set[str]] = {}
    for path in library.lessons_in(library.bundled_directory()):
        lesson = library.load(path, 1)
        for words in strong((lesson.intro, lesson.steps)):
            is_term = len(words.split()) <= LONGEST_TERM and not words.endswith((".", "?", "!"))
            if is_term and words not in NOT_TERMS and look_up(words.rstrip(",;:")) is None:
                missing.setdefault(lesson.id, set()).add(words)
    assert missing == {}, "netshell/explain/glossary.txt has no entry for these words in bold"


TERMS = [
    "namespace",
    "interface",
    "loopback",
    "veth",
    "carrier",
    "address",
    "prefix",
    "netmask",
    "MAC",
    "ARP",
    "neighbour table",
    "broadcast",
    "frame",
    "packet",
    "segment",
    "bridge",
    "FDB",
    "flooding",
    "route",
    "default route",
    "gateway",
    "TTL",
    "forwarding",
    "longest prefix match",
    "OSPF",
    "BGP",
    "autonomous system",
    "port",
    "socket",
    "UDP",
    "TCP",
    "SYN",
    "ACK",
    "FIN",
    "RST",
    "PSH",
    "sequence number",
    "TIME-WAIT",
    "HTTP",
    "request line",
    "header",
    "DNS",
    "resolver",
    "record types",
    "NXDOMAIN",
    "DHCP",
    "lease",
    "discover",
    "offer",
    "request",
    "ack",
    "NAT",
    "masquerade",
    "DNAT",
    "conntrack",
    "firewall",
    "MTU",
    "ICMP",
    "neighbor table",
    "a frame",
    "Packets",
    "three-way handshake",
    "routes",
]


@pytest.mark.parametrize("term", TERMS)
def test_a_term_of_the_curriculum_is_explained(term: str) -> None:
    assert look_up(term) is not None


@pytest.mark.parametrize(("typed", "meant"), [("carier", "carrier"), ("gatway", "gateway"), ("xyzzy", ""), ("", "")])
def test_a_mistyped_term_gets_the_nearest(typed: str, meant: str) -> None:
    assert look_up(typed) is None
    assert nearest(typed) == meant


@pytest.mark.parametrize("width", [20, 80, 200])
def test_every_entry_fits_the_screen(width: int) -> None:
    for term in glossary():
        lines = list(term_lines(term, "Two machines, one cable", width=width))
        assert all(line.cells <= max(width, 22) for line in lines)
        assert term.names[0].split()[0] in lines[0].plain
