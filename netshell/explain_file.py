"""A capture file explained: its packets as a table, a ladder, stories, JSON or a number; one packet; one conversation.

Packets go by as a stream: of a long file only those are kept that the view needs. Lines are made as they are asked for;
nothing here knows the command line or the terminal.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from netshell.errors import ExitCode, UserError
from netshell.explain.owners import Owners
from netshell.packets.file_source import CaptureSource
from netshell.packets.file_trace import Taken, addresses, crossing_of, end_of, trace
from netshell.packets.files import CaptureFile, Record
from netshell.packets.layers import Packet
from netshell.packets.reader import read
from netshell.packets.summary import harmless
from netshell.packets.trace import Observer, Seen, read_once
from netshell.turns import Turn, shared

if TYPE_CHECKING:
    from netshell.render.line import Line

View: TypeAlias = Literal["table", "ladder", "stories", "json", "count", "packet", "follow"]

_VIEWS: tuple[View, ...] = get_args(View)
_ABOUT_ONE = frozenset({"packet", "follow"})
_BEFORE, _AFTER, _FOLLOWED = 8000, 2000, 50_000
"""So many packets of the same conversation are kept to explain one of them, and on each side of one to follow it."""
_MOST_TOLD = 80_000
"""Packets that stories are made of: they are all kept, and so many are some hundred megabytes."""
_MORE_TOLD = "More follow: a filter chooses those that matter."
_AT_ONCE = 500
"""Lines that are written at once, and packets that a process tells of in its turn, where two take turns."""
_LOOK_AHEAD = 200
_LONG = 4_000_000
"""Bytes of a file, from which on a second process is worth its start."""
_BY_PACKET = frozenset({"table", "json"})
_Teller: TypeAlias = tuple[Sequence[str], Callable[[Taken], str]]
"""What stands at the beginning, and what makes a packet's line."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to see of a capture."""

    file: str
    """A path, or `-` for standard input."""
    view: View = "table"
    filter: str = ""
    number: int = 0
    """Of the packet, for `packet` and `follow`."""
    width: int = 80
    """Columns."""


def request_for(file: str, views: Mapping[str, int], chosen: str, width: int) -> Request:
    """What the command line asks for. `views` has the number of a packet, or True, for the one that is wanted.

    Raises UserError where it asks for what does not go together.
    """
    given = [view for view in _VIEWS if views.get(view)] or ["table"]
    if len(given) > 1:
        raise UserError(f"`--{given[0]}` and `--{given[1]}` do not go together.", "Choose one.", ExitCode.USAGE)
    (view,) = given
    if view in _ABOUT_ONE and chosen:
        problem = f"`--{view}` is about one packet and takes no filter, such as `{harmless(chosen)}`."
        raise UserError(
            problem, f"`netshell explain {harmless(file)} --{view} {views[view]}` shows it.", ExitCode.USAGE
        )
    return Request(file, view, chosen, views.get(view, 0), width)


@contextmanager
def explained(request: Request) -> Iterator["Explanation"]:
    """Open the file and close it in the end. Raises UserError where the file, the filter or the number will not do."""
    with CaptureSource(request.file) as source:
        yield Explanation(request, source)


