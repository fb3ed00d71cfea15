"""Every fault of the catalogue in the networks that the bundled lessons build: made, told, mended, told well.

As a script: `python tests/broken_lessons.py [--places N] [--networks N] [--seed N] [--only FAULT,…] [LESSON…]` prints a
table, lesson by lesson, and everything that was told wrongly or not at all. `--places 0` tries each fault wherever it
can be made.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from broken_bed import Bed, traits
from broken_deed import Deed
from broken_deeds import MAKERS, NOT_TRIED, deeds
from broken_places import Place, pairs_of, place_of
from inside import apart

from netshell.diagnosis import Finding
from netshell.diagnosis.faults import FAULTS
from netshell.errors import UserError
from netshell.launch import launch
from netshell.lesson import library
from netshell.lesson.model import Lesson

_MENDS_MOST = 8
_PAIRS_MOST = 2
_UNTOLD = {"out-of-sight", "unexplained", "unanswered", "arp-unanswered", "rules-unclear"}
_BESIDE = {
    "duplicate-address", "address-on-lo", "duplicate-mac", "mtu-black-hole", "mtu-small", "broadcast-address", "ttl",
    "hosts-shadow", "rules-unclear", "arp-ignored", "out-of-sight", "lo-down",
}  # fmt: skip
"""Faults that leave a small ping through, now or always."""
_GIVEN_UP = {"dhcp", "ns99"}
"""What is asked for cannot come right by the mends alone."""


@dataclass
class Trial:
    """One fault at one place, and what came of it."""

    lesson: str
    steps: int
    deed: Deed
    told: list[Finding] = field(default_factory=list)
    """Without packets and with them; after that once after each mend."""
    looks: int = 2
    """How many of the first were told of the fault itself."""
    is_made: bool = True
    reached: bool | None = None
    reached_after: bool | None = None

    def right(self, finding: Finding) -> bool:
        deed = self.deed
        return finding.fault in {deed.fault, *deed.same} and (finding.at in deed.at or finding.fault in deed.same)

    def outcome_of(self, finding: Finding) -> str:
        """`right`, `wrong`, `silent`; `harmless` where it breaks nothing, and that is said."""
        if self.right(finding):
            return "right"
        if finding.holds:
            is_well = self.reached is True and self.deed.fault not in _BESIDE
            if self.reached and self.deed.fault == "rules-unclear":
                return "right"  # the answer has come through them
            return "harmless" if is_well else "silent" if self.reached is not False else "wrong"
        return "silent" if finding.fault in _UNTOLD else "wrong"

    @property
    def outcome(self) -> str:
        """The worst of what was told of the fault; and of a right one, whether its mend has mended it."""
        if not self.is_made:
            return "unmade"
        found = [self.outcome_of(one) for one in self.told[: self.looks]]
        worst = next(one for one in ("wrong", "silent", "harmless", "right") if one in found)
        last = self.told[-1]
        if worst != "right" or not FAULTS[self.deed.fault].mend or self.deed.ask[1] in _GIVEN_UP:
            return worst
        if self.reached_after is False:
            return "wrong" if last.holds else "silent"
        return "right" if last.holds or not last.mend else "unmended"

    def lines(self) -> Iterator[str]:
        where = f"{self.lesson} after step {self.steps}"
        yield f"{self.outcome}: {where}: {self.deed.fault}, asked {' '.join(self.deed.ask)}"
        yield f"    made: {' ; '.join((*self.deed.make, *self.deed.tries))}"
        yield f"    reached before: {self.reached}, after: {self.reached_after}; expected at {', '.join(self.deed.at)}"
        for number, one in enumerate(self.told):
            when = ("without packets", "with packets")[number] if number < self.looks == 2 else "told"
            yield f"    {when}: {one.fault or 'well'} at {one.at}: {one.says} | {one.mend}"


async def try_out(bed: Bed, place: Place, deed: Deed) -> Trial:
    """Make a fault, ask, mend as is told, ask again; the network is as before in the end."""
    trial = Trial(bed.lesson.id, bed.steps, deed, looks=1 if deed.tries else 2)
    source, target = deed.ask
    await bed.forget_neighbours()
    trial.is_made = await bed.make(*deed.make)
    if not deed.tries:
        trial.told.append(await bed.ask(source, target, has_wire=False))
        trial.reached = await bed.reaches(place, target)
    else:
        await bed.run(*deed.tries)
    trial.told.append(await bed.ask(source, target, has_wire=True))
    while not (last := trial.told[-1]).holds and last.mend and len(trial.told) <= _MENDS_MOST:
        await bed.make(_mending(last))
        trial.told.append(await bed.ask(source, target, has_wire=True))
    if trial.told[-1].holds and FAULTS[deed.fault].mend:
        trial.reached_after = await bed.reaches(place, target, 1.2)
        if trial.reached_after is False:  # now there are packets that tell of it
            trial.told.append(await bed.ask(source, target, has_wire=True))
    await bed.put_right(deed.undo, is_ruined=deed.ruins)
    return trial


def _mending(found: Finding) -> str:
    if FAULTS[found.fault].layer in range(80, 90) and "nc -" in found.mend:
        return f"{found.mend} & echo $! >>/tmp/broken.pids; sleep 0.2"
    return found.mend


async def networks_of(bed: Bed, most: int) -> list[tuple[int, list[Place]]]:
    """The last networks of a lesson that differ and are well between some nodes, by how many steps lead there."""
    found: list[tuple[int, list[Place]]] = []
    known: list[object] = []
    for steps in range(len(bed.lesson.steps), -1, -1):
        if len(found) >= most:
            break
        try:
            await bed.stand(steps)
        except UserError:
            continue
        if traits(bed.base) in known:
            continue
        known.append(traits(bed.base))
        places = await _well(bed)
        if places:
            found.append((steps, places))
    return found


async def _well(bed: Bed) -> list[Place]:
    """The pairs that are well: one far apart, one on a link; where there is none, a node with itself."""
    places: list[Place] = []
    for source, target in pairs_of(bed.base):
        place = place_of(bed.base, source, target)
        lengths = {len(one.hops) for one in places}
        is_new = place is not None and len(place.hops) not in lengths and (place.hops or not places)
        if place is None or not is_new or (place.hops and not place.own) or len(places) >= _PAIRS_MOST:
            continue
        if (await bed.ask(source, target, has_wire=False)).holds and await bed.reaches(place, target):
            places.append(place)
    return places


def chosen(places: Sequence[Place], most: int, chance: random.Random, only: Sequence[str]) -> list[tuple[Place, Deed]]:
    """Of each fault so many deeds, at whichever of the places; all of them for 0."""
    able: dict[str, list[tuple[Place, Deed]]] = {}
    for place in places:
        for deed in deeds(place):
            if not only or deed.fault in only:
                able.setdefault(deed.fault, []).append((place, deed))
    drawn = [chance.sample(found, min(most, len(found))) if most else found for found in able.values()]
    return sorted((each for found in drawn for each in found), key=lambda one: one[1].ruins)


@dataclass(frozen=True)
class Share:
    """How much is tried."""

    places: int = 1
    networks: int = 1
    seed: int = 1
    only: tuple[str, ...] = ()
    faults: int = 0
    """So many trials in all of each network, drawn by chance; 0 for all."""


def play_lesson(lesson: Lesson, share: Share, *, is_loud: bool = False) -> list[Trial]:
    """Every fault that is chosen, in a machine of its own."""

    async def scenario() -> list[Trial]:
        bed = Bed(launched, lesson)
        done: list[Trial] = []
        try:
            for steps, places in await networks_of(bed, share.networks):
                await bed.stand(steps)
                chance = random.Random(f"{share.seed} {lesson.id} {steps}")
                picked = chosen(places, share.places, chance, share.only)
                if share.faults:
                    picked = chance.sample(picked, min(share.faults, len(picked)))
                for place, deed in picked:
                    done.append(await try_out(bed, place, deed))
                    if is_loud and done[-1].outcome not in {"right", "harmless"}:
                        sys.stderr.write("\n".join(done[-1].lines()) + "\n")
        finally:
            bed.close()
        return done

    launched = launch(has_shared_directory=False)
    return asyncio.run(scenario())


def lessons(names: Sequence[str]) -> list[Lesson]:
    """The bundled lessons of those names, or all."""
    paths = [p for p in library.lessons_in(library.bundled_directory()) if not names or p.stem in names]
    return [library.load(Path(path), seed=1) for path in paths]


def report(done: Sequence[Trial]) -> str:
    """A line for each lesson, the sums, and everything that is not as it should be."""
    kinds = ("right", "harmless", "wrong", "unmended", "silent", "unmade")
    rows = [f"{'lesson':<18}{''.join(f'{kind:>10}' for kind in kinds)}"]
    for name in (*dict.fromkeys(trial.lesson for trial in done), ""):
        count = Counter(trial.outcome for trial in done if name in {trial.lesson, ""})
        rows.append(f"{name or 'all':<18}{''.join(f'{count[kind]:>10}' for kind in kinds)}")
    bad = [line for trial in done if trial.outcome not in {"right", "harmless"} for line in trial.lines()]
    tried = {trial.deed.fault for trial in done}
    rest = sorted(f.__name__.replace("_", "-") for f in MAKERS)
    nowhere = [name for name in rest if name not in tried]
    rows += ["", f"nowhere possible here: {', '.join(nowhere) or 'none'}", "not tried:"]
    rows += [f"    {name}: {reason}" for name, reason in NOT_TRIED.items()]
    return "\n".join([*bad, "", *rows])


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, usual in (("places", 1), ("networks", 1), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--only", default="")
    parser.add_argument("lessons", nargs="*")
    asked = parser.parse_args()
    share = Share(asked.places, asked.networks, asked.seed, tuple(filter(None, asked.only.split(","))))
    done: list[Trial] = []
    for lesson in lessons(asked.lessons):
        done += apart(lambda lesson=lesson: play_lesson(lesson, share, is_loud=True))  # type: ignore[misc]
    sys.stdout.write(report(done) + "\n")


if __name__ == "__main__":
    main()
