"""The pure parts of the learner's seat: completion, prompt and toolbar, what is told of late output, history."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from netshell.repl.completer import common_start, completed, listing
from netshell.repl.guide import missing_program
from netshell.repl.history import open_history
from netshell.repl.keyboard import without_positions
from netshell.repl.late import Allowance, first_lines
from netshell.repl.prompt import message, toolbar
from netshell.terminal.completion import Candidate


def words(*texts: str, start: int = 3, ends_word: bool = True) -> list[Candidate]:
    return [Candidate(text, start, ends_word=ends_word) for text in texts]


def test_one_candidate_is_filled_in_with_a_space_where_a_word_ends() -> None:
    assert completed("ip net", words("netns")) == "ip netns "
    assert completed("ls /et", words("/etc/", ends_word=False)) == "ls /etc/"


def test_several_candidates_are_filled_in_as_far_as_they_agree() -> None:
    assert completed("ip n", words("netns", "netconf")) == "ip net"
    assert completed("ip net", words("netns", "netconf")) == "ip net"
    assert completed("ip 'a", words("'ab c'", "'ab d'")) == "ip 'ab "


@given(st.lists(st.text(max_size=6), min_size=1, max_size=5))
def test_a_common_start_is_the_longest_that_all_texts_begin_with(texts: list[str]) -> None:
    start = common_start(texts)
    assert all(text.startswith(start) for text in texts)
    longer = {text[: len(start) + 1] for text in texts}
    assert len(longer) > 1 or longer == {start}


def test_candidates_with_a_description_are_listed_one_a_line() -> None:
    found = [Candidate(":map", 0, "draw it"), Candidate(":help", 0, "this list")]
    assert listing(found, 24, 80) == [":map   draw it", ":help  this list"]


def test_candidates_stand_in_columns_by_name_and_no_line_is_too_long() -> None:
    assert listing(words("bb", "a", "ccc"), 24, 12) == ["a    ccc", "bb"]
    for columns in (1, 5, 20, 80):
        lines = listing(words(*(f"candidate{n}" for n in range(500))), 24, columns)
        assert len(lines) <= 13
        assert "more: a letter or two narrows them down" in lines[-1]


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=60), st.integers(1, 100), st.integers(1, 60))
def test_no_candidate_reaches_the_terminal_as_a_sequence(names: list[str], columns: int, rows: int) -> None:
    assert all(line.isprintable() for line in listing(words(*names), rows, columns))


def text_of(parts: object) -> str:
    assert isinstance(parts, list)
    return "".join(part[1] for part in parts)


def test_the_toolbar_leaves_out_what_has_no_room() -> None:
    place = ("netns", 2, 4)
    assert text_of(toolbar(place, 80)).endswith("netns 2/4  ●●○○")
    assert len(text_of(toolbar(place, 80))) == 79
    assert text_of(toolbar(place, 52)).strip().endswith("netns 2/4")
    assert text_of(toolbar(place, 20)) == " F1 help  netns 2/4"
    assert text_of(toolbar(place, 15)) == " netns 2/4"
    assert text_of(toolbar(place, 5)) == " netn"
    assert text_of(toolbar(("veth", 2, 14), 80)).endswith("veth 2/14")
    assert text_of(toolbar(("dynamic-routing", 10, 13), 80)).split()[-3:] == ["F7", "task", "10/13"]
    assert text_of(toolbar(None, 80)).startswith(" F1 help")
    assert text_of(toolbar(None, 8)) == ""


def test_before_a_terminal_is_open_the_prompt_names_it() -> None:
    assert text_of(message("pc", None)) == "pc:~# "


def test_an_allowance_gives_a_burst_and_then_so_many_a_second() -> None:
    now = 100.0
    allowance = Allowance(12, 4.0, lambda: now)
    assert [allowance.take(10), allowance.take(10), allowance.take(1)] == [10, 2, 0]
    now += 0.5
    assert allowance.take(10) == 2
    now += 1000
    assert allowance.take(100) == 12


def test_the_first_lines_are_counted_with_their_ends() -> None:
    assert first_lines(b"a\nb\nc", 0) == 0
    assert first_lines(b"a\nb\nc", 2) == 4
    assert first_lines(b"a\nb\nc", 3) == 5
    assert first_lines(b"", 3) == 0


def test_a_late_answer_about_the_cursor_is_no_key_and_shift_f3_is_one() -> None:
    assert without_positions(b"ls\x1b[24;7R -l") == b"ls -l"
    assert without_positions(b"\x1b[1;2R\x1b[A") == b"\x1b[1;2R\x1b[A"


def test_a_command_that_was_not_found_is_explained_where_netshell_knows_it() -> None:
    assert missing_program("hint") == "netshell's own commands begin with a colon: `:hint`."
    here = {"ip": True}.get
    says = missing_program("ip netns exec ns1 tcpdump -n", here)
    assert says.startswith("tcpdump is not installed on this computer.")
    assert missing_program(":why ns1").startswith("`:why` is netshell's own command, and was typed while a program")
    assert not missing_program("nosuchthing at all")
    assert not missing_program("")


def test_history_outlives_a_session(tmp_path: Path) -> None:
    open_history(tmp_path).store_string("ip netns add ns1\nsecond line")
    again = open_history(tmp_path)
    again.store_string("echo \udcff lone")
    assert list(open_history(tmp_path).load_history_strings()) == ["echo ? lone", "ip netns add ns1\nsecond line"]


def test_a_history_that_cannot_be_kept_is_no_trouble(tmp_path: Path) -> None:
    history = open_history(tmp_path / "not" / "there")
    history.store_string("lost")
    assert list(history.load_history_strings()) == []
    memory = open_history(None)
    memory.append_string("kept for now")
    assert memory.get_strings() == ["kept for now"]


def test_a_history_grown_too_long_keeps_its_newest_lines(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    for number in range(3000):
        history.store_string(f"echo {number} {'x' * 500}")
    lines = list(open_history(tmp_path).load_history_strings())
    assert lines[0].startswith("echo 2999 ")
    assert 500 < len(lines) < 1100
    assert all(line.startswith("echo ") for line in lines)
    assert (tmp_path / "history").stat().st_size < 1 << 20
