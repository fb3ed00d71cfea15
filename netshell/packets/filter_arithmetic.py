"""The grammar of comparisons of numbers in a filter: `tcp[tcpflags] & (tcp-syn|tcp-ack) != 0`, `len > 100`."""

from netshell.packets.filter_lexer import Cursor, Token, integer, nearest
from netshell.packets.filter_numbers import (
    OPERATORS,
    RELATIONS,
    Value,
    accessor,
    combined,
    constant,
    length,
    relation,
)
from netshell.packets.filter_terms import Predicate
from netshell.packets.filter_words import CONSTANTS, ETHERNET_WORDS, LINK_PROTOCOLS, PROTOCOLS

INDEXED = frozenset({*PROTOCOLS, *LINK_PROTOCOLS, *ETHERNET_WORDS})
"""Words that may stand before `[`."""

_SIGNS = frozenset({*OPERATORS, *RELATIONS})
_DEEPEST = 50
_EXAMPLE = "Such as `tcp[tcpflags] = tcp-syn`."


def begins_relation(cursor: Cursor, *, may_be_net: bool) -> bool:
    """Whether a comparison begins here; a bracket belongs to one if an operator follows its end.

    `may_be_net`: a number with a `/` behind it is a network and no division.
    """
    token, following = cursor.now, cursor.next
    if token.text == "(":
        after = cursor.after_bracket()
        return after is not None and after.kind == "sign" and after.text in _SIGNS
    if token.text in {"-", "len"} or (token.kind == "word" and token.text in CONSTANTS):
        return True
    if token.kind == "word" and token.text in INDEXED:
        return following.text == "["
    is_number = token.kind == "number" and not may_be_net
    return is_number and following.kind == "sign" and following.text in _SIGNS


def read_relation(cursor: Cursor, tags: int) -> Predicate:
    """The condition that a comparison makes. `tags` as in `filter_terms`."""
    reader = _Reader(cursor, tags)
    left = reader.number()
    sign = cursor.now
    if sign.kind != "sign" or sign.text not in RELATIONS:
        cursor.fail("Expected a comparison: `=`, `!=`, `<`, `<=`, `>` or `>=`.", _EXAMPLE)
    cursor.advance()
    return relation(sign.text, left, reader.number())


class _Reader:
    """One comparison while it is read."""

    def __init__(self, cursor: Cursor, tags: int) -> None:
        self._cursor = cursor
        self._tags = tags
        self._depth = 0

    def number(self, weakest: int = 1) -> Value:
        """Operands joined by operators that bind at least so closely, from the left."""
        cursor = self._cursor
        left = self._operand()
        while cursor.now.kind == "sign" and OPERATORS.get(cursor.now.text, (0, None))[0] >= weakest:
            sign = cursor.advance()
            right = self.number(OPERATORS[sign.text][0] + 1)
            if sign.text in {"/", "%"} and right.constant == 0:
                cursor.fail("This divides by zero.", token=sign)
            left = combined(sign.text, left, right)
        return left

    def _operand(self) -> Value:
        token = self._cursor.advance()
        self._depth += 1
        if self._depth > _DEEPEST:
            self._cursor.fail(f"More than {_DEEPEST} brackets inside each other are not read.", token=token)
        value = self._nested(token) or self._plain(token)
        self._depth -= 1
        return value

    def _nested(self, token: Token) -> Value | None:
        """What has a number inside: brackets, a sign, bytes of a header."""
        if token.text == "(":
            value = self.number()
            if not self._cursor.take(")"):
                self._cursor.fail("Expected `)`.", f"The bracket at character {token.at + 1} is still open.")
            return value
        if token.text == "-":
            return combined("-", constant(0), self._operand())
        if token.kind == "word" and token.text in INDEXED and self._cursor.take("["):
            return self._index(token)
        return None

    def _plain(self, token: Token) -> Value:
        if token.kind == "number":
            return constant(integer(token))
        if token.text == "len":
            return length()
        if token.kind == "word" and token.text in CONSTANTS:
            return constant(CONSTANTS[token.text])
        problem = "Expected a number, a name such as `tcp-syn`, or bytes of a header such as `ip[8]`."
        return self._cursor.fail(problem, nearest(token.text, frozenset(CONSTANTS)), token)

    def _index(self, protocol: Token) -> Value:
        """Behind the bracket of `protocol[offset:size]`."""
        cursor = self._cursor
        offset, size = self.number(), 1
        if cursor.take(":"):
            token = cursor.advance()
            if token.text not in {"1", "2", "4"}:
                cursor.fail("A field of 1, 2 or 4 bytes can be read.", token=token)
            size = int(token.text)
        if not cursor.take("]"):
            cursor.fail("Expected `]`.", f"Such as `{protocol.text}[0:2]`.")
        return accessor(protocol.text, offset, size, self._tags)
