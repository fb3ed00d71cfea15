"""A filter of tcpdump's, token by token: the tokens are those of netshell's own reader of filters."""

from collections.abc import Sequence

from netshell.errors import UserError
from netshell.explain.command.grammar import Context, Entry, grammar
from netshell.explain.command.kinds import judge
from netshell.explain.command.part import Part
from netshell.explain.command.values import Place
from netshell.explain.command.word import Word
from netshell.explain.messages.scene import did_you_mean
from netshell.packets.filter import compile_filter
from netshell.packets.filter_lexer import Token, tokens
from netshell.packets.filter_words import FLAG_WORDS, NOT_HERE, OWN_WORDS

_PAGE = "pcap-filter(7)"
_KINDS = {"ipv4": "host", "ipv6": "host", "mac": "mac"}


def explain_filter(words: Sequence[Word], scene: Place, depth: int) -> tuple[list[Part], str]:
    """The parts of a filter, and what it chooses; empty where the filter cannot be read."""
    text, places = _joined(words)
    begin, end = words[0].at, words[-1].end
    if "$" in text or "`" in text:
        return [Part(begin, end, text, "value", "The filter: which packets are shown.", page=_PAGE, depth=depth)], text
    try:
        found = tokens(text)[:-1]
    except UserError as error:
        return [Part(begin, end, text, "value", "", trouble=_said(error), page=_PAGE, depth=depth)], ""
    parts = [_part(found, number, places, scene, depth) for number in range(len(found))]
    if any(part.role == "unknown" or part.trouble for part in parts):
        return parts, ""
    try:
        compile_filter(text, {part.text: ("192.0.2.1",) for part in parts if part.role == "value"})
    except UserError as error:
        if not any(token.text in NOT_HERE for token in found):
            last = parts[-1]
            parts[-1] = Part(last.at, last.end, last.text, last.role, last.says, last.here, _said(error), _PAGE, depth)
            return parts, ""
    return parts, f"`{text}`"


def _said(error: UserError) -> str:
    return f"{error.problem} {error.remedy}".strip()


def _joined(words: Sequence[Word]) -> tuple[str, list[int]]:
    """The filter as tcpdump sees it: its words with blanks between, and where each character was typed."""
    text, places = "", []
    for word in words:
        if text:
            text += " "
            places.append(word.at)
        text += word.value
        places += word.places
    return text, places


def _part(found: list[Token], number: int, places: list[int], scene: Place, depth: int) -> Part:
    token = found[number]
    begin = places[token.at]
    end = places[min(token.at + len(token.written), len(places)) - 1] + 1
    if token.kind in {"word", "sign"} and (entry := _entry(grammar()["tcpdump filter"], token.text)) is not None:
        return Part(begin, end, token.written, "word", entry.says, page=_PAGE, depth=depth)
    kind = _kind(found, number)
    if kind:
        judged = judge(kind, scene, token.written)
        return Part(begin, end, token.written, "value", "", judged.here, judged.trouble, _PAGE, depth)
    return Part(begin, end, token.written, "unknown", "", trouble=_unknown(token), page=_PAGE, depth=depth)


def _entry(context: Context, text: str) -> Entry | None:
    return next((entry for entry in context.words if text in entry.keys), None)


def _kind(found: list[Token], number: int) -> str:
    """What kind of value a token is, by its form and by the word before it; empty for what is no value."""
    token = found[number]
    before = next((each.text for each in reversed(found[:number]) if each.text not in {"or", "and", "not", "("}), "")
    if token.kind == "ipv4":
        return "network" if before == "net" else "host"
    if token.kind in _KINDS:
        return _KINDS[token.kind]
    if token.kind == "number":
        is_port = before in {"port", "portrange"} or (number and found[number - 1].text == "-")
        return "port" if is_port else "number"
    if token.kind == "word" and before in {"host", "src", "dst"}:
        return "host"
    if token.kind == "word" and before in {"port", "portrange"}:
        return "port"
    return "any" if before == "ifname" else ""


def _unknown(token: Token) -> str:
    if token.text in OWN_WORDS or token.text in FLAG_WORDS:
        return f"`{token.text}` belongs to netshell's own filters (`:packets {token.text}`); tcpdump does not know it."
    keys = [key for entry in grammar()["tcpdump filter"].words for key in entry.keys]
    return f"tcpdump's filter has no such word. {did_you_mean(token.text, keys)}".strip()
