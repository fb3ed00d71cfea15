"""DNS questions and their answers (RFC 1035), over UDP and TCP."""

from collections.abc import Iterator
from ipaddress import ip_address

from netshell.explain.stories.complaints import complaints_words, is_redirect
from netshell.explain.stories.fate import fate, lost_answer
from netshell.explain.stories.flow import Flow
from netshell.explain.stories.stage import Stage
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import listing, milliseconds, sentences, times
from netshell.packets.messages import Dns
from netshell.packets.summary import harmless

_LONGEST_NAME = 70
_MOST_RECORDS = 3
_PROBLEMS = {
    1: "it did not understand the question (FORMERR)",
    2: "it could not find out (SERVFAIL)",
    3: "there is no such name (NXDOMAIN)",
    4: "it does not do that (NOTIMP)",
    5: "it does not answer for us (REFUSED)",
}
"""By response code (RFC 1035, 4.1.1)."""


class LookUp:
    """One question, however often it was sent, and its answer."""

    def __init__(self, flow: Flow, message: Dns) -> None:
        self._flow = flow
        self._question = message.questions[0] if message.questions else None
        self._flows = {id(flow): flow}
        self._asked: list[Trip] = []
        self._answer: tuple[Trip, Dns] | None = None
        self._strayed: Trip | None = None
        self._numbers: list[int] = []

    def add(self, flow: Flow, trip: Trip, message: Dns) -> None:
        """One more packet of it."""
        self._flows[id(flow)] = flow
        self._numbers += trip.numbers
        if not message.is_response:
            self._asked.append(trip)
        elif not trip.reached(flow.opener):
            self._strayed = trip
        elif self._answer is None:
            self._answer = (trip, message)

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._numbers[0]

    def stories(self, stage: Stage) -> Iterator[Story]:
        """Who asked whom for what, and the answer."""
        complaints = [one for flow in self._flows.values() for one in flow.complaints if not is_redirect(one.message)]
        numbers = tuple(sorted({*self._numbers, *(n for one in complaints for n in one.trip.numbers)}))
        flow = self._flow
        asked = self._question_words(stage)
        if self._answer is not None:
            words, is_trouble, at = self._answer_words(stage)
            yield Story("dns", sentences(f"{asked}{words}"), numbers, is_trouble, at or flow.opener)
            return
        if complaints:
            at = complaints[-1].trip.origin or flow.opener
            yield Story("dns", sentences(asked, complaints_words(complaints, stage)), numbers, True, at)
            return
        if _is_for_many(flow.dst):
            yield Story("dns", sentences(asked), numbers, at=flow.opener)
            return
        if self._asked and stage.is_young(self._asked[-1].time_ns):
            yield Story("dns", sentences(f"{asked}; not answered yet"), numbers, at=flow.opener)
            return
        end = fate(self._asked[-1], stage, "the question") if self._asked else None
        if self._strayed is not None:
            end = lost_answer(self._strayed, flow.opener, stage)
        if end is None:
            yield Story("dns", sentences(f"{asked}; no answer was seen"), numbers, True, flow.opener)
        else:
            yield Story("dns", sentences(asked, end.says), numbers, True, end.at)

    def _question_words(self, stage: Stage) -> str:
        flow, question = self._flow, self._question
        what = f"the {question.type} record of {harmless(question.name, _LONGEST_NAME)}" if question else "nothing"
        often = f" {times(len(self._asked))}" if len(self._asked) > 1 else ""
        over = " over TCP" if flow.kind == "tcp" else ""
        server = f"the group {flow.dst}" if _is_for_many(flow.dst) else flow.whom(stage)
        return f"{flow.who(stage)} asked {server}{often}{over} for {what}"

    def _answer_words(self, stage: Stage) -> tuple[str, bool, str]:
        """The answer, whether it is trouble, and where."""
        trip, message = self._answer or (None, None)
        if trip is None or message is None:
            return "", False, ""
        if not self._asked:
            return f"; {self._records(message)} (the question is not among these packets)", bool(message.rcode), ""
        time = milliseconds(trip.time_ns - self._asked[-1].time_ns)
        if message.is_truncated:
            return (
                f"; the answer is too long for UDP (TC is set): it has to ask again over TCP, after {time}",
                False,
                "",
            )
        if message.rcode:
            return f"; {self._records(message)}, after {time}", True, trip.origin or stage.owners.of(self._flow.dst)
        return f"; {self._records(message)}, after {time}", False, ""

    def _records(self, message: Dns) -> str:
        """The answer in words."""
        if message.rcode:
            return f"the answer: {_PROBLEMS.get(message.rcode, message.rcode_name)}"
        wanted = self._question.type if self._question else ""
        fitting = [one for one in message.answers if one.type == wanted] or list(message.answers)
        if not fitting:
            elsewhere = bool(message.authorities) and not message.is_authoritative
            refers = elsewhere and any(one.type == "NS" for one in message.authorities)
            if refers:
                return "the answer refers it to other name servers"
            return f"the answer: the name has no {wanted} record" if wanted else "an answer without records"
        shown = [harmless(one.value, _LONGEST_NAME) for one in fitting[:_MOST_RECORDS]]
        if len(fitting) > _MOST_RECORDS:
            shown.append(f"{len(fitting) - _MOST_RECORDS} more")
        alias = next((one.value for one in message.answers if one.type == "CNAME"), "")
        by = f", by its other name {harmless(alias, _LONGEST_NAME)}" if alias and wanted != "CNAME" else ""
        return f"the answer{by}: {listing(shown)}"


class LookUps:
    """The look-ups of a trace."""

    def __init__(self) -> None:
        self.all: list[LookUp] = []
        self._open: dict[tuple[object, ...], LookUp] = {}

    def add(self, flow: Flow, trip: Trip, message: Dns) -> None:
        """The next DNS message."""
        question = message.questions[0] if message.questions else None
        asked = (question.name.lower(), question.type) if question else ()
        key = (flow.kind, flow.src, flow.dst, message.ident, asked)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = LookUp(flow, message)
            self.all.append(found)
        found.add(flow, trip, message)


def _is_for_many(address: str) -> bool:
    try:
        return ip_address(address).is_multicast
    except ValueError:
        return False
