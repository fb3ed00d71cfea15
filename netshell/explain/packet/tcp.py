"""Sentences for a TCP segment: what each number, flag and option does at this moment (RFC 9293, 7323, 2018)."""

from netshell.explain.packet.checksums import transport_checksum
from netshell.explain.packet.context import Context
from netshell.explain.packet.internet import checksum_words, header_words
from netshell.explain.packet.ports import dst_port_words, src_port_words
from netshell.explain.packet.rows import Explainer, Item, Row, plural
from netshell.explain.packet.stream import Stream
from netshell.packets.fields import Field
from netshell.packets.headers import CWR, ECE, URG, Tcp, TcpOption

_FULL_SIZE = 1460


def _tcp(_layer: Tcp, context: Context) -> str:
    if context.is_quoted:
        return "The ports of the segment that the error is about: by them the sender finds the connection to tell."
    return f"Brings a stream of bytes to a program on {context.dst}, in order, each byte confirmed (RFC 9293)."


def _seq(layer: Tcp, context: Context) -> str:
    if context.is_quoted:
        return "As the sender of the quoted segment counts its bytes."
    stream = Stream(layer, context)
    sent = f"as sent {layer.seq}"
    if layer.is_syn:
        return f"Where {context.src} begins to count, drawn at random, so that nobody can guess it; {sent}."
    again = "; sent before, so it was not acknowledged in time" if stream.sent_before else ""
    if layer.length:
        what = f"The first of {plural(layer.length, 'byte')} that {context.src} sends{again}"
        return f"{what}; relative to the start of the connection, {sent}."
    if layer.is_fin:
        return f"The end of what {context.src} sends{again}: FIN itself counts as one; {sent}."
    return f"The next byte that {context.src} would send: none is in here; {sent}."


def _ack(layer: Tcp, context: Context) -> str:  # noqa: PLR0911 - one for each thing it may confirm
    if context.is_quoted:
        return "What the sender of the quoted segment had received."
    if not layer.is_ack:
        return "Counts for nothing: the ACK flag is not set, since nothing has been received yet."
    stream = Stream(layer, context)
    found, sent = stream.acknowledges, f"as sent {layer.ack}"
    if found is not None and found[1].is_syn:
        return f"{context.dst}'s SYN has come: its start + 1, since SYN counts as one; {sent}."
    if found is not None and found[1].is_fin:
        return f"Everything has come, {context.dst}'s FIN too, which counts as one; {sent}."
    if stream.ack <= 1:
        return f"Nothing of {context.dst}'s data has come yet: its first byte is awaited; {sent}."
    upto = f"All bytes up to {stream.ack - 1} have come"
    if stream.news and stream.news == stream.ack - 1:
        return f"{upto}: {context.dst}'s {plural(stream.news, 'byte')} + 1; {sent}."
    if stream.news:
        return f"{upto}, {stream.news} of them new, and byte {stream.ack} is awaited; {sent}."
    as_before = "" if stream.news is None else ", as said before"
    return f"{upto}{as_before}: byte {stream.ack} is awaited next; {sent}."


def _flags(layer: Tcp, context: Context) -> str:
    """Each flag that is set, with what it does here."""
    if not layer.flags:
        return "None is set: no TCP sends this; scanners do, to see who answers."
    stream = None if context.is_quoted else Stream(layer, context)
    words = []
    if layer.is_syn:
        words.append("SYN accepts the connection" if layer.is_ack else "SYN asks to open a connection")
    if layer.is_ack:
        words.append("ACK: the acknowledgement number counts")
    if layer.is_psh:
        words.append("PSH: hand the data to the program at once")
    if layer.is_fin:
        is_second = stream is not None and stream.is_second_fin
        words.append(
            f"FIN: {context.src} sends nothing more" + (", and both sides have ended now" if is_second else "")
        )
    if layer.is_rst:
        words.append(f"RST: {_reset(stream, context)}")
    if layer.flags & URG:
        words.append("URG: the urgent pointer counts")
    if layer.flags & ECE:
        words.append("ECE: can mark congestion" if layer.is_syn else "ECE: a router marked congestion")
    if layer.flags & CWR:
        words.append("CWR: can mark congestion" if layer.is_syn else "CWR: has slowed down")
    text = "; ".join(words)
    return f"{text}."


def _reset(stream: Stream | None, context: Context) -> str:
    if stream is None or stream.cause is None:
        return "the connection is over at once"
    look, segment = stream.cause
    where = f"(packet {look.seen.number})"
    if stream.is_refusal:
        return f"the SYN {where} is refused, nobody listens on {context.src}'s port {stream.segment.src_port}"
    if segment.length:
        return f"data came {where} that nobody reads any more, so the connection is over at once"
    return f"the connection is over at once, after packet {look.seen.number}"


