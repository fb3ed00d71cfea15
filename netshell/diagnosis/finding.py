"""What a diagnosis is asked and what it answers; it knows nothing of how the answer is found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeAlias

from netshell.errors import UserError

Protocol: TypeAlias = Literal["tcp", "udp"]

_EXAMPLES = "Write a node or an address, with a port if you like: ns2, 192.0.2.2, ns2:80, ns2:53/udp, [2001:db8::2]:80"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom somebody wants to reach."""

    host: str
    """A node's name, or an IP address."""
    port: int | None = None
    protocol: Protocol = "tcp"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, and not the name of a node."""
        return _is_address(self.host)

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.protocol == "tcp" else f"{host}:{self.port}/udp"


def parse_target(text: str) -> Target:
    """`ns2`, `192.0.2.2:80`, `ns2:53/udp`, `[2001:db8::2]:80`. Raises UserError for what is none of these."""
    text = text.strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare):
        return Target(str(ip_address(bare)))
    host, colon, service = text.rpartition(":")
    if not colon:
        host, service = text, ""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or any(character.isspace() for character in host) or (":" in host and not _is_address(host)):
        raise UserError(f"`{text}` is nobody to be reached.", _EXAMPLES)
    host = str(ip_address(host)) if _is_address(host) else host
    if not colon:
        return Target(host)
    number, slash, protocol = service.partition("/")
    if not (number.isascii() and number.isdigit() and len(number) <= 5 and 1 <= int(number) <= 65535):
        raise UserError(f"`{number}` is no port: ports are numbers from 1 to 65535.", _EXAMPLES)
    if slash and protocol not in {"tcp", "udp"}:
        raise UserError(f"`{protocol}` is no protocol with ports here.", _EXAMPLES)
    return Target(host, int(number), "udp" if protocol == "udp" else "tcp")


class NameQuestion(NamedTuple):
    """What only the name server itself can tell: whether it knows a name."""

    node: str
    """Where the server runs."""
    server: str
    """Its address, as it is asked."""
    name: str


class NameAnswer(NamedTuple):
    """What a name server says to a question for an IPv4 address."""

    rcode: int
    """How it went: 0 well, 3 no such name, 5 refused (RFC 1035, 4.1.1); -1 where it did not answer."""
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer: the first broken link of the chain, or that none is broken."""

    holds: bool
    fault: str
    """Its name in the catalogue; empty where all is well."""
    at: str
    """The node where it is to be mended; the target's where all is well."""
    says: str
    """One or two sentences: what is the case, where, and what comes of it."""
    evidence: tuple[str, ...] = ()
    """Lines of state, each beginning with its node, and packets by their numbers."""
    concept: str = ""
    """The lesson that teaches what it hangs on."""
    mend: str = ""
    """The command that mends it, for the last rung of help; empty where none is known."""
    look: str = ""
    """The command that shows it; empty where that follows from the layer."""
    question: NameQuestion | None = None
    """What has to be asked before more can be told."""
    layer: int = 90
    """How deep the cause lies, as checks rank it: 0 namespace, 10 link, 20 address, 30 neighbour, 40 route, 50
    forwarding, 60 filter, 70 the way back, 80 socket, 90 what cannot be told."""


@dataclass(frozen=True, slots=True)
class Break:
    """A broken link of the chain, before it is put into words."""

    fault: str
    at: str
    words: Mapping[str, str] = field(default_factory=dict)
    """What the catalogue's sentence and command name: `link`, `ip`, `network` …"""
    evidence: tuple[str, ...] = ()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
