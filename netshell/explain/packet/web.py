"""Sentences for the head of an HTTP message, line by line (RFC 9110, RFC 9112)."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import Explainer, Item
from netshell.packets.fields import Field
from netshell.packets.messages import Header, Http

_METHODS: Mapping[str, str] = {
    "GET": "Asks for {target}.",
    "HEAD": "Asks for the head alone of what GET {target} would bring.",
    "POST": "Sends data to {target}, which is to do something with them.",
    "PUT": "Puts what follows at {target}.",
    "DELETE": "Asks to remove {target}.",
    "OPTIONS": "Asks what may be done with {target}.",
    "CONNECT": "Asks a proxy for a tunnel to {target}.",
}
_CLASSES: Mapping[int, str] = {
    1: "Not an answer yet: more is to come.",
    2: "It worked.",
    3: "It is to be had elsewhere.",
    4: "The request is at fault.",
    5: "The server is at fault.",
}
_STATUS: Mapping[int, str] = {
    200: "It worked: what was asked for follows.",
    204: "It worked, and there is nothing to send.",
    301: "It has moved for good: the Location line says where.",
    302: "It is elsewhere for now: the Location line says where.",
    304: "It has not changed: the client may use what it has.",
    400: "The server could not read the request.",
    401: "The client must say who it is.",
    403: "The server will not give it.",
    404: "The server has nothing by that name.",
    405: "This cannot be done with it.",
    500: "The server's program failed.",
    501: "The server does not know this method.",
    502: "A server behind this one answered nonsense.",
    503: "The server cannot, just now.",
}
_HEADERS: Mapping[str, str] = {
    "host": "Which site is meant: several may share one address.",
    "user-agent": "Which program asks.",
    "accept": "Which kinds of data the client can use.",
    "accept-encoding": "How the answer may be packed.",
    "accept-language": "Which languages the reader likes.",
    "authorization": "Proves who asks: anybody on the way can read it, unless TLS hides it.",
    "cookie": "What the server gave the client to remember.",
    "set-cookie": "What the client is to remember and send along next time.",
    "connection": "Whether the TCP connection stays open behind this message.",
    "content-length": "How many bytes follow behind the empty line: there the message ends.",
    "content-type": "What kind of data follow.",
    "transfer-encoding": "The data come in pieces, each with its length: the end is told by a piece of 0 bytes.",
    "content-encoding": "How what follows is packed.",
    "date": "When the server wrote this.",
    "server": "Which program answers.",
    "location": "Where it is to be had instead.",
    "last-modified": "When it was changed last: the client may ask next time whether it is newer.",
    "if-modified-since": "Only if it was changed since then.",
    "etag": "Names this version: the client may ask next time whether it is still the same.",
    "cache-control": "Who may keep a copy, and for how long.",
    "referer": "The page that led here.",
}


def _http(layer: Http, context: Context) -> str:
    if layer.is_response:
        return f"The program on {context.src} answers; the text behind the empty line is what it sends (RFC 9112)."
    return f"The program on {context.src} asks the one on {context.dst}, in lines of plain text (RFC 9112)."


def _line(layer: Http, field: Field, _context: Context) -> Item:
    """The first line, or a header line. Its own words are a stranger's."""
    if isinstance(field.value, Header):
        says = _HEADERS.get(field.value.name.strip().lower(), "A note from one program to the other.")
        return Item(field.value.name, field.value.value, says)
    if layer.is_response:
        says = _STATUS.get(layer.status) or _CLASSES.get(layer.status // 100, "A code of its own.")
        return Item("status line", layer.first_line, says)
    says = _METHODS.get(layer.method, f"{layer.method}: a method for {{target}}.").replace("{target}", layer.target)
    return Item("request line", layer.first_line, says)


HTTP: Explainer[Http] = Explainer(_http, {}, _line)
