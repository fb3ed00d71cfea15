import itertools
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.terminal.stream import Mark, Stream, plain

NONCE = "n0"

pieces = st.one_of(
    st.binary(max_size=20),
    st.text(max_size=10).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            *(b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b\\", b"\x07", b"\x18", b"\x1a", b"\xc2", b"\x9b", b"\x9d"),
            *(
                b"6",
                b"n",
                b"c",
                b"?",
                b">",
                b"$",
                b"p",
                b";",
                b"52",
                b"h",
                b"l",
                b"1049",
                b"25",
                b"\n",
                b"\x05",
                b"\x7f",
            ),
            *(b"\x1b[6n", b"\x1b[?1049h", b"\x1b[?25l", b"\x1b[0m", b"\x1b]0;title\x07", b"\x1b]52;c;aGk=\x1b\\"),
            *(f"\x1b]133;{kind};{NONCE};1;2\x07".encode() for kind in "ACT"),
            b"\x1b]133;A;forged\x07",
        ]
    ),
)
streams = st.lists(pieces, max_size=30).map(b"".join)


def follow(chunks: Iterable[bytes]) -> list[bytes | Mark]:
    """The parts, with neighbouring texts put together."""
    stream = Stream(NONCE)
    parts: list[bytes | Mark] = []
    for chunk in chunks:
        for part in stream.feed(chunk):
            if parts and isinstance(part, bytes) and isinstance(parts[-1], bytes):
                parts[-1] += part
            else:
                parts.append(part)
    return parts


def text_of(data: bytes) -> bytes:
    return b"".join(part for part in follow([data]) if isinstance(part, bytes))


@given(streams, st.lists(st.integers(0, 300)))
def test_any_split_into_chunks_gives_the_same(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[start:end] for start, end in itertools.pairwise(edges)]
    assert follow(chunks) == follow([data]) == follow(data[at : at + 1] for at in range(len(data)))


ESCAPES = re.compile(rb"\x1b(?:\[[?]?[0-9:;]*[ !\"]?[@A-Za-z`]|[78DEHMNOcno=>]|#8|[()*+./-].)", re.DOTALL)
ASKING = re.compile(
    rb"\x1b(?:\[[0-9;:?<=>]*[ -/]*[cntxiy]|\[[>?=<][0-9;:]*[uqm]|\[[0-9;?]*\$p|Z|[\]PX^_])|\x05|\xc2[\x80-\x9f]"
)


@given(streams)
def test_nothing_but_drawing_comes_out(data: bytes) -> None:
    text = text_of(data)
    assert not ASKING.search(text)
    assert ESCAPES.sub(b"", text).count(b"\x1b") == 0


@given(streams)
def test_text_without_control_sequences_is_untouched(data: bytes) -> None:
    data = data.translate(None, b"\x1b\x05\xc2")
    assert text_of(data) == data


@given(streams)
def test_a_transcript_has_no_control_characters(data: bytes) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", plain(data))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\x1b]0;title\x07b", b"ab"),
        (b"a\x1b]52;c;aGVsbG8=\x1b\\b", b"ab"),
        (b"a\x1b]52;c;aGVs\x1b[0mb", b"a\x1b[0mb"),
        (b"a\x1b]52;c;aGVs\x18b", b"ab"),
        (b"a\x1bP$q m\x1b\\b", b"ab"),
        (b"a\x1bPsixel\x07more\x1b\\b", b"ab"),
        (b"a\x1b_kitty\x1b\\b\x1b^x\x1b\\c\x1bXy\x1b\\d", b"abcd"),
        (b"\x1b[c\x1b[>c\x1b[=c\x1bZ\x1b[5n\x1b[6n\x1b[?6n\x1b[18t\x1b[x\x1b[?u\x1b[>q\x1b[?2026$p\x05.", b"."),
        (b"\x1b[?4m\x1b[>4;2m\x1b[?1;1;0S\x1b[1$w\x1b[1;1;1;1;2;2*y\x1b[#R\x1b[5i\x1b[>1u.", b"."),
        (b"\x1b[6\nn.", b"\n."),
        (b"\x1b[6\x7fn.", b"."),
        (b"\x1b[6\x1b[1mx", b"\x1b[1mx"),
        (b"\x1b\x1b\x1b[31mx", b"\x1b[31mx"),
        (b"\x1b[12\xc3\xa9", "é".encode()),
        (
            b"\x1b[31;1mred\x1b[m\x1b[2J\x1b[H\x1b[3;4H\x1b[K\x1b(0q\x1b(B",
            b"\x1b[31;1mred\x1b[m\x1b[2J\x1b[H\x1b[3;4H\x1b[K\x1b(0q\x1b(B",
        ),
        (b"\x1b[2h\x1b[12l\x1b[4h\x1b[2;4l", b"\x1b[4h\x1b[4l"),
        (b"\x1b[?2l\x1b[?2048h\x1b[?3;25h", b"\x1b[?25h"),
        (b"\x1b%@\x1b%G\x1b G.", b"."),
        (b"\xc2\x9b6n\xc2\xb0", b"6n\xc2\xb0"),
        ("naïve ° — 漢字 🙂".encode(), "naïve ° — 漢字 🙂".encode()),
    ],
)
def test_what_reaches_beyond_the_screen_is_taken_out(data: bytes, text: bytes) -> None:
    assert text_of(data) == text


