"""What a learner is asked, and an answer beside what is so, on the screen. It compares nothing itself."""

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.lesson.asks import Ask, Compared, how
from netshell.render.console import safe
from netshell.render.layout import Lead, Narrow


def question(ask: Ask, said: str = "", *, found: str = "", is_brief: bool = False) -> RenderableType:
    """A question with its choices, and the answer to it or how to give one, with what is so where that is `found`.

    `is_brief`: the choices are left out.
    """
    parts: list[RenderableType] = [Lead(Text("? ", "bold blue"), _marked(ask.text, "bold"))]
    for number, choice in enumerate(() if is_brief else ask.choices, 1):
        parts.append(Lead(Text(f"  {number}  ", "bold"), _marked(choice)))
    told = " ".join(filter(None, (said and _sentence("You said", said), found)))
    parts.append(Lead(Text("  "), _marked(told) if told else _marked(how(ask), "dim")))
    return Group(*parts)


def compared(answer: Compared) -> RenderableType:
    """What was said, what was observed, and why: told alike, whether it was right or not."""
    sign = "✓" if answer.is_right else "→" if answer.found else "·"
    mark = Text(f"  {sign} ", "bold green" if answer.is_right else "bold blue")
    said = [_sentence("You said", answer.said)] if answer.said else []
    rest = [answer.found, answer.ask.why] if answer.found else [_kept(answer)]
    return Narrow(Lead(mark, _marked(" ".join([*said, *rest]))))


def _kept(answer: Compared) -> str:
    if answer.ask.is_prediction:
        return "What happens next will tell."
    return "It is compared as soon as there is something to compare it with."


def _sentence(start: str, rest: str) -> str:
    return f"{start}: {rest}{'' if rest.endswith(('.', '!', '?')) else '.'}"


def _marked(text: str, style: str = "") -> Text:
    """Words of an author, in which `code` stands out."""
    parts = safe(text).split("`")
    is_paired = len(parts) % 2 == 1
    marked = Text(style=style)
    for number, part in enumerate(parts if is_paired else [safe(text)]):
        marked.append(part, "bold cyan" if number % 2 else "")
    return marked
