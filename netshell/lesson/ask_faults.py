"""What is wrong in an author's `ask`, with the way to the place. It knows nothing of Markdown, nor of machines."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, get_args

from netshell.checks import Fault, pattern_from
from netshell.checks.link import name_fault
from netshell.lesson.asks import NOTHING, FieldName, StateKind, ask_from, fits, is_check, plain
from netshell.lesson.blocks import checks_problems, items_of
from netshell.lesson.faults import suggestion
from netshell.lesson.shapes import AskShape, Problem, describe, pattern_shape, problems_of
from netshell.lesson.yamltree import Path

_STATES: tuple[str, ...] = get_args(StateKind)
_FIELDS: tuple[str, ...] = get_args(FieldName)
_READ_OFF = (*_STATES, "packet", "count")
_EXAMPLE = "Write `question: …`, `answer: …` and `why: …`, each on a line of its own."
_OF_ROUTES = frozenset({"gateway", "interface"})
_OF_LINKS = frozenset({"address", "mac", "mtu"})


def asks_problems(data: object) -> list[Problem]:
    """What is wrong in one ask or a list of them."""
    items = items_of(data)
    if not items:
        return [Problem((), "No question stands here.", _EXAMPLE)]
    return [problem for path, item in items for problem in _ask_problems(item, path)]


def _ask_problems(item: object, path: Path) -> list[Problem]:
    if not isinstance(item, dict) or not item:
        return [Problem(path, f"A question is a mapping, found {describe(item)}.", _EXAMPLE)]
    problems = [*problems_of(AskShape, item, path), *_head_problems(item, path)]
    if not problems:
        problems = [*_choices_problems(item, path), *_answer_problems(item, path)]
    return problems


def _head_problems(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """One of `predict` and `question`, one of `choices` and `order`, and an answer where it does not follow."""
    if "predict" not in item and "question" not in item:
        yield Problem(path, "Neither `predict` nor `question` stands here.", "Begin with one of them.")
    for one, other in (("predict", "question"), ("choices", "order")):
        if one in item and other in item:
            yield Problem((*path, other), f"`{one}` stands here already.", "Keep one of the two.", is_on_key=True)
    if "answer" not in item and "order" not in item:
        yield Problem(path, "The key `answer` is missing.", "Add `answer: …`.")
    elif "answer" in item and item["answer"] in (None, "", [], {}):
        yield Problem((*path, "answer"), "No answer stands here.", "Write the right one behind it.")
    yield from _located(name_fault("at", item["at"]) if isinstance(item.get("at"), str) else (), path)


def _located(faults: Iterable[Fault], path: Path) -> Iterator[Problem]:
    for fault in faults:
        yield Problem((*path, *fault.within, fault.key), fault.problem, fault.remedy)


def _choices_problems(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Choices that are alike, or that look like the number of one."""
    key = "order" if "order" in item else "choices"
    choices = item.get(key) or ()
    seen: set[str] = set()
    for number, choice in enumerate(choices):
        text = plain(str(choice))
        if not text or text in seen:
            problem = "The choice has no words." if not text else f"The choice `{choice}` stands here twice."
            yield Problem((*path, key, number), problem, "Give each words of its own.")
        seen.add(text)
        is_position = len(text) == 1 and text.isascii() and text.isalnum()
        position = (int(text) if text.isdigit() else ord(text) - ord("a") + 1) if is_position else 0
        if 1 <= position <= len(choices):
            problem = f"`{choice}` is also what is typed for choice {position}."
            remedy = f"Add a word, such as `{choice} packets`; or ask for a number, without `{key}`."
            yield Problem((*path, key, number), problem, remedy)


def _answer_problems(item: Mapping[str, Any], path: Path) -> list[Problem]:
    answer, where = item.get("answer"), (*path, "answer")
    problems: list[Problem]
    if isinstance(answer, dict):
        problems = [*_read_off_problems(answer, where)]
        if "order" in item:
            problems = [Problem(where, "An order is read off a list of packets.", "Write a packet for each item.")]
    elif "order" in item:
        problems = [] if answer is None else [*_deciders_problems(answer, item["order"], where, is_order=True)]
    elif "choices" in item:
        problems = [*_chosen_problems(answer, item["choices"], where)]
    else:
        problems = [*_written_problems(answer, where)]
    if not problems:
        problems = [*_tolerance_problems(item, path)]
    return problems


def _chosen_problems(answer: object, choices: list[Any], where: Path) -> Iterator[Problem]:
    """The number of a choice, or its words; or a list of what decides for each."""
    names = [str(choice) for choice in choices]
    if isinstance(answer, list):
        yield from _deciders_problems(answer, choices, where)
    elif isinstance(answer, bool) or not isinstance(answer, int | str):
        yield Problem(where, f"Expected the number of a choice, found {describe(answer)}.", "Write `answer: 2`.")
    elif isinstance(answer, int) and str(answer) not in names:
        if not 1 <= answer <= len(choices):
            remedy = f"Write a number from 1 to {len(choices)}, or the choice itself."
            yield Problem(where, f"There is no choice {answer}.", remedy)
    elif plain(str(answer)) not in map(plain, names):
        yield Problem(where, f"`{answer}` is none of the choices.", suggestion(str(answer), names))


