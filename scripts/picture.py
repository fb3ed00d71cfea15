"""The picture in the README: a real session, typed on a pty, drawn as SVG from what stood on its screen."""

import re
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

import pexpect
import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

COLUMNS, ROWS = 84, 46
TARGET = Path(__file__).resolve().parent.parent / "docs" / "session.svg"
LINES = (
    ("ip netns add ns1; ip netns add ns2", "Enter: next step"),
    ("", "step 2 of"),
    ("ip link add ns1-veth0 type veth peer name ns2-veth0", "other end: ns1-veth0"),
    ("ip link set ns1-veth0 netns ns2", "Where does it have to go?"),
    ("ip netns exec ns2 ip link set ns1-veth0 netns ns1", "Enter: next step"),
    ("ip link set ns2-veth0 netns ns2", "moved from pc to ns2"),
    (":map", "╰"),
)


class Screen(pyte.Screen):
    """A screen that passes over the private form of SGR, which it does not know."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Colours and weights, ECMA-48 8.3.117."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Session:
    """netshell on a pty, and the screen it draws."""

    def __init__(self, state: str) -> None:
        argv = ["-m", "netshell", "learn", "veth", "--seed", "3"]
        environ = {"HOME": state, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.screen = Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable, argv, env=environ, dimensions=(ROWS, COLUMNS), timeout=20
        )

    def wait_for(self, text: str) -> None:
        """Read until the text stands on the screen and a prompt below it."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                data = self.child.read_nonblocking(65536, 0.2)
            except pexpect.TIMEOUT:
                if text in "\n".join(self.screen.display):
                    return
                continue
            self.stream.feed(data)
            if b"\x1b[6n" in data:
                self.child.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")
        raise SystemExit(f"“{text}” was not seen; the screen:\n" + "\n".join(self.screen.display))

    def type(self, line: str) -> None:
        """Type a line, and Enter."""
        self.child.send(line + "\r")

    def lines(self) -> list[Text]:
        """The screen as styled lines, without the empty ones at its end."""
        rows = [self._row(number) for number in range(ROWS)]
        while rows and not rows[-1].plain.strip():
            rows.pop()
        return rows

    def _row(self, number: int) -> Text:
        text = Text()
        for column in range(COLUMNS):
            char = self.screen.buffer[number][column]
            colour = None if char.fg == "default" else {"brown": "yellow"}.get(char.fg, char.fg)
            text.append(char.data, Style(color=colour, bold=char.bold, reverse=char.reverse))
        text.rstrip()
        return text


def main() -> None:
    """Play, and write the picture."""
    with tempfile.TemporaryDirectory() as state:
        session = Session(state)
        session.wait_for("Enter begins")
        session.type("")
        session.wait_for("step 1 of")
        for line, expected in LINES:
            session.type(line)
            session.wait_for(expected)
        console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
        for row in session.lines():
            console.print(row, overflow="crop", no_wrap=True)
        session.child.close(force=True)
    TARGET.parent.mkdir(exist_ok=True)
    svg = console.export_svg(title="netshell learn veth", unique_id="session")
    svg = re.sub(r"@font-face {.*?}", "", svg, flags=re.DOTALL)  # fonts of the reader's own, none from elsewhere
    TARGET.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
