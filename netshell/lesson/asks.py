"""What a learner is asked in a lesson, what may be answered, and whether an answer fits.

It knows no machine: where the right answer stands there, `truths.py` reads it.
"""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from netshell.checks import KINDS, Check, check_from, pattern_from
from netshell.errors import UserError
from netshell.facts import PC

if TYPE_CHECKING:
    from netshell.checks.pattern import Pattern

NOTHING = "nothing"
"""What an author writes for the choice that is right when none of the others has come."""
MOST_CHOICES = 9
"""So that each has a digit."""
LONGEST = 200
"""Characters of an answer that are looked at."""

Form: TypeAlias = Literal["choice", "order", "number", "address", "text"]
FieldName: TypeAlias = Literal["src", "dst", "src_mac", "dst_mac", "sport", "dport", "ttl", "length"]
StateKind: TypeAlias = Literal["address", "mac", "mtu", "gateway", "interface", "neighbour", "sysctl"]

_ADDRESS_KINDS = frozenset({"address", "mac", "gateway", "neighbour", "src", "dst", "src_mac", "dst_mac"})
_NUMBER_KINDS = frozenset({"mtu", "sport", "dport", "ttl", "length"})
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_NUMBER_TYPED = re.compile(r"(-?[0-9]{1,18})(?: ?[A-Za-z%]{1,20})?")
_NUMBER_ALONE = re.compile(r"[0-9]{1,18}|[0-9]{1,3}(?:[,' ][0-9]{3}){1,5}")
"""With what people put between thousands, or without."""
_THOUSANDS = re.compile(r"(?<=[0-9])[,' ](?=[0-9]{3}(?![0-9]))")
_NUMBERS = re.compile(r"\s*[0-9][0-9\s,]*")
_MAC = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}")
_AROUND = " .,;!?`'\"“”"
"""Marks that make no difference at either end of an answer."""


@dataclass(frozen=True, slots=True)
class Written:
    """The author has written the answers that are right; the first one is the one that is told."""

    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What decides for each choice, as they are shown.

    A packet that crosses, a check that holds, or `nothing`, where none of the others came.
    """

    by: "tuple[Pattern | Check | Literal['nothing'], ...]"


@dataclass(frozen=True, slots=True)
class State:
    """A value that a node has: of an interface, of a destination, of a neighbour, or a kernel setting."""

    kind: StateKind
    name: str
    at: str = PC


@dataclass(frozen=True, slots=True)
class PacketField:
    """A value in the first packet that fits."""

    packet: "Pattern"
    field: FieldName


@dataclass(frozen=True, slots=True)
class PacketCount:
    """How many packets fit."""

    packet: "Pattern"


Answer: TypeAlias = Written | Decided | State | PacketField | PacketCount


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, or a prediction to be compared with what then happens."""

    text: str
    answer: Answer
    form: Form
    why: str
    is_prediction: bool = False
    choices: tuple[str, ...] = ()
    """As they are shown, with numbers from 1; of things to put in order, mixed."""
    at: str = ""
    """The node that packets have to leave, to count; empty for any."""
    tolerance: int = 0
    """By so much a number may be off."""
    line: int = 0

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks among what decides."""
        return (
            tuple(each for each in self.answer.by if isinstance(each, Check))
            if isinstance(self.answer, Decided)
            else ()
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer beside what is so."""

    ask: Ask
    said: str
    """The learner's answer; empty where there was none."""
    found: str = ""
    """What was observed, in a sentence; empty while nothing has been yet, and the answer is kept."""
    is_right: bool | None = None
    """None where nothing decides."""


def ask_from(values: Mapping[str, Any], line: int = 0) -> Ask:
    """An ask from an author's mapping that has been validated, with the values of variables filled in."""
    at = str(values.get("at", ""))
    items = tuple(map(str, values.get("order") or values.get("choices") or ()))
    is_order = "order" in values
    shown = _mixed(items) if is_order else items
    answer = _answer(values.get("answer"), items, at, is_order=is_order)
    if is_order and isinstance(answer, Decided):
        deciding = dict(zip(items, answer.by, strict=True))
        answer = Decided(tuple(deciding[item] for item in shown))
    return Ask(
        text=str(values.get("predict") or values.get("question")),
        answer=answer,
        form="order" if is_order else "choice" if items else _form(answer),
        why=str(values["why"]),
        is_prediction="predict" in values,
        choices=shown,
        at=at,
        tolerance=int(values.get("tolerance", 0)),
        line=line,
    )