def _deciders_problems(answer: object, items: list[Any], where: Path, *, is_order: bool = False) -> Iterator[Problem]:
    """A packet pattern, a check or `nothing` for each choice; for an order packet patterns."""
    if not isinstance(answer, list):
        remedy = "Write a packet for each item, `- {arp: request}`, or leave `answer` out."
        yield Problem(where, f"Expected a list, found {describe(answer)}.", remedy)
        return
    if len(answer) != len(items):
        problem = f"{len(items)} choices stand here, and {len(answer)} answers."
        yield Problem(where, problem, "Write for each choice what decides for it, in the same order.")
        return
    for number, decider in enumerate(answer):
        if decider == NOTHING and not is_order:
            found: list[Problem] = []
        elif not isinstance(decider, dict) or not decider:
            remedy = "Write a packet, `{arp: request}`, a check, or `nothing`; or `answer: 2` for the second choice."
            found = [Problem((*where, number), f"{_said(decider)} decides for no choice.", remedy)]
        elif is_check(decider) and is_order:
            found = [Problem((*where, number), "Only packets come in an order.", "Write one: `{arp: request}`.")]
        elif is_check(decider):
            found = checks_problems(decider, (*where, number))
        else:
            found = [*_pattern_problems(decider, (*where, number))]
        yield from found
        if answer.index(decider) < number:
            problem = f"Choice {answer.index(decider) + 1} is decided by the same."
            yield Problem((*where, number), problem, "Say what makes the two different.")


def _said(value: object) -> str:
    text = describe(value)
    return f"{text[:1].upper()}{text[1:]}"


def _pattern_problems(pattern: object, where: Path) -> Iterator[Problem]:
    if not isinstance(pattern, dict):
        yield Problem(where, f"A packet is a mapping, found {describe(pattern)}.", "Write it as `{arp: request}`.")
        return
    problems = problems_of(pattern_shape(), pattern, where)
    yield from problems
    if "count" in pattern:
        problem = "`count` says nothing here: the first packet that fits decides."
        yield Problem((*where, "count"), problem, "Take it out.", is_on_key=True)
    elif not problems:
        yield from _located(pattern_from(pattern).faults(), where)


def _read_off_problems(answer: Mapping[str, Any], where: Path) -> Iterator[Problem]:
    """`{mac: eth0, at: ns1}`, `{packet: {icmp: echo-reply}, field: ttl}`, `{count: {arp: request}}`."""
    kind = next(iter(answer))
    if kind not in _READ_OFF:
        problem = f"`{kind}` cannot be read off the machine or the wire."
        yield Problem((*where, kind), problem, suggestion(kind, _READ_OFF), is_on_key=True)
        return
    second = {"packet": "field", "count": None}.get(kind, "at")
    for key in answer:
        if key not in {kind, second}:
            known = [second] if second else []
            yield Problem((*where, key), f"Unknown key `{key}`.", suggestion(key, known), is_on_key=True)
    if kind in {"packet", "count"}:
        yield from _pattern_problems(answer[kind], (*where, kind))
        if kind == "packet" and answer.get("field") not in _FIELDS:
            found = f"Unknown field {describe(answer['field'])}." if "field" in answer else "No `field` is named."
            yield Problem((*where, "field"), found, suggestion(str(answer.get("field", "")), _FIELDS))
        return
    if not isinstance(answer[kind], str):
        yield Problem((*where, kind), f"Expected text, found {describe(answer[kind])}.", "Put it in quotes.")
        return
    yield from _located(_name_faults(kind, answer[kind]), where)
    if "at" in answer and not isinstance(answer["at"], str):
        yield Problem((*where, "at"), f"Expected a node's name, found {describe(answer['at'])}.", "Write it as `ns1`.")
    elif "at" in answer:
        yield from _located(name_fault("at", answer["at"]), where)


def _name_faults(kind: str, name: str) -> Iterator[Fault]:
    """What a value is read of: an interface, a destination, an address, a setting."""
    if kind in _OF_LINKS:
        yield from name_fault(kind, name)
    elif kind in _OF_ROUTES:
        try:
            ip_network("0.0.0.0/0" if name == "default" else name, strict=False)
        except ValueError:
            yield Fault(kind, f"`{name}` is no destination.", "Write `default`, an address, or a network.")
    elif kind == "neighbour":
        try:
            ip_address(name)
        except ValueError:
            yield Fault(kind, f"`{name}` is no IP address.", "Write it as 192.0.2.2.")
    elif "." not in name or not name.isprintable() or " " in name:
        yield Fault(kind, f"`{name}` is no sysctl key.", "Write it as: net.ipv4.ip_forward")


def _written_problems(answer: object, where: Path) -> Iterator[Problem]:
    """A number, a text or an address, or a list of them."""
    for path, item in items_of(answer, where):
        if isinstance(item, bool) or not isinstance(item, int | str):
            remedy = "Without `choices` an answer is a number, a text, or `{mac: eth0, at: ns1}` and the like."
            yield Problem(path, f"Expected an answer, found {describe(item)}.", remedy)
        elif not plain(str(item)):
            yield Problem(path, "The answer has no words.", "Write what the learner is to answer.")


def _tolerance_problems(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """A tolerance belongs to a number; and of several answers no two may be the same."""
    ask = ask_from(item)
    if "tolerance" in item and ask.form != "number":
        problem = "`tolerance` belongs to an answer that is a number."
        yield Problem((*path, "tolerance"), problem, "Take it out.", is_on_key=True)
    answer = item.get("answer")
    if isinstance(answer, list) and not ask.choices:
        for number, accepted in enumerate(answer):
            if fits(ask, str(accepted), map(str, answer[:number])):
                yield Problem((*path, "answer", number), f"`{accepted}` is accepted already.", "Take it out.")


def nodes_named(item: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each mapping in a proved ask in which a node may be named, with its path."""
    yield path, item
    answer = item.get("answer")
    for where, part in items_of(answer, (*path, "answer")):
        if isinstance(part, dict):
            yield where, part
            for key in ("packet", "count"):
                if isinstance(part.get(key), dict):
                    yield (*where, key), part[key]
