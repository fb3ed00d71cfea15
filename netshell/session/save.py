"""Packets into a file of the learner's own directory, the one that the private machine shares."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netshell.errors import UserError
from netshell.facts import End, Frame, Snapshot
from netshell.packets.pcapng_writer import PcapngWriter
from netshell.packets.trace import Seen

INSIDE = "/root/work"
"""Where the private machine has that directory."""
_SUFFIX = ".pcapng"
_NAME = re.compile(r"\w[\w.+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A file, as each side calls it."""

    outside: str
    inside: str


def save_packets(seen: Sequence[Seen], directory: Path | None, name: str, snapshot: Snapshot) -> Saved:
    """Write a pcapng file with an interface for each one that packets crossed; never over another file.

    The directory can be written to from inside, so nothing there is trusted: no link is followed.
    Raises UserError where the name or the directory will not do.
    """
    if directory is None:
        raise UserError(
            "There is no directory to save to.", "`netshell doctor` tells why `~/netshell-work` is not there."
        )
    name = name.removeprefix(f"{INSIDE}/").removeprefix("work/")
    if not _NAME.fullmatch(name):
        problem = f"`{name}` is no name for a file: letters, digits, `.`, `-` and `_` will do."
        raise UserError(problem, f"It is written to {_short(directory)}, for example as `:save ping.pcapng`.")
    if not name.endswith(_SUFFIX):
        name = name.removesuffix(".pcap") + _SUFFIX
    try:
        _write(directory, name, seen, snapshot)
    except FileExistsError:
        raise UserError(f"{_short(directory)}/{name} is there already.", "Choose another name.") from None
    except OSError as error:
        raise UserError(f"{_short(directory)}/{name} cannot be written: {error.strerror}.", "Is there room?") from None
    return Saved(f"{_short(directory)}/{name}", f"{INSIDE}/{name}")


def _write(directory: Path, name: str, seen: Sequence[Seen], snapshot: Snapshot) -> None:
    above = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o644, dir_fd=above)
        with os.fdopen(handle, "wb") as stream:
            owner = os.fstat(above)
            if owner.st_uid != os.geteuid():
                os.fchown(handle, owner.st_uid, owner.st_gid)
            writer = PcapngWriter(stream, comment="Captured in netshell's private machine; each crossing once.")
            for one in seen:
                _add(writer, one, snapshot)
    finally:
        os.close(above)


def _add(writer: PcapngWriter, seen: Seen, snapshot: Snapshot) -> None:
    crossing = seen.crossing
    end = crossing.sender or crossing.receiver
    if end is None:
        return
    writer.interface(end.node, end.link, comment=_about(end, snapshot))
    is_outgoing = crossing.sender is not None
    frame = Frame(crossing.time_ns, end.node, end.link, is_outgoing, crossing.data, crossing.wire_length)
    writer.add(frame, f"to {crossing.receiver}" if is_outgoing and crossing.receiver else "")


def _about(end: End, snapshot: Snapshot) -> str:
    """What an interface is, for who opens the file: its addresses, and the other end of its cable."""
    node = snapshot.node(end.node)
    link = node.links.get(end.link) if node is not None else None
    if node is None or link is None:
        return ""
    addresses = [address.cidr for address in node.addresses if address.dev == end.link]
    parts = [", ".join(addresses), f"MAC {link.mac}" if link.mac else "", f"other end {link.peer}" if link.peer else ""]
    return "; ".join(part for part in parts if part)


def _short(path: Path) -> str:
    """A path as its owner writes it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
