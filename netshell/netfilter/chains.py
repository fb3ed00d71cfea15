"""What the chains at one hook of a node do with a packet: rule by rule, jump by jump, to the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface
from typing import Literal, TypeAlias

from netshell.facts import Node
from netshell.filters import NATS, Chain, Family, FilterRule, Hook, Tool
from netshell.netfilter.packet import Packet, fits

Fate: TypeAlias = Literal["accepted", "dropped", "rejected", "unknown"]

_FATES: dict[str, Fate] = {"accept": "accepted", "drop": "dropped", "reject": "rejected"}
_FAMILIES = {4: frozenset({"ip", "inet"}), 6: frozenset({"ip6", "inet"})}
_DEEPEST = 16
"""Jumps; the kernel allows as many (NFT_JUMP_STACK_SIZE)."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a packet at a hook."""

    fate: Fate
    packet: Packet
    """As it goes on; NAT may have changed it."""
    chain: Chain | None = None
    """The base chain that decided; None where none did."""
    rule: FilterRule | None = None
    """The rule that decided; None for a policy. Of a fate that is not known the rule that nobody can judge."""
    nat: FilterRule | None = None
    """The rule that gave the packet another address."""


@dataclass(frozen=True, slots=True)
class _End:
    """Where the rules of a chain led to."""

    action: str
    rule: FilterRule


@dataclass(slots=True)
class _Asking:
    """One base chain, asked."""

    chains: Mapping[tuple[Family, str, Tool, str], Chain]
    packet: Packet
    doubts: list[_End] = field(default_factory=list)
    """What would have been the end, if a rule that cannot be judged fitted."""

    def run(self, chain: Chain, depth: int = 0) -> _End | None:
        """The end that its rules come to; None where a packet runs through."""
        for rule in chain.rules:
            fit = fits(rule, self.packet)
            if fit is False or rule.action == "continue":
                continue
            if rule.action == "notrack":
                self._untrack(rule, is_sure=bool(fit))
                continue
            if rule.action == "return":
                if fit:
                    return None
                self.doubts.append(_End("unknown", rule))
                continue
            end = self._jump(chain, rule, depth) if rule.action in {"jump", "goto"} else _End(rule.action, rule)
            if end is not None and fit:
                return end
            if end is not None:
                self.doubts.append(end if end.rule == rule else _End(end.action, rule))
            elif rule.action == "goto":
                if fit:
                    return None
                self.doubts.append(_End("unknown", rule))
        return None

    def _untrack(self, rule: FilterRule, *, is_sure: bool) -> None:
        """The node keeps no track of the packet: it is in no connection's state, and no NAT is done to it."""
        if is_sure:
            self.packet = replace(self.packet, state="untracked")
        else:
            self.doubts.append(_End("unknown", rule))

    def _jump(self, chain: Chain, rule: FilterRule, depth: int) -> _End | None:
        target = self.chains.get((chain.family, chain.table, chain.tool, rule.target))
        if target is None or depth > _DEEPEST:
            return _End("unknown", rule)
        return self.run(target, depth + 1)


def ask(node: Node, hook: Hook, packet: Packet) -> Ruling:
    """What the chains of a node at a hook do with a packet, the smallest priority first."""
    if node.has_unread_rules:
        return Ruling("unknown", packet)
    chains = {(c.family, c.table, c.tool, c.name): c for c in node.chains}
    ruling = Ruling("accepted", packet)
    for base in _bases(node.chains, hook, packet):
        if base.kind == "nat" and (packet.state != "new" or ruling.nat is not None):
            continue
        asking = _Asking(chains, ruling.packet)
        end = asking.run(base)
        found = _ruled(node, hook, base, end, replace(ruling, packet=asking.packet))
        doubt = next((d for d in asking.doubts if not _is_same(d, end, base)), None)
        if doubt is not None:
            return replace(ruling, fate="unknown", chain=base, rule=doubt.rule)
        ruling = found
        if ruling.fate != "accepted":
            break
    return ruling


def _bases(chains: Iterable[Chain], hook: Hook, packet: Packet) -> list[Chain]:
    families = _FAMILIES.get(packet.version or 0, frozenset({"ip", "ip6", "inet"}))
    here = [c for c in chains if c.hook == hook and c.family in families]
    return sorted(here, key=lambda chain: chain.priority)


def _is_same(doubt: _End, end: _End | None, base: Chain) -> bool:
    """Whether it makes no difference if a rule fitted."""
    action = end.action if end else base.policy
    if doubt.action not in NATS:
        return doubt.action == action
    aim = (doubt.rule.action, doubt.rule.target, doubt.rule.port)
    return end is not None and aim == (end.rule.action, end.rule.target, end.rule.port)


def _ruled(node: Node, hook: Hook, base: Chain, end: _End | None, so_far: Ruling) -> Ruling:
    if end is None:
        if base.policy == "drop":
            return replace(so_far, fate="dropped", chain=base, rule=None)
        return so_far
    if end.action in NATS:
        changed = _translated(node, hook, end.rule, so_far.packet)
        if changed is None:
            return replace(so_far, fate="unknown", chain=base, rule=end.rule)
        return replace(so_far, packet=changed, nat=end.rule, chain=so_far.chain or base)
    return replace(so_far, fate=_FATES.get(end.action, "unknown"), chain=base, rule=end.rule)


def _translated(node: Node, hook: Hook, rule: FilterRule, packet: Packet) -> Packet | None:
    """A packet with the address that a rule gives it; None where it cannot be told which."""
    is_source = rule.action in {"masquerade", "snat"}
    if is_source:
        ip = own_address(node, packet.outgoing, packet.version) if rule.action == "masquerade" else rule.target
    elif rule.action == "redirect":
        loopback = "::1" if packet.version == 6 else "127.0.0.1"
        ip = loopback if hook == "output" else own_address(node, packet.incoming, packet.version)
    else:
        ip = rule.target or packet.destination
    if ip is None or "," in ip or "-" in ip:
        return None
    if is_source:
        return replace(packet, source=ip)  # its port stays where it is free
    port = packet.destination_port
    if rule.port:
        if not rule.port.isdigit():
            return None
        port = int(rule.port)
    return replace(packet, destination=ip, destination_port=port)


def own_address(node: Node, dev: str | None, version: int | None) -> str | None:
    """The address that a node's packets have where they leave by an interface."""
    for address in node.addresses:
        interface = ip_interface(address.cidr)
        if address.dev == dev and interface.version == version and not interface.ip.is_link_local:
            return str(interface.ip)
    return None
