"""The commands that look at what crossed the wire."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from netshell.commands.context import Context
from netshell.commands.views import Followed, Ladder, Opened, Packets, View, Words
from netshell.errors import UserError

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_TOLD_MOST = 20_000
"""Packets that are told in sentences: some tenths of a second."""
_READ = frozenset({"ARP", "DHCP", "DNS", "HTTP", "ICMP", "ICMPv6", "IPv4", "IPv6", "TCP", "UDP"})
"""Protocols that need no help to be read."""
_OVER_UDP = frozenset({"DHCP", "DNS", "UDP"})
_WORDS = ("last", "all", "arp", "icmp", "tcp", "udp", "dns", "dhcp", "http", "host", "port", "syn")


async def list_packets(context: Context, argument: str) -> View:
    """A table of packets, with what happened in sentences above it."""
    await context.bench.look()
    return packets_of(context, argument)


async def draw_ladder(context: Context, argument: str) -> View:
    """The same packets as a picture, in the order of the lab's nodes."""
    await context.bench.look()
    return ladder_of(context, argument)


def packets_of(context: Context, argument: str, *, since_ns: int = 0) -> Packets:
    """The table, of what has been read from the wire by now; with `since_ns` of what crossed from then on.

    A filter chooses packets; what is told of their conversations rests on all of these.
    """
    from netshell.explain.stories import tell  # noqa: PLC0415 - not before the first look at packets

    whole, text, is_all = _scope(context, argument, since_ns)
    chosen, with_noise = _filtered(context, whole, text), is_all or bool(text)
    known = context.state_to_tell(context.bench.snapshot)
    stories = tell(whole[:_TOLD_MOST], context.bench.wire.owners, known, time.time_ns())
    numbers = {seen.number for seen in chosen}
    stories = tuple(story for story in stories if not numbers.isdisjoint(story.numbers) or story.kind == "more")
    if any(seen.protocol not in _READ for seen in chosen):
        context.bench.dissector()  # one of these may be opened next
    return Packets(chosen, stories, _lead(context, argument), with_noise, _lost(context))


def ladder_of(context: Context, argument: str, *, since_ns: int = 0) -> Ladder:
    """The picture of the same."""
    chosen, with_noise = _chosen(context, argument, since_ns)
    bench = context.bench
    return Ladder(chosen, tuple(bench.snapshot.nodes), bench.topology.places(), with_noise, _lost(context))


def packet_of(context: Context, argument: str) -> Opened | None:
    """The first packet that a filter chooses, opened; None where there is none. What is only named is not dissected."""
    from netshell.explain.packet import open_packet  # noqa: PLC0415 - not before the first look at a packet

    chosen, _ = _chosen(context, argument)
    if not chosen:
        return None
    bench = context.bench
    return Opened(open_packet(chosen[0].number, bench.wire.all(), bench.wire.owners))


async def open_one(context: Context, argument: str) -> View:
    """One packet, field by field; without a number the last one that somebody caused."""
    from netshell.explain.packet import (  # noqa: PLC0415 - not before the first look at a packet
        named_only,
        open_packet,
        with_dissected,
    )

    trace = await _everything(context)
    last = next((str(seen.number) for seen in reversed(trace) if not seen.noise), "")
    opened = open_packet(_number(argument or last, trace, "packet"), trace, context.bench.wire.owners)
    begin = named_only(opened)
    if begin is not None:
        crossing = opened.seen.crossing
        opened = with_dissected(opened, await context.bench.dissector().open(crossing.data, crossing.link_type, begin))
    return Opened(opened)


async def follow_one(context: Context, argument: str) -> View:
    """The conversation that a packet belongs to; without a number the last one over TCP or UDP."""
    from netshell.packets.streams import follow  # noqa: PLC0415 - as above

    trace = await _everything(context)
    talking = next((str(seen.number) for seen in reversed(trace) if seen.numbers or seen.protocol in _OVER_UDP), "")
    number = _number(argument or talking, trace, "follow")
    return Followed(follow(number, trace), context.bench.wire.owners)