def _answer(value: Any, items: Sequence[str], at: str, *, is_order: bool) -> Answer:  # noqa: ANN401 - as YAML has it
    if isinstance(value, Mapping):
        return _read_off(value, at)
    if isinstance(value, list) and items:
        return Decided(tuple(_decider(item, at) for item in value))
    if is_order:
        return Written((in_order(items),))
    if items and isinstance(value, int):
        value = items[value - 1] if 1 <= value <= len(items) else str(value)
    return Written(tuple(map(str, value if isinstance(value, list) else [value])))


def _read_off(value: Mapping[str, Any], at: str) -> Answer:
    """`{mac: eth0, at: ns1}`, `{packet: {icmp: echo-reply}, field: ttl}`, `{count: {arp: request}}`."""
    kind: Any = next(iter(value))
    if kind == "packet":
        return PacketField(pattern_from(value["packet"]), value["field"])
    if kind == "count":
        return PacketCount(pattern_from(value["count"]))
    return State(kind, str(value[kind]), str(value.get("at") or at or PC))


def _decider(item: Any, at: str) -> "Pattern | Check | Literal['nothing']":  # noqa: ANN401 - as YAML has it
    if item == NOTHING:
        return "nothing"
    if is_check(item):
        return check_from(next(iter(item)), {**({"at": at} if at else {}), **item})
    return pattern_from(item)


def is_check(item: Mapping[str, Any]) -> bool:
    """Whether what decides is a check: its first key names the kind. `link` and `http` may begin a pattern too."""
    kind = next(iter(item))
    if kind == "http":
        return "://" in str(item["http"])
    return kind in KINDS and not (kind == "link" and _is_about_packets(item))


def _is_about_packets(item: Mapping[str, Any]) -> bool:
    return any(key in item for key in ("arp", "icmp", "udp", "tcp", "dns", "dhcp", "http", "from", "to", "src", "dst"))


def _form(answer: Answer) -> Form:
    """What an answer without choices looks like."""
    match answer:
        case PacketCount():
            return "number"
        case State(kind, _, _) | PacketField(_, kind):
            return "address" if kind in _ADDRESS_KINDS else "number" if kind in _NUMBER_KINDS else "text"
        case Written(accepted) if all(map(_NUMBER.fullmatch, accepted)):
            return "number"
        case Written(accepted) if all(map(is_address, accepted)):
            return "address"
    return "text"


def is_address(text: str) -> bool:
    """Whether a text is an IP address, with a prefix length or without, or a MAC address."""
    return _address(text) != ""


def _address(text: str) -> str:
    """An address in the one way that it is compared in; empty where it is none."""
    plain = text.strip(_AROUND).lower()
    if _MAC.fullmatch(plain):
        return plain.replace("-", ":")
    try:
        return str(ip_interface(plain)) if "/" in plain else str(ip_interface(plain).ip)
    except ValueError:
        return ""


def _mixed(items: Sequence[str]) -> tuple[str, ...]:
    """Another order than the right one, the same each time."""
    mixed = sorted(items, key=lambda item: sha256(item.encode("utf-8", "replace")).digest())
    if mixed == list(items):
        mixed = [*mixed[1:], *mixed[:1]]
    return tuple(mixed)


def in_order(items: Iterable[str]) -> str:
    """Several things in their order, as one answer."""
    return ", then ".join(items)


def take(ask: Ask, typed: str) -> str:
    """What was typed as an answer, in the one way that it is kept in. Raises UserError where it cannot be one."""
    text = " ".join(typed.split())[:LONGEST]
    if not text:
        raise UserError("`:answer` needs your answer behind it.", how(ask))
    match ask.form:
        case "choice":
            return _choice(ask, text)
        case "order":
            positions = _order(ask, re.findall(r"[0-9A-Za-z]", text))
            if not positions:
                raise UserError(f"`{text}` does not name each of the {len(ask.choices)} once.", how(ask))
            return in_order(ask.choices[position] for position in positions)
        case "number":
            found = _NUMBER_TYPED.fullmatch(_THOUSANDS.sub("", text.strip(_AROUND)))
            if not found:
                raise UserError(f"`{text}` is no whole number.", how(ask))
            return str(int(found[1]))
        case "address" if not is_address(text):
            raise UserError(f"`{text}` is no address.", how(ask))
    return text


