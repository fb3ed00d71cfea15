"""The check `http`: was a request of the learner's own answered, as it should be (RFC 9112)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node, unreachable
from netshell.checks.looks import Trace
from netshell.checks.pattern_words import http_of
from netshell.checks.words import subject, target
from netshell.errors import UserError
from netshell.packets.messages import Http
from netshell.packets.streams import follow
from netshell.packets.summary import harmless

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_PORT = 80
_REFUSES = 400
"""From this status on an answer says that something is wrong (RFC 9110, 15)."""
_LONGEST = 500
_SHOWN = 40


@dataclass(frozen=True, kw_only=True)
class HttpCheck(Check):
    """A request for the URL left the node in this step, and the answer has what is given. Any client will do."""

    kind: ClassVar[str] = "http"
    layer: ClassVar[int] = 9
    http: str
    """`http://HOST[:PORT]/PATH`; the host is an address, or the name that the request has in its `Host`."""
    status: int | None = None
    """Where it is missing, any below 400."""
    body: str | None = None
    """A text that is in what the answer brings."""
    method: str | None = None
    """`GET`, `HEAD` …; any where it is missing."""

    def look(self, evidence: Evidence) -> Verdict:
        """The latest answer that fits; else the latest answer, the latest request, or what keeps any from coming."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        trace = Trace(evidence.wire, evidence.looks)
        requests = list(self._requests(trace))
        failed: Verdict | None = None
        for seen, _ in reversed(requests):
            found = self._answered(evidence, trace, seen)
            if found is not None and found.holds:
                return found
            failed = failed or found
        if failed:
            return failed
        return self._unanswered(evidence, trace, requests)

    def _requests(self, trace: Trace) -> "Iterator[tuple[Seen, Http]]":
        """The requests for the URL that the node itself has sent."""
        for seen in trace.crossings:
            if seen.protocol != "HTTP" or seen.follows or trace.sender(seen) != self.at:
                continue
            message = http_of(seen)
            if message and not message.is_response and self._is_for(seen, message):
                yield seen, message

    def _is_for(self, seen: "Seen", message: Http) -> bool:
        url = urlsplit(self.http)
        path = message.target.partition("://")[2].partition("/")[2] if "://" in message.target else message.target[1:]
        if f"/{path}" != _path(self.http) or self.method not in {None, message.method}:
            return False
        transport = seen.packet.transport
        if getattr(transport, "dst_port", None) != (url.port or _PORT):
            return False
        host = url.hostname or ""
        if _is_ip(host):
            return seen.packet.dst == str(ip_address(host))
        said = (message.header("Host") or host).rpartition(":")[0] or message.header("Host") or host
        return said.lower() == host  # without a Host (HTTP/1.0) nothing tells by which name it was called

    def _answered(self, evidence: Evidence, trace: Trace, request: "Seen") -> Verdict | None:
        """How the answer to one request is; None where there is none yet."""
        answer = next(filter(partial(_answers, request), trace.crossings), None)
        message = http_of(answer) if answer else None
        if answer is None or message is None:
            return None
        got = harmless(f"{message.status} {message.reason}".strip(), _SHOWN)
        says = f"The answer to {target(self.at)} was {got}"
        if not (message.status == self.status if self.status else message.status < _REFUSES):
            return self._fails("wrong-status", f"{says}, expected {self.status or 'one that brings the page'}.", 1)
        if self.body is not None and not self._brings(evidence, answer):
            return self._fails("wrong-body", f"{says}, but `{self.body[:_SHOWN]}` is not in what it brought.", 2)
        return self._holds(f"{says}.")

    def _brings(self, evidence: Evidence, answer: "Seen") -> bool:
        try:
            talk = follow(answer.number, evidence.wire)
        except UserError:
            return False
        said = {side: b"".join(piece.data for piece in talk.pieces if piece.side == side) for side in (0, 1)}
        wanted = (self.body or "").encode()
        return any(wanted in text.partition(b"\r\n\r\n")[2] for text in said.values() if text.startswith(b"HTTP/"))

    def _unanswered(self, evidence: Evidence, trace: Trace, requests: "list[tuple[Seen, Http]]") -> Verdict:
        who = subject(self.at)
        others = [
            message
            for seen in trace.crossings
            if seen.protocol == "HTTP" and not seen.follows and trace.sender(seen) == self.at
            if (message := http_of(seen)) and not message.is_response
        ]
        if others and not requests:
            asked, named = harmless(others[-1].first_line, _SHOWN), others[-1].header("Host")
            whose = f" with the Host {harmless(named, _SHOWN)}" if named else ""
            says = f"{who} has sent `{asked}`{whose}, expected a request for {self.http}."
            return self._fails("other-page", says, 4)
        host = urlsplit(self.http).hostname or ""
        if _is_ip(host) and (cause := unreachable(evidence, self.at, host, tried=bool(requests))):
            return cause
        if requests:
            says = f"{who} asked for {_path(self.http)}, and no HTTP answer has come back yet."
            return self._fails("no-answer", says, 3)
        return self._fails("no-request", f"{who} has not asked for {self.http} {evidence.so_far}.", 5)

    def faults(self) -> Iterable[Fault]:
        """What is no URL of plain HTTP, and no status."""
        try:
            url = urlsplit(self.http)
            is_right = url.scheme == "http" and bool(url.hostname) and (url.port or _PORT) > 0
        except ValueError:
            is_right = False
        if not is_right or not self.http.isprintable() or len(self.http) > _LONGEST:
            yield Fault("http", f"`{self.http[:_LONGEST]}` is no http URL.", "Write it in full: http://192.0.2.1/")
        if self.status is not None and not 100 <= self.status <= 999:
            yield Fault("status", f"{self.status} is no status.", "Write three digits, such as 404.")
        if self.body is not None and not 0 < len(self.body) <= _LONGEST:
            yield Fault("body", "Expected some text here.", "Write words that the page has.")


def _answers(request: "Seen", seen: "Seen") -> bool:
    """Whether a crossing carries the head of the answer to a request, on the same connection."""
    if seen.protocol != "HTTP" or seen.number <= request.number or seen.follows:
        return False
    message = http_of(seen)
    if message is None or not message.is_response or message.status < 200:
        return False
    asked, answered = request.packet.transport, seen.packet.transport
    return getattr(asked, "src_port", 0) == getattr(answered, "dst_port", 1)


def _path(url: str) -> str:
    """What a client asks for of a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
