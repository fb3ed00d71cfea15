"""Tab completion: what is being typed, which of the lab's names fit, and what bash offers."""

import asyncio
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netshell.facts import Address, End, Link, Node, Route, Snapshot
from netshell.terminal.completion import Candidate, answers, bash_words, complete, lab_words
from netshell.terminal.lab_words import unwrapped
from netshell.terminal.typed import quoted, read

HAS_BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion").exists()
needs_bash_completion = pytest.mark.skipif(not HAS_BASH_COMPLETION, reason="bash-completion is not installed")


def veth(name: str, peer: End | None = None) -> Link:
    return Link(name, 2, "veth", is_up=True, has_carrier=True, state="UP", peer=peer)


LAB = Snapshot(
    {
        "pc": Node(
            "pc", {"lo": Link("lo", 1, "loopback", is_up=True, has_carrier=True, state="UP"), "eth0": veth("eth0")}
        ),
        "ns1": Node(
            "ns1",
            {
                "ns1-veth0": veth("ns1-veth0", End("ns2", "ns2-veth0")),
                "br0": Link("br0", 3, "bridge", False, False, "DOWN"),
            },
            (Address("192.0.2.1/24", "ns1-veth0"), Address("127.0.0.1/8", "lo"), Address("fe80::1/64", "ns1-veth0")),
            (Route("default", "ns1-veth0", "192.0.2.254"), Route("192.0.2.0/24", "ns1-veth0")),
            sysctls={"net.ipv4.ip_forward": "0"},
        ),
        "ns2": Node(
            "ns2",
            {"ns2-veth0": veth("ns2-veth0")},
            (Address("192.0.2.2/24", "ns2-veth0"), Address("2001:db8::2/64", "ns2-veth0")),
            (Route("198.51.100.0/24", "ns2-veth0"),),
        ),
    }
)


def texts(candidates: list[Candidate]) -> list[str]:
    return [candidate.text for candidate in candidates]


def lab(before: str, node: str = "ns1") -> list[str]:
    return texts(lab_words(before, LAB, node))


@pytest.mark.parametrize(
    ("before", "words", "place"),
    [
        ("", [""], "command"),
        ("ec", ["ec"], "command"),
        ("ip li", ["ip", "li"], "argument"),
        ("ip link ", ["ip", "link", ""], "argument"),
        ("true; ip li", ["ip", "li"], "argument"),
        ("true && ec", ["ec"], "command"),
        ("true |ec", ["ec"], "command"),
        ("sleep 1 & ec", ["ec"], "command"),
        ("ip link\nec", ["ec"], "command"),
        ("ip \\\n li", ["ip", "li"], "argument"),
        ("echo $(ip li", ["ip", "li"], "argument"),
        ('echo "$(ip li', ["ip", "li"], "argument"),
        ("echo `ip li", ["ip", "li"], "argument"),
        ("echo $(date) x", ["echo", "$(date)", "x"], "argument"),
        ('echo "`date` a" x', ["echo", "`date` a", "x"], "argument"),
        ("diff <(ip li", ["ip", "li"], "argument"),
        ("(cd /et", ["cd", "/et"], "argument"),
        ("if ip li", ["ip", "li"], "argument"),
        ("while true; do ec", ["ec"], "command"),
        ("A=1 B=2 ip li", ["ip", "li"], "argument"),
        ("A=/et", ["A=/et"], "file"),
        ("cat < /et", ["cat", "/et"], "file"),
        ("cat 2>/et", ["cat", "/et"], "file"),
        ("cat > out /et", ["cat", "/et"], "argument"),
        ("echo 'a b' \"c d\" e\\ f", ["echo", "a b", "c d", "e f"], "argument"),
        ('ls "/etc/ho', ["ls", "/etc/ho"], "argument"),
        ("ls '/etc/ho", ["ls", "/etc/ho"], "argument"),
        ("echo $HO", ["echo", "$HO"], "variable"),
        ('echo "${HO', ["echo", "${HO"], "variable"),
        ("echo '$HO", ["echo", "$HO"], "argument"),
        ("cat ~ro", ["cat", "~ro"], "user"),
        ("ip link # ec", ["ip", "link", ""], "nothing"),
        ("echo a#b", ["echo", "a#b"], "argument"),
        ("echo $'a b", ["echo", "$'a b"], "nothing"),
        ("case x in a) ec", ["ec"], "command"),
        ("ping größe", ["ping", "größe"], "argument"),
    ],
)
def test_the_command_at_the_cursor_is_found(before: str, words: list[str], place: str) -> None:
    typed = read(before)
    assert [word.value for word in typed.words] == words
    assert typed.place == place


