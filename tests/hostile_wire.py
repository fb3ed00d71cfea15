"""Sends frames that no honest network carries through all that netshell shows of a wire, and tells what went wrong.

    python tests/hostile_wire.py [--frames 100000] [--seed 1] [--captured 0.05] [--only TRACE]

Each trace (`hostile_frames`) goes through the observer, the stories, the table, the ladder, every packet opened, and
the conversations. A share of them crosses a real cable in a private machine first, and is looked at by the
`:commands`. Looked for: exceptions, hangs, characters that a terminal obeys, lines that are too wide, memory that
grows.
"""

import argparse
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deadline import within
from hostile_frames import NODES, trace_of
from rich.cells import cell_len

from netshell import commands
from netshell.errors import UserError
from netshell.explain.owners import Owners
from netshell.explain.packet import open_packet
from netshell.explain.packet_json import json_line, packet_object
from netshell.explain.stories import tell
from netshell.facts import Crossing, Snapshot
from netshell.packet_views import packet_view_lines
from netshell.packets.streams import follow
from netshell.packets.trace import Observer, Seen
from netshell.render.console import as_text
from netshell.render.line import Line
from netshell.render.wire import wire_line

EACH = 250
"""Frames of a trace."""
WIDTHS = (20, 40, 60, 80, 100, 120, 200)
_HANGS_S = 60
"""Nothing takes a hundredth of it."""
_GROWS_KB = 48 << 10
"""Memory may grow by so much after the first tenth of a run: tables that are bounded still fill."""
_OWNERS = Owners({"192.0.2.1": NODES[0], "192.0.2.2": NODES[2], "10.0.0.1": NODES[-1]})
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_MAY_BE_WIDE = re.compile(r"[^ -~─-▟▶◀→↪·…␀-␡✗!]")


@dataclass
class Tally:
    """What a run has gone through, and what went wrong."""

    frames: int = 0
    captured: int = 0
    """Of them, those that crossed a cable and were taken from it."""
    lines: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    """For each fault, the trace in which it was met first, and more about it."""
    slowest_s: float = 0.0
    slowest: str = ""
    memory_kb: list[int] = field(default_factory=list)
    """After each tenth of the run."""
    took_s: float = 0.0

    def fault(self, what: str, where: str) -> None:
        self.faults[what] += 1
        self.examples.setdefault(what, where)

    def timed(self, what: str, seconds: float) -> None:
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, what

    def add(self, other: "Tally") -> None:
        """Count another run's as well; its memory is another process's."""
        self.frames += other.frames
        self.captured += other.captured
        self.lines += other.lines
        self.faults += other.faults
        self.examples = other.examples | self.examples
        self.timed(other.slowest, other.slowest_s)
        self.took_s += other.took_s
        self.memory_kb += other.memory_kb

    def report(self) -> str:
        memory = " ".join(f"{kb / 1024:.0f}" for kb in self.memory_kb)
        frames = f"{self.frames:,} frames, {self.captured:,} of them through a cable"
        lines = [
            f"{frames}; {self.lines:,} lines in {self.took_s:.0f} s",
            f"slowest: {self.slowest} took {self.slowest_s:.2f} s",
            f"memory (MiB, by tenths): {memory}",
        ]
        lines += [f"FAULT {count} times: {what}\n    {self.examples[what]}" for what, count in self.faults.items()]
        return "\n".join([*lines, f"faults: {self.faults.total()}"])