def _choice(ask: Ask, text: str) -> str:
    position = _position(ask, text)
    if position is not None:
        return ask.choices[position]
    same = [choice for choice in ask.choices if plain(choice) == plain(text)]
    said = "" if len(text) == 1 or text.isdigit() else plain(text)  # a number is a number, even of no choice
    near = same or [choice for choice in ask.choices if said and said in plain(choice)]
    if len(near) != 1:
        problem = f"`{text}` fits several of the choices." if len(near) > 1 else f"There is no choice `{text}`."
        raise UserError(problem, how(ask))
    return near[0]


def _position(ask: Ask, word: str) -> int | None:
    """The place, from 0, that a digit or a letter names."""
    name = word.strip(" .)(").lower()
    if len(name) != 1 or not name.isascii() or not name.isalnum():
        return None
    position = int(name) - 1 if name.isdigit() else ord(name) - ord("a")
    return position if 0 <= position < len(ask.choices) else None


def _order(ask: Ask, words: Sequence[str]) -> list[int]:
    """The places that words name; empty where not each is named once."""
    positions = [position for word in words if (position := _position(ask, word)) is not None]
    is_whole = len(words) == len(positions) and sorted(positions) == list(range(len(ask.choices)))
    return positions if is_whole else []


def names_choice(ask: Ask, line: str) -> bool:
    """Whether a line, typed at a prompt, can only be an answer: a choice's digit or letter, an order's digits.

    No program is called by a number or an address, so one alone is an answer too, if perhaps to another question. The
    letters of an order count where they are all there.
    """
    if len(line) > LONGEST:
        return False
    if ask.form == "order":
        return _NUMBERS.fullmatch(line) is not None or bool(_order(ask, line.replace(",", " ").split()))
    if ask.form == "address":
        return is_address(line.strip()) or _NUMBER_ALONE.fullmatch(line) is not None
    is_number = ask.form in {"choice", "number"} and _NUMBER_ALONE.fullmatch(line) is not None
    return is_number or (ask.form == "choice" and (_position(ask, line) is not None or _is_choice(ask, line)))


def _is_choice(ask: Ask, line: str) -> bool:
    """Whether a line is one of the choices as it stands, and no command too."""
    said = plain(line)
    is_one = bool(said) and said in {plain(choice) for choice in ask.choices}
    return is_one and shutil.which(said.partition(" ")[0]) is None


def how(ask: Ask) -> str:
    """How to give an answer."""
    numbers = [str(number) for number, _ in enumerate(ask.choices, 1)]
    match ask.form:
        case "choice":
            return f"Your answer is its number: {', '.join(numbers[:-1])} or {numbers[-1]}."
        case "order":
            return f"Your answer is all the numbers in their order, such as `{' '.join(_some_order(ask, numbers))}`."
        case "number":
            return "Type a whole number, or `:answer` and the number."
        case "address":
            return "Type the address, or `:answer` and the address."
        case "text":
            return "Type `:answer` and a word or a few."


def _some_order(ask: Ask, numbers: Sequence[str]) -> Sequence[str]:
    """Some order of the numbers that is not the right one, as far as that is known beforehand."""
    right = ask.answer.accepted if isinstance(ask.answer, Written) else ()
    orders = ([*numbers[1:], numbers[0]], [numbers[-1], *numbers[:-1]])
    return next((order for order in orders if in_order(ask.choices[int(n) - 1] for n in order) not in right), numbers)


def fits(ask: Ask, said: str, accepted: Iterable[str]) -> bool:
    """Whether an answer is one of those that are right."""
    return any(_is_alike(said, right, ask.tolerance) for right in accepted)


def _is_alike(said: str, right: str, tolerance: int) -> bool:
    if _NUMBER.fullmatch(said) and _NUMBER.fullmatch(right):
        return abs(int(said) - int(right)) <= tolerance
    return plain(said) == plain(right)


def plain(text: str) -> str:
    """A text without what makes no difference: capitals, blanks, marks at its ends, and ways to write an address."""
    return _address(text) or " ".join(text.casefold().split()).strip(_AROUND)