def test_words_break_at_equals_at_and_colon_outside_quotes() -> None:
    assert read("x --to=a:b").current.pieces == ("--to", "=", "a", ":", "b")
    assert read("x --to=").current.pieces == ("--to", "=")
    assert read("x 'a=b").current.pieces == ("'a=b",)
    assert read("dd of=/dev/nul").current.last_piece().raw == "/dev/nul"


@given(st.text(st.sampled_from("ab \t\n\\'\"$`<>()&;|{}#=:@~/!"), max_size=40) | st.text(max_size=30))
@settings(max_examples=400)
def test_any_text_can_be_read_and_its_words_lie_in_it(before: str) -> None:
    typed = read(before)
    for word in typed.words:
        assert before[word.start : word.start + len(word.raw)] == word.raw
        assert "".join(word.pieces) == word.raw
    assert typed.current.start + len(typed.current.raw) == len(before)
    assert isinstance(lab_words(before, LAB, "ns1"), list)


ANY_NAME = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    st.lists(ANY_NAME.filter(bool) | st.text("ab \\'\"$`!;~#*\n\x1b", min_size=1), min_size=1),
    st.sampled_from(["", "'", '"']),
)
@settings(max_examples=60, deadline=None)
def test_bash_takes_what_is_quoted_as_the_same_value(values: list[str], quote: str) -> None:
    typed = {value: text for value in values if (text := quoted(value, quote)) is not None}
    line = "printf '%s\\0' " + " ".join(typed.values())
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", line], stdout=subprocess.PIPE, check=True, env=environ)
    assert done.stdout.decode().split("\0")[:-1] == (list(typed) or [""])


@given(ANY_NAME, st.sampled_from(["", "'", '"']))
@settings(max_examples=300)
def test_what_is_quoted_reads_back_as_the_same_word(value: str, quote: str) -> None:
    text = quoted(value, quote)
    if text is None:
        assert quote
        return
    words = read(f"x {text} y").words
    assert len(words) == (3 if value or quote else 2)
    if value and not text.startswith("$'"):
        assert words[1].value == value
    assert text.isprintable() or not value.isascii()