async def save(context: Context, argument: str) -> View:
    """Write the packets of the step, or those that a filter chooses, to the learner's own directory."""
    from netshell.session.save import save_packets  # noqa: PLC0415 - few sessions save

    name, _, rest = argument.partition(" ")
    if not name:
        raise UserError(
            "`:save` needs the name of a file.", "For example `:save ping.pcapng`, or `:save web tcp port 80`."
        )
    await context.bench.look()
    chosen, _ = _chosen(context, f"all {rest}" if rest else "all")
    if not chosen:
        raise UserError("There are no packets to save.", "`:packets all` shows what there is.")
    saved = save_packets(chosen, context.bench.shared, name, context.bench.snapshot)
    packets = "1 packet" if len(chosen) == 1 else f"{len(chosen)} packets"
    return Words(
        f"Saved {packets} to {saved.outside}; here inside it is {saved.inside}. Wireshark and tcpdump open it."
    )


def filter_words(context: Context) -> Iterable[str]:
    """What Tab offers for a filter: a scope, a protocol, a node."""
    return [*_WORDS, *sorted(context.bench.snapshot.nodes)]


async def _everything(context: Context) -> "tuple[Seen, ...]":
    await context.bench.look()
    return context.bench.wire.all()


def _scope(context: Context, argument: str, since_ns: int = 0) -> "tuple[tuple[Seen, ...], str, bool]":
    """The packets that an argument's first word is about, the filter behind it, and whether it is about all there are.

    `last`: since the last command. `all`: since the machine was begun. Without either: since the step began, or
    `since_ns`.
    """
    trace = context.bench.wire.all()
    scope, _, rest = argument.partition(" ")
    text = argument
    if scope in {"last", "all"}:
        text = rest.strip()
    if scope == "last":
        trace = context.bench.crossed
    elif scope != "all" and context.session is not None:
        trace = context.bench.wire.since(max(context.session.began_ns, since_ns))
    return trace, text, scope == "all"


def _chosen(context: Context, argument: str, since_ns: int = 0) -> "tuple[tuple[Seen, ...], bool]":
    """The packets that an argument names, and whether those that nobody caused are to be shown as well: where it is
    about all, and where it has a filter, which may ask for them.
    """
    trace, text, is_all = _scope(context, argument, since_ns)
    return _filtered(context, trace, text), is_all or bool(text)


def _filtered(context: Context, trace: "tuple[Seen, ...]", text: str) -> "tuple[Seen, ...]":
    """Those that a filter chooses; all where there is none."""
    if not text:
        return trace
    from netshell.packets.filter import compile_filter  # noqa: PLC0415 - not before the first filter

    is_wanted = compile_filter(text, context.bench.wire.nodes)
    return tuple(seen for seen in trace if is_wanted(seen.packet))


def _lead(context: Context, argument: str) -> str:
    """That the packets are not of the command that was typed last."""
    bench = context.bench
    if argument.partition(" ")[0] != "last" or bench.has_crossed or not bench.crossed:
        return ""
    whose = f"are the packets of `{bench.crossed_with}`" if bench.crossed_with else "crossed before it"
    return f"The last command sent nothing. These {whose}."


def _number(argument: str, trace: "tuple[Seen, ...]", command: str) -> int:
    """The number of a packet that is there. Raises UserError where it is none, or is not there."""
    if not trace:
        raise UserError("No packet has crossed a wire yet.", "Try a `ping`, then look again.")
    first, last = trace[0].number, trace[-1].number
    if not argument:
        return last
    if not argument.isascii() or not argument.isdigit():
        problem = f"`:{command}` takes the number of a packet, and `{argument}` is none."
        raise UserError(problem, "`:packets` shows the numbers in its first column.")
    number = int(argument)
    if number > last or number == 0:
        raise UserError(
            f"There is no packet {number}: they are numbered from 1 to {last}.", "`:packets all` lists them."
        )
    if number < first:
        problem = f"Packet {number} is not kept any more: the oldest have made room for newer ones."
        raise UserError(problem, f"Those from {first} to {last} are there.")
    return number


def _lost(context: Context) -> str:
    """What is not in the list though it crossed; empty where nothing."""
    wire = context.bench.wire
    parts = []
    if wire.dropped:
        parts.append(f"the first {wire.dropped} made room for newer ones")
    if wire.missed:
        parts.append(f"{wire.missed} frames came faster than they could be kept")
    if wire.is_behind:
        parts.append("more are being read")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""
