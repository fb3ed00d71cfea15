"""What changed, on the screen, under the output of the command that changed it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.explain.changes import Said
from netshell.render.console import safe
from netshell.render.layout import Lead, Narrow

CAP = 12
"""Lines that are shown by themselves after a command; `:changes` shows the rest."""

_STYLES = {"+": "green", "-": "red", "~": "magenta"}


def changes(said: Sequence[Said], *, cap: int | None = CAP, with_background: bool = False) -> RenderableType | None:
    """The changes, one a line, each reason once below the last of those that it explains; None where nothing is shown.

    `cap` is the most lines; what is left out is counted. None shows all.
    """
    shown = [item for item in said if with_background or not item.is_background]
    if not shown:
        return None
    entries = [(item, item.detail if _is_last_to_say(shown, number) else "") for number, item in enumerate(shown)]
    lines: list[RenderableType] = []
    for number, (item, detail) in enumerate(entries):
        left, size = len(entries) - number, 2 if detail else 1
        if cap is not None and len(lines) + size > cap - (left > 1):
            lines.append(Text(f"    … and {left} more (:changes shows all)", "dim"))
            break
        lines.append(Lead(Text(f"  {item.mark} ", f"bold {_STYLES[item.mark]}"), _headline(item)))
        if detail:
            lines.append(Lead(Text("    "), Text(safe(detail))))
    return Narrow(Group(*lines))


def _is_last_to_say(shown: Sequence[Said], number: int) -> bool:
    return all(later.detail != shown[number].detail for later in shown[number + 1 :])


def _headline(item: Said) -> Text:
    """The headline, with the words that mean `nothing passes here` made to stand out."""
    text = Text(safe(item.headline), "dim" if item.is_background else "")
    text.highlight_words(["DOWN", "no carrier", "does not answer"], "bold red")
    return text
