"""What a look goes by: the parts of a recognised line, the run that printed it, and the network as it is now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface

from netshell.explain.messages.command import Run
from netshell.facts import PC, Address, Link, Node, Snapshot

_NEAR_WITHIN = 200
"""Names that a mistyped word is compared with, at most."""
_LONGEST_WORD = 40
_MOST_LISTED = 6


@dataclass(frozen=True)
class Scene:
    """One recognised line in its place."""

    parts: Mapping[str, str]
    run: Run
    snapshot: Snapshot

    @cached_property
    def node(self) -> Node | None:
        """Where the command ran; None where that is no namespace that netshell sees."""
        node = self.snapshot.node(self.run.node)
        return node if node and node.is_enterable else None

    @property
    def who(self) -> str:
        """That node at the start of a sentence: `The PC`, or `ns1`."""
        return subject(self.run.node)

    @property
    def place(self) -> str:
        """Where the command ran: `on the PC`, or `in ns1`."""
        return place(self.run.node)

    def part(self, name: str) -> str:
        """A part of the line; empty where the line has none of that name."""
        return self.parts.get(name, "")

    @property
    def target(self) -> str:
        """The IP address that the run was for: the line's own, else the last one that was typed; else empty."""
        if "host" in self.parts:
            return self.part("host") if ip_of(self.part("host")) else ""
        typed = [word.removeprefix("@") for word in self.run.words[1:]]
        typed += [word.partition("://")[2].partition("/")[0].partition(":")[0] for word in typed if "://" in word]
        return next((word for word in reversed(typed) if ip_of(word)), "")


def place(node: str) -> str:
    """Where something is: `on the PC`, or `in ns1`."""
    return "on the PC" if node == PC else f"in {node}"


def target(node: str) -> str:
    """A node in the middle of a sentence: `the PC`, or `ns1`."""
    return "the PC" if node == PC else node


def subject(node: str) -> str:
    """A node at the start of a sentence: `The PC`, or `ns1`."""
    return "The PC" if node == PC else node


def ip_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is, or None."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def interface_of(text: str) -> IPv4Interface | IPv6Interface | None:
    """The address with its prefix length that a text is, or None."""
    try:
        return ip_interface(text)
    except ValueError:
        return None


def near(word: str, known: Iterable[str], alike: float = 0.7) -> str:
    """The known name that a mistyped one most likely stands for, or an empty text; `alike` is 1 for the same."""
    from difflib import get_close_matches  # noqa: PLC0415 - 6 ms that only a mistyped name costs

    names = [name for name in known if name and name != word][:_NEAR_WITHIN]
    same = [name for name in names if name.lower() == word.lower()]
    found = same or get_close_matches(word[:_LONGEST_WORD], names, n=1, cutoff=alike)
    return found[0] if found else ""


def did_you_mean(word: str, known: Iterable[str], alike: float = 0.7) -> str:
    """A question that names the known word that comes nearest; empty where none does."""
    close = near(word, known, alike)
    return f"Did you mean `{close}`?" if close else ""


def listing(items: Iterable[str]) -> str:
    """`lo`, `lo and eth0`, `lo, eth0 and eth1`; of many the first ones."""
    names = list(items)
    if len(names) > _MOST_LISTED:
        names = [*names[: _MOST_LISTED - 1], f"{len(names) - _MOST_LISTED + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def holders(snapshot: Snapshot, ip: str) -> list[tuple[Node, Address]]:
    """Every node that has an address, with the address as it is set there; loopback addresses are nobody's."""
    wanted = ip_of(ip)
    if wanted is None or wanted.is_loopback:
        return []
    nodes = [node for node in snapshot.nodes.values() if node.is_enterable]
    return [(node, each) for node in nodes for each in node.addresses if ip_of(each.cidr.partition("/")[0]) == wanted]


def has_ip(node: Node, ip: str) -> bool:
    """Whether an address is one of the node's own."""
    wanted = ip_of(ip)
    return wanted is not None and any(ip_of(each.cidr.partition("/")[0]) == wanted for each in node.addresses)


def own_addresses(node: Node, version: int = 4) -> str:
    """The addresses that a learner has set there: `192.0.2.1/24 on eth0`; empty where there are none."""
    mine = [each for each in node.addresses if (":" in each.cidr) == (version == 6)]
    chosen = [each for each in mine if each.dev != "lo" and each.scope != "link"]
    return listing(f"{each.cidr} on {each.dev}" for each in chosen)


def state(link: Link) -> str:
    """Whether frames can pass."""
    if not link.is_up:
        return "DOWN"
    return "UP" if link.has_carrier else "UP, but without a carrier"
