"""What comes out of a terminal, cut into text and prompt marks, without what reaches beyond the screen.

Control sequences are those of ECMA-48 and xterm's `ctlseqs`, read as the state machine of DEC's terminals reads them
(vt100.net, "A parser for DEC's ANSI-compatible video terminals"); the marks are OSC 133, as kitty, WezTerm and VS Code
know them, with a nonce that bytes from elsewhere cannot guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

_SPECIAL = re.compile(rb"[\x1b\xc2\x05]")
_WHOLE = re.compile(
    rb"\x1b(?:\[(?P<csi>[0-?]*[ -/]*[@-~])"
    rb"|\](?P<osc>[^\x07\x18\x1a\x1b]*)(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x18\x1a\x1b]*\x1b\\"
    rb"|(?P<short>[ -/]*[0-OQ-WYZ\\`-~=>]))"
)
"""A sequence as programs send it. All others go through the state machine, to the same end."""
_END_OF_STRING = re.compile(rb"[\x07\x18\x1a\x1b]")
_CSI = re.compile(rb"(?P<prefix>[<-?]?)(?P<parameters>[0-9:;]*)(?P<between>[ -/]*)(?P<final>[@-~])")
_CANCEL, _SUBSTITUTE, _ESCAPE, _DELETE, _ENQUIRY = b"\x18", b"\x1a", b"\x1b", b"\x7f", b"\x05"

_NO_CHARACTER = "\ufffd".encode()

_STRING_MOST = 1 << 16
"""Bytes; a string that is longer was never meant as one, and what follows is text again."""
_CSI_MOST = 1 << 10

_ON_SCREEN = {
    (b"", b""): b"@ABCDEFGHIJKLMPSTXZ`abdefgmrsu",
    (b"", b" "): b"q",
    (b"", b"!"): b"p",
    (b"", b'"'): b"q",
    (b"?", b""): b"JKrs",
}
"""By prefix and intermediates, the finals that only draw. The rest asks, prints, names or moves the window."""
_ANSI_MODES = {"4", "20"}
"""Insert, and newline as return; the others lock the keyboard or echo what is typed."""
_DENIED_MODES = {"?2", "?3", "?40", "?2048"}
"""VT52, which reads sequences in another way; 132 columns; reports of the window's size."""
_BRACKETED_PASTE = "?2004"
_ALTERNATE_SCREEN = ("?47", "?1047", "?1049")
_SANE_MODES = {"?25": True, "?7": True}
"""Modes that are on in a terminal at rest; all others are off."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A prompt mark: `A` a prompt, `C` output begins, `T` what was typed ahead."""

    kind: Literal["A", "C", "T"]
    fields: tuple[str, ...]


class _State(Enum):
    TEXT = auto()
    C1 = auto()
    """After 0xC2: a control character of ISO 6429 in UTF-8, or a letter."""
    ESCAPE = auto()
    CSI = auto()
    OSC = auto()
    STRING = auto()
    """DCS, SOS, PM or APC: nothing of it is wanted."""
    STRING_ESCAPE = auto()


