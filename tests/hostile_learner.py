"""Types at netshell what nobody in their right mind would, and looks whether the next command still works.

    python tests/hostile_learner.py [--sequences 1000] [--seed 1] [--only SEQUENCE]

After each sequence (`hostile_keys`) one Ctrl-C and a fresh line must bring its output and a prompt; where a program is
in front that Ctrl-C does not end, Ctrl-] and another terminal must. netshell ends only when it is told to, and never
shows a traceback.
"""

import argparse
import os
import re
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pyte
from accounts import Account, account, ordinary_ids, program_for
from hostile_keys import Act, Doings, doings
from typist import CTRL_BRACKET, CTRL_C, Typist, sit_down

PATIENCE_S = 8.0
"""So long an answer may take on a machine with much else to do."""
_FIRST_S = 1.5
"""So long a sequence that may hold the terminal is given before another one is opened."""
_QUIET_S = 0.04
_WORDS = (b"Traceback (most recent call last)", b"Unhandled exception", b"a bug in netshell", b"Exception ignored")
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_AT_REST = frozenset({7, 25, 2004})
"""Private modes that may be on at a prompt: line wrap, the cursor, pastes in brackets."""
_LEFT = {0, 128 + signal.SIGINT}
"""Exit statuses of who was told to end; Ctrl-C may come while it does."""
_SITTING = 150
"""Sequences after which somebody else sits down."""


@dataclass
class Tally:
    """What was done, and what came of it."""

    sequences: int = 0
    sittings: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    """How the prompt came back."""
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    took_s: float = 0.0
    is_told: bool = False
    """Each sequence is told on standard error as it is done."""

    def report(self) -> str:
        lines = [
            f"{self.sequences:,} sequences in {self.sittings} sittings and {self.took_s:.0f} s: {dict(self.kinds)}",
            f"the prompt came back: {dict(self.ways)}",
            f"slowest: {self.slowest} took {self.slowest_s:.2f} s",
            *(f"FAULT {fault}" for fault in self.faults),
            f"faults: {len(self.faults)}",
        ]
        return "\n".join(lines)


class _Sturdy(pyte.ByteStream):
    """The terminal's own reader of what is printed, which gives up at a few sequences; a terminal would not."""

    def __init__(self, typist: Typist) -> None:
        super().__init__(typist.glass)
        self._typist = typist
        self._stream = pyte.ByteStream(typist.glass)

    def feed(self, data: bytes) -> None:  # type: ignore[override, unused-ignore]
        try:
            self._stream.feed(data)
        except (TypeError, ValueError, IndexError, KeyError):
            self._typist.glass.reset()
            self._stream = pyte.ByteStream(self._typist.glass)


class Wanderer:
    """Somebody at one netshell."""

    def __init__(self, who: Account, *arguments: str) -> None:
        self.arguments = arguments
        self.typist = sit_down(who, *arguments)
        self.typist._stream = _Sturdy(self.typist)
        self.typist.skims = True
        self._read = 0
        self._modes: dict[int, bool] = {}
        self.typist.until_prompt()

    @property
    def has_ended(self) -> bool:
        return self.typist.has_ended

    def act(self, act: Act) -> None:
        """Press the keys, or change the window, and take in a little of what comes."""
        if isinstance(act, tuple):
            self.typist.resize(*act)
        else:
            self.send(act)
        self.typist.look(0.005)

    def send(self, data: bytes) -> None:
        """Press keys, whatever they are."""
        while data and not self.has_ended:
            _, writable, _ = select.select([], [self.typist.child.child_fd], [], PATIENCE_S)
            if not writable:
                return
            with suppress(OSError):
                data = data[os.write(self.typist.child.child_fd, data[:1024]) :]
            self.typist.look(0)

    def rest(self) -> None:
        """Until nothing comes for a moment; a program may go on for ever."""
        enough = time.monotonic() + 0.3
        while time.monotonic() < enough and self.typist.look(_QUIET_S):
            pass

    def answers(self, number: int, patience_s: float) -> bool:
        """Whether a fresh line is run: its output is seen, and after that a prompt."""
        wanted = b"M%dE" % (number + 1_000_000)
        begin = len(self.typist.heard)
        self.send(f"echo M$(({number}+1000000))E\r".encode())
        deadline = time.monotonic() + patience_s
        while wanted not in self.typist.heard[begin:]:
            if self.has_ended or time.monotonic() > deadline:
                return False
            self.typist.look()
        while not self._is_at_prompt():
            if self.has_ended or time.monotonic() > deadline:
                return False
            self.typist.look()
        return True

    def _is_at_prompt(self) -> bool:
        found = self.typist.prompt()
        return found is not None and not found["line"].strip()

    def problems(self) -> list[str]:
        """What is not as it should be at a prompt."""
        news = bytes(self.typist.heard[self._read :])
        self._read = len(self.typist.heard)
        found = [f"shown: {word.decode()}" for word in _WORDS if word in news]
        for numbers, switch in _MODE.findall(news):
            self._modes |= {int(number): switch == b"h" for number in numbers.split(b";") if number}
        if left := {mode for mode, is_on in self._modes.items() if is_on} - _AT_REST:
            found.append(f"modes left on: {sorted(left)}")
        if not self._modes.get(25, True):
            found.append("the cursor is hidden")
        if self.typist.glass.margins not in {None, (0, 23)}:
            found.append(f"margins: {self.typist.glass.margins}")
        return found

    def leave(self) -> int | None:
        """`:quit`; the exit status, None where netshell does not end."""
        self.send(CTRL_C.encode())
        self.rest()
        self.send(b":quit\r")
        try:
            return self.typist.until_end(PATIENCE_S)
        except AssertionError:
            return None


