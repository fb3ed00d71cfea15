"""TCP connections: how they are opened, what goes each way, how they end (RFC 9293)."""

from collections.abc import Iterator
from typing import ClassVar

from netshell.explain.stories.complaints import complaints_words, is_redirect
from netshell.explain.stories.fate import fate, lost_answer
from netshell.explain.stories.flow import Flow
from netshell.explain.stories.keys import Key, key_of
from netshell.explain.stories.rewriting import rewriting
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.tcp_side import Side
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import count, listing, sentences, times
from netshell.packets.headers import Tcp
from netshell.packets.layers import Packet


class Connection(Flow):
    """One connection, from its first SYN on as far as it was seen."""

    kind: ClassVar[str] = "tcp"

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.ahead = Side()
        self.back = Side()
        self.is_confirmed = False
        """The third step: the opener acknowledged the SYN-ACK."""

    def is_reopened_by(self, segment: Tcp) -> bool:
        """Whether a SYN begins another connection between the same ports."""
        if not segment.is_syn or segment.is_ack:
            return False
        return self.ahead.syn is None or self.ahead.initial != segment.seq

    def take(self, trip: Trip, packet: Packet, *, is_ahead: bool) -> None:
        """The next segment."""
        segment = packet.transport
        if not isinstance(segment, Tcp):
            return
        side, other = (self.ahead, self.back) if is_ahead else (self.back, self.ahead)
        side.send(trip, segment)
        if segment.is_ack:
            other.acknowledge(segment.ack)
        if is_ahead and segment.is_ack and not segment.is_rst and self.back.syn is not None:
            self.is_confirmed = True

    def stories(self, stage: Stage) -> Iterator[Story]:
        """Its story, by how far it came."""
        ahead, back = self.ahead, self.back
        if ahead.syn is not None and back.syn is None and not back.count:
            yield self._unanswered(stage)
        elif ahead.syn is not None and back.syn is None and back.reset is not None and not ahead.data_bytes:
            yield self._refused(stage)
        elif ahead.syn is not None and back.syn is not None and not self.is_confirmed:
            yield self._half_open(stage)
        else:
            yield self._spoken(stage)

    def _syns(self) -> str:
        number = self.ahead.syns
        return "a SYN" if number == 1 else f"a SYN {times(number)}"

    def _unanswered(self, stage: Stage) -> Story:
        last = self.ahead.last_syn
        sent = f"{self.who(stage)} sent {self._syns()} to {self.port_of_other(stage)}"
        complaints = [one for one in self.complaints if not is_redirect(one.message)]
        if complaints:
            says = sentences(f"{sent}{self.on_the_way(stage)}", complaints_words(complaints, stage))
            return self.story(says, is_trouble=True, at=complaints[-1].trip.origin)
        if last is None or stage.is_young(last.time_ns):
            return self.story(sentences(f"{sent}; not answered yet"))
        result = fate(last, stage, "it" if self.ahead.syns == 1 else "the last one")
        if result is None:
            reason = "it was dropped on the way, or a firewall keeps silent"
            return self.story(sentences(f"{sent}; no answer was seen", reason), is_trouble=True)
        return self.story(sentences(sent, rewriting(last, stage), result.says), is_trouble=True, at=result.at)

    def _refused(self, stage: Stage) -> Story:
        reset = self.back.reset
        sent = f"{self.who(stage)} sent {self._syns()} to {self.port_of_other(stage)}{self.on_the_way(stage)}"
        changed = self.changed(stage)
        by = reset.origin if reset else ""
        end = self.ahead.last_syn.receivers[-1:] if self.ahead.last_syn else []
        if reset and not reset.reached(self.opener):
            lost = lost_answer(reset, self.opener, stage, "the refusal (RST)")
            return self.story(sentences(sent, changed, lost.says), is_trouble=True, at=lost.at)
        if by and end == [by] and not changed and not stage.has(by, self.dst) and not self.is_with_itself:
            says = f"{named(by)} answered RST in its place: a rule of a firewall there may refuse it"
        else:
            who = "it" if self.is_with_itself else self.other(stage)
            says = f"{who} refused with RST: {self._nobody_listens(by, stage)}"
        return self.story(sentences(sent, changed, says), is_trouble=True, at=by)

    def _nobody_listens(self, node: str, stage: Stage) -> str:
        """Why a connection is refused: nobody is there, or somebody on another address of the node."""
        target = self.ahead.last_syn.path(stage.owners)[-1].packet if self.ahead.last_syn else None
        key = key_of(target) if target else None
        address, port = (key[3], key[4]) if key else (self.dst, self.dst_port)
        elsewhere = stage.listens_only_on(node, "tcp", port, address)
        if elsewhere:
            return f"port {port} is open there on {listing(elsewhere[:3])} only"
        if not stage.knows_sockets(node):
            return f"no program listens on port {port} there, or a firewall refuses"
        return f"no program listens on port {port} there"

    def _half_open(self, stage: Stage) -> Story:
        answer = self.back.last_syn
        sent = f"{self.who(stage)} sent {self._syns()} to {self.port_of_other(stage)}{self.on_the_way(stage)}"
        other = self.other(stage)
        if answer is not None and not answer.reached(self.opener):
            lost = lost_answer(answer, self.opener, stage, f"the SYN-ACK{_again(self.back.syns)}")
            return self.story(sentences(sent, lost.says), is_trouble=True, at=lost.at)
        if self.ahead.reset is not None:
            says = f"{other} answered SYN-ACK, and {self.who(stage)} broke it off with RST"
            return self.story(sentences(sent, says), is_trouble=True, at=self.opener)
        if answer is not None and stage.is_young(answer.time_ns):
            return self.story(
                sentences(f"{sent}; {other} answered SYN-ACK; the ACK that ends the opening is not sent yet")
            )
        says = f"{other} answered SYN-ACK{_again(self.back.syns)}, but the third step, the ACK, was not seen"
        return self.story(sentences(sent, says), is_trouble=True, at=self.opener)

    def _spoken(self, stage: Stage) -> Story:
        """A connection that was open."""
        who, other = self.who(stage), "itself" if self.is_with_itself else self.other(stage)
        target = self.port_of_other(stage)
        if self.ahead.syn is not None:
            opened = f"{who} opened a TCP connection to {target}{self.on_the_way(stage)} (SYN, SYN-ACK, ACK)"
        else:
            opened = f"{who} and {target} spoke over a TCP connection that was opened before"
        changed = self.changed(stage)
        data = self._data(who, other)
        trouble, at = self._unrepaired(who, other, stage)
        ending, is_cut = self._ending(who, other)
        if trouble:
            return self.story(sentences(opened, changed, trouble), is_trouble=True, at=at)
        says = sentences(opened, changed, f"{data}; {ending}", self._repaired())
        return self.story(says, is_trouble=is_cut)

    def _data(self, who: str, other: str) -> str:
        ahead, back = self.ahead.data_bytes, self.back.data_bytes
        if not ahead and not back:
            return "no data went over it"
        if self.is_with_itself:
            return f"{count(ahead, 'byte')} went to the listening side, {count(back, 'byte')} came back"
        if not back:
            return f"{who} sent {count(ahead, 'byte')}, {other} none"
        if not ahead:
            return f"{other} sent {count(back, 'byte')}, {who} none"
        return f"{who} sent {count(ahead, 'byte')} and got {back:,}"

    def _ending(self, who: str, other: str) -> tuple[str, bool]:
        """How it ended, and whether it was cut off."""
        ahead, back = self.ahead, self.back
        if self.is_with_itself:
            who, other = "the opener", "the listening side"
        if ahead.fin and back.fin:
            first, second = (who, other) if ahead.fin.number < back.fin.number else (other, who)
            return f"{first} closed first (FIN), then {second}", False
        reset = ahead.reset or back.reset
        if reset is not None:
            cutter = who if ahead.reset is reset else other
            closed = f"{who if ahead.fin else other} closed (FIN), " if ahead.fin or back.fin else ""
            return f"{closed}{cutter} broke it off (RST)", True
        if ahead.fin or back.fin:
            first, second = (who, other) if ahead.fin else (other, who)
            return f"{first} has closed its side (FIN), {second} has not yet", False
        return "it is still open", False

    def _repaired(self) -> str:
        """What was lost and came through after all."""
        again = self.ahead.resent + self.back.resent
        if not again:
            return ""
        return f"{count(again, 'segment')} had to be sent again, and came through"

    def _unrepaired(self, who: str, other: str, stage: Stage) -> tuple[str, str]:
        """Data that was sent again and never acknowledged, or a complaint: words, and where."""
        complaints = [one for one in self.complaints if not is_redirect(one.message)]
        if complaints:
            return complaints_words(complaints, stage), complaints[-1].trip.origin
        for side, sender, receiver in ((self.ahead, who, other), (self.back, other, who)):
            last = side.last_resent
            if last is None or not side.unacknowledged or stage.is_young(last.time_ns):
                continue
            sent = f"{sender} sent its last {count(side.unacknowledged, 'byte')} again, {times(side.resent)}"
            said = f"{sent}, and {receiver} never acknowledged them"
            end = fate(last, stage, "the last try")
            return sentences(said, end.says if end else "").rstrip("."), end.at if end else last.origin
        return "", ""


def _again(number: int) -> str:
    return f" (sent {times(number)})" if number > 1 else ""