@pytest.mark.parametrize(
    ("before", "words", "node"),
    [
        ("ip netns exec ns1 pi", "pi", "ns1"),
        ("sudo ip netns exec ns1 ping 1", "ping 1", "ns1"),
        ("ip netns exec ns1 ip netns exec ns2 x y", "x y", "ns2"),
        ("ip -n ns2 link set ", "ip link set ", "ns2"),
        ("ip -br -n ns2 link", "ip -br link", "ns2"),
        ("ip -n ns", "ip -n ns", "pc"),
        ("ip netns exec ns1", "ip netns exec ns1", "pc"),
        ("sudo -u root ec", "ec", "pc"),
        ("sudo -", "sudo -", "pc"),
        ("timeout 5 ping x", "ping x", "pc"),
        ("timeout 5", "timeout 5", "pc"),
        ("env A=b ip li", "ip li", "pc"),
        ("ss -N ns1 -t", "ss -t", "ns1"),
    ],
)
def test_commands_that_run_another_one_are_looked_through(before: str, words: str, node: str) -> None:
    typed, runs_on = unwrapped(read(before), "pc")
    assert (" ".join(word.raw for word in typed.words), runs_on) == (words, node)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("ip netns exec ", ["ns1", "ns2"]),
        ("ip netns del ns", ["ns1", "ns2"]),
        ("ip net exec ns2", ["ns2"]),
        ("ip -n ", ["ns1", "ns2"]),
        ("ip link set ", ["ns1-veth0", "br0"]),
        ("ip l s ns", ["ns1-veth0"]),
        ("ip link set dev ", ["ns1-veth0", "br0"]),
        ("ip link set ns1-veth0 netns ", ["ns1", "ns2"]),
        ("ip link set ns1-veth0 master ", ["br0"]),
        ("ip -n ns2 link set ", ["ns2-veth0"]),
        ("ip netns exec ns2 ip link set ", ["ns2-veth0"]),
        ("sudo ip netns exec ns2 tcpdump -i ", ["ns2-veth0"]),
        ("ip address add 192.0.2.9/24 dev ", ["ns1-veth0", "br0"]),
        ("ip addr delete 1", ["192.0.2.1/24", "127.0.0.1/8"]),
        ("ip a show ", ["ns1-veth0", "br0"]),
        ("ip route add default via ", ["192.0.2.2", "2001:db8::2", "192.0.2.1", "127.0.0.1"]),
        ("ip r get 192.0.2.2", ["192.0.2.2"]),
        ("ip route add ", ["198.51.100.0/24"]),
        ("ip route del ", ["default", "192.0.2.0/24"]),
        ("ip netns ", []),
        ("ip link add ", []),
        ("ping ", ["192.0.2.2", "2001:db8::2", "192.0.2.1", "127.0.0.1"]),
        ("ping -c 1 192.0.2.2", ["192.0.2.2"]),
        ("ping -c ", []),
        ("ping 192.0.2.2 ", []),
        ("nc -u 2001:", ["2001:db8::2"]),
        ("nc 192.0.2.2 ", []),
        ("tcpdump -nli ", ["ns1-veth0", "br0"]),
        ("tcpdump -n host 192.0.2.2", ["192.0.2.2"]),
        ("dig @192.0.2.2", ["@192.0.2.2"]),
        ("dig 192", []),
        ("curl http://192.0.2.2", ["http://192.0.2.2"]),
        ("bridge link set dev ", ["ns1-veth0", "br0"]),
        ("sysctl net.ipv4.ip_f", ["net.ipv4.ip_forward"]),
        ("sysctl -w net", ["net.ipv4.ip_forward"]),
        ("ss dst 192.0.2.2", ["192.0.2.2"]),
        ("ethtool -K ", ["ns1-veth0", "br0"]),
        ('ping "192.0.2.2', ['"192.0.2.2"']),
        ("ping $(echo ", []),
        ("echo 192", []),
        ("ping 192 # ", []),
        ("pi", []),
    ],
)
def test_the_labs_names_stand_where_they_fit(before: str, expected: list[str]) -> None:
    assert lab(before) == expected


def test_candidates_say_what_they_are_and_what_they_replace() -> None:
    assert lab_words("ping 192.0.2.2", LAB, "ns1") == [Candidate("192.0.2.2", 5, "ns2 ns2-veth0")]
    (link,) = lab_words("ip link set ns", LAB, "ns1")
    assert link.description == "veth UP, other end ns2:ns2-veth0"
    assert not lab_words("sysctl net", LAB, "ns1")[0].ends_word


def test_a_node_that_is_not_there_has_no_names() -> None:
    assert lab("ip -n gone link set ") == []
    assert lab("ip link set ", "gone") == []


def test_a_hostile_name_is_quoted_and_never_shown_raw() -> None:
    nasty = Snapshot({"$(touch x)": Node("$(touch x)"), "a\x1b[2J": Node("a\x1b[2J")})
    assert texts(lab_words("ip netns del ", nasty, "pc")) == ["\\$\\(touch\\ x\\)", "$'a\\033[2J'"]


@dataclass
class Ended:
    output: bytes


