"""The words that packet patterns are written with, and the words that they are told in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netshell.checks.looks import ICMP, ICMP6, Trace
from netshell.checks.words import subject, target
from netshell.packets.headers import ACK, FIN, PSH, RST, SYN, Arp
from netshell.packets.messages import Dns, Http
from netshell.packets.names import DHCP_MESSAGES, ICMP6_CODES, ICMP6_TYPES, ICMP_CODES, ICMP_TYPES, TCP_FLAGS
from netshell.packets.summary import harmless

if TYPE_CHECKING:
    from netshell.checks.pattern import Pattern
    from netshell.packets.trace import Seen

ARP_WORDS: Mapping[str, int] = {"request": 1, "reply": 2}
DNS_WORDS: Mapping[str, bool] = {"query": False, "answer": True}
HTTP_WORDS: Mapping[str, bool] = {"request": False, "response": True}
DHCP_WORDS: Mapping[str, int] = {name.lower().replace(" ", "-"): number for number, name in DHCP_MESSAGES.items()}
FLAG_WORDS: Mapping[str, int] = {name.lower(): 1 << bit for bit, name in enumerate(TCP_FLAGS)} | {
    "reset": RST,
    "push": PSH,
}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\([^)]*\)", "", name).lower()).strip("-")


def _icmp_words() -> dict[str, frozenset[tuple[int, int, int | None]]]:
    """Protocol, type and code (None for any) by name; the same name stands for ICMP and ICMPv6."""
    found: dict[str, set[tuple[int, int, int | None]]] = {}
    for protocol, types, codes in ((ICMP, ICMP_TYPES, ICMP_CODES), (ICMP6, ICMP6_TYPES, ICMP6_CODES)):
        for number, name in types.items():
            found.setdefault(_slug(name), set()).add((protocol, number, None))
        for (number, code), name in codes.items():
            found.setdefault(_slug(name), set()).add((protocol, number, code))
    found["unreachable"] = found["destination-unreachable"]
    return {name: frozenset(meant) for name, meant in found.items()}


ICMP_WORDS: Mapping[str, frozenset[tuple[int, int, int | None]]] = _icmp_words()


def flags_of(words: str) -> tuple[int, int] | None:
    """The control bits that must be set and those that must not; None where a word is none.

    Of FIN, SYN and RST those that are not named must be clear. `syn` alone is the first segment of a connection, so
    without ACK; `ack` alone acknowledges and carries nothing.
    """
    named = [word for word in re.split(r"[\s,+/-]+", words.strip().lower()) if word]
    if not named or any(word not in FLAG_WORDS for word in named):
        return None
    wanted = 0
    for word in named:
        wanted |= FLAG_WORDS[word]
    unwanted = (FIN | SYN | RST) & ~wanted
    if wanted & SYN and not wanted & ACK:
        unwanted |= ACK
    if wanted == ACK:
        unwanted |= PSH
    return wanted, unwanted


def in_words(pattern: "Pattern") -> str:
    """What a pattern looks for: `an ARP request from ns1`."""
    parts = [_noun(pattern)]
    if pattern.source:
        parts.append(f"from {target(pattern.source)}")
    if pattern.target:
        parts.append(f"to {target(pattern.target)}")
    parts += _ends(pattern)
    if pattern.link:
        parts.append(f"over {pattern.link}")
    if pattern.count > 1:
        parts.append(f"({pattern.count} times)")
    return " ".join(parts)


def sent_in_words(pattern: "Pattern") -> str:
    """What has happened when a packet fits: `ns1 sent an ARP request`."""
    if not pattern.source:
        words = in_words(pattern)
        return f"{words[:1].upper()}{words[1:]} crossed"
    return f"{subject(pattern.source)} sent {in_words(replace(pattern, source=None))}"


def _ends(pattern: "Pattern") -> Iterable[str]:
    if pattern.src:
        yield f"with source {pattern.src}"
    if pattern.dst:
        yield f"{'and' if pattern.src else 'with'} destination {pattern.dst}"
    if pattern.sport is not None:
        yield f"from port {pattern.sport}"
    if pattern.dport is not None:
        yield f"to port {pattern.dport}"
    if pattern.length is not None:
        yield f"carrying {pattern.length} bytes"


def _noun(pattern: "Pattern") -> str:
    for word, noun, known in (
        (pattern.arp, "an ARP packet", "an ARP {}"),
        (pattern.dns, "a DNS message", "a DNS {}"),
        (pattern.dhcp, "a DHCP message", "a DHCP {}"),
        (pattern.http, "an HTTP message", "an HTTP {}"),
    ):
        if word is not None:
            return _with_detail(pattern, known.format(word.capitalize() if word is pattern.dhcp else word)
                                if isinstance(word, str) else noun)  # fmt: skip
    if pattern.icmp is not None:
        return _icmp_noun(pattern.icmp)
    if pattern.tcp is not None:
        return _tcp_noun(pattern.tcp)
    if pattern.udp is not None:
        port = "" if pattern.udp is True else f" to or from port {pattern.udp}"
        return f"a UDP datagram{port}"
    return "a packet"


def _with_detail(pattern: "Pattern", noun: str) -> str:
    if pattern.name is not None:
        return f"{noun} for {pattern.name}"
    if pattern.method is not None:
        return f"{noun} ({pattern.method})"
    if pattern.status is not None:
        return f"{noun} with status {pattern.status}"
    return noun


def _icmp_noun(word: str | bool) -> str:  # noqa: FBT001 - as the author wrote it
    if isinstance(word, bool):
        return "an ICMP message"
    words = word.replace("-", " ")
    return f"an {words}" if words.startswith("echo") else f"an ICMP message ({words})"


def _tcp_noun(word: str | int | bool) -> str:  # noqa: FBT001 - as above
    if word is True:
        return "a TCP segment"
    if isinstance(word, int):
        return f"a TCP segment to or from port {word}"
    wanted, _ = flags_of(word) or (0, 0)
    if wanted == ACK:
        return "an ACK without data"
    return article(", ".join(name for bit, name in enumerate(TCP_FLAGS) if wanted >> bit & 1))


def article(noun: str) -> str:
    """`a SYN`, `an RST`, `an ACK`: by the sound of a name's first letter."""
    return f"{'an' if noun[:1] in 'AEFRS' and not noun.startswith(('SYN', 'FIN')) else 'a'} {noun}"