def _window(layer: Tcp, context: Context) -> str:
    if context.is_quoted:
        return "How much the sender of the quoted segment could take."
    stream = Stream(layer, context)
    who = context.src
    if layer.is_rst:
        return "Without a meaning: nothing can be sent any more."
    if layer.window == 0:
        return f"{who}'s buffer is full: {context.dst} must stop until a larger window is told."
    if stream.shift is None:
        return f"How much {who} can take, before scaling: the handshake, which told the scale, is not in sight."
    if stream.shift:
        size = layer.window << stream.shift
        return (
            f"{who} can take {size} bytes more: {layer.window} times {1 << stream.shift}, the scale of the handshake."
        )
    note = ": a SYN's window is never scaled" if layer.is_syn else ""
    return f"{who} can take {plural(layer.window, 'byte')} more{note}."


def _checksum(_layer: Tcp, context: Context) -> str:
    if context.is_quoted:
        return "Of the quoted segment; its payload is not all here."
    return checksum_words(transport_checksum(context.packet), "the segment")


def _urgent(layer: Tcp, _context: Context) -> str:
    if layer.flags & URG:
        return "Where urgent data end; hardly any program uses this (RFC 6093)."
    return "Counts for nothing: the URG flag is not set."


def _relative(layer: Tcp, context: Context) -> tuple[int, int]:
    return (context.seen.numbers or (layer.seq, layer.ack)) if not context.is_quoted else (layer.seq, layer.ack)


def _option(_layer: Tcp, field: Field, context: Context) -> Item:
    """One option of the header."""
    option = field.value
    if not isinstance(option, TcpOption):
        return Item(field.name, str(field.value), "An option.")
    says = _option_words(option, context)
    value = " ".join(map(str, option.values)) or "present"
    if option.kind == 3 and option.values:
        value = f"{option.values[0]} (times {1 << min(option.values[0], 14)})"
    if option.kind == 8 and len(option.values) == 2:
        value = f"{option.values[0]}, echo {option.values[1]}"
    return Item(f"option: {option.name}", value, says, option.problem)


def _option_words(option: TcpOption, context: Context) -> str:  # noqa: PLR0911 - one for each kind of option
    who = context.src
    match option.kind, option.values:
        case 0, _:
            return "Nothing follows in the header but padding."
        case 1, _:
            return "One byte that says nothing: it brings the next option to an even place."
        case 2, (size, *_):
            fits = " (1500 of an Ethernet frame, less 40 of headers)" if size == _FULL_SIZE else ""
            return f"{who} takes segments of up to {size} bytes of data{fits}."
        case 3, (shift, *_):
            return f"{who}'s later windows are to be multiplied by {1 << min(shift, 14)} (RFC 7323)."
        case 4, _:
            return f"{who} understands selective acknowledgements: only a gap is to be sent again (RFC 2018)."
        case 5, values:
            return (
                f"{who} has {plural(len(values) // 2, 'block')} behind a gap already: only the gap is to be sent again."
            )
        case 8, (value, echo):
            back = (
                f"it gives {context.dst}'s {echo} back, which measures the round trip"
                if echo
                else "it has none to give back"
            )
            return f"{who}'s clock says {value}, and {back} (RFC 7323)."
        case 34, _:
            return "A cookie that lets data travel in the next SYN already (RFC 7413)."
        case 30, _:
            return "Several paths for one connection (RFC 8684)."
    return "An option that ordinary connections do without."


TCP: Explainer[Tcp] = Explainer(
    _tcp,
    {
        "src_port": Row("source port", src_port_words),
        "dst_port": Row("destination port", dst_port_words),
        "seq": Row("sequence number", _seq, lambda x, c: str(_relative(x, c)[0])),
        "ack": Row("acknowledgement number", _ack, lambda x, c: str(_relative(x, c)[1])),
        "size": Row(
            "header length",
            lambda layer, _: header_words(layer.header_length),
            lambda layer, _: plural(layer.header_length, "byte"),
        ),
        "flags": Row(
            "flags", _flags, lambda layer, _: f"0x{layer.flags:02x} ({', '.join(layer.flag_names) or 'none'})"
        ),
        "window": Row("window", _window),
        "checksum": Row("checksum", _checksum, lambda layer, _: f"0x{layer.checksum:04x}"),
        "urgent": Row("urgent pointer", _urgent),
    },
    _option,
)
