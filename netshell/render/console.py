"""The console that netshell writes to: how wide, how coloured, and nothing in it that a terminal would obey.

It knows nothing of what is written.
"""

from collections.abc import Mapping
from io import StringIO
from typing import IO, TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Colour: TypeAlias = Literal["colour", "plain", "none"]
"""`colour`: the 16 ANSI colours and bold; `plain`: bold and dim only; `none`: text without any sequence."""

TAB = 8


def colour_for(environ: Mapping[str, str], *, is_terminal: bool) -> Colour:
    """How much colour is wanted: none where nobody looks or `TERM` is `dumb`, plain with `NO_COLOR` (no-color.org)."""
    if not is_terminal or is_plain(environ):
        return "none"
    return "plain" if environ.get("NO_COLOR") else "colour"


def is_plain(environ: Mapping[str, str]) -> bool:
    """Whether lines of words are wanted and nothing drawn: `TERM` is `dumb`, as `--plain` sets it.

    So it is for a screen reader, a Braille line, or a terminal that cannot move its cursor.
    """
    return environ.get("TERM", "") in {"", "dumb"}


def make_console(file: IO[str] | None = None, *, width: int, height: int = 24, colour: Colour = "colour") -> "Console":
    """A console of that size, `width` and `height` in characters, which reads nothing from the environment."""
    from rich.console import Console  # noqa: PLC0415 - lines and pages of text are shown without it

    return Console(
        file=file,
        width=max(width, 1),
        height=max(height, 1),
        color_system=None if colour == "none" else "standard",
        no_color=colour != "colour",
        force_terminal=colour != "none",
        force_interactive=False,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def as_text(renderable: "RenderableType", *, width: int, colour: Colour = "colour") -> str:
    """What a renderable puts on the screen, ANSI sequences and line ends included."""
    out = StringIO()
    make_console(out, width=width, colour=colour).print(renderable)
    return out.getvalue()


def safe(text: str, *, keep_lines: bool = False) -> str:
    r"""A stranger's text with every character that a terminal would obey, or not show, made visible.

    C0 and DEL become their pictures (ESC is `␛`); C1, bidirectional controls, zero-width characters, private and
    unassigned code points and lone surrogates become `\u202e`-like escapes; unusual blanks become spaces. On one line,
    a tab is `␉` and a line end `␊`. With `keep_lines`, line ends stay and a tab fills up to the next eighth column.
    """
    if text.isprintable():
        return text
    if not keep_lines:
        return "".join(map(_safe_character, text))
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("".join(map(_safe_character, line.expandtabs(TAB))) for line in lines)


def _safe_character(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character.isspace() and code > 0x9F and code not in {0x2028, 0x2029}:
        return " "
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
