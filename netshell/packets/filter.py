"""A display filter: the language that tcpdump teaches (pcap-filter(7)), and plain words such as `tcp syn`, `host ns1`.

`compile_filter` turns the text into a predicate over packets. The grammar is here; what the single conditions mean is
in `filter_terms`, the arithmetic in `filter_numbers`. As in pcap-filter, `and` and `or` bind equally and from the left,
`not` closer; words side by side (`tcp syn`) belong together closest of all.
"""

from collections.abc import Iterable, Mapping

from netshell.packets import filter_terms as terms
from netshell.packets.filter_arithmetic import INDEXED, begins_relation, read_relation
from netshell.packets.filter_ids import Qualifiers, Where, target
from netshell.packets.filter_lexer import Cursor, Token, integer, nearest
from netshell.packets.filter_numbers import Outside
from netshell.packets.filter_terms import Direction, Predicate
from netshell.packets.filter_words import (
    ALL_WORDS,
    DIRECTIONS,
    ETHERNET_WORDS,
    FLAG_WORDS,
    LINK_PROTOCOLS,
    NOT_HERE,
    OWN_WORDS,
    TYPES,
)
from netshell.packets.layers import Packet

_MOST_TERMS = 200
_DEEPEST = 50
_JOINS = frozenset({"and", "or"})
_QUALIFIERS = INDEXED | TYPES | DIRECTIONS
_LINK_WORDS: Mapping[str, Predicate] = {
    "broadcast": terms.ether_broadcast,
    "multicast": terms.ether_multicast,
    "stp": terms.spanning_tree,
}


def compile_filter(text: str, nodes: Mapping[str, Iterable[str]] | None = None) -> Predicate:
    """A predicate that says which packets a filter chooses; an empty filter chooses all.

    `nodes` maps the names of nodes to their addresses, as text without prefix length. Raises UserError that names the
    place in the filter, what was expected there, and the nearest word.
    """
    parser = _Parser(text, {name: tuple(addresses) for name, addresses in (nodes or {}).items()})
    wanted = parser.whole()
    if not parser.has_numbers:
        return wanted

    def chosen(packet: Packet) -> bool:
        try:
            return wanted(packet)
        except Outside:
            return False

    return chosen


