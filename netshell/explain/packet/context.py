"""What a sentence may refer to: the packet, whose its addresses are, and the packets around it."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from netshell.explain.owners import Owners
from netshell.explain.packet.neighbourhood import Look, Neighbourhood
from netshell.packets.headers import Arp, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Layer, Packet
from netshell.packets.summary import harmless
from netshell.packets.trace import Seen


@dataclass(frozen=True)
class Context:
    """One packet with everything that is known around it."""

    seen: Seen
    packet: Packet
    owners: Owners
    around: Neighbourhood = field(default_factory=Neighbourhood)
    is_quoted: bool = False
    """This is the packet that an ICMP error is about; of its neighbours nothing is known."""

    @property
    def src(self) -> str:
        """Who sent the packet: the node's name, or the address."""
        return self.who(self.packet.src)

    @property
    def dst(self) -> str:
        """Whom it is for: the node's name, or the address."""
        return self.who(self.packet.dst)

    @property
    def before(self) -> tuple[Look, ...]:
        """Earlier packets of the conversation on this link."""
        return self.around.before

    @property
    def after(self) -> tuple[Look, ...]:
        """Later packets of the conversation on this link."""
        return self.around.after

    @property
    def passed_on_by(self) -> str:
        """The node that put the packet on this link and did not make it; empty where it is the first link."""
        sender = self.seen.crossing.sender
        return sender.node if sender is not None and self.around.earlier_hops else ""

    @cached_property
    def former(self) -> Packet | None:
        """The same packet on the link before this one; None on its first link. A NAT has changed it in between."""
        return self.around.earlier_hops[-1].packet if self.around.earlier_hops else None

    def who(self, address: str) -> str:
        """The node's name, or the address."""
        return harmless(self.owners.who(address)) or "somebody"

    def whose(self, address: str) -> str:
        """As `ns1's`; empty where nobody is known to have the address."""
        name = self.owners.of(address)
        return f"{name}'s" if name else ""

    def quoted(self, original: tuple[Layer, ...]) -> "Context":
        """The same for the packet that an ICMP error is about."""
        inner = self.packet._replace(
            layers=original,
            network=next((layer for layer in original if isinstance(layer, Arp | Ipv4 | Ipv6)), None),
            transport=next((layer for layer in original if isinstance(layer, Tcp | Udp | Icmp | Icmp6)), None),
            application=None,
            body_at=0,
            body_end=0,
        )
        return replace(self, packet=inner, around=Neighbourhood(), is_quoted=True)
