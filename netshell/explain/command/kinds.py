"""The kinds of values that a table may ask for, by name: those of command lines, and those that programs print."""

import re
from collections.abc import Mapping

from netshell.explain.command.addresses import whose_address
from netshell.explain.command.values import VALUES, Judge, Judged, Place
from netshell.explain.messages.scene import interface_of, ip_of

_VARIABLE = re.compile(r"[$`]")
_CLOCK = re.compile(r"\d\d:\d\d:\d\d\.\d+|\d+\.\d+|-?\d{4}-\d\d-\d\d|00:00:00", re.ASCII)
_FIRST_TTL = 64
"""What Linux sends with (ip-sysctl, ip_default_ttl)."""


def judge(kind: str, scene: Place, text: str) -> Judged:
    """What is known of a value. One with a variable in it is bash's to find out."""
    return Judged() if _VARIABLE.search(text) else KINDS[kind](scene, text)


def fits(kind: str, text: str) -> bool:
    """Whether a text can be a value of that kind at all."""
    return not judge(kind, Place(), text).trouble


def _end(scene: Place, text: str) -> Judged:
    """One end of a conversation: `192.0.2.1:80` and `[::]:53` as ss writes them, `192.0.2.1.80` as tcpdump does."""
    bare = _address_of(text)
    if bare is None:
        return Judged(f"{text[:40]} is no end of a conversation.")
    return Judged(here=whose_address(scene.snapshot, scene.node, bare) if bare else "")


def _address_of(text: str) -> str | None:
    """The address of an end, empty for all of them; None for what is no end."""
    host, colon, port = text.rpartition(":")
    if colon and (port == "*" or port.isalnum()):
        bare = host.strip("[]").partition("%")[0]
        if bare in {"*", "0.0.0.0", "::"}:  # noqa: S104 - as ss writes every address
            return ""
        if ip_of(bare) and (host.startswith("[") or ":" not in bare):
            return bare
    if ip_of(text):
        return text
    host, _, port = text.rpartition(".")
    return host if ip_of(host) and port else None


def _ttl(_: Place, text: str) -> Judged:
    if not (text.isascii() and text.isdigit()):
        return Judged(f"{text[:40]} is no TTL.")
    passed = _FIRST_TTL - int(text[:4])
    if passed < 0 or passed > _FIRST_TTL // 2:
        return Judged()
    by = {0: "no router has", 1: "one router has"}.get(passed, f"{passed} routers have")
    return Judged(here=f"Linux begins with {_FIRST_TTL}: {by} passed it on.")


def _count(_: Place, text: str) -> Judged:
    """A counter, perhaps with a unit as iptables writes it: `24`, `10K`."""
    return Judged() if re.fullmatch(r"\d+[KMGT]?", text, re.ASCII) else Judged(f"{text[:40]} is no count.")


def _network_or_any(_: Place, text: str) -> Judged:
    bare = text.removeprefix("!")
    is_one = bare in {"anywhere", "default"} or interface_of(bare) is not None or bare[:1].isalpha()
    return Judged() if is_one else Judged(f"{text[:40]} is no network.")


def _address_or_text(scene: Place, text: str) -> Judged:
    return Judged(here=whose_address(scene.snapshot, scene.node, text) if ip_of(text) else "")


def _dns_name(_: Place, text: str) -> Judged:
    return Judged() if text.endswith(".") else Judged(f"{text[:40]} has no dot at its end.")


def _clock(_: Place, text: str) -> Judged:
    return Judged() if _CLOCK.fullmatch(text) else Judged(f"{text[:40]} is no time.")


def _http_version(_: Place, text: str) -> Judged:
    return Judged() if text.startswith("HTTP/") else Judged(f"{text[:40]} is no version of HTTP.")


def _ospf_state(_: Place, text: str) -> Judged:
    is_state = text.partition("/")[0] in {"Down", "Attempt", "Init", "2-Way", "ExStart", "Exchange", "Loading", "Full"}
    return Judged() if is_state else Judged(f"{text[:40]} is no state of OSPF's.")


def _star(_: Place, text: str) -> Judged:
    return Judged() if text == "*" else Judged(f"{text[:40]} is no star.")


KINDS: Mapping[str, Judge] = {
    **VALUES,
    "end": _end,
    "ttl": _ttl,
    "count": _count,
    "net-or-any": _network_or_any,
    "any-address-or-name": _address_or_text,
    "dns-name": _dns_name,
    "clock": _clock,
    "http-version": _http_version,
    "ospf-state": _ospf_state,
    "star": _star,
}
"""A function for each kind; `command`, `script`, `filter` and `again` are the walk's own."""
