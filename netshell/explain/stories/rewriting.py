"""What a NAT on the way made of a packet's addresses and ports."""

from netshell.explain.stories.keys import Key, key_of
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.trips import Trip
from netshell.facts import end_of


def rewriting(trip: Trip, stage: Stage) -> str:
    """`r1 gave it its own address 203.0.113.1:40001`, for the first change of source and of destination; or empty."""
    if not trip.others:
        return ""
    path = trip.path(stage.owners)
    before = key_of(path[0].packet)
    found: list[str] = []
    for seen in path[1:]:
        after = key_of(seen.packet)
        sender = seen.crossing.sender
        if before and after and before != after and sender is not None:
            found += _changes(before, after, sender.node, stage)
        before = after
    return "; ".join(found[:2])


def _changes(before: Key, after: Key, node: str, stage: Stage) -> list[str]:
    has_ports = before[0] != "ping"
    sources = [(key[1], key[2]) for key in (before, after)]
    targets = [(key[3], key[4]) for key in (before, after)]
    if not has_ports:
        sources, targets = [(address, 0) for address, _ in sources], [(address, 0) for address, _ in targets]
    found = []
    if sources[0] != sources[1]:
        own = "its own address" if stage.has(node, sources[1][0]) else "the source"
        found.append(f"{named(node)} gave it {own} {_end(*sources[1])}")
    if targets[0] != targets[1]:
        found.append(f"{named(node)} turned its destination {_end(*targets[0])} into {_end(*targets[1])}")
    return found


def _end(address: str, port: int) -> str:
    return end_of(address, port) if port else address