def bring_back(wanderer: Wanderer, number: int, done: Doings) -> str:
    """How the prompt came back after a sequence; empty where nothing brings it."""
    wanderer.typist.resize(24, 80)
    wanderer.rest()
    for way in ("Ctrl-C", "Ctrl-C twice"):
        wanderer.send(CTRL_C.encode())
        wanderer.rest()
        if wanderer.answers(number, _FIRST_S if done.may_hold else PATIENCE_S):
            return way
        if wanderer.has_ended:
            return "ended"
    wanderer.send(CTRL_BRACKET.encode())
    wanderer.rest()
    wanderer.send(CTRL_C.encode())
    wanderer.rest()
    wanderer.send(b":term\r")
    wanderer.rest()
    return "another terminal" if wanderer.answers(number, PATIENCE_S) else "ended" if wanderer.has_ended else ""


def play(numbers: Sequence[int], seed: int, who: Account, *, is_told: bool = False) -> Tally:
    """Do the sequences of these numbers, at one netshell after another."""
    tally, began = Tally(is_told=is_told), time.monotonic()
    wanderer: Wanderer | None = None
    since = 0
    for number in numbers:
        if wanderer is None or since >= _SITTING:
            if wanderer is not None:
                _leave(wanderer, tally)
            wanderer, since = _sit(who, tally), 0
        since += 1
        if not _one(wanderer, number, seed, tally):
            wanderer = None
    if wanderer is not None:
        _leave(wanderer, tally)
    for report in (who.home / "state" / "netshell").glob("bug-*"):
        tally.faults.append(f"a bug's report: {report.read_text(encoding='utf-8')[-2000:]}")
    tally.took_s = time.monotonic() - began
    return tally


def _sit(who: Account, tally: Tally) -> Wanderer:
    tally.sittings += 1
    arguments = ("play",) if tally.sittings % 3 else ("learn", "netns", "--step", str(tally.sittings % 7 + 1))
    return Wanderer(who, *arguments)


def _one(wanderer: Wanderer, number: int, seed: int, tally: Tally) -> bool:
    """One sequence; False where another netshell is needed for the next one."""
    done = doings(seed, number)
    tally.sequences += 1
    tally.kinds[done.kind] += 1
    began = time.monotonic()
    for act in done.acts:
        if wanderer.has_ended:
            break
        wanderer.act(act)
    way = bring_back(wanderer, number, done)
    took_s, known = time.monotonic() - began, len(tally.faults)
    where = f"sequence {number} (seed {seed}, {' '.join(wanderer.arguments)}): {_shown(done)}"
    if took_s > tally.slowest_s:
        tally.slowest_s, tally.slowest = took_s, f"{where[:200]}, by {way or 'nothing'},"
    tally.ways[way or "NOT"] += 1
    goes_on = _judge(wanderer, done, way, where, tally)
    if tally.is_told:
        sys.stderr.write(f"{number} {took_s:.1f} {way or 'NOT'} {where[:160]}\n")
        sys.stderr.write("".join(f"FAULT {fault}\n" for fault in tally.faults[known:]))
    return goes_on


def _judge(wanderer: Wanderer, done: Doings, way: str, where: str, tally: Tally) -> bool:
    """Note what is wrong after a sequence; whether this netshell is fit for the next one."""
    if way == "ended":
        status = wanderer.typist.until_end(PATIENCE_S)
        is_told = done.may_leave or re.search("# :(q|exit|bye)", wanderer.typist.screen())  # out of the history, too
        if status not in _LEFT or not is_told:
            tally.faults.append(f"netshell ended with {status}: {where}\n{wanderer.typist.screen()}")
        return False
    tally.faults += [f"{problem} after {where}" for problem in wanderer.problems()]
    if not way or (way == "another terminal" and not done.may_hold):
        tally.faults.append(f"the prompt came back by {way or 'nothing'}: {where}\n{wanderer.typist.screen()}")
    if way in {"", "another terminal"} or done.is_lasting:
        _leave(wanderer, tally)
        return False
    return True


def _leave(wanderer: Wanderer, tally: Tally) -> None:
    with wanderer.typist:
        status = wanderer.leave()
        if status != 0:
            tally.faults.append(f"`:quit` gives {status}\n{wanderer.typist.screen()}")


def _shown(done: Doings) -> str:
    acts = [act if isinstance(act, tuple) else act[:60] for act in done.acts]
    return f"{done.kind} {acts}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Keys that nobody in their right mind would press.")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, default=-1, help="this one sequence alone")
    parser.add_argument("--tell", action="store_true", help="each sequence, as it is done")
    asked = parser.parse_args()
    numbers = [asked.only] if asked.only >= 0 else range(asked.sequences)
    ids = ordinary_ids() if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    with program_for(*ids) as program, account("ordinary", program) as who:
        tally = play(numbers, asked.seed, who, is_told=asked.tell)
    sys.stdout.write(tally.report() + "\n")
    raise SystemExit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
