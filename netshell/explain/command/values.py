"""What a value on a command line is, and what it has to do with the network as it is now.

Each kind of value has a function from its place and its text to two sentences: why it cannot be what its place asks
for, and what it is here. An empty one says nothing. `kinds` has all of them by name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import NamedTuple, TypeAlias

from netshell.explain.command.addresses import IPV4_LIKE, about_prefix, no_address, whose, whose_address
from netshell.explain.messages.scene import (
    did_you_mean,
    holders,
    interface_of,
    ip_of,
    listing,
    place,
    state,
    subject,
)
from netshell.facts import PC, Link, Node, Snapshot

_NAME_MOST = 15
_PORT_MOST = 65535
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5}")
_WITH_PORT = re.compile(r"(?:\d+\.){3}\d+:\d+", re.ASCII)
_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs, and the network around it."""

    node: str = PC
    snapshot: Snapshot | None = None
    """None where there is no network to speak of: outside the shell."""

    @property
    def here(self) -> Node | None:
        """The node's own facts; None where they are not known."""
        node = self.snapshot.node(self.node) if self.snapshot else None
        return node if node and node.is_enterable else None


class Judged(NamedTuple):
    """What was found out about a value."""

    trouble: str = ""
    here: str = ""


Judge: TypeAlias = Callable[[Place, str], Judged]


def _anything(_: Place, __: str) -> Judged:
    return Judged()


def _interface(scene: Place, text: str) -> Judged:
    """An interface that should be there."""
    name = text.partition("@")[0]
    if trouble := _bad_name(name):
        return Judged(trouble)
    if scene.here is None:
        return Judged()
    if (link := scene.here.links.get(name)) is not None:
        return Judged(here=describe(scene.here, link))
    elsewhere = [n for n, node in scene.snapshot.nodes.items() if name in node.links] if scene.snapshot else []
    if elsewhere:
        return Judged(here=f"There is no {name} {place(scene.node)}: it is {listing(map(place, elsewhere))}.")
    return Judged(here=f"There is no interface {name} {place(scene.node)}; {_there_are(scene.here)}.")


def _any_interface(scene: Place, text: str) -> Judged:
    return Judged() if text == "any" else _interface(scene, text.rstrip("+"))


def _new_interface(scene: Place, text: str) -> Judged:
    """The name of an interface that is to be."""
    if trouble := _bad_name(text):
        return Judged(trouble)
    if scene.here and text in scene.here.links:
        return Judged(here=f"{subject(scene.node)} has an interface of that name already.")
    return Judged()


def _bad_name(name: str) -> str:
    if len(name.encode("utf-8", "replace")) > _NAME_MOST:
        return f"{name[:40]} has {len(name)} characters; the name of an interface has {_NAME_MOST} at most."
    return f"{name} cannot be the name of an interface." if "/" in name or not name or " " in name else ""


def _there_are(node: Node) -> str:
    names = [*node.links]
    return f"there {'is' if len(names) == 1 else 'are'} {listing(names)}" if names else "there is none"


def describe(node: Node, link: Link) -> str:
    """What an interface is: its kind, its state, its other end, its addresses."""
    kinds = {"veth": "one end of a cable", "bridge": "a bridge", "loopback": "the loopback interface"}
    parts = [kinds.get(link.kind, f"a {link.kind}" if link.kind else "an interface"), f"now {state(link)}"]
    if link.peer:
        parts.append(f"its other end is {link.peer.link} {place(link.peer.node)}")
    if link.master:
        parts.append(f"a port of the bridge {link.master}")
    own = [each.cidr for each in node.addresses if each.dev == link.name and each.scope != "link"]
    if own:
        parts.append(f"with {listing(own)}")
    return f"{_owner(node.name)} {link.name}: {', '.join(parts)}."


def _owner(node: str) -> str:
    return "The PC's" if node == PC else f"{node}'s"


def _address(scene: Place, text: str) -> Judged:
    """An IP address without a prefix length."""
    bare = text.partition("%")[0]
    if ip_of(bare) is None:
        slash = " Here it stands without a prefix length." if interface_of(bare) else ""
        return Judged(slash.strip() or no_address(bare))
    return Judged(here=whose_address(scene.snapshot, scene.node, bare))


