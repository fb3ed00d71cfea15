"""What other programs read in a capture: tshark field by field, tcpdump by a filter. Where they miss, tests say so."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from netshell.host import find_program, remedy_for
from netshell.packets.files import CaptureFile
from netshell.packets.layers import Packet
from netshell.packets.reader import read

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.pcap*"))

_BY_ITSELF = (
    "ip.defragment",
    "ipv6.defragment",
    "tcp.desegment_tcp_streams",
    "tcp.relative_sequence_numbers",
    "http.desegment_body",
)
"""tshark's preferences that put several packets together; each packet is to be read by itself."""


def need(program: str) -> str:
    """The path of an oracle, which `make test` installs. Without it the test is passed over; on CI it fails."""
    found = find_program(program)
    if found is None:
        reason = f"{program} is not installed: what netshell reads is not compared with it. {remedy_for(program)}"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


def tshark(path: Path, fields: Sequence[str], *preferences: str) -> list[dict[str, list[str]]]:
    """Of each packet, all the values that tshark has for each field."""
    options = [option for name in _BY_ITSELF for option in ("-o", f"{name}:FALSE")]
    options += [option for preference in preferences for option in ("-o", preference)]
    wanted = [option for field in fields for option in ("-e", field)]
    command = [need("tshark"), "-n", "-r", str(path), *options, "-T", "fields", "-E", "separator=\x1e"]
    command += ["-E", "aggregator=\x1f", *wanted]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    rows = [line.split("\x1e") for line in run.stdout.split("\n")[:-1]]
    assert rows, run.stderr
    return [
        {field: value.split("\x1f") if value else [] for field, value in zip(fields, row, strict=True)} for row in rows
    ]


def tcpdump_chooses(path: Path, expression: str, into: Path) -> list[bytes]:
    """The packets of a file that tcpdump's filter chooses. Only for tests marked `kernel`: the guard knows tcpdump."""
    command = [need("tcpdump"), "-n", "-r", str(path), "-w", str(into)]
    command += ["-Z", "root"] if os.geteuid() == 0 else []
    run = subprocess.run([*command, expression], capture_output=True, text=True, check=False)
    if "expression rejects all packets" in run.stderr:
        return []
    assert run.returncode == 0, f"{expression}: {run.stderr}"
    with CaptureFile.open(into) as capture:
        return [record.data for record in capture]


def packets(path: Path) -> list[Packet]:
    """Every packet of a file, read."""
    with CaptureFile.open(path) as capture:
        found = [read(record.data, record.interface.link_type, record.wire_length) for record in capture]
        assert capture.problem == ""
    return found
