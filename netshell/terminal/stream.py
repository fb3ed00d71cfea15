"""What comes out of a terminal, cut into text and prompt marks, without what reaches beyond the screen.

Control sequences are those of ECMA-48 and xterm's `ctlseqs`; the marks are OSC 133, as kitty, WezTerm and VS Code
know them, with a nonce that bytes from elsewhere cannot guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_SEQUENCE = re.compile(
    rb"\x1b(?:"
    rb"\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x1b]*\x1b\\"
    rb"|\[(?P<parameters>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|(?P<short>[ -/]*[0-OQ-WYZ\\`-~=>])"
    rb")|\xc2[\x80-\x9f]|\x05"
)
_UNFINISHED = re.compile(
    rb"(?:\x1b(?:\](?:[^\x07\x1b]|\x1b\Z)*|[PX^_](?:[^\x1b]|\x1b\Z)*|\[[0-?]*[ -/]*|[ -/]*)?|\xc2)\Z"
)
_HELD_MOST = 1 << 16
_QUERIES = {b"c", b"n", b"t", b"x", b"u", b"p", b"q"}
_ALTERNATE_SCREEN = ("47", "1047", "1049")
_SANE_MODES = {"25": True, "7": True}
"""Private modes that are on in a terminal at rest; all others are off."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A prompt mark: `A` a prompt, `C` output begins, `T` what was typed ahead."""

    kind: Literal["A", "C", "T"]
    fields: tuple[str, ...]


class Stream:
    """Follows one terminal's output."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._held = b""
        self._modes: dict[str, bool] = {}
        self._has_keypad = False

    def feed(self, data: bytes) -> Iterator[bytes | Mark]:
        """The text and the marks in `data`, in their order; an unfinished sequence waits for its rest."""
        if not self._held and b"\x1b" not in data and b"\xc2" not in data and b"\x05" not in data:
            yield data
            return
        data = self._held + data
        self._held = b""
        if (rest := _UNFINISHED.search(data)) and len(data) - rest.start() < _HELD_MOST:
            self._held = data[rest.start() :]
            data = data[: rest.start()]
        text = bytearray()
        end = 0
        for match in _SEQUENCE.finditer(data):
            text += data[end : match.start()]
            end = match.end()
            mark = self._mark(match)
            if mark is not None:
                if text:
                    yield bytes(text)
                    text.clear()
                yield mark
            elif self._stays_on_screen(match):
                text += match.group()
        text += data[end:]
        if text:
            yield bytes(text)

    def _mark(self, match: re.Match[bytes]) -> Mark | None:
        osc = match["osc"]
        if osc is None or not osc.startswith(b"133;"):
            return None
        _, kind, *fields = osc.decode("utf-8", "replace").split(";", 6)
        if not fields or fields[0] != self._nonce:
            return None
        match kind:
            case "A" | "C" | "T":
                return Mark(kind, tuple(fields[1:]))
            case _:
                return None

    def _stays_on_screen(self, match: re.Match[bytes]) -> bool:
        """False for what asks the terminal something or changes more than its screen."""
        if (short := match["short"]) is not None:
            if short in {b"=", b">"}:
                self._has_keypad = short == b"="
            return bool(short != b"Z")
        final = match["final"]
        if final is None:
            return False
        if final in {b"h", b"l"} and match["parameters"].startswith(b"?"):
            for mode in match["parameters"][1:].decode("ascii").split(";"):
                self._modes[mode] = final == b"h"
            return True
        return not self._is_query(match)

    @staticmethod
    def _is_query(match: re.Match[bytes]) -> bool:
        final, parameters, between = match["final"], match["parameters"], match["between"]
        if final not in _QUERIES:
            return False
        if final == b"q":
            return bool(parameters.startswith(b">"))
        if final == b"p":
            return bool(between == b"$")
        if final == b"u":
            return bool(parameters.startswith((b"?", b">", b"<", b"=")))
        return True

    def leave(self) -> bytes:
        """What brings the real terminal back to rest, whatever the program has switched on."""
        if not self._modes and not self._has_keypad:
            return b""
        back = [mode for mode, is_on in self._modes.items() if is_on != _SANE_MODES.get(mode, False)]
        screens = [mode for mode in back if mode in _ALTERNATE_SCREEN]
        others = [mode for mode in back if mode not in _ALTERNATE_SCREEN]
        switches = [f"\x1b[?{mode}{'h' if mode in _SANE_MODES else 'l'}" for mode in others + screens]
        keypad = "\x1b>" if self._has_keypad else ""
        return "".join([*switches, keypad, "\x1b[0m" if switches else ""]).encode()

    def enter(self) -> bytes:
        """What brings the real terminal back to how the program had left it."""
        switches = [f"\x1b[?{mode}{'h' if is_on else 'l'}" for mode, is_on in self._modes.items()]
        return "".join([*switches, "\x1b=" if self._has_keypad else ""]).encode()

    def is_full_screen(self) -> bool:
        """A program has taken the alternate screen: `vim`, `less`, `htop`."""
        return any(self._modes.get(mode) for mode in _ALTERNATE_SCREEN)

    def forget_modes(self) -> None:
        """The shell prompts again: nothing that a program switched on is wanted any more."""
        self._modes.clear()
        self._has_keypad = False


def plain(data: bytes) -> str:
    """Terminal output as text for a transcript: no control sequences, lines ended by a newline alone."""
    text = _SEQUENCE.sub(b"", data).decode("utf-8", "replace").replace("\r\n", "\n")
    lines = [line.rpartition("\r")[2] if not line.endswith("\r") else line[:-1] for line in text.split("\n")]
    return "".join(char for char in "\n".join(lines) if char >= " " or char in "\n\t")
