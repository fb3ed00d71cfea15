"""One source, one address and perhaps a port: the way there, the way back, who takes it, and what the packets say."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netshell.diagnosis import lookup, nat, ports, seen
from netshell.diagnosis.addresses import duplicate, first_misfit, swallowed
from netshell.diagnosis.cables import way_between
from netshell.diagnosis.faults import FAULTS
from netshell.diagnosis.faults.filters import FILTER_FAULTS
from netshell.diagnosis.finding import Break, Finding, Target
from netshell.diagnosis.limits import outlived, shortened, swallows, too_large
from netshell.diagnosis.lookup import source_for, version_of
from netshell.diagnosis.lost import below, unjoined
from netshell.diagnosis.passing import other_rules, packet_for
from netshell.diagnosis.segment import find_link
from netshell.diagnosis.telling import finding, ways, well
from netshell.diagnosis.way import Errand, Hop, Way, walk
from netshell.diagnosis.words import named, run_on, setting, socket_line, sysctl_line
from netshell.explain.owners import owners_in
from netshell.facts import Address, End, Node, Snapshot
from netshell.netfilter import turned_round

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_ECHO_KEY = "net.ipv4.icmp_echo_ignore_all"
_FILTERS = frozenset({"filter-drop", "filter-reject"})
_HIDDEN_BY_RULES = frozenset(
    {"no-way-back", "nobody-listens", "out-of-sight", "unanswered", "dead-route", *(f.name for f in FILTER_FAULTS)}
)
"""What rules that cannot be read, or a connection that is older than they are, may make right: an answer proves it."""


class Case:
    """What is asked, with all that is known of it."""

    def __init__(
        self,
        snapshot: Snapshot,
        here: Node,
        ip: str,
        target: Target,
        *,
        wire: "Sequence[Seen]",
        now_ns: int | None,
    ) -> None:
        self._snapshot, self._here, self._ip, self._target = snapshot, here, ip, target
        self._wire, self._now_ns = wire, now_ns
        self._holder = self._find_holder()
        self._attempt = self._latest() if wire else None

    def _latest(self) -> "seen.Attempt | None":
        """The last try of the asker, as the packets show it."""
        return seen.latest(
            self._wire,
            self._here.name,
            self._ip,
            self._target,
            owners=owners_in(self._snapshot),
            now_ns=self._now_ns,
            is_taken=self._is_taken,
        )

    def _is_taken(self, crossed: "Seen") -> bool:
        """Whether a frame is for the interface that it came to, or for a bridge that this is a port of."""
        crossing = crossed.crossing
        link = find_link(self._snapshot, crossing.receiver)
        if link is None or link.master or crossing.receiver == crossing.sender or not link.mac:
            return True
        goal = crossing.data[:6]
        return bool(goal[:1] and goal[0] & 1) or goal == bytes.fromhex(link.mac.replace(":", ""))

    def _find_holder(self) -> tuple[str, Address] | None:
        """The node that is meant: the one that was named, else the first that has the address, the asker last."""
        names = [] if self._target.is_address else [self._target.host]
        is_everyones = ip_address(self._ip).is_loopback
        others = [name for name in self._snapshot.nodes if name != self._here.name and not is_everyones]
        for name in (*names, *others, self._here.name):
            node = self._snapshot.nodes[name]
            if node.is_enterable and (held := lookup.holds(node, self._ip)):
                return name, held
        return None

    def judge(self) -> Finding:
        """The verdict."""
        target = ip_address(self._ip)
        if target.is_multicast or target.is_link_local or target.is_unspecified:
            return self._cannot_tell(f"{self._ip} is no address of a single node that routes decide about")
        is_other = not self._target.is_address and self._target.host != self._here.name
        if is_other and lookup.is_local(self._here, self._ip):
            return self._broken(self._twice(self._target.host, self._here.name, self._ip))
        source = source_for(self._here, self._ip)
        packet = packet_for(self._target, source, self._ip)
        errand = Errand(self._here.name, self._ip, source, self._holder, f"packets for {self._ip}", packet=packet)
        there = walk(self._snapshot, errand)
        if self._attempt and nat.hides(there, self._attempt.stopped):
            self._attempt = replace(self._attempt, is_out_of_sight=True)
        if there.broken:
            return self._stopped(there, there.broken)
        if there.out_of_sight:
            return self._cannot_tell(there.out_of_sight, *there.lines)
        if broken := swallowed(self._snapshot.nodes[there.end], there.ip) or outlived(self._here, there):
            return self._broken(broken, *there.lines)
        return self._back(there) if there.hops else self._at_port(there, there)

    def _stopped(self, there: Way, broken: Break) -> Finding:
        """What has stopped the packets on their way there; where NAT sent them on, that may be it."""
        if there.nat_doubt and not broken.fault.startswith("filter"):
            return self._unclear(there, there.nat_doubt)
        if FAULTS[broken.fault].layer < 60 and (astray := nat.astray(self._snapshot, there, broken)):
            return self._broken(astray, *there.lines)
        return self._broken(self._deeper(broken, there.end, self._holder[0] if self._holder else ""))

    def _twice(self, wrong: str, right: str, ip: str) -> Break:
        """One address on two nodes."""
        found = [lookup.holds(self._snapshot.nodes[name], ip) for name in (wrong, right)]
        ends = [End(name, held.dev if held else "") for name, held in zip((wrong, right), found, strict=True)]
        return duplicate(self._snapshot, ends[0], ends[1], ip)

    def _back(self, there: Way) -> Finding:
        """The way of the answers, from where the packets ended to the address that they came from."""
        source = there.packet.source if there.packet else None
        if source is None:
            stages = [(End(hop.node, hop.route.dev or ""), hop.to) for hop in there.hops]
            if broken := first_misfit(self._snapshot, stages, version_of(self._ip)):
                return self._broken(broken)
            return self._cannot_tell(f"{named(self._here.name)} has no address to send from", *there.lines)
        last = there
        for leg in self._legs(there, source):
            found = self._home(leg, there)
            if isinstance(found, Finding):
                return found
            last = found
        if broken := nat.bypassed(there, last, self._here.name):
            return self._broken(broken)
        return self._at_port(there, last)

    def _home(self, leg: tuple[str, str, str], there: Way) -> Way | Finding:
        """One leg of the way back, or what is wrong with it."""
        start, ip, goal = leg
        held = lookup.holds(self._snapshot.nodes[goal], ip)
        holder = (goal, held) if held else None
        answer = turned_round(there.packet) if there.packet and start == there.end else None
        source = answer.source if answer else self._ip
        seen_by = frozenset(node for hop in there.hops for node in (hop.node, hop.to.node))
        errand = Errand(
            start,
            ip,
            source,
            holder,
            f"answers to {ip}",
            is_answer=True,
            packet=answer,
            known=there.translations,
            passed=seen_by,
        )
        last = walk(self._snapshot, errand)
        if last.broken and there.nat_doubt:
            return self._unclear(there, there.nat_doubt)
        if last.broken:
            untranslated = nat.missing(self._snapshot, there) if last.broken.fault == "no-way-back" else None
            of_nat = untranslated or nat.homeless(self._snapshot, there, last.broken)
            broken = of_nat or _ended(last.broken, there.end)
            return self._broken(self._deeper(broken, last.end, goal), *there.lines)
        if last.out_of_sight:
            return self._cannot_tell(last.out_of_sight, *there.lines)
        if broken_at := self._misdirected(last, ip, goal) or outlived(self._snapshot.nodes[start], last):
            return self._broken(broken_at, *there.lines)
        if last.end != goal:
            return self._cannot_tell(f"the answers end at {named(last.end)}", *there.lines, *last.lines)
        return last

    def _misdirected(self, back: Way, ip: str, goal: str) -> Break | None:
        """Answers that somebody else has taken for its own."""
        if broken := swallowed(self._snapshot.nodes[back.end], back.ip):
            return broken
        is_own = lookup.holds(self._snapshot.nodes[goal], ip) is not None
        return self._twice(back.end, goal, ip) if back.end != goal and is_own else None

    def _legs(self, there: Way, source: str) -> list[tuple[str, str, str]]:
        """From where to which address the answers go, and whose it is; more than one leg where packets show a NAT."""
        attempt, end = self._attempt, there.end
        if attempt and not there.translations and attempt.nat and attempt.ends[0] != attempt.trip.packet.src:
            legs = [(end, attempt.ends[0], attempt.nat), (attempt.nat, source, self._here.name)]
            return [leg for leg in legs if leg[0] != leg[2] and leg[0] in self._snapshot.nodes]
        return [(end, source, self._here.name)]

    def _deeper(self, broken: Break, stopped: str, goal: str) -> Break:
        """What lies below a break: cables first, then addresses, from the source to the target and beyond the stop."""
        if self._holder is None:
            return below(self._snapshot, broken, self._ip)
        if self._holder[0] == self._here.name:
            return broken
        layer, target = FAULTS[broken.fault].layer, self._holder[0]
        way = way_between(self._snapshot, self._here.name, target)
        if way is None:
            return unjoined(self._snapshot, self._here, self._snapshot.nodes[target])
        onward = way_between(self._snapshot, stopped, goal) if goal and stopped != goal else None
        found = [one for one in (way, onward) if one is not None]
        for one in found:
            if one.breaks and FAULTS[one.breaks[0].fault].layer < layer:
                return one.breaks[0]
        version = version_of(self._ip)
        misfits = [misfit for one in found if (misfit := first_misfit(self._snapshot, one.stages, version))]
        if misfits and (FAULTS[misfits[0].fault].layer < layer or misfits[0].fault == "address-elsewhere"):
            return misfits[0]
        return broken

    def _at_port(self, there: Way, back: Way) -> Finding:
        """Who takes what has arrived."""
        attempt = self._attempt
        if self._target.port is None:
            ignored = self._ignores_echoes(there.end)
            return self._broken(ignored, *there.lines) if ignored else self._well(there, back, "")
        if attempt and not there.translations and attempt.nat and attempt.ends[1] != self._ip:
            return self._well(there, back, "") if attempt.answer == "yes" else self._unexplained(there)
        return self._served(there, back, self._target.port)

    def _served(self, there: Way, back: Way, port: int) -> Finding:
        """Whether somebody waits at the port that the packets have come to."""
        node, packet, attempt = self._snapshot.nodes[there.end], there.packet, self._attempt
        came = there.hops[-1].to.link if there.hops else "lo"
        source = (packet.source if packet else None) or ""
        port = (packet.destination_port if packet else None) or port
        taker = ports.waiting(node, self._target.protocol, port, there.ip, came=came, source=source)
        if taker is None and attempt and attempt.is_silent and self._target.protocol == "tcp":
            return self._unexplained(there)  # a closed port of TCP answers with RST
        if taker is None and attempt and self._is_refused_before(there, attempt):
            return self._unexplained(there)
        if taker is None:
            of_nat = nat.astray(self._snapshot, there) or nat.missed(node, there)
            closed = of_nat or ports.closed(node, self._target.protocol, port, there.ip, came=came)
            return self._broken(closed, *there.lines)
        verb = f"has a connection with {named(self._here.name)}" if taker.remote else ports.verb(taker.protocol)
        where = f"on {named(there.end)}" if there.translations else "there"
        says = f", and {taker.program or 'a program'} {where} {verb} {taker.protocol}/{port}"
        return self._well(there, back, says, socket_line(node.name, taker))

    def _is_refused_before(self, there: Way, attempt: "seen.Attempt") -> bool:
        """Whether an RST came back, and not from where the packets should have come to: they did not get so far."""
        is_reset = attempt.answer == "refused" and attempt.error is None and not there.translations
        return is_reset and not attempt.nat and attempt.stopped not in {"", there.end}

    def _ignores_echoes(self, end: str) -> Break | None:
        node = self._snapshot.nodes[end]
        if version_of(self._ip) == 6 or setting(node, _ECHO_KEY) != "1":
            return None
        words = {"node": named(end), "key": _ECHO_KEY, "run": run_on(end, f"sysctl -w {_ECHO_KEY}=0")}
        return Break("echo-ignored", end, words, (sysctl_line(node, _ECHO_KEY),))

    def _broken(self, broken: Break, *lines: str) -> Finding:
        """What the state shows, with the packets that show it, unless an answer proves that rules make it right."""
        attempt = self._attempt
        is_at_the_end = broken.at == self._here.name and broken.fault in _FILTERS  # behind the wire, as it were
        if attempt and attempt.answer == "yes" and broken.fault in _HIDDEN_BY_RULES and not is_at_the_end:
            says = f"{self._whom()} answers {named(self._here.name)}: {attempt.told()}."
            return well(self._holder[0] if self._holder else self._here.name, says, attempt.told(), *lines)
        packets: list[str] = []
        if attempt and attempt.answer != "yes" and not attempt.is_young:
            packets.append(attempt.told())
        elif self._wire:
            asked = seen.in_vain(self._wire, broken.at, broken.words.get("gateway", self._ip), self._now_ns)
            packets += [seen.asked_line(broken.at, asked)] if asked else []
        return finding(broken, *lines, *packets)

    def _cannot_tell(self, reason: str, *lines: str) -> Finding:
        return self._broken(Break("out-of-sight", self._here.name, {"why": reason}, lines))

    def _well(self, there: Way, back: Way, port: str, *lines: str) -> Finding:
        """Nothing is broken in the state: unless the packets say otherwise, all is well."""
        if broken := swallows(self._snapshot, there) or swallows(self._snapshot, back):
            return finding(broken, *there.lines)
        found = self._contradiction(there, back) if self._wire else None
        if found is None or found.fault == "unexplained":
            found = self._doubtful(there, back) or found
        if found is not None:
            return found
        evidence = [*there.lines, *(back.lines if back is not there else ()), *lines]
        if self._attempt and self._attempt.answer == "yes":
            evidence.append(self._attempt.told())
        here = named(self._here.name)
        if not there.hops:
            says = f"All is well: {here} reaches itself ({self._ip}) over lo, which is UP{port}."
        else:
            says = f"All is well from {here} to {self._whom()}: {ways(there, back)}{nat.told(there)}{port}."
        return well(there.end, says, *evidence)

    def _doubtful(self, there: Way, back: Way) -> Finding | None:
        """Rules on the way that nobody can judge, unless an answer has come through them.

        What an answer meets at the asker itself lies behind the wire: that it crossed tells nothing of that.
        """
        passed = [name for way in (there, back) for hop in way.hops for name in (hop.node, hop.to.node)]
        crossed = way_between(self._snapshot, self._here.name, there.end) if there.hops else None
        passed += [step.end.node for step in crossed.steps] if crossed else []
        others = [other_rules(self._snapshot.nodes[name]) for name in dict.fromkeys(passed)]
        doubts = [doubt for doubt in (*there.doubts, *back.doubts, *others) if doubt]
        if self._attempt and self._attempt.answer == "yes":
            last = (*back.doubts, other_rules(self._here))
            doubts = [doubt for doubt in last if f" {named(self._here.name)} " in f" {doubt} "]
        return self._unclear(there, doubts[0]) if doubts else None

    def _unclear(self, there: Way, doubt: str) -> Finding:
        """That a rule stands in the way of a judgement."""
        at = next((name for name in self._snapshot.nodes if f" {named(name)} " in f" {doubt} "), there.end)
        told = self._attempt.told() if self._attempt and not self._attempt.is_young else ""
        words = {"why": doubt, "saw": f"; {told}" if told else ""}
        return self._broken(Break("rules-unclear", at, words, there.lines))

    def _whom(self) -> str:
        return f"{named(self._holder[0])} ({self._ip})" if self._holder else self._ip

    def _contradiction(self, there: Way, back: Way) -> Finding | None:
        """What packets show that went wrong although the state is right."""
        asked = next(
            (found for way in (there, back) for hop in way.hops if (found := self._asked_in_vain(way, hop))), None
        )
        attempt = self._attempt
        if asked is not None:
            return asked
        if attempt is None or attempt.answer == "yes" or attempt.is_young:
            return None
        if attempt.has_expired:
            return self._expired(there)
        length = attempt.length if attempt.is_silent else None
        is_large = attempt.was_too_large or attempt.is_silent
        if is_large and (broken := too_large(self._snapshot, there, attempt.told(), length)):
            return finding(broken, *there.lines)
        is_datagram = self._target.protocol == "udp" and self._target.port is not None
        if is_datagram and not attempt.answer and attempt.stopped == there.end:
            return self._answered_from_elsewhere(there, attempt)  # a datagram need not be answered
        return self._unexplained(there)

    def _asked_in_vain(self, way: Way, hop: Hop) -> Finding | None:
        """A question for a MAC that went unanswered, where it should have been: it arrived, or it did not even that."""
        asked = seen.in_vain(self._wire, hop.node, hop.route.via or way.ip, self._now_ns)
        if asked is None:
            return None
        line = seen.asked_line(hop.node, asked)
        if hop.to.node in asked.reached:
            words = {"node": named(hop.node), "target": asked.target, "other": named(hop.to.node)}
            return finding(Break("arp-unanswered", hop.to.node, words, (line, *way.lines)))
        saw = f"{line}; the question did not come to {named(hop.to.node)}, which would have answered"
        at = asked.reached[0] if asked.reached else hop.node
        return finding(Break("unexplained", at, {"saw": saw}, (line, *way.lines)))

    def _answered_from_elsewhere(self, there: Way, attempt: "seen.Attempt") -> Finding | None:
        """An answer to a datagram that the asker does not take for one: it comes from another address of the node."""
        answer = seen.stray_answer(self._wire, attempt)
        if answer is None:
            return None
        words = {
            "node": named(there.end),
            "asked": attempt.ends[1],
            "other": answer.packet.src,
            "source": named(self._here.name),
        }
        line = f"packet {answer.number} came to {self._here.name} from {answer.packet.src}"
        return finding(Break("other-source", there.end, words, (line, *there.lines)))

    def _unexplained(self, there: Way) -> Finding:
        """Packets stopped, and nothing in the state shows why."""
        attempt = self._attempt
        if attempt is None:
            return self._cannot_tell("packets go another way than the routes say", *there.lines)
        at = attempt.lost_at or attempt.stopped
        if attempt.answer == "refused":
            at = attempt.stopped if attempt.error is None else owners_in(self._snapshot).of(attempt.complainer)
        told = attempt.told()
        if attempt.stopped and self._is_refused_before(there, attempt):
            told += f"; it came no farther than to {named(attempt.stopped)}"
        return finding(Break("unexplained", at or there.end, {"saw": told}, (told, *there.lines)))

    def _expired(self, there: Way) -> Finding | None:
        attempt = self._attempt
        if attempt is None:
            return None
        if attempt.ttl > len(there.routers):
            rewritten = shortened(self._snapshot, there, self._here.name, attempt.ttl)
            return self._broken(rewritten, *there.lines) if rewritten else self._unexplained(there)
        routers = max(attempt.ttl - 1, 0)
        at = owners_in(self._snapshot).of(attempt.complainer) or there.end
        words = {
            "node": named(at),
            "source": named(self._here.name),
            "ttl": str(attempt.ttl),
            "routers": "no router" if routers == 0 else f"{routers} router{'s' * (routers > 1)}",
        }
        return finding(Break("ttl", at, words, (attempt.told(), *there.lines)))


def _ended(broken: Break, end: str) -> Break:
    """With the node that the packets got to, from where no answer came back."""
    return Break(broken.fault, broken.at, {**broken.words, "end": named(end)}, broken.evidence)