def memory_kb() -> int:
    """What this process has in memory now (proc_pid_status(5), VmRSS)."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[0])


def note_growth(tally: Tally, name: str) -> None:
    """Memory that grew all the while is a fault."""
    kept = tally.memory_kb
    if len(kept) > 2 and kept[-1] - kept[1] > _GROWS_KB:
        tally.fault(f"memory grows ({name})", f"{kept} kB by tenths of the run")


def cells(text: str) -> int:
    """How many columns of a screen a text takes."""
    return cell_len(text) if _MAY_BE_WIDE.search(text) else len(text)


def examine(tally: Tally, where: str, lines: Iterable[Line], width: int) -> None:
    """Count lines, and look for what must not be in any."""
    for line in lines:
        tally.lines += 1
        plain = line.plain
        if not plain.isprintable() or _SGR.sub("", line.painted("colour")) != plain:
            tally.fault(f"{where.partition(' ')[0]}: characters that a terminal obeys", f"{where}: {plain!r}")
        if len(plain) * 2 > width and cells(plain) > width:
            tally.fault(f"{where.partition(' ')[0]}: a line that is too wide", f"{where}, {width} columns: {plain!r}")


def attempt(tally: Tally, where: str, deed: Callable[[], None]) -> None:
    """Do it within bounds; what it raises, and how long it took, is noted. What a learner is told is no fault."""
    began = time.perf_counter()
    try:
        with within(_HANGS_S):
            deed()
    except UserError as error:
        if not f"{error.problem}{error.remedy}".isprintable():
            tally.fault(f"{where.partition(' ')[0]}: an error that a terminal obeys", f"{where}: {error.problem!r}")
    except Exception as error:  # noqa: BLE001 - it is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{where.partition(' ')[0]}: {type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        tally.fault(what, f"{where}: {error}")
    tally.timed(where, time.perf_counter() - began)


def ladder_width(seen: Sequence[Seen], width: int) -> int:
    """A ladder is as wide as the screen, or as its columns need; then its reader scrolls sideways."""
    ends = {end.node for one in seen for end in (one.crossing.sender, one.crossing.receiver) if end is not None}
    ends = ends or {address for one in seen for address in (one.packet.src, one.packet.dst)}
    return max(width, 48 + 15 * min(len(ends), 17))


class Looker:
    """Looks at traces in every way that a learner can, one after another, as one session would."""

    def __init__(self, tally: Tally, seed: int) -> None:
        self._tally = tally
        self._seed = seed
        self._observer = Observer()

    def look(self, number: int, count: int = EACH) -> None:
        """All views of the trace of that number."""
        trace = trace_of(self._seed, number, count)
        chance = random.Random(number)
        width = chance.choice(WIDTHS)
        seen: list[Seen] = []

        def at(view: str) -> str:
            return f"{view} of trace {number} (seed {self._seed})"

        attempt(self._tally, at("observer"), lambda: seen.extend(map(self._observer.see, trace)))
        now_ns = chance.choice([None, trace[-1].time_ns])
        for view, make in (("table", self._table), ("ladder", self._ladder), ("wire", self._line)):
            where = at(view)
            attempt(self._tally, where, lambda make=make, where=where: make(where, seen, width, now_ns))  # type: ignore[misc]
        attempt(self._tally, at("opened"), lambda: self._opened(at("opened"), seen, width))
        attempt(self._tally, at("followed"), lambda: self._followed(at("followed"), seen, width))
        self._tally.frames += len(trace)

    def _table(self, where: str, seen: list[Seen], width: int, now_ns: int | None) -> None:
        stories = tell(seen, _OWNERS, Snapshot() if now_ns is None else None, now_ns)
        view = commands.Packets(tuple(seen), stories, "", with_noise=width != 80, lost="")
        examine(self._tally, where, packet_view_lines(view, width) or (), width)

    def _ladder(self, where: str, seen: list[Seen], width: int, now_ns: int | None) -> None:
        view = commands.Ladder(tuple(seen), NODES if now_ns is None else (), {}, with_noise=width != 80, lost="")
        examine(self._tally, where, packet_view_lines(view, width) or (), ladder_width(seen, width))

    def _line(self, where: str, seen: list[Seen], width: int, now_ns: int | None) -> None:
        said = wire_line(seen, tell(seen[:40], _OWNERS, None, now_ns), key="F4")
        text = "" if said is None else as_text(said, width=width, colour="none")
        examine(self._tally, where, (Line(((line, ""),)) for line in text.splitlines()), width)

    def _opened(self, where: str, seen: list[Seen], width: int) -> None:
        for one in seen:
            opened = commands.Opened(open_packet(one.number, seen, _OWNERS))
            examine(self._tally, f"{where}, packet {one.number}", packet_view_lines(opened, width) or (), width)
            if not json_line(packet_object(one, _OWNERS)).isprintable():
                self._tally.fault("json: characters that a terminal obeys", f"{where}, packet {one.number}")

    def _followed(self, where: str, seen: list[Seen], width: int) -> None:
        talking = [one.number for one in seen if one.numbers or one.protocol in {"UDP", "DNS", "DHCP"}]
        for number in talking[:: max(len(talking) // 5, 1)]:
            lines = packet_view_lines(commands.Followed(follow(number, seen), _OWNERS), width)
            examine(self._tally, f"{where}, packet {number}", lines or (), width)


def look_at(numbers: Sequence[int], seed: int, each: int = EACH) -> Tally:
    """What comes of looking at the traces of these numbers."""
    tally, began = Tally(), time.perf_counter()
    looker = Looker(tally, seed)
    tenth = max(len(numbers) // 10, 1)
    for count, number in enumerate(numbers, 1):
        looker.look(number, each)
        if count % tenth == 0:
            tally.memory_kb.append(memory_kb())
    note_growth(tally, "views")
    tally.took_s = time.perf_counter() - began
    return tally


def sendable(trace: Iterable[Crossing]) -> list[bytes]:
    """The frames of a trace that a packet socket takes for a cable with an MTU of 1500 (packet(7))."""
    return [one.data for one in trace if one.link_type == 1 and 14 <= len(one.data) <= 1514]


def main() -> None:
    parser = argparse.ArgumentParser(description="Frames that no honest network carries, through all views.")
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captured", type=float, default=0.05, help="the share that crosses a cable (0 to 1)")
    parser.add_argument("--only", type=int, default=-1, help="this one trace alone")
    asked = parser.parse_args()
    if asked.only >= 0:
        sys.stdout.write(look_at([asked.only], asked.seed).report() + "\n")
        return
    traces, crossing = asked.frames // EACH, int(asked.frames * asked.captured) // EACH
    tally = Tally()
    if crossing:
        from hostile_cable import send_through  # noqa: PLC0415 - only where a machine is made

        tally.add(send_through(range(crossing), asked.seed))
        sys.stdout.write(f"over the cable\n{tally.report()}\n")
        sys.stdout.flush()
    seen = look_at(range(crossing, traces), asked.seed)
    sys.stdout.write(f"in memory\n{seen.report()}\n")
    raise SystemExit(1 if tally.faults or seen.faults else 0)


if __name__ == "__main__":
    main()
