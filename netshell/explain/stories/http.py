"""HTTP requests and their answers (RFC 9112), in the order in which one connection carries them."""

from collections import deque
from collections.abc import Iterator

from netshell.explain.stories.flow import Flow
from netshell.explain.stories.stage import Stage
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import count, sentences
from netshell.packets.messages import Http
from netshell.packets.summary import harmless

_LONGEST_PATH = 60
_LONGEST_REASON = 40
_MOST_DIGITS = 12
_MOST_WAITING = 256


class Exchange:
    """One request and its answer."""

    def __init__(self, flow: Flow, trip: Trip, request: Http) -> None:
        self._flow = flow
        self._request = request
        self._asked = trip
        self._answer: tuple[Trip, Http] | None = None

    @property
    def first(self) -> Trip:
        """The packet that carried the request."""
        return self._asked

    def answer(self, trip: Trip, response: Http) -> None:
        """What came back."""
        self._answer = (trip, response)

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._asked.number

    def stories(self, stage: Stage) -> Iterator[Story]:
        """What was asked for, and the status that came back."""
        flow, request = self._flow, self._request
        path = harmless(request.target, _LONGEST_PATH)
        asked = f"{flow.who(stage)} asked {flow.whom(stage)} for {path} ({harmless(request.method)})"
        if self._answer is None:
            is_young = stage.is_young(self._asked.time_ns)
            says = f"{asked}; {'not answered yet' if is_young else 'no HTTP answer was seen'}"
            yield Story("http", sentences(says), tuple(self._asked.numbers), not is_young, flow.opener)
            return
        trip, response = self._answer
        numbers = tuple(sorted([*self._asked.numbers, *trip.numbers]))
        reason = harmless(response.reason, _LONGEST_REASON)
        size = response.header("Content-Length") or ""
        is_number = size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS
        body = f", {count(int(size), 'byte')}" if is_number and request.method != "HEAD" else ""
        says = f"{asked}; the answer: {response.status} {reason}".rstrip() + f"{body}{_meaning(response)}"
        is_trouble = response.status >= 400
        at = (trip.origin if is_trouble else "") or flow.opener
        yield Story("http", sentences(says), numbers, is_trouble, at)


def _meaning(response: Http) -> str:
    """What a status asks of the client, where it is not plain from its reason."""
    place = response.header("Location")
    if 300 <= response.status < 400 and place:
        return f": it is to ask for {harmless(place, _LONGEST_PATH)}"
    return ""


class Exchanges:
    """The HTTP requests of a trace."""

    def __init__(self) -> None:
        self.all: list[Exchange] = []
        self._waiting: dict[int, deque[Exchange]] = {}

    def add(self, flow: Flow, trip: Trip, message: Http, *, is_ahead: bool) -> None:
        """The next message; an answer belongs to the oldest request of its connection that has none yet."""
        waiting = self._waiting.setdefault(id(flow), deque(maxlen=_MOST_WAITING))
        if not message.is_response:
            if any(one.first.packet.payload == trip.packet.payload for one in waiting):
                return  # the same segment, sent again
            found = Exchange(flow, trip, message)
            self.all.append(found)
            waiting.append(found)
        elif waiting and not is_ahead and message.status >= 200:
            waiting.popleft().answer(trip, message)