class Stream:
    """Follows one terminal's output."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._state = _State.TEXT
        self._held = bytearray()
        """What the unfinished sequence is made of, without its introducer."""
        self._is_osc = False
        self._length = 0
        """Of the unfinished string."""
        self._text = bytearray()
        self._modes: dict[str, bool] = {}
        self._has_keypad = False
        self.is_left = True
        """The real terminal was brought to rest, and nothing was fed since."""
        self._has_charset = self._has_margins = self._has_placed = False

    def feed(self, data: bytes) -> Iterator[bytes | Mark]:
        """The text and the marks in `data`, in their order; an unfinished sequence waits for its rest."""
        self.is_left = False
        at = 0
        while at < len(data):
            if self._state is not _State.TEXT:
                at, mark = self._step(data, at)
            elif (special := _SPECIAL.search(data, at)) is None:
                if not self._text:
                    yield data[at:] if at else data
                    return
                self._text += data[at:]
                break
            else:
                self._text += data[at : special.start()]
                at, mark = self._begin(data, special.start())
            if mark is not None:
                yield from self._take_text()
                yield mark
        yield from self._take_text()

    def _take_text(self) -> Iterator[bytes]:
        if self._text:
            yield bytes(self._text)
            self._text.clear()

    def _begin(self, data: bytes, at: int) -> tuple[int, Mark | None]:
        """At a special byte in text: take the whole sequence, or enter the state machine."""
        whole = _WHOLE.match(data, at)
        if whole is not None and whole.end() - at < _CSI_MOST:
            mark = None
            if whole["csi"] is not None:
                self._do_csi(whole["csi"])
            elif whole["short"] is not None:
                self._do_short(whole["short"])
            elif whole["osc"] is not None:
                mark = self._mark(whole["osc"])
            return whole.end(), mark
        byte = data[at : at + 1]
        if byte != _ENQUIRY:
            self._enter(_State.ESCAPE if byte == _ESCAPE else _State.C1)
        return at + 1, None

    def _enter(self, state: _State) -> None:
        self._state = state
        self._held.clear()
        self._length = 0

    def _step(self, data: bytes, at: int) -> tuple[int, Mark | None]:
        """Go on with an unfinished sequence; gives where to go on after that."""
        match self._state:
            case _State.OSC | _State.STRING:
                return self._string(data, at)
            case _State.STRING_ESCAPE:
                return self._string_escape(data, at)
            case _State.C1:
                self._enter(_State.TEXT)
                if 0x80 <= data[at] <= 0x9F:
                    return at + 1, None
                # alone it is no character, and what comes next could make a control character of it
                self._text += b"\xc2" if 0xA0 <= data[at] <= 0xBF else _NO_CHARACTER
                return at, None
            case _:
                return self._sequence(data, at), None

    def _sequence(self, data: bytes, at: int) -> int:
        """One byte of an escape or control sequence."""
        byte = data[at : at + 1]
        if byte == _ESCAPE:
            self._enter(_State.ESCAPE)
        elif byte in {_CANCEL, _SUBSTITUTE}:
            self._enter(_State.TEXT)
        elif byte < b" ":
            self._text += byte if byte != _ENQUIRY else b""  # carried out at once, in the middle of a sequence
        elif byte > _DELETE or len(self._held) > _CSI_MOST:
            self._enter(_State.TEXT)
            return at
        elif byte != _DELETE:
            self._held += byte
            (self._csi_byte if self._state is _State.CSI else self._escape_byte)(byte)
        return at + 1

    def _csi_byte(self, byte: bytes) -> None:
        if byte >= b"@":
            self._do_csi(bytes(self._held))
            self._enter(_State.TEXT)

    def _escape_byte(self, byte: bytes) -> None:
        if byte < b"0":
            return
        if len(self._held) > 1 or byte not in b"[]PX^_":
            self._do_short(bytes(self._held))
            self._enter(_State.TEXT)
        elif byte == b"[":
            self._enter(_State.CSI)
        else:
            self._is_osc = byte == b"]"
            self._enter(_State.OSC if self._is_osc else _State.STRING)

    def _string(self, data: bytes, at: int) -> tuple[int, Mark | None]:
        """On to the end of a string, or of the data, or of our patience."""
        most = at + _STRING_MOST - self._length
        found = _END_OF_STRING.search(data, at, most)
        end = found.start() if found else min(len(data), most)
        if self._is_osc:
            self._held += data[at:end]
        self._length += end - at
        if found is None:
            if self._length >= _STRING_MOST:
                self._enter(_State.TEXT)
            return end, None
        byte = found.group()
        mark = None
        if byte == _ESCAPE:
            self._state = _State.STRING_ESCAPE
        elif byte != b"\x07":
            self._enter(_State.TEXT)
        elif self._is_osc:
            mark = self._mark(bytes(self._held))
            self._enter(_State.TEXT)
        else:
            self._length += 1
        return end + 1, mark

    def _string_escape(self, data: bytes, at: int) -> tuple[int, Mark | None]:
        """ESC in a string: with a backslash its proper end, with anything else the next sequence."""
        if data[at : at + 1] != b"\\":
            self._enter(_State.ESCAPE)
            return at, None
        mark = self._mark(bytes(self._held)) if self._is_osc else None
        self._enter(_State.TEXT)
        return at + 1, mark

    def _mark(self, osc: bytes) -> Mark | None:
        if not osc.startswith(b"133;"):
            return None
        _, kind, *fields = osc.decode("utf-8", "replace").split(";", 7)
        if not fields or fields[0] != self._nonce:
            return None
        match kind:
            case "A" | "C" | "T":
                return Mark(kind, tuple(fields[1:]))
            case _:
                return None

    def _do_short(self, short: bytes) -> None:
        """An escape sequence without parameters, by its intermediates and final byte."""
        if short in {b"=", b">"}:
            self._has_keypad = short == b"="
        elif short[:1] in {b"(", b")", b"*", b"+", b"-", b".", b"/"}:
            self._has_charset = short[1:] != b"B"
        elif short == b"c":
            self.forget_modes()
        elif short not in {b"7", b"8", b"D", b"E", b"H", b"M", b"N", b"O", b"n", b"o", b"#8"}:
            return  # DECID asks, `%` leaves UTF-8, the others nobody needs
        self._text += _ESCAPE + short

    def _do_csi(self, csi: bytes) -> None:
        """A control sequence: passed on where all it does is draw, or switch a mode that can be switched back."""
        whole = _CSI.fullmatch(csi)
        if whole is None:
            return
        prefix, parameters, between, final = whole.group("prefix", "parameters", "between", "final")
        if final in b"hl" and not between and prefix in {b"", b"?"}:
            self._switch_modes(prefix.decode(), parameters.decode().split(";"), final.decode())
        elif final in _ON_SCREEN.get((prefix, between), b""):
            if (prefix, final) == (b"", b"r"):
                self._has_margins = bool(parameters.strip(b"0;"))
            self._has_placed |= final in b"Hf"
            self._text += b"\x1b[" + csi

    def _switch_modes(self, prefix: str, numbers: list[str], final: str) -> None:
        names = [prefix + number for number in numbers]
        allowed = [name for name in names if (name not in _DENIED_MODES if prefix else name in _ANSI_MODES)]
        self._modes |= dict.fromkeys(allowed, final == "h")
        if allowed:
            self._text += f"\x1b[{prefix}{';'.join(name.removeprefix('?') for name in allowed)}{final}".encode()

    def leave(self) -> bytes:
        """What brings the real terminal back to rest, whatever the program has switched on."""
        back = [mode for mode, is_on in self._modes.items() if is_on != _SANE_MODES.get(mode, False)]
        back.sort(key=lambda mode: mode in _ALTERNATE_SCREEN)
        switches = [f"\x1b[{mode}{'h' if mode in _SANE_MODES else 'l'}" for mode in back]
        keypad = "\x1b>" if self._has_keypad else ""
        charset = "\x1b(B\x0f" if self._has_charset else ""
        margins = "\x1b7\x1b[r\x1b8" if self._has_margins else ""
        return "".join([*switches, keypad, charset, margins, "\x1b[0m" if switches else ""]).encode()

    def enter(self) -> bytes:
        """What brings the real terminal back to how the program had left it."""
        switches = [f"\x1b[{mode}{'h' if is_on else 'l'}" for mode, is_on in self._modes.items()]
        return "".join([*switches, "\x1b=" if self._has_keypad else ""]).encode()

    def is_full_screen(self) -> bool:
        """A program has the whole screen: the alternate one (`vim`, `less`), or it puts text where it likes (`top`)."""
        return self._has_placed or any(self._modes.get(mode) for mode in _ALTERNATE_SCREEN)

    def forget_modes(self) -> bytes:
        """The shell prompts again: what a program switched on is not wanted any more. Gives what brings it to rest.

        Bracketed paste is the shell's own doing, and whoever edits its line sets it for the real terminal.
        """
        self._modes.pop(_BRACKETED_PASTE, None)
        back = self.leave()
        self._modes.clear()
        self._has_keypad = self._has_charset = self._has_margins = self._has_placed = False
        return back


def plain(data: bytes) -> str:
    """Terminal output as text for a transcript: no control sequences, lines ended by a newline alone."""
    follower = Stream("")
    kept = b"".join(part for part in follower.feed(data) if isinstance(part, bytes))
    text = _WHOLE.sub(b"", kept).decode("utf-8", "replace").replace("\r\n", "\n")
    lines = [line.rpartition("\r")[2] if not line.endswith("\r") else line[:-1] for line in text.split("\n")]
    return "".join(char for char in "\n".join(lines) if char >= " " or char in "\n\t")