def questions(seen: "Seen") -> list[str]:
    """The names that a DNS message asks for."""
    message = seen.packet.application
    return [question.name for question in message.questions] if isinstance(message, Dns) else []


def http_of(seen: "Seen") -> Http | None:
    """The head of an HTTP message, where a packet has one."""
    message = seen.packet.application
    return message if isinstance(message, Http) else None


def found_in_words(key: str, trace: Trace, seen: "Seen") -> str:
    """What a packet has, or did, in the place of what a pattern's key asks for."""
    packet, look = seen.packet, trace.look(seen)
    match key:
        case "source":
            found = f"was sent by {target(trace.sender(seen))}" if trace.sender(seen) else "came from outside the lab"
        case "target":
            nodes = " and ".join(map(target, sorted(trace.reached(seen))))
            found = f"came to {nodes or 'no node'}"
        case "src" | "dst":
            end = {"src": packet.src, "dst": packet.dst}[key]
            if isinstance(packet.network, Arp):
                end = {"src": packet.network.sender_ip, "dst": packet.network.target_ip}[key]
            found = f"has the {'source' if key == 'src' else 'destination'} {end}"
        case "sport":
            found = f"came from port {look.first}"
        case "dport":
            found = f"went to port {look.second}"
        case "length":
            found = f"carries {max(look.length, 0)} bytes"
        case "name":
            found = f"asks for {', '.join(questions(seen)) or 'no name'}"
        case "method" | "status":
            message = http_of(seen)
            found = f"says {message.first_line}" if message else "is no HTTP"
        case _:
            found = "crossed another link"
    return harmless(found)
