"""What a capture file of 100,000 packets costs: its first screen, a filtered count, one packet opened; and memory."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.figures import SUBJECT, Figure, Results, Stage, Target
from bench.traffic import write_capture
from bench.window import window

_PACKETS, _SEED, _OPENED, _SUMMED = 100_000, 7, 90_000, 2000
_FILTER, _DISPLAY_FILTER = "tcp port 80", "tcp.port == 80"
_TSHARK, _TSHARK_FILTER = "tshark -n -r FILE", f"tshark -n -r FILE -Y '{_DISPLAY_FILTER}'"
_TCPDUMP, _TCPDUMP_FILTER = "tcpdump -nr FILE", f"tcpdump -nr FILE '{_FILTER}'"
_SCAPY = f"scapy's summary of {_SUMMED:,} packets, times {_PACKETS // _SUMMED}"
_SCREEN = "`netshell explain FILE` on a terminal, to the first screen"
_COUNT = f"`netshell explain FILE '{_FILTER}' --count`"
_TABLE = "`netshell explain FILE`, all lines into a file"
_JSON = "`netshell explain FILE --json`, all lines into a file"
_ONE = f"`netshell explain FILE --packet {_OPENED}`"
_TSHARK_JSON, _TSHARK_ONE = "tshark -n -r FILE -T json", f"tshark -n -r FILE -Y 'frame.number == {_OPENED}' -V"
_MEMORY = "; most memory"
_MOST_MB = 150

FIGURES = (
    Figure(_SCREEN, "ms", (_TSHARK,), Target(300)),
    Figure(_COUNT, "ms", (_TSHARK_FILTER, _TCPDUMP_FILTER, _SCAPY), Target(1, _TSHARK_FILTER, is_factor=True)),
    Figure(_COUNT + _MEMORY, "MB", (_TSHARK_FILTER, _TCPDUMP_FILTER, _SCAPY), Target(_MOST_MB)),
    Figure(_TABLE, "ms", (_TSHARK, _TCPDUMP)),
    Figure(_TABLE + _MEMORY, "MB", (_TSHARK, _TCPDUMP), Target(_MOST_MB)),
    Figure(_JSON, "ms", (_TSHARK_JSON,)),
    Figure(_ONE, "ms", (_TSHARK_ONE,)),
    Figure(_ONE + _MEMORY, "MB", (_TSHARK_ONE,), Target(_MOST_MB)),
)

_METER = """
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
streams = [(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)]
begun = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=streams)
_, status, usage = os.wait4(pid, 0)
taken = time.perf_counter() - begun
processor = usage.ru_utime + usage.ru_stime
print(taken * 1e3, usage.ru_maxrss * 1024 / 1e6, processor * 1e3, os.waitstatus_to_exitcode(status))
"""
"""A small process that starts another: what the parent has in memory counts for a child too, until it execs."""

_SCAPY_PROGRAM = """
import sys
from itertools import islice
from scapy.config import conf
conf.route_autoload = conf.route6_autoload = False
from scapy.layers import dns, inet, l2
from scapy.utils import PcapReader
with PcapReader(sys.argv[1]) as packets:
    for packet in islice(packets, int(sys.argv[2])):
        packet.summary()
"""


_SUBJECTS = {
    _COUNT: (_FILTER, "--count"),
    _TABLE: (),
    _JSON: ("--json",),
    _ONE: ("--packet", str(_OPENED)),
}
"""What stands behind the file's name."""
_REFERENCES = {
    _TSHARK: ("tshark", "-n", "-r", "FILE"),
    _TCPDUMP: ("tcpdump", "-nr", "FILE"),
    _TSHARK_FILTER: ("tshark", "-n", "-r", "FILE", "-Y", _DISPLAY_FILTER),
    _TCPDUMP_FILTER: ("tcpdump", "-nr", "FILE", _FILTER),
    _TSHARK_JSON: ("tshark", "-n", "-r", "FILE", "-T", "json"),
    _TSHARK_ONE: ("tshark", "-n", "-r", "FILE", "-Y", f"frame.number == {_OPENED}", "-V"),
}


def measure(stage: Stage) -> Results:
    """In turns, over one file made for it, once to warm up; references that are not installed are left out."""
    path = stage.home / "traffic.pcap"
    size = write_capture(path, _PACKETS, _SEED)
    _round(stage, path, Results())
    results = Results()
    for _ in range(stage.rounds(5, 1)):
        _round(stage, path, results)
    path.unlink()
    results.notes.append(f"{_PACKETS:,} packets made from a seed, {size / 1e6:.0f} MB, which the kernel has in memory")
    results.notes.append("memory is resident memory at its highest; less than some 9 MB is not told apart")
    return results


def _round(stage: Stage, path: Path, results: Results) -> None:
    references = {
        name: [str(path) if word == "FILE" else word for word in argv]
        for name, argv in _REFERENCES.items()
        if shutil.which(argv[0])
    }
    _measure_screen(stage, {SUBJECT: stage.netshell("explain", str(path)), _TSHARK: references.get(_TSHARK)}, results)
    for figure in FIGURES:
        if figure.name in _SUBJECTS:
            subject = stage.netshell("explain", str(path), *_SUBJECTS[figure.name])
            for name, argv in {SUBJECT: subject, **references}.items():
                if name in {SUBJECT, *figure.references}:
                    found = metered(stage, argv)
                    results.add(figure.name, name, found.taken_ms)
                    results.add(figure.name + _MEMORY, name, found.most_mb)
    load = metered(stage, [str(stage.python), "-c", _SCAPY_PROGRAM, str(path), "0"])
    summed = metered(stage, [str(stage.python), "-c", _SCAPY_PROGRAM, str(path), str(_SUMMED)])
    results.add(_COUNT, _SCAPY, load.taken_ms + (summed.taken_ms - load.taken_ms) * _PACKETS / _SUMMED)
    results.add(_COUNT + _MEMORY, _SCAPY, summed.most_mb)


def _measure_screen(stage: Stage, commands: Mapping[str, list[str] | None], results: Results) -> None:
    """Until the twentieth packet stands on a terminal of 24 lines."""
    for name, argv in commands.items():
        if argv is not None:
            with window(argv, stage.environ, stage.home) as program:
                results.add(_SCREEN, name, (program.wait_for(rb"\s20\s+0\.0") - program.begun) * 1e3)


class Metered(NamedTuple):
    """What a program cost, from exec to exit."""

    taken_ms: float
    most_mb: float
    """Resident memory at its highest."""
    processor_ms: float


def metered(stage: Stage, argv: list[str]) -> Metered:
    """Run a program under the account. Raises RuntimeError where it fails."""
    meter = [str(stage.python), "-I", "-S", "-c", _METER, *argv]
    done = subprocess.run(meter, env=dict(stage.environ), capture_output=True, text=True, check=True, cwd=stage.home)
    taken_ms, most_mb, processor_ms, status = map(float, done.stdout.split())
    if status:
        raise RuntimeError(f"{' '.join(argv)} ended with {status:.0f}.")
    return Metered(taken_ms, most_mb, processor_ms)
