"""Whom a command line tries to reach: by the words of `ping`, `nc`, `curl` and their like; nothing is run."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from netshell.explain.messages.command import Run, read

_VALUED: Mapping[str, str] = {
    "ping": "cWisItMwQlpSmTfFe",
    "arping": "cwIsiSt",
    "traceroute": "qwmfpstiNgzAUOS",
    "tracepath": "lmp",
    "nc": "wspiqXxTIOVmMPZH",
    "curl": "mouHdXATbecFEKrtTUwxyYzCDPQ",
    "wget": "tTOoPQUwiaBlADRIX",
    "ssh": "plioFbcDeEIJLmOQRSwW",
    "telnet": "lnbe",
    "dhclient": "psgDxcfelAHFQ",
    "udhcpc": "isrVFxtTAcHO",
}
"""The options of one letter that take the next word as their value; the long ones here write it behind a `=`."""
_LONG_VALUED = frozenset({"--max-time", "--connect-timeout", "--interface", "--header", "--data", "--output", "--user"})
_SERVICES: Mapping[str, int] = {"http": 80, "https": 443, "ssh": 22, "ftp": 21, "domain": 53, "telnet": 23, "smtp": 25}


class Aim(NamedTuple):
    """One try."""

    node: str
    """From where."""
    host: str
    """An address, a name, or `dhcp` for whoever gives out addresses."""
    port: int | None = None
    protocol: Literal["tcp", "udp"] = "tcp"


def aim_of(command: str, node: str) -> Aim | None:
    """Whom a command line, typed on a node, tries to reach; the last try of several, None where there is none."""
    runs = [stages[-1] for stages in read(command, node) if stages and stages[-1].tool in _VALUED]
    aims = [aim for run in runs if (aim := _aim(run)) is not None]
    return aims[-1] if aims else None


def _aim(run: Run) -> Aim | None:
    if run.tool in {"dhclient", "udhcpc"}:
        return Aim(run.node, "dhcp")
    operands, flags = _operands(run.words[1:], _VALUED[run.tool])
    if not operands:
        return None
    match run.tool:
        case "nc" | "telnet":
            return _to_port(run.node, operands, flags)
        case "curl" | "wget":
            return _to_url(run.node, operands[0])
        case "ssh":
            return Aim(run.node, operands[0].rpartition("@")[2], 22)
        case _:
            return Aim(run.node, operands[0] if run.tool == "traceroute" else operands[-1])


def _operands(words: Sequence[str], valued: str) -> tuple[list[str], str]:
    """The words that are no options, and the letters of those that are."""
    operands: list[str] = []
    flags = ""
    has_value = False
    for word in words:
        if has_value:
            has_value = False
        elif word.startswith("--"):
            has_value = word in _LONG_VALUED
        elif word.startswith("-") and len(word) > 1:
            end = next((at for at, letter in enumerate(word[1:]) if letter in valued), None)
            flags += word[1:] if end is None else word[1 : end + 1]
            has_value = end is not None and end == len(word) - 2
        else:
            operands.append(word)
    return operands, flags


def _to_port(node: str, operands: Sequence[str], flags: str) -> Aim | None:
    if "l" in flags or len(operands) < 2:
        return None
    port = _SERVICES.get(operands[1]) or _number(operands[1].partition("-")[0])
    return Aim(node, operands[0], port, "udp" if "u" in flags else "tcp") if port else None


def _to_url(node: str, url: str) -> Aim | None:
    scheme, has_scheme, rest = url.rpartition("://")
    place = rest.partition("/")[0].rpartition("@")[2]
    host, _, port = place.rpartition(":") if not place.endswith("]") and ":" in place else (place, "", "")
    number = _number(port) if port else _SERVICES.get(scheme if has_scheme else "http")
    return Aim(node, host.strip("[]"), number) if host and number else None


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 5
    return int(text) if is_number and 1 <= int(text) <= 65535 else None