def _gateway(scene: Place, text: str) -> Judged:
    """The next router of a route, which must be on a network of the node's own."""
    judged, ip, node = _address(scene, text), ip_of(text), scene.here
    if judged.trouble or ip is None or node is None:
        return judged
    own = [interface_of(each.cidr) for each in node.addresses]
    if any(each is not None and each.version == ip.version and ip in each.network for each in own):
        return judged
    who = subject(scene.node)
    return Judged(here=f"{judged.here} {who} has no network with {text} in it, and a next router must be on one.")


def _cidr(scene: Place, text: str) -> Judged:
    """An address with its prefix length, as an interface gets it."""
    bare, slash, length = text.partition("/")
    own = interface_of(text)
    if own is None:
        return Judged(_bad_prefix(bare, length) if slash and ip_of(bare) else no_address(bare))
    others = [(n, a) for n, a in holders(scene.snapshot, bare) if n.name != scene.node] if scene.snapshot else []
    taken = f" {_owner(others[0][0].name)} {others[0][1].dev} has this address too." if others else ""
    return Judged(here=f"{about_prefix(own, has_prefix=bool(slash))}{taken}")


def _bad_prefix(bare: str, length: str) -> str:
    most = 128 if ":" in bare else 32
    return f"/{length[:20]} is no prefix length: for {bare} it is a number from 0 to {most}."


def _network(scene: Place, text: str) -> Judged:
    """What a route or a rule is for: a network, an address, `default`."""
    if text in {"default", "all", "any"}:
        return Judged(here="It stands for every address: 0.0.0.0/0, or ::/0.")
    bare, slash, length = text.partition("/")
    if ip_of(bare) is None and not (slash and re.fullmatch(r"\d+(?:\.\d+){0,3}", bare, re.ASCII)):
        return Judged(no_address(bare))
    try:
        network = ip_network(text)
    except ValueError:
        own = interface_of(text)
        if own is None:
            is_mask = ip_of(length) is not None
            return Judged("" if is_mask else _bad_prefix(bare, length))
        return Judged(f"{text} has bits set behind its prefix: the network is {own.network}.")
    if network.num_addresses == 1:
        return Judged(here=whose_address(scene.snapshot, scene.node, bare))
    return Judged(here=_who_is_in(scene, text))


def _who_is_in(scene: Place, text: str) -> str:
    if scene.snapshot is None:
        return ""
    network = ip_network(text)
    inside = [
        f"{whose(node.name)} {each.dev}"
        for node in scene.snapshot.nodes.values()
        for each in node.addresses
        if (own := interface_of(each.cidr)) and own.version == network.version and own.ip in network
        if each.dev != "lo"
    ]
    verb = "are" if len(inside) > 1 else "is"
    return f"In it {verb} {listing(inside)}." if inside else f"Nobody here has an address in {text}."


def _host(scene: Place, text: str) -> Judged:
    """Where something goes: an address, or a name that the resolver is asked for."""
    bare = text.strip("[]")
    if ip_of(bare):
        return Judged(here=whose_address(scene.snapshot, scene.node, bare))
    if trouble := _no_host(text):
        return Judged(trouble)
    if text == "localhost":
        return Judged(here="localhost is the host itself: 127.0.0.1, or ::1.")
    if scene.snapshot is None:
        return Judged()
    if text in scene.snapshot.nodes and text != PC:
        return Judged(here=f"{text} is a namespace here; as a name it has to stand in /etc/hosts or DNS.")
    return Judged(here="A name: the resolver looks its address up.")


def _no_host(text: str) -> str:
    """Why a text is neither an address nor a name; empty where it may be one."""
    if IPV4_LIKE.fullmatch(text):
        return no_address(text)
    if text.isdigit():
        return f"{text} is no address: that has four numbers with dots between, as 192.0.2.1."
    if _WITH_PORT.fullmatch(text):
        return f"{text} joins an address and a port; here they stand apart, with a blank between them."
    return ""


def _port(scene: Place, text: str) -> Judged:
    first, _, last = text.partition("-" if "-" in text else ":")
    if text.isascii() and text.replace("-", "").replace(":", "").isdigit():
        numbers = [int(each) for each in (first, last) if each.isdigit()]
        if any(not 0 <= number <= _PORT_MOST for number in numbers):
            return Judged(f"{text} is no port: they go from 0 to 65535.")
        return Judged(here=_listeners(scene, numbers[0])) if len(numbers) == 1 else Judged()
    return Judged() if re.fullmatch(r"[a-z][a-z0-9-]*", text) else Judged(f"{text} is no port.")


