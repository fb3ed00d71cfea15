"""Sentences for DHCP messages: who offers, wants or grants which address, and each option (RFC 2131, RFC 2132)."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import Explainer, Item, Row, duration
from netshell.packets.fields import Field
from netshell.packets.messages import Dhcp, DhcpOption
from netshell.packets.names import DHCP_MESSAGES, DHCP_OPTIONS

_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to
_MESSAGES: Mapping[int, str] = {
    1: "The client calls for DHCP servers: it has no address, so it asks everybody on the link.",
    2: "A server offers an address; the client may still take another server's.",
    3: "The client asks for one address: it takes an offer, or wants to keep what it has.",
    4: "The client refuses: somebody else on the link uses the address already.",
    5: "The server agrees: the address is the client's for the lease time.",
    6: "The server refuses: the client must begin again with Discover.",
    7: "The client gives its address back.",
    8: "The client has an address and asks for the other settings only.",
}
_OPTIONS: Mapping[int, str] = {
    1: "The prefix of the client's network, as a mask.",
    3: "The client's default route goes by this address.",
    6: "Whom the client asks for names: it goes into /etc/resolv.conf.",
    12: "What the client calls itself, or is to call itself.",
    15: "What is added to names without a dot.",
    26: "How large packets on this link may be.",
    28: "By which address everybody in the network is reached.",
    42: "Whom the client asks for the time.",
    43: "For equipment of one maker; others pass over it.",
    50: "The address that the client would like to have.",
    52: "More options stand in the fields of the server's name and the boot file.",
    54: "Which server it is: where several offer, this tells whose offer is taken.",
    56: "Words for people: why it went wrong.",
    57: "How large an answer the client can take.",
    60: "What kind of client it is.",
    61: "By which the server knows the client again; most often its MAC.",
    66: "Where a machine without a disk finds what it starts from.",
    67: "What a machine without a disk starts from.",
    81: "The client's full name, for the server to enter into DNS.",
    82: "Where the relay on the way got the request from (RFC 3046).",
    108: "The client may do without IPv4 on a network that lets it (RFC 8925).",
    114: "Where a page waits that must be read before anything else works (RFC 8910).",
    119: "Where names without a dot are looked for.",
    121: "More routes, as network and next hop; a client that takes them passes over option 3 (RFC 3442).",
    150: "Where a telephone finds what it starts from (RFC 5859).",
    249: "As option 121, under Microsoft's number.",
    252: "Where a browser learns which proxy to use.",
}
_TIMES: Mapping[int, str] = {
    51: "For {time} the address is the client's; it renews it before.",
    58: "After {time} the client asks this server to let it keep the address (T1).",
    59: "After {time} the client asks any server to let it keep the address (T2).",
}


def _dhcp(layer: Dhcp, _context: Context) -> str:
    says = _MESSAGES.get(layer.message, "Sets up a machine that knows nothing of its network yet.")
    return f"{says[:-1]} (RFC 2131)."


def _is_from_client(layer: Dhcp) -> bool:
    return layer.op == 1


def _client_ip(layer: Dhcp, _context: Context) -> str:
    return (
        "None: the client has no address yet." if layer.client_ip == _NOBODY else "The client has this address already."
    )


def _your_ip(layer: Dhcp, _context: Context) -> str:
    if layer.your_ip == _NOBODY:
        return (
            "Empty: only the server fills it in." if _is_from_client(layer) else "No address comes with this message."
        )
    return "The address that is offered." if layer.message == 2 else "The address that the client gets."


def _flags(layer: Dhcp, _context: Context) -> str:
    if layer.flags & 0x8000:
        return "The client wants the answer as a broadcast: it cannot take packets for an address it does not have yet."
    return "The answer may go to the client's MAC alone."


def _client_mac(layer: Dhcp, context: Context) -> str:
    whose = context.whose(layer.client_mac)
    return f"{whose}: by it the server knows the client." if whose else "The client's: by it the server knows it."


def _option(_layer: Dhcp, field: Field, _context: Context) -> Item:
    option = field.value
    if not isinstance(option, DhcpOption):
        return Item(field.name, str(field.value), "An option.")
    return Item(f"option {option.code}: {option.name}", _option_value(option), _option_words(option), option.problem)


def _option_value(option: DhcpOption) -> str:
    if option.code == 55:
        names = (DHCP_OPTIONS.get(int(number), number) if number.isdigit() else number for number in option.values)
        return ", ".join(names)
    if option.code == 53 and option.values and option.values[0].isdigit():
        number = int(option.values[0])
        return f"{number} ({DHCP_MESSAGES.get(number, 'no name')})"
    return ", ".join(option.values)


def _option_words(option: DhcpOption) -> str:
    first = option.values[0] if option.values else ""
    number = int(first) if first.isdigit() and len(first) <= 10 else None
    if option.code == 53:
        return _MESSAGES.get(number or 0, "Which of DHCP's messages it is.")
    if option.code == 55:
        return "What else the client wants to know: a server sends what it has of these."
    if option.code in _TIMES and number is not None:
        return _TIMES[option.code].format(time="ever" if number == 0xFFFFFFFF else duration(number))
    return _OPTIONS.get(option.code, "A setting that the client may use or pass over (RFC 2132).")


DHCP: Explainer[Dhcp] = Explainer(
    _dhcp,
    {
        "op": Row(
            "operation",
            lambda layer, _: "From a client." if _is_from_client(layer) else "From a server.",
            lambda layer, _: f"{layer.op} ({'request' if _is_from_client(layer) else 'reply'})",
        ),
        "hardware_type": Row("hardware type", "What kind of address the client's is: 1 is Ethernet."),
        "hardware_size": Row("hardware address length", "A MAC address has 6 bytes."),
        "hops": Row(
            "hops",
            lambda layer, _: (
                "No relay has passed it on: client and server are on one link."
                if not layer.hops
                else "So many relays have passed it on."
            ),
        ),
        "xid": Row(
            "transaction",
            "Drawn by the client: all messages of one exchange carry it, so that it knows its own.",
            lambda layer, _: f"0x{layer.xid:08x}",
        ),
        "seconds": Row("seconds", "Since the client began to ask."),
        "flags": Row("flags", _flags, lambda layer, _: f"0x{layer.flags:04x}"),
        "client_ip": Row("client's address", _client_ip),
        "your_ip": Row("your address", _your_ip),
        "server_ip": Row(
            "next server's address",
            lambda layer, _: (
                "None: nothing is to be started from."
                if layer.server_ip == _NOBODY
                else "Whom a machine without a disk asks next."
            ),
        ),
        "relay_ip": Row(
            "relay's address",
            lambda layer, _: (
                "None: no relay is in between."
                if layer.relay_ip == _NOBODY
                else "The relay that passed it on: it tells the server which network the client is in."
            ),
        ),
        "client_mac": Row("client's MAC", _client_mac),
        "server_name": Row(
            "server's name",
            "64 bytes for a name that hardly anybody fills in.",
            lambda layer, _: layer.server_name or "empty",
        ),
        "boot_file": Row(
            "boot file",
            "128 bytes for what a machine without a disk starts from.",
            lambda layer, _: layer.boot_file or "empty",
        ),
    },
    _option,
)
