"""When a learner is told why something failed: at once for a slip, at the second try for what the network answered,
and otherwise when they ask.

It keeps what there is to tell, so that one key shows what it rests on. It knows neither lessons nor screens.
"""

import socket
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from netshell.facts import Snapshot
from netshell.session.advice import Advice, of_finding, of_loss, of_message
from netshell.session.ran import Ran

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netshell.diagnosis import Finding
    from netshell.explain.losses import Loss
    from netshell.explain.messages.aim import Aim
    from netshell.packets.trace import Seen

_TRIES = 2
"""The second failed try of one thing is explained unasked."""
_NO_PROGRAM = "no such program"
"""All that was no program is one try: whatever works next has mended it."""
_UNTOLD = frozenset({"out-of-sight"})
_END_WELL = ("dig", "host", "nslookup", "traceroute", "tracepath")

Kind: TypeAlias = Literal["proof", "look", "mend"]


class Rung(NamedTuple):
    """One step down from what is the case to the command that mends it."""

    kind: Kind
    advice: Advice


@dataclass(frozen=True, slots=True)
class Scene:
    """The network round a command."""

    began: Snapshot
    """As it was given to the learner."""
    before: Snapshot
    after: Snapshot
    wire: "Sequence[Seen]" = ()
    """What crossed since the state last changed."""
    is_less: bool = False
    """A namespace, an interface, an address or a route has gone."""
    is_removal_wanted: bool = False
    """What is to be done has something removed: then nothing that goes is a loss."""
    is_expected: bool = False
    """The command was to be typed as it was, or has done what was to be done: that it failed is part of it."""
    is_quiet: bool = False
    """The learner is to find the fault: nothing is told unasked but what is destroyed."""


class Tutor:
    """Remembers what failed, and what was said of it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Something new begins: nothing has failed yet."""
        self.last: Advice | None = None
        """What the last failure rests on, whether or not it was told."""
        self.is_verdict = False
        """It is what the step lacked when it was judged last."""
        self._rung = 0
        self._last_try: object = None
        """What failed last; None where `last` rests on no command's failure."""
        self._failed: Counter[object] = Counter()
        self._told: set[str] = set()
        self._speaks = False

    def forget(self, says: str = "") -> None:
        """What failed last, or was told in these words, is nobody's question any more."""
        if self.last is not None and says in {"", self.last.says}:
            self.last = self._last_try = None

    def note(self, advice: Advice, *, was_asked: bool = False, is_verdict: bool = False) -> None:
        """Take up what is told elsewhere. Somebody who has asked is not left to find out alone from then on."""
        if advice != self.last:
            self._take(advice)
        self.is_verdict = is_verdict
        self._told.add(advice.says)
        self._speaks |= was_asked

    def after(self, ran: Ran, scene: Scene) -> Advice | None:
        """What to say after a command; None where nothing."""
        if lost := _lost(ran, scene):
            return self._take(of_loss(lost))
        if ran.found_no_program and ran.command.lstrip().startswith(":"):
            return None  # netshell's own, typed while a program was in front
        if ran.status == 0 and not self._failed and not may_fail_well(ran.command):
            return None
        advice = judged(ran, scene)
        tried = _try_of(ran)
        if advice is None:
            self._failed.pop(tried, None)
            if ran.status == 0 and self._last_try in {tried, _NO_PROGRAM}:
                self.forget()
            return None
        self._take(advice, tried)
        self._failed[tried] += 1
        if scene.is_expected or scene.is_quiet or not self._is_due(advice, tried):
            return None
        self._told.add(advice.says)
        return advice

    def _take(self, advice: Advice, tried: object = None) -> Advice:
        self.last, self.is_verdict, self._rung, self._last_try = advice, False, 0, tried
        return advice

    def _is_due(self, advice: Advice, tried: object) -> bool:
        """A slip each time; the network's own answer at the second try, and the same words once."""
        if advice.is_slip:
            return not advice.is_plain
        return advice.says not in self._told and (self._speaks or self._failed[tried] >= _TRIES)

    def next_rung(self) -> Rung | None:
        """What comes next of the last failure: what proves it, where to look, the command that mends it, and anew."""
        if self.last is None:
            return None
        kinds: list[Kind] = ["proof"]
        kinds += ["look"] if self.last.look or self.last.concept else []
        kinds += ["mend"] if self.last.mend else []
        kind = kinds[self._rung % len(kinds)]
        self._rung += 1
        return Rung(kind, self.last)


def may_fail_well(command: str) -> bool:
    """Whether a command ends with status 0 although it was told no: `dig` does, and `traceroute`."""
    return any(tool in command for tool in _END_WELL)


def judged(ran: Ran, scene: Scene) -> Advice | None:
    """What a command's failure rests on; None where it did not fail, or nothing is known of it."""
    from netshell.explain.messages import explain_output  # noqa: PLC0415 - words for failures only
    from netshell.explain.messages.aim import aim_of  # noqa: PLC0415 - as above

    aim = aim_of(ran.command, ran.node)
    explained = explain_output(ran.command, ran.status, ran.output, ran.node, scene.after)
    if aim is not None and (explained.is_answer if explained else ran.status != 0):
        found = _diagnosed(aim, scene)
        if found is not None and not found.holds and found.fault not in _UNTOLD:
            return of_finding(found)
    return None if explained is None else of_message(explained, scene.after.node(explained.node))


def _lost(ran: Ran, scene: Scene) -> "Loss | None":
    """What a command has destroyed."""
    may_kill, may_lose = ran.status == 0 and "kill" in ran.command, scene.is_less and not scene.is_removal_wanted
    if not (may_kill or may_lose):
        return None
    from netshell.explain.losses import killing, loss  # noqa: PLC0415 - few commands take anything away

    lost = killing(ran.command) if may_kill else None
    return lost or (loss(ran.command, scene.began, scene.before, scene.after) if may_lose else None)


def _try_of(ran: Ran) -> object:
    """What two commands have in common that try the same."""
    from netshell.explain.messages.aim import aim_of  # noqa: PLC0415 - as above
    from netshell.explain.messages.command import deeds  # noqa: PLC0415 - as above

    if ran.found_no_program:
        return _NO_PROGRAM
    return aim_of(ran.command, ran.node) or next((deed for deed, _ in deeds(ran.command, ran.node)), "")


def _as_programs_read(host: str) -> str:
    """An address of fewer than four numbers in full, `192.168.1` as 192.168.0.1 (inet_aton(3)); empty for numbers that
    are no address; a name as it stands.
    """
    if not set(host) <= set("0123456789."):
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


def _diagnosed(aim: "Aim", scene: Scene) -> "Finding | None":
    """Why a try did not come through; None where that cannot be asked."""
    from netshell.diagnosis import Target, why  # noqa: PLC0415 - not before something failed

    host = _as_programs_read(aim.host)
    if not host:
        return None  # the tool's own message says what is wrong with it
    target = Target(host, aim.port, aim.protocol)
    if scene.after.node(target.host) is not None:
        return None  # a name for netshell, and none that a program could look up
    found = why(scene.after, aim.node, target, scene.wire)
    return None if found.fault == "namespace-missing" or found.question else found