def _listeners(scene: Place, port: int) -> str:
    if scene.snapshot is None:
        return ""
    found = [
        f"{each.program or 'a program'} {place(node.name)} ({each.protocol})"
        for node in scene.snapshot.nodes.values()
        for each in node.sockets
        if each.is_waiting and each.local_port == port
    ]
    return f"At port {port} waits now: {listing(dict.fromkeys(found))}." if found else ""


def _mac(scene: Place, text: str) -> Judged:
    if not _MAC.fullmatch(text):
        return Judged(f"{text[:40]} is no MAC address: six groups of two hexadecimal digits, with `:` between.")
    lower = text.lower().replace("-", ":")
    if lower == "ff:ff:ff:ff:ff:ff":
        return Judged(here="That is everybody on the link: broadcast.")
    if not lower.strip("0:"):
        return Judged(here="It stands for none.")
    nodes = scene.snapshot.nodes.values() if scene.snapshot else ()
    found = [f"{whose(node.name)} {link.name}" for node in nodes for link in node.links.values() if link.mac == lower]
    if found:
        return Judged(here=f"It is that of {listing(found)}.")
    return Judged(here="No interface in this network has it." if scene.snapshot else "")


def _namespace(scene: Place, text: str) -> Judged:
    if "/" in text:
        return Judged("" if text.startswith("/") else "The name of a namespace has no `/` in it.")
    if scene.snapshot is None or text == "1" or text.isdigit():
        return Judged()
    names = [name for name in scene.snapshot.nodes if name != PC]
    if text in names:
        node = scene.snapshot.nodes[text]
        links = [name for name in node.links if name != "lo"]
        return Judged(here=f"{text} has {listing(links)} beside lo." if links else f"{text} has no interface but lo.")
    if not names:
        return Judged(here=f"There is no namespace {text} now.")
    near = did_you_mean(text, names) or f"There {'is' if len(names) == 1 else 'are'} {listing(names)}."
    return Judged(here=f"There is no namespace {text} now. {near}")


def _new_namespace(scene: Place, text: str) -> Judged:
    if "/" in text or text in {"", ".", ".."}:
        return Judged("The name of a namespace has no `/` in it, and is neither `.` nor `..`.")
    if scene.snapshot and text in scene.snapshot.nodes and text != PC:
        return Judged(here=f"A namespace {text} is there already.")
    return Judged()


def _number(_: Place, text: str) -> Judged:
    is_number = re.fullmatch(r"-?(?:0[xX][0-9A-Fa-f]+|\d+)", text, re.ASCII) is not None
    return Judged() if is_number else Judged(f"{text[:40]} is no number.")


def _seconds(_: Place, text: str) -> Judged:
    return Judged() if _SECONDS.fullmatch(text) else Judged(f"{text[:40]} is no time in seconds.")


def _hex(_: Place, text: str) -> Judged:
    is_hex = re.fullmatch(r"(?:0[xX])?[0-9A-Fa-f]+", text) is not None
    return Judged() if is_hex else Judged(f"{text[:40]} is no hexadecimal number.")


def _setting(scene: Place, text: str) -> Judged:
    """A kernel setting, perhaps with a value: `net.ipv4.ip_forward=1`."""
    key, sign, value = text.partition("=")
    key = key.strip().replace("/", ".")
    now = scene.here.sysctls.get(key) if scene.here else None
    if now is None:
        return Judged()
    same = " It is that already." if sign and value.strip() == now else ""
    return Judged(here=f"{place(scene.node)[0].upper()}{place(scene.node)[1:]} it is {now} now.{same}")


def _assignment(scene: Place, text: str) -> Judged:
    """A kernel setting with the value that it gets."""
    return _setting(scene, text) if "=" in text else Judged(f"{text[:40]} has no `=` with a value behind it.")


VALUES: Mapping[str, Judge] = {
    "any": _anything,
    "text": _anything,
    "name": _anything,
    "file": _anything,
    "url": _anything,
    "interface": _interface,
    "any-interface": _any_interface,
    "new-interface": _new_interface,
    "address": _address,
    "gateway": _gateway,
    "cidr": _cidr,
    "network": _network,
    "host": _host,
    "port": _port,
    "mac": _mac,
    "netns": _namespace,
    "new-netns": _new_namespace,
    "number": _number,
    "seconds": _seconds,
    "hex": _hex,
    "setting": _setting,
    "assignment": _assignment,
}
"""The kinds of values that stand on command lines."""