class Explanation:
    """One request on its way."""

    def __init__(self, request: Request, source: CaptureSource) -> None:
        self._request = request
        self._source = source
        if request.view in _ABOUT_ONE:
            self._source.keep()
        self._is_saved = False
        """netshell wrote the file: the ends of its links are known."""
        self._nodes: Mapping[str, tuple[str, ...]] = {}
        if not self._source.is_live:
            self._learn_nodes()
        self._is_wanted: Callable[[Packet], bool] | None = None
        if request.filter.strip():
            from netshell.packets.filter import compile_filter  # noqa: PLC0415 - seldom asked for

            self._is_wanted = compile_filter(request.filter, self._nodes)
        self._begin_ns = 0
        self._count = 0
        """How many packets went by."""
        self._share: int | None = None
        """Which turns are this process's own, even or odd, where two take turns."""
        self.problem = ""
        """What is to be told beside the lines; known when these have come to their end."""
        self.code = ExitCode.DONE
        """How it went; known at the same time."""

    @property
    def is_live(self) -> bool:
        """Lines come as packets do: who shows them should not wait for more."""
        return self._source.is_live

    def lines(self) -> "Iterator[Line | str]":
        """What is to be shown, line by line."""
        views: Mapping[View, Callable[[], Iterable[Line | str]]] = {
            "table": self._table,
            "ladder": self._ladder,
            "stories": self._stories,
            "packet": self._opened,
            "follow": self._followed,
            "json": self._objects,
            "count": self._number,
        }
        yield from views[self._request.view]()

    def screen_lines(self) -> "Iterator[Line]":
        """The same for a terminal."""
        from netshell.render.line import Line, line  # noqa: PLC0415 - JSON and numbers need nothing of the screen

        return (each if isinstance(each, Line) else line(each) for each in self.lines())

    def pieces(self) -> Iterator[str]:
        """The same as plain text, in pieces that are worth writing: line by line where packets come live."""
        if self._request.view in _BY_PACKET and not self.is_live:
            yield from self._in_turns()
            return
        texts = (each if isinstance(each, str) else each.plain for each in self.lines())
        while piece := "".join(f"{text}\n" for text in islice(texts, 1 if self.is_live else _AT_ONCE)):
            yield piece

    def _in_turns(self) -> Iterator[str]:
        """The same of a view that tells of each packet by itself: of a long file, two processes make it."""
        is_table = self._request.view == "table"
        taken = self._taken(read if is_table else read_once)
        first = list(islice(taken, _LOOK_AHEAD))
        begin, tell = (self._table_teller if is_table else self._object_teller)(first)
        if first:
            yield "".join([*begin, *(f"{tell(each)}\n" for each in first)])
        is_long = len(first) == _LOOK_AHEAD and self._source.size > _LONG
        with self._source.twin() if is_long else nullcontext() as part:

            def work(share: int | None) -> Iterator[Turn]:
                if share == 1 and part is not None:
                    part()
                self._share = share
                for turn, mine in groupby(taken, lambda each: each.seen.crossing.number // _AT_ONCE):
                    yield turn, "".join([f"{tell(each)}\n" for each in mine])

            yield from shared(work) if part is not None else (text for _, text in work(None))

    def _table_teller(self, first: Sequence[Taken]) -> _Teller:
        from netshell.render.packets import cells, heading, measured  # noqa: PLC0415 - a view brings the screen with it

        if not first:
            return (), str
        seen = [taken.seen for taken in first]
        columns = measured(seen, seen[-1], self._request.width, self._begin_ns)
        return (f"{heading(columns).plain}\n",), lambda taken: "".join(cells(taken.seen, taken.packet, columns))

    def _object_teller(self, _first: Sequence[Taken]) -> _Teller:
        from netshell.explain.packet_json import json_line, packet_object  # noqa: PLC0415 - only this view needs it

        owners = self._owners()
        return (), lambda taken: json_line(packet_object(taken.seen, owners, link=taken.link))

    def _learn_nodes(self) -> None:
        """Of a file that netshell saved: the nodes, with their addresses."""
        capture = self._source.packets()
        first = next(iter(capture), None)
        self._is_saved = first is not None and end_of(first.interface) is not None
        if self._is_saved:
            self._nodes = addresses({record.interface for record in self._source.packets()})

    def _owners(self) -> Owners:
        """Whose an address is; one that several have is nobody's."""
        found: dict[str, str] = {}
        for node, mine in self._nodes.items():
            for address in mine:
                found[address] = "" if address in found else node
        return Owners({address: node for address, node in found.items() if node})

    def _number(self) -> Iterator[str]:
        """How many packets there are, or how many the filter chooses."""
        capture, chosen, is_wanted = self._source.packets(), 0, self._is_wanted
        for self._count, record in enumerate(capture, 1):
            if is_wanted is None or is_wanted(_read(record)):
                chosen += 1
        self._end(capture, chosen)
        yield str(chosen)

    def _objects(self) -> Iterator[str]:
        """A JSON object for each packet."""
        _, tell = self._object_teller(())
        yield from map(tell, self._taken())

    def _table(self) -> Iterator["Line"]:
        """A heading, and a line for each packet."""
        from netshell.render.packets import packet_lines  # noqa: PLC0415 - a view brings the screen with it

        seen = (taken.seen for taken in self._taken())
        first = list(self._at_once(seen))
        if first:
            yield from packet_lines(
                chain(first, seen),
                width=self._request.width,
                begin_ns=self._begin_ns,
                with_noise=True,
                look_ahead=len(first) if self.is_live else _LOOK_AHEAD,
            )

    def _ladder(self) -> Iterator["Line"]:
        """A column for each node, time downwards; without a filter, what kernels send unasked is counted only."""
        from netshell.render.ladder import ladder_lines  # noqa: PLC0415 - as above

        seen = (taken.seen for taken in self._taken())
        first = next(seen, None)
        if first is not None:
            yield from ladder_lines(
                chain((first,), seen),
                nodes=tuple(self._nodes),
                width=self._request.width,
                begin_ns=self._begin_ns,
                with_noise=self._is_wanted is not None,
                command="",
            )

    def _stories(self) -> Iterator[str]:
        """What happened, in sentences."""
        from netshell.explain.stories import tell  # noqa: PLC0415 - as above
        from netshell.render.line import folded  # noqa: PLC0415 - as above

        taken = self._taken()
        seen = [each.seen for each in islice(taken, _MOST_TOLD)]
        says: list[str] = []
        if seen:
            is_all = next(taken, None) is None
            now_ns = None if is_all else seen[-1].crossing.time_ns
            says = [story.says for story in tell(seen, self._owners(), now_ns=now_ns)]
            says += [] if is_all else [f"These are the stories of {_MOST_TOLD:,} packets. {_MORE_TOLD}"]
        for text in says:
            yield from folded(text, self._request.width, hang=2)

    def _opened(self) -> Iterator["Line"]:
        """One packet, field by field."""
        from netshell.explain.packet import named_only, open_packet, with_dissected  # noqa: PLC0415 - as above
        from netshell.packets.dissect import Dissector  # noqa: PLC0415 - as above
        from netshell.render.packet import packet_view  # noqa: PLC0415 - as above

        opened = open_packet(self._request.number, self._around(_BEFORE, _AFTER), self._owners())
        at = named_only(opened)
        if at is not None:
            crossing = opened.seen.crossing
            with closing(Dissector()) as dissector:
                opened = with_dissected(opened, dissector.open_now(crossing.data, crossing.link_type, at))
        yield from packet_view(opened, width=self._request.width, begin_ns=self._begin_ns)

    def _followed(self) -> Iterator["Line"]:
        """What two sides said to each other."""
        from netshell.packets.streams import follow  # noqa: PLC0415 - as above
        from netshell.render.follow import follow_lines  # noqa: PLC0415 - as above

        conversation = follow(self._request.number, self._around(_FOLLOWED, _FOLLOWED))
        yield from follow_lines(conversation, width=self._request.width)

    def _at_once(self, seen: Iterator[Seen]) -> Iterator[Seen]:
        """The first packets, by which a table is laid out; not those that are yet to come."""
        for one in islice(seen, _LOOK_AHEAD):
            yield one
            if self._source.is_waiting():
                return

    def _taken(self, reader: Callable[[bytes, int, int], Packet] = read_once) -> Iterator[Taken]:
        """Those of the file's packets that the filter chooses; in a process's share of the work, only of its own."""
        capture, chosen, is_wanted = self._source.packets(), 0, self._is_wanted
        for taken in trace(capture, self._is_mine, reader):
            if not self._count:
                self._begin_ns = taken.seen.crossing.time_ns
            self._count = taken.seen.crossing.number
            if is_wanted is None or is_wanted(taken.packet):
                chosen += 1
                yield taken
        self._end(capture, chosen)

    def _is_mine(self, number: int) -> bool:
        """Whether a packet is in this process's share of the work."""
        return self._share is None or number // _AT_ONCE % 2 == self._share

    def _end(self, capture: CaptureFile, chosen: int) -> None:
        """Note what is to be said at the end of the file."""
        if capture.problem:
            self.problem, self.code = f"{self._source.name}: {capture.problem}", ExitCode.FAILED
        elif not self._count:
            self.problem = f"There are no packets in {self._source.name}."
        elif not chosen and self._request.view != "count":
            self.problem = f"The filter chooses none of the {self._count:,} packets in {self._source.name}."

    def _around(self, most_before: int, most_after: int) -> tuple[Seen, ...]:
        """The packet that is asked for, and those around it that may have to do with it, in their order."""
        wanted = self._request.number
        belongs = self._belongs(self._packet(wanted))
        observer = Observer()
        before: deque[Seen] = deque(maxlen=most_before)
        after: list[Seen] = []
        for number, record in enumerate(self._source.packets(), 1):
            if number == wanted or belongs(record.data):
                seen = observer.see(crossing_of(number, record))
                (before if number < wanted else after).append(seen)
                if len(after) > most_after:
                    break
        return (*before, *after)

    def _packet(self, wanted: int) -> Packet:
        """The packet of that number. Raises UserError where there is none."""
        number, capture = 0, self._source.packets()
        for number, record in enumerate(capture, 1):
            if number == 1:
                self._begin_ns = record.time_ns
            if number == wanted:
                return _read(record)
        there = f"they are numbered from 1 to {number}" if number else "it has none"
        problem = f"There is no packet {wanted} in {self._source.name}: {there}."
        raise UserError(problem, capture.problem, ExitCode.USAGE)

    def _belongs(self, packet: Packet) -> Callable[[bytes], bool]:
        """What says of a packet's bytes whether it may have to do with this one: the others need not be kept.

        Where the ends of the links are known, the same packet crosses several, with other addresses behind a NAT.
        """
        from netshell.explain.packet.neighbourhood import conversation  # noqa: PLC0415 - few views look at one packet

        if self._is_saved:
            return lambda _data: True
        talk = conversation(packet)
        needles = talk.needles if talk is not None else ()
        return lambda data: any(needle in data for needle in needles)


def _read(record: Record) -> Packet:
    return read(record.data, record.interface.link_type, record.wire_length)
