"""Sentences for DNS messages: the header, the question and each record (RFC 1035)."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import Explainer, Item, Row, duration, plural
from netshell.packets.fields import Field
from netshell.packets.layers import Packet
from netshell.packets.messages import Dns, Question, Record

_WANTED: Mapping[str, str] = {
    "A": "the IPv4 address of {name}",
    "AAAA": "the IPv6 address of {name}",
    "CNAME": "what {name} is another name for",
    "MX": "who takes mail for {name}",
    "NS": "which servers hold the zone {name}",
    "PTR": "the name behind an address: {name}",
    "SOA": "the particulars of the zone {name}",
    "SRV": "where the service {name} is to be had",
    "TXT": "the texts kept under {name}",
    "ANY": "every record of {name}",
}
_TOLD: Mapping[str, str] = {
    "A": "{name} has this IPv4 address",
    "AAAA": "{name} has this IPv6 address",
    "CNAME": "{name} is another name for this one: the question goes on with it",
    "MX": "mail for {name} goes to this server; the lowest number is tried first",
    "NS": "this server holds the zone {name}",
    "PTR": "the name behind the address {name}",
    "SOA": "the zone {name}: its server, its keeper, its serial number and its times",
    "SRV": "{name} is to be had there: priority, weight, port, host",
    "TXT": "a text kept under {name}",
}
_ERRORS: Mapping[int, str] = {
    1: "the server could not read the question",
    2: "the server could not find out",
    3: "there is no such name",
    4: "the server does not do this",
    5: "the server refuses to answer",
}
_OPTIONS = "Not a record: room for newer features of DNS, here how large an answer may be (EDNS, RFC 6891)."


def is_multicast(packet: Packet) -> bool:
    """Asked of everybody on the link: multicast DNS and LLMNR."""
    return packet.dst in {"224.0.0.251", "ff02::fb", "224.0.0.252", "ff02::1:3"}


def _dns(layer: Dns, context: Context) -> str:
    if is_multicast(context.packet):
        return "Asks or tells everybody on this link about names (RFC 6762)."
    if layer.is_response:
        return f"{context.src}, a name server, answers {context.dst} (RFC 1035)."
    return f"{context.src} asks the name server {context.dst} (RFC 1035)."


def _ident(layer: Dns, _context: Context) -> str:
    if layer.is_response:
        return "The same as in the question: by it the asker knows what this answers."
    return "Drawn at random: the answer must carry the same, which a stranger cannot guess."


def _flags(layer: Dns, context: Context) -> str:
    if not layer.is_response:
        words = ["QR 0: a question"]
        words += ["RD: the server is to look further itself"] if layer.is_recursion_desired else []
        return f"{'; '.join(words)}."
    words = ["QR 1: an answer"]
    words += [f"AA: {context.src} holds the zone itself"] if layer.is_authoritative else []
    words += ["TC: it did not fit, ask again over TCP"] if layer.is_truncated else []
    words += ["RA: the server looks further itself"] if layer.is_recursion_available else []
    error = _ERRORS.get(layer.rcode, layer.rcode_name) if layer.rcode else "all went well"
    return f"{'; '.join(words)}; code {layer.rcode}: {error}."


def _counts(layer: Dns, _context: Context) -> str:
    if layer.is_response and not layer.counts[1] and not layer.rcode:
        return "How many of each follow; no answer and no error: the name exists, but has no record of this type."
    return "How many of each follow in this message."


def _counts_value(layer: Dns, _context: Context) -> str:
    questions, answers, authorities, additionals = layer.counts
    asked = f"{plural(questions, 'question')}, {plural(answers, 'answer')}"
    return f"{asked}, {authorities} authority, {additionals} additional"


def _item(layer: Dns, field: Field, _context: Context) -> Item:
    """A question or a record."""
    item = field.value
    if isinstance(item, Question):
        wanted = _WANTED.get(item.type, f"the {item.type} records of {{name}}").replace("{name}", item.name)
        says = f"What was asked: {wanted}." if layer.is_response else f"Asks for {wanted}."
        return Item("question", f"{item.name} {item.type} {item.class_name}", says)
    if not isinstance(item, Record):
        return Item(field.name, str(field.value), "A record.")
    if item.type == "OPT":
        return Item(field.name, f"OPT {item.value}", _OPTIONS, item.problem)
    told = _TOLD.get(item.type, f"a record of type {item.type} of {{name}}").replace("{name}", item.name)
    keep = f"may be remembered for {duration(item.ttl_s)}" if item.ttl_s else "may not be remembered"
    return Item(
        field.name,
        f"{item.name} {item.ttl_s} {item.class_name} {item.type} {item.value}",
        f"{told[:1].upper()}{told[1:]}; {keep}." if not told.startswith(item.name) else f"{told}; {keep}.",
        item.problem,
    )


DNS: Explainer[Dns] = Explainer(
    _dns,
    {
        "ident": Row("identifier", _ident, lambda layer, _: f"0x{layer.ident:04x}"),
        "flags": Row("flags", _flags, lambda layer, _: f"0x{layer.flags:04x}"),
        "counts": Row("counts", _counts, _counts_value),
    },
    _item,
)
