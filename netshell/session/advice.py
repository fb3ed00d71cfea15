"""What the tutor has to say about one thing that went wrong, and what it rests on, rung by rung.

It turns diagnoses, verdicts and explained messages into one shape; when it is said is not decided here.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netshell.checks import Verdict
from netshell.facts import PC, Link, Node, Snapshot

if TYPE_CHECKING:
    from netshell.diagnosis import Finding
    from netshell.explain.losses import Loss
    from netshell.explain.messages import Explained

_LINES_MOST = 6
_PLAIN = ("No such file or directory", "Is a directory", "Not a directory", "No such process", "no such job")
_GUESS = "Did you mean"
_RESET = "`:reset` brings it back."


@dataclass(frozen=True, slots=True)
class Advice:
    """One root cause."""

    says: str
    """What is the case, where, and what comes of it."""
    evidence: tuple[str, ...] = ()
    """What proves it: lines of state, packets by their numbers, the tool's own line."""
    look: str = ""
    """Where to look for oneself: the next rung."""
    concept: str = ""
    """The lesson that teaches what it hangs on."""
    mend: str = ""
    """The command that mends it: the last rung. Empty where none is known."""
    is_slip: bool = False
    """A typo, or something destroyed: told at once."""
    is_plain: bool = False
    """The tool's own message says as much: told only who asks."""


def of_finding(found: "Finding") -> Advice:
    """A diagnosis."""
    layer = _FILTERS if found.concept == "nat" else found.layer
    look = f"Look for yourself: `{found.look}`." if found.look else look_at(found.at, layer)
    return Advice(found.says, found.evidence, look, found.concept, found.mend)


def of_verdict(verdict: Verdict, snapshot: Snapshot) -> Advice:
    """A check that does not hold; where it brings no evidence of its own, the state that it judged."""
    proof = verdict.evidence or tuple(state_lines(snapshot, verdict.at, verdict.depth))
    return Advice(verdict.says, proof, look_at(verdict.at, verdict.depth), verdict.concept, verdict.mend)


def of_message(explained: "Explained", ran_on: Node | None) -> Advice:
    """A tool's own message, put in context."""
    proof = [f"it said: {explained.quote}"] if explained.quote else []
    if ran_on is not None and explained.concept in _STATE_OF:
        proof += list(state_lines(Snapshot({ran_on.name: ran_on}), ran_on.name, _STATE_OF[explained.concept]))
    is_plain = explained.quote.endswith(_PLAIN) and explained.concept == "shell" and _GUESS not in explained.says
    return Advice(
        explained.says,
        tuple(proof),
        explained.mend,
        explained.concept,
        is_slip=not explained.is_answer,
        is_plain=is_plain,
    )


def of_loss(lost: "Loss") -> Advice:
    """Something that was destroyed."""
    return Advice(f"{lost.says} {_RESET}", lost.was, is_slip=True)


_OF_LO = frozenset({"127.0.0.1/8", "::1/128"})
"""What the kernel sets on lo by itself."""
_STATE_OF = {
    **dict.fromkeys(("veth", "bridge", "loopback"), 10),
    "addresses": 20,
    "ethernet": 30,
    "routing": 40,
    **dict.fromkeys(("ports", "sockets", "tcp-handshake", "http", "dns", "dhcp"), 80),
}
"""Which state a concept's messages hang on, by the layer that checks rank it with."""


_FILTERS = 60
"""The layer of filter rules, among which those of NAT stand."""


def look_at(node: str, layer: int) -> str:
    """The command that shows the state of a layer."""
    begin = "ip" if node == PC else f"ip -n {node}"
    inside = "" if node == PC else f"ip netns exec {node} "
    commands = {
        0: "ip netns list",
        1: f"{begin} link show",
        2: f"{begin} address show",
        3: f"{begin} neigh show",
        4: f"{begin} route show",
        5: f"{inside}sysctl net.ipv4.ip_forward",
        6: f"{inside}nft list ruleset",
        7: f"{begin} route show",
        8: f"{inside}ss -tuanp",
    }
    return f"Look for yourself: `{commands[layer // 10]}`." if layer // 10 in commands else ""


def state_lines(snapshot: Snapshot, name: str, layer: int) -> Iterator[str]:
    """The state of a layer on a node, in the first of its lines."""
    lines = list(_lines(snapshot, name, layer))
    yield from lines[:_LINES_MOST]
    if len(lines) > _LINES_MOST:
        yield f"{name}: … and {len(lines) - _LINES_MOST} more"


def _tells(link: Link, with_addresses: Container[str]) -> bool:
    """Whether a line on its addresses says anything: that of lo only where somebody set one there."""
    return link.kind != "loopback" or link.name in with_addresses


def _lines(snapshot: Snapshot, name: str, layer: int) -> Iterator[str]:
    from netshell.diagnosis import words  # noqa: PLC0415 - not before something went wrong

    node = snapshot.node(name)
    if node is None or layer < 10:
        yield f"ip netns list: {', '.join(n for n in snapshot.nodes if n != PC) or 'none'}"
        return
    links = [link for link in node.links.values() if link.kind != "loopback"]
    match layer // 10:
        case 1:
            yield from (words.link_line(name, link) for link in links or node.links.values())
        case 2:
            odd = {address.dev for address in node.addresses if address.cidr not in _OF_LO}
            yield from (words.address_line(node, link.name) for link in node.links.values() if _tells(link, odd))
        case 3:
            yield from (words.neighbour_line(name, entry) for entry in node.neighbours)
        case 4 | 7:
            yield from words.table_lines(node) or [f"{name}: no routes"]
        case 5:
            yield from (words.sysctl_line(node, key) for key in node.sysctls)
        case 8:
            yield from [words.socket_line(name, each) for each in node.sockets] or [f"{name}: no sockets"]