class _Parser:
    """One filter while it is read, from left to right."""

    def __init__(self, text: str, nodes: Mapping[str, tuple[str, ...]]) -> None:
        self._nodes = nodes
        self._cursor = Cursor(text)
        self._terms = 0
        self._depth = 0
        self._tags = 0
        self._inherited: Qualifiers | None = None
        """What stood before the last address or port: `host ns1 or ns2` (pcap-filter(7))."""
        self.has_numbers = False

    def whole(self) -> Predicate:
        """The predicate of the whole filter."""
        cursor = self._cursor
        if not cursor.has_more():
            return lambda _packet: True
        wanted = self._expression()
        if cursor.now.text == ")":
            cursor.fail("This bracket closes nothing.", "Take it away, or open one before.")
        if cursor.has_more():
            cursor.fail("Expected `and`, `or` or the end of the filter.", "Join two conditions with `and` or `or`.")
        return wanted

    def _expression(self) -> Predicate:
        """`and` and `or` from the left; several of the same in a row become one."""
        cursor = self._cursor
        parts, sign = [self._phrase()], ""
        while cursor.now.kind == "word" and cursor.now.text in _JOINS:
            text = cursor.advance().text
            if sign not in {"", text}:
                parts = [_joined(sign, parts)]
            sign = text
            parts.append(self._phrase())
        return _joined(sign, parts)

    def _phrase(self) -> Predicate:
        """Conditions side by side, all of which must hold; `not` turns the whole of them round."""
        is_negated = False
        while self._cursor.take("not"):
            is_negated = not is_negated
        parts = [self._condition()]
        while self._begins_condition():
            parts.append(self._condition())
        wanted = _joined("and", parts)
        return (lambda packet: not wanted(packet)) if is_negated else wanted

    def _begins_condition(self) -> bool:
        token = self._cursor.now
        return token.text == "(" or (token.kind == "word" and token.text not in {*_JOINS, "not", "mask"})

    def _condition(self) -> Predicate:
        self._terms += 1
        if self._terms > _MOST_TERMS:
            problem = f"More than {_MOST_TERMS} conditions are not read."
            self._cursor.fail(problem, "Use a network in place of many addresses.")
        may_be_net = self._inherited is not None and self._inherited.type == "net"
        if begins_relation(self._cursor, may_be_net=may_be_net):
            self.has_numbers = True
            return read_relation(self._cursor, self._tags)
        if self._cursor.now.text == "(":
            return self._group()
        return self._primitive()

    def _group(self) -> Predicate:
        opening = self._cursor.advance()
        self._depth += 1
        if self._depth > _DEEPEST:
            self._cursor.fail(f"More than {_DEEPEST} brackets inside each other are not read.", token=opening)
        wanted = self._expression()
        self._depth -= 1
        if not self._cursor.take(")"):
            self._cursor.fail("Expected `)`.", f"The bracket at character {opening.at + 1} is still open.")
        return wanted

    def _primitive(self) -> Predicate:
        """One condition in words."""
        token = self._cursor.now
        if token.kind == "end":
            self._cursor.fail("Expected a condition.", "Such as `icmp`, `host 192.0.2.1` or `tcp port 80`.")
        is_node = token.kind == "word" and token.written in self._nodes
        if token.kind == "word" and token.text in NOT_HERE and not is_node:
            self._cursor.fail("This word is not known here.", NOT_HERE[token.text])
        found = self._counted() or self._plain_word()
        if found is not None:
            return found
        if token.kind == "word" and token.text in _QUALIFIERS:
            return self._qualified()
        return self._bare(token, is_node=is_node)

    def _bare(self, token: Token, *, is_node: bool) -> Predicate:
        """An address, a name or a number with nothing before it: what was asked for last is meant, or a host."""
        if token.kind == "sign":
            self._cursor.fail("Expected a condition.", "Such as `icmp`, `host 192.0.2.1` or `tcp port 80`.")
        inherited = self._inherited
        if inherited is not None and (token.kind != "word" or self._where().is_known(token, inherited)):
            return self._target(inherited)
        if token.kind == "number":
            self._cursor.fail("A number alone says nothing.", f"Did you mean `port {token.text}`?")
        if token.kind == "word" and not is_node:
            close = nearest(token.written, ALL_WORDS | set(self._nodes))
            self._cursor.fail("This is neither a word of the filter language nor a node.", close)
        return self._target(Qualifiers("", "src or dst", "host"))

    def _counted(self) -> Predicate | None:
        """`less N`, `greater N`, `vlan [N]`."""
        if self._cursor.take("less"):
            most = self._number()
            return lambda packet: packet.wire_length <= most
        if self._cursor.take("greater"):
            least = self._number()
            return lambda packet: packet.wire_length >= least
        if self._cursor.take("vlan"):
            number = self._number() if self._cursor.now.kind == "number" else None
            self._tags += 1
            return terms.tagged(number, self._tags - 1)
        return None

    def _number(self) -> int:
        token = self._cursor.advance()
        if token.kind != "number":
            self._cursor.fail("Expected a number.", token=token)
        return integer(token)

    def _plain_word(self) -> Predicate | None:
        """Words that stand alone."""
        token = self._cursor.now
        found: Predicate | None = None
        if token.kind != "word":
            return None
        if token.text in _LINK_WORDS:
            found = _LINK_WORDS[token.text]
        elif token.text in FLAG_WORDS:
            found = terms.flags(token.text)
        elif token.text in OWN_WORDS:
            found = terms.own_word(token.text)
        if found is not None:
            self._cursor.advance()
        return found

    def _qualified(self) -> Predicate:
        """`[protocol] [src|dst] [host|net|port|portrange|proto] …`, with any of the three left out."""
        cursor = self._cursor
        protocol = cursor.advance() if cursor.now.text in INDEXED else None
        if protocol and cursor.now.kind == "word" and cursor.now.text in {"broadcast", "multicast"}:
            return self._addressed_to_many(protocol)
        direction = self._direction()
        kind = cursor.advance() if cursor.now.kind == "word" and cursor.now.text in TYPES else None
        name = protocol.text if protocol else ""
        if kind is None and direction is None:
            return self._bare_protocol(name)
        qualifiers = Qualifiers(name, direction or "src or dst", kind.text if kind else "host")
        if cursor.now.text == "(":
            self._inherited = qualifiers
            return self._group()
        return self._target(qualifiers)

    def _bare_protocol(self, name: str) -> Predicate:
        token = self._cursor.now
        if token.kind in {"ipv4", "ipv6", "mac", "number"}:
            kind = "port" if token.kind == "number" else "host"
            self._cursor.fail(
                f"Expected a word that says what {token.text} is.", f"Did you mean `{kind} {token.text}`?"
            )
        if name in ETHERNET_WORDS:
            remedy = "Such as `ether host 02:00:00:00:00:01`."
            self._cursor.fail(f"Expected a word that says what of the link `{name}` means.", remedy)
        if name in LINK_PROTOCOLS:
            return terms.carries(LINK_PROTOCOLS[name], self._tags)
        return terms.word(name, self._tags)

    def _addressed_to_many(self, protocol: Token) -> Predicate:
        kind = self._cursor.advance()
        known: dict[tuple[str, str], Predicate] = {
            ("ether", "broadcast"): terms.ether_broadcast,
            ("ether", "multicast"): terms.ether_multicast,
            ("ip", "broadcast"): terms.ip_broadcast,
            ("ip", "multicast"): terms.ip_multicast(self._tags),
            ("ip6", "multicast"): terms.ip6_multicast(self._tags),
        }
        found = known.get((protocol.text, kind.text))
        if found is None:
            self._cursor.fail(f"`{protocol.text}` has no {kind.text}.", f"Did you mean `ip {kind.text}`?", protocol)
        return found

    def _direction(self) -> Direction | None:
        """`src`, `dst`, `src or dst`, `src and dst`."""
        cursor = self._cursor
        token = cursor.now
        if token.kind != "word" or token.text not in DIRECTIONS:
            return None
        cursor.advance()
        is_joined = cursor.now.kind == "word" and cursor.now.text in _JOINS
        if is_joined and cursor.next.text in DIRECTIONS and cursor.next.text != token.text:
            sign = cursor.advance()
            cursor.advance()
            return "src and dst" if sign.text == "and" else "src or dst"
        return "src" if token.text == "src" else "dst"

    def _where(self) -> Where:
        return Where(self._cursor.text, self._nodes, self._tags)

    def _target(self, qualifiers: Qualifiers) -> Predicate:
        """What the qualifiers are about: an address, a network, a port, a protocol."""
        found = target(self._where(), qualifiers, self._cursor.rest())
        for _ in range(found.tokens):
            self._cursor.advance()
        self._inherited = qualifiers
        return found.predicate


def _joined(sign: str, parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        if sign == "and":
            return lambda packet: first(packet) and second(packet)
        return lambda packet: first(packet) or second(packet)
    if sign == "and":
        return lambda packet: all(part(packet) for part in parts)
    return lambda packet: any(part(packet) for part in parts)