def test_marks_need_the_nonce() -> None:
    data = (
        b"x\x1b]133;A;n0;0;1;pc;/root\x07\x1b]133;A;nX;0;1;pc;/\x07\x1b]133;A\x07\x1b]133;D;n0\x07\x1b]133;C;n0\x1b\\y"
    )
    assert follow([data]) == [b"x", Mark("A", ("0", "1", "pc", "/root")), Mark("C", ()), b"y"]


def test_a_mark_may_be_long_and_hold_any_character() -> None:
    typed = "ü" * 3000 + ";;"
    assert follow([f"\x1b]133;T;n0;{typed}\x07".encode()]) == [Mark("T", tuple(typed.split(";")))]


@pytest.mark.parametrize("opening", [b"\x1b]", b"\x1bP", b"\x1b[", b"\x1b", b"\x1b]133;A;n0;"])
def test_an_unfinished_sequence_is_bounded_and_does_not_swallow_all_that_follows(opening: bytes) -> None:
    stream = Stream(NONCE)
    assert b"".join(part for part in stream.feed(opening) if isinstance(part, bytes)) == b""
    out = 0
    for _ in range(40):
        out += sum(len(part) for part in stream.feed(b"7" * 4096) if isinstance(part, bytes))
        assert len(stream._held) <= 1 << 16
    assert out > 4096 * 20
    assert follow([opening + b"junk", b"\x1b]133;C;n0\x07"])[-1:] == [Mark("C", ())]


def test_modes_are_followed_and_can_be_left_and_entered_again() -> None:
    stream = Stream(NONCE)
    assert (stream.leave(), stream.enter(), stream.is_full_screen()) == (b"", b"", False)
    list(stream.feed(b"\x1b[?1049h\x1b[?25l\x1b[?1000;1006h\x1b=\x1b[4h\x1b(0"))
    assert stream.is_full_screen()
    assert stream.leave() == b"\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[4l\x1b[?1049l\x1b>\x1b(B\x0f\x1b[0m"
    assert stream.enter() == b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[4h\x1b="
    list(stream.feed(b"\x1b[?1000l\x1b[?1006l\x1b[4l\x1b[?1049l\x1b[?25h\x1b>\x1b(B"))
    assert (stream.leave(), stream.is_full_screen()) == (b"", False)
    list(stream.feed(b"\x1b[?1049h\x1bc"))
    assert (stream.leave(), stream.is_full_screen()) == (b"", False)
    list(stream.feed(b"\x1b[?1049h\x1b[?2004h\x1b[3;9r"))
    assert (stream.forget_modes(), stream.forget_modes()) == (b"\x1b[?1049l\x1b7\x1b[r\x1b8\x1b[0m", b"")
    list(stream.feed(b"\x1b[3;9r\x1b[r"))
    assert stream.leave() == b""


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"10%\r50%\r100%\r\n", "100%\n"),
        (b"\x1b[1;31mred\x1b[0m \x1b(0x\x1b(B\x08\a", "red x"),
        (b"a\tb\xff", "a\tb\ufffd"),
    ],
)
def test_a_transcript_is_what_a_reader_would_copy(data: bytes, text: str) -> None:
    assert plain(data) == text