class Here:
    """The private machine's part, played by this machine's bash in a directory of the test's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.nodes: list[str | None] = []

    async def run(self, argv: list[str], *, node: str | None, cwd: str, timeout_s: float) -> Ended:
        self.nodes.append(node)
        environ = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(self.home), "LANG": "C.UTF-8"}
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=cwd, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await asyncio.wait_for(process.communicate(), timeout_s * 5)
        assert errors == b""
        return Ended(output)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    for name in ("notes.txt", "two words", "größe", "dollar$HOME", "-dash", 'quo"te', "it's", "line\nfeed", ".hidden"):
        (tmp_path / name).touch()
    program = tmp_path / "program"
    program.touch(mode=0o755)
    return tmp_path


def bash(before: str, home: Path) -> list[str]:
    return texts(asyncio.run(bash_words(before, machine=Here(home), node="pc", cwd=str(home))))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("cat note", ["notes.txt"]),
        ("cat wo", ["work/"]),
        ("cat ./wo", ["./work/"]),
        ("cat two", ["two\\ words"]),
        ("cat two\\ w", ["two\\ words"]),
        ('cat "two', ['"two words"']),
        ("cat 'two", ["'two words'"]),
        ('cat "wo', ['"work/']),
        ("cat gr", ["größe"]),
        ("cat dol", ["dollar\\$HOME"]),
        ('cat "dol', ['"dollar\\$HOME"']),
        ("cat quo", ['quo\\"te']),
        ("cat it", ["it\\'s"]),
        ("cat 'it", ["'it'\\''s'"]),
        ("cat .hid", [".hidden"]),
        ("cat ~/note", ["~/notes.txt"]),
        ("cat $HOME/note", ["$HOME/notes.txt"]),
        ('cat "$HOME/note', ['"$HOME/notes.txt"']),
        ("cat < note", ["notes.txt"]),
        ("x=note", ["notes.txt"]),
        ("dd of=note", ["notes.txt"]),
        ("cat nothing-there", []),
        ("true\ncat note", ["notes.txt"]),
        ("echo $(cat note", ["notes.txt"]),
        ("./prog", ["./program"]),
        ("./note", []),
        ("cd wo", ["work/"]),
        ("cd note", []),
        ("echo ${HOM", ["${HOME}"]),
        ("ls ~roo", ["~root/"]),
    ],
)
def test_files_complete_as_in_bash(before: str, expected: list[str], home: Path) -> None:
    assert bash(before, home) == expected


def test_a_file_name_over_two_lines_is_written_so_that_it_fits_on_one(home: Path) -> None:
    assert bash("< lin", home) == ["$'line\\nfeed'"]


def test_commands_complete_builtins_and_programs(home: Path) -> None:
    assert "echo" in bash("ech", home)
    assert "echo" in bash("sudo ech", home)
    assert "ls" in bash("ip netns exec ns1 l", home)
    assert not [word for word in bash("ns_", home) if word.startswith("ns_")]
    assert bash("", home) == []


@needs_bash_completion
def test_programs_words_come_from_bash_completion(home: Path) -> None:
    assert bash("kill -KI", home) == ["-KILL"]
    assert "--help" in bash("ls --h", home)
    assert bash("export HOM", home) == ["HOME="]


@needs_bash_completion
@pytest.mark.skipif(not Path("/usr/sbin/ip").exists() and not Path("/sbin/ip").exists(), reason="iproute2 is missing")
def test_ip_completes_its_words_also_inside_a_namespace(home: Path) -> None:
    assert bash("ip li", home) == ["link"]
    assert bash('ip "li', home) == ['"link"']
    assert bash("sudo ip netns exec ns1 ip li", home) == ["link"]
    assert "set" in bash("ip -n ns1 link s", home)


HOSTILE = [
    "cat $(touch x)",
    "cat $(touch x)/",
    "cat '$(touch x)",
    "cat '$(touch x)/",
    "cat '$a; touch x; ",
    "cat '$a\ntouch x\n",
    'cat "$(touch x)',
    'cat "`touch x`',
    "cat `touch x` a",
    "cat ${a[$(touch x)]}",
    "cat ${a:=$(touch x)}/",
    "cat <(touch x) a",
    "cat $'$(touch x)",
    "cat ~$(touch x)/",
    "cat a=$(touch x)",
    "cat \\$(touch x) a",
    "cat 'a;touch x;' b",
    'cat "a;touch x',
    "ip '$(touch x)' li",
    "'$(touch x)' a",
    "$(touch x) a",
    "`touch x`/l",
    "a[$(touch x)]=",
    "'a;touch x' b",
    "x$(touch x)/grep --",
    "dd of='$(touch x)",
    "man '$(touch x)",
    "ssh -F '$(touch x)' ",
    "mutt -F '$(touch x)' -",
    "make -C '$(touch x)' ",
    "kill '$(touch x)",
    "echo $(touch x",
    "echo ${x$(touch x)",
    "export a[$(touch${IFS}x)]",
    "unset 'a[$(touch x)]",
    "printf -v 'a[$(touch x)]' a",
]


@pytest.mark.parametrize("before", HOSTILE)
def test_completing_never_runs_what_is_typed(before: str, home: Path) -> None:
    bash(before, home)
    assert not (home / "x").exists()


@given(st.lists(st.sampled_from([*"$()`'\"\\;|& ~=[]{}<>", "$(", "touch x", "cat "]), max_size=12))
@settings(max_examples=25, deadline=None)
def test_no_jumble_of_quotes_and_substitutions_is_run(
    tmp_path_factory: pytest.TempPathFactory, jumble: list[str]
) -> None:
    directory = tmp_path_factory.mktemp("jumble")
    bash(f"cat {''.join(jumble)}", directory)
    assert list(directory.iterdir()) == []


def test_a_file_with_a_hostile_name_is_offered_quoted_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "a$(touch x)").touch()
    (tmp_path / "b\x1b]0;title\x07").touch()
    assert bash("cat a", tmp_path) == ["a\\$\\(touch\\ x\\)"]
    assert bash("< b", tmp_path) == ["$'b\\033]0;title\\007'"]
    assert not (tmp_path / "x").exists()


@given(st.binary(max_size=200))
def test_whatever_the_script_prints_no_control_character_comes_out(output: bytes) -> None:
    for before in ("cat a", "ip a", "ec", "echo $a", "cat ~a", "cat 'a"):
        for candidate in answers(read(before), output):
            assert (candidate.text + candidate.shown).encode()
            assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in candidate.text + candidate.shown)


def test_the_labs_names_come_first_and_nothing_twice(home: Path) -> None:
    machine = Here(home)
    (home / "192.0.2.2").touch()
    found = asyncio.run(complete("cat x; ping 192.0.2.", machine=machine, snapshot=LAB, node="ns1", cwd=str(home)))
    assert texts(found)[:2] == ["192.0.2.2", "192.0.2.1"]
    assert len(texts(found)) == len(set(texts(found)))


def test_bash_is_asked_on_the_node_that_the_command_will_run_on(home: Path) -> None:
    machine = Here(home)
    for before in ("ip -n ns2 link s", "ip netns exec gone ls ", "ls "):
        asyncio.run(complete(before, machine=machine, snapshot=LAB, node="ns1", cwd=str(home)))
    asyncio.run(complete("ls ", machine=machine, snapshot=LAB, node="pc", cwd=str(home)))
    assert machine.nodes == ["ns2", "ns1", "ns1", None]


class Stuck:
    async def run(self, argv: list[str], *, node: str | None, cwd: str, timeout_s: float) -> Ended:
        await asyncio.sleep(60)
        raise AssertionError((argv, node, cwd, timeout_s))


class Gone:
    async def run(self, *_: object, cwd: str, **__: object) -> Ended:
        raise FileNotFoundError(2, "No such file or directory", cwd)


def test_a_completion_that_hangs_costs_a_second_and_leaves_the_labs_names() -> None:
    start = time.monotonic()
    found = asyncio.run(complete("ping 192.0.2.2", machine=Stuck(), snapshot=LAB, node="ns1", cwd="/"))
    assert texts(found) == ["192.0.2.2"]
    assert time.monotonic() - start < 30


def test_a_directory_that_is_gone_leaves_the_labs_names() -> None:
    found = asyncio.run(complete("ping 192.0.2.2", machine=Gone(), snapshot=LAB, node="ns1", cwd="/gone"))
    assert texts(found) == ["192.0.2.2"]


def test_a_long_paste_is_not_completed() -> None:
    paste = "echo line\n" * 10_000
    assert asyncio.run(complete(paste, machine=Stuck(), snapshot=LAB, node="ns1", cwd="/")) == []
