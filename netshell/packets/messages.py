"""The values of what programs say to each other over UDP and TCP: DNS, DHCP and HTTP messages.

As in `layers`, every value has `at` and `size`, its place in the packet's data, and `problem`.
"""

from typing import NamedTuple

from netshell.packets.names import DHCP_MESSAGES, DNS_OPCODES, DNS_RCODES


class Question(NamedTuple):
    """What a DNS message asks for."""

    at: int
    size: int
    name: str
    """In presentation form (RFC 1035, 5.1), without the last dot; the root is `.`; odd bytes are `\\DDD`."""
    type: str
    """`A`, `AAAA` …, or `TYPE999` (RFC 3597)."""
    class_name: str


class Record(NamedTuple):
    """One resource record of a DNS message."""

    at: int
    size: int
    name: str
    type: str
    class_name: str
    ttl_s: int
    value: str
    """The data as a zone file writes it; of types that are not read, the number of bytes."""
    problem: str = ""


class Dns(NamedTuple):
    """A DNS message (RFC 1035), over UDP or TCP; multicast DNS too."""

    at: int
    size: int
    ident: int
    flags: int
    counts: tuple[int, int, int, int]
    """Questions, answers, authorities, additional records, as the header says."""
    questions: tuple[Question, ...] = ()
    answers: tuple[Record, ...] = ()
    authorities: tuple[Record, ...] = ()
    additionals: tuple[Record, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "DNS"

    @property
    def is_response(self) -> bool:
        """An answer and not a question (QR)."""
        return bool(self.flags & 0x8000)

    @property
    def opcode(self) -> int:
        """What is wanted: 0 for a plain look-up."""
        return self.flags >> 11 & 15

    @property
    def opcode_name(self) -> str:
        """What is wanted, in words."""
        return DNS_OPCODES.get(self.opcode, f"Operation {self.opcode}")

    @property
    def rcode(self) -> int:
        """How it went: 0 well, 3 no such name."""
        return self.flags & 15

    @property
    def rcode_name(self) -> str:
        """How it went, in words."""
        return DNS_RCODES.get(self.rcode, f"error {self.rcode}")

    @property
    def is_authoritative(self) -> bool:
        """AA: the server holds the zone itself."""
        return bool(self.flags & 0x0400)

    @property
    def is_truncated(self) -> bool:
        """TC: the answer did not fit; ask again over TCP."""
        return bool(self.flags & 0x0200)

    @property
    def is_recursion_desired(self) -> bool:
        """RD: the server is asked to look further itself."""
        return bool(self.flags & 0x0100)

    @property
    def is_recursion_available(self) -> bool:
        """RA: the server would look further itself."""
        return bool(self.flags & 0x0080)


class DhcpOption(NamedTuple):
    """One option of a DHCP message (RFC 2132)."""

    at: int
    size: int
    """Code and length bytes included."""
    code: int
    name: str
    values: tuple[str, ...]
    """Addresses, numbers or words, each as text; of options that are not read, their bytes in hexadecimal."""
    problem: str = ""


class Dhcp(NamedTuple):
    """A DHCP message (RFC 2131)."""

    at: int
    size: int
    op: int
    """1 from a client, 2 from a server."""
    hardware_type: int
    hardware_size: int
    hops: int
    xid: int
    seconds: int
    flags: int
    client_ip: str
    """The address that the client has already (ciaddr)."""
    your_ip: str
    """The address that the client is given (yiaddr)."""
    server_ip: str
    relay_ip: str
    client_mac: str
    server_name: str
    boot_file: str
    message: int
    """Option 53: 1 Discover, 2 Offer, 3 Request, 5 ACK …; 0 where it is missing (BOOTP)."""
    options: tuple[DhcpOption, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "DHCP"

    @property
    def message_name(self) -> str:
        """`Discover`, `Offer`, `Request`, `ACK` …"""
        kind = {1: "BOOTP request", 2: "BOOTP reply"}.get(self.op, "message") if not self.message else ""
        return kind or DHCP_MESSAGES.get(self.message, f"message {self.message}")

    def option(self, code: int) -> tuple[str, ...]:
        """The values of the first option of that code; empty where it is missing."""
        return next((option.values for option in self.options if option.code == code), ())


class Header(NamedTuple):
    """One line of an HTTP message's head."""

    at: int
    size: int
    name: str
    value: str


class Http(NamedTuple):
    """The head of an HTTP/1 message (RFC 9112), as far as this segment holds it. Texts are as sent: a stranger's."""

    at: int
    size: int
    """Of the head, empty line included."""
    is_response: bool
    version: str
    method: str
    target: str
    status: int
    reason: str
    headers: tuple[Header, ...]
    is_head_complete: bool
    """The empty line that ends the head is in this segment."""
    body_length: int
    """Bytes of body in this segment."""
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "HTTP"

    @property
    def first_line(self) -> str:
        """The request line or the status line."""
        if self.is_response:
            return f"{self.version} {self.status} {self.reason}".rstrip()
        return f"{self.method} {self.target} {self.version}"

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in any case."""
        wanted = name.lower()
        return next((header.value for header in self.headers if header.name.lower() == wanted), None)
