"""Capture files, pcap and pcapng, read as a stream: one record at a time, however long the file is.

A file that ends too early or makes no sense from some place on gives what comes before it, and a sentence that names
the place. Formats: draft-ietf-opsawg-pcap; the pcapng blocks are read in `pcapng`, written in `pcapng_writer`.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from netshell.errors import ExitCode, UserError

LARGEST_PACKET = 1 << 18
"""262,144 bytes: what tcpdump takes for the largest that can be meant."""

_BUFFER = 1 << 18
_MAGIC = {
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
}
"""Byte order, nanoseconds a unit, bytes of a record's header. The last pair is Kuznetzov's libpcap of the 1990s."""
_SECTION = b"\x0a\x0d\x0d\x0a"
_KINDS = {
    b"\x1f\x8b": ("gzip", "gunzip"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
    b"\xfd7zX": ("xz", "unxz"),
    b"BZh": ("bzip2", "bunzip2"),
    b"PK\x03\x04": ("zip", "unzip"),
}


class Interface(NamedTuple):
    """What packets were captured on."""

    name: str = ""
    """As the file has it; a file of netshell's says `ns1:eth0`, node and link."""
    link_type: int = 1
    description: str = ""
    comment: str = ""
    units_a_second: int = 1_000_000
    """Of its timestamps (if_tsresol)."""
    offset_s: int = 0
    """To be added to its timestamps (if_tsoffset)."""
    snap_length: int = 0
    """Longer packets were cut to this; 0 for no limit."""


class Record(NamedTuple):
    """One packet as a file holds it."""

    time_ns: int
    """Since the epoch; 0 where the file has no time for it."""
    data: bytes
    wire_length: int
    interface: Interface
    direction: str = ""
    """`in`, `out`, or empty where the file does not tell."""
    comment: str = ""


class Damaged(Exception):  # noqa: N818 - it is a finding about the file, told at its end
    """The file makes no sense from here on; the text is a sentence with the place."""


class Source:
    """The bytes of a file, read forwards, with the place."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        """Who reads from it itself says in `at` where he has come to."""
        self.at = 0

    def take(self, size: int, what: str) -> bytes:
        """The next `size` bytes. Raises Damaged where the file ends before, EOFError where nothing at all is left."""
        data = self.read(size)
        if len(data) < size:
            if not data:
                raise EOFError
            raise Damaged(ends_early(self.at - len(data), what, len(data), size))
        return data

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end of the file only."""
        data = self.stream.read(size)
        self.at += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over bytes in small pieces; how many there were."""
        left = size
        while left and (data := self.read(min(left, _BUFFER))):
            left -= len(data)
        return size - left


def ends_early(at: int, what: str, there: int, size: int) -> str:
    """The sentence for a file that stops in the middle of something."""
    return f"The file ends in the middle of {what} at byte {at:,}: {there:,} of {size:,} bytes are there."


class CaptureFile:
    """A capture file that is open for reading. Iterate once over it for its records; then `problem` is known."""

    def __init__(self, stream: BinaryIO, name: str = "the file") -> None:
        """Raises UserError where the stream is no capture file."""
        self._source = Source(stream)
        self._stream = stream
        self.name = name
        self.problem = ""
        """One sentence on where and why the reading stopped early, or empty."""
        magic = self._source.read(4)
        if magic == _SECTION:
            self.format = "pcapng"
            self._records = self._read_pcapng()
        elif magic in _MAGIC:
            self.format = "pcap"
            self._records = self._read_pcap(*_MAGIC[magic])
        else:
            raise _not_a_capture(name, magic)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a file. Raises UserError where it cannot be read or is no capture file."""
        try:
            stream = Path(path).open("rb", buffering=_BUFFER)  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.", "Check the file's name.") from error
        try:
            return cls(stream, str(path))
        except OSError as error:
            stream.close()
            raise UserError(f"{path} cannot be read: {error.strerror}.", "Check the file's name.") from error
        except UserError:
            stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __iter__(self) -> Iterator[Record]:
        try:
            yield from self._records
        except EOFError:
            return
        except Damaged as damage:
            self.problem = str(damage)
        except OSError as error:
            self.problem = f"The file cannot be read further than byte {self._source.at:,}: {error.strerror}."

    def _read_pcapng(self) -> Iterator[Record]:
        from netshell.packets.pcapng import records  # noqa: PLC0415 - it builds on the values above

        yield from records(self._source)

    def _read_pcap(self, order: str, unit_ns: int, header_bytes: int) -> Iterator[Record]:
        source = self._source
        head = source.read(20)
        if len(head) < 20:
            raise Damaged(ends_early(0, "its header", 4 + len(head), 24))
        snap_length, link_type = struct.unpack_from(f"{order}II", head, 12)
        interface = Interface("", link_type & 0x03FFFFFF, snap_length=snap_length, units_a_second=10**9 // unit_ns)
        header = struct.Struct(f"{order}IIII")
        place, read = source.at, source.stream.read
        while head := read(header_bytes):
            if len(head) < header_bytes:
                raise Damaged(ends_early(place, "a packet's header", len(head), header_bytes))
            seconds, units, kept, length = header.unpack_from(head)
            if kept > LARGEST_PACKET:
                raise Damaged(f"At byte {place:,} a packet claims {kept:,} bytes, more than any packet has.")
            data = read(kept)
            time_ns = seconds * 1_000_000_000 + units * unit_ns
            if len(data) < kept:
                yield Record(time_ns, data, max(length, kept), interface)
                raise Damaged(ends_early(place, "a packet", header_bytes + len(data), header_bytes + kept))
            source.at = place = place + header_bytes + kept
            yield Record(time_ns, data, length, interface)


def _not_a_capture(name: str, magic: bytes) -> UserError:
    for start, (kind, program) in _KINDS.items():
        if magic.startswith(start):
            return UserError(f"{name} is compressed with {kind}.", f"Unpack it first, with {program}.", ExitCode.USAGE)
    found = f"begins with the bytes {magic.hex(' ')}" if magic else "is empty"
    return UserError(
        f"{name} is no capture file: it {found}.",
        "netshell reads pcap and pcapng files, as tcpdump -w and Wireshark write them.",
        ExitCode.USAGE,
    )
