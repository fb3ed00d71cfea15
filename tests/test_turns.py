"""Work that two processes share: its text comes out as if one had done it, and nobody is left behind."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netshell.turns import Turn, shared

pytestmark = pytest.mark.kernel


def children() -> bool:
    """Whether this process has a child that it has not waited for."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=12))
def test_the_text_is_that_of_one_process_whatever_turns_are_left_out(texts: list[str | None]) -> None:
    def work(share: int | None) -> Iterator[Turn]:
        for number, text in enumerate(texts):
            if text is not None and share in {None, number % 2}:
                yield number, text

    assert "".join(shared(work)) == "".join(text for text in texts if text is not None)
    assert not children()


def test_texts_longer_than_any_pipe_come_through() -> None:
    def work(share: int | None) -> Iterator[Turn]:
        for number in range(6) if share is None else range(share, 6, 2):
            yield number, f"{number}" * 3_000_000

    assert [(text[0], len(text)) for text in shared(work)] == [(f"{number}", 3_000_000) for number in range(6)]


def test_text_that_no_encoding_has_comes_through() -> None:
    assert list(shared(lambda share: [(share or 0, "\udcff→")])) in (["\udcff→"], ["\udcff→"] * 2)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor: no second process")
def test_what_goes_wrong_beside_is_raised_here() -> None:
    def work(share: int | None) -> Iterator[Turn]:
        yield share or 0, "first"
        if share:
            raise ValueError("a fault of that process")

    texts = shared(work)
    with pytest.raises(RuntimeError, match="a fault of that process"):
        list(texts)
    assert not children()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor: no second process")
def test_a_process_that_ends_too_early_is_noticed() -> None:
    def work(share: int | None) -> Iterator[Turn]:
        yield share or 0, "first"
        if share:
            os._exit(0)

    with pytest.raises(RuntimeError, match="before its work did"):
        list(shared(work))


def test_who_reads_no_further_leaves_no_process_behind() -> None:
    def work(share: int | None) -> Iterator[Turn]:
        number = share or 0
        while True:
            yield number, "x" * 100_000
            number += 2

    texts = shared(work)
    assert len(next(texts)) == 100_000
    texts.close()  # type: ignore[attr-defined]
    assert not children()
