"""What a cat on the keyboard, a broken terminal or a curious learner sends: the same for the same seed."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

Act: TypeAlias = bytes | tuple[int, int]
"""Keys that come in one go, or a window of so many rows and columns."""


class Doings(NamedTuple):
    """One sequence of acts."""

    kind: str
    acts: tuple[Act, ...]
    may_hold: bool = False
    """It starts what Ctrl-C alone does not end (an editor, a shell without marks, a terminal without signals), or
    leaves a program running: the way out is Ctrl-] and another terminal."""

    @property
    def is_lasting(self) -> bool:
        """It may leave the terminal so that Ctrl-C ends no program any more, as in any shell."""
        return any(word in act for act in self.acts if isinstance(act, bytes) for word in (b"stty", b"trap"))

    @property
    def may_leave(self) -> bool:
        """It tells netshell to end, perhaps: by Ctrl-D, or in words."""
        keys = b"".join(act for act in self.acts if isinstance(act, bytes))
        return b"\x04" in keys or b":q" in keys or b":e" in keys or b":bye" in keys or self.kind == "bytes"


def doings(seed: int, number: int) -> Doings:
    """The sequence of that number from that seed."""
    chance = random.Random(f"{seed}/{number}")
    kind = chance.choices(tuple(_KINDS), [1 if kind == "holding" else 8 for kind in _KINDS])[0]
    done = _KINDS[kind](chance)
    is_left = any(b"\x1d" in act for act in done.acts if isinstance(act, bytes))
    return done._replace(kind=kind, may_hold=done.may_hold or is_left or done.is_lasting)


PLAIN_KEYS = [bytes([byte]) for byte in range(0x20, 0x7F)] + ["é".encode(), "漢".encode(), "\U0001f600".encode()]
CONTROL_KEYS = [bytes([byte]) for byte in range(0x20) if byte not in {0x04, 0x0D}]
OTHER_KEYS = [
    *(b"\x1b[" + letter for letter in (b"A", b"B", b"C", b"D", b"H", b"F", b"Z", b"1;5C", b"1;3D", b"1;2R")),
    *(b"\x1bO" + letter for letter in (b"A", b"B", b"C", b"D", b"H", b"F", b"M", b"P", b"Q", b"R", b"S")),
    *(b"\x1b[" + number + b"~" for number in (b"1", b"2", b"3", b"4", b"5", b"6", b"15", b"17", b"18", b"19", b"24")),
    *(b"\x1b" + letter for letter in (b"b", b"f", b"d", b".", b"\x7f", b"<", b"#", b"1", b"-")),
]
"""Arrows, function keys, with Alt and with Ctrl."""
REPORTS = [
    b"\x1b[M !!",
    b"\x1b[M\xff\xff\xff",
    b"\x1b[<0;10;10M\x1b[<0;10;10m",
    b"\x1b[<64;999999;1M",
    b"\x1b[<35;",
    b"\x1b[32;5;5M",
    b"\x1b[24;80R",
    b"\x1b[999999;999999R",
    b"\x1b[?62;22c",
    b"\x1b[>0;276;0c",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1bP1+r544e=78\x1b\\",
    b"\x1b[I\x1b[O",
    b"\x1b_Gi=1;OK\x1b\\",
]
"""What terminals say of the mouse and of themselves, asked or not, whole or not."""
SIZES = [(24, 80), (1, 1), (1, 80), (24, 1), (2, 2), (3, 7), (10, 20), (50, 132), (200, 500), (500, 200), (24, 81)]
NETWORK = (
    "ip a",
    "ip link add v0 type veth peer name v1",
    "ip netns add ns1",
    "ip netns exec ns1 ip link set lo up",
    "ip -n ns1 addr add 192.0.2.1/24 dev lo",
    "ping -c 1 -W 0.2 127.0.0.1",
    "ip r",
    "ip netns",
    "ss -tln",
    "echo 'a b' | tee /tmp/x",
    "for i in 1 2 3; do echo $i; done",
    "cd /tmp",
    "cd",
    "true",
    "false",
)
BREAKING = (
    "stty raw -echo",
    "stty -isig -icanon",
    "stty 0 2>/dev/null; stty cols 1 rows 1",
    r"printf '\e[?1049h'; bash -c 'kill -9 $$'",
    r"bash -c 'printf \"\e[?1049h\e[?25l\e[?1000h\e[?1006h\e=\"; kill -9 $$'",
    r"bash -c 'stty raw -echo; printf \"\e[2J\e[5;6r\"; kill -9 $$'",
    "cat /dev/urandom | head -c 10000",
    "head -c 3000 /dev/urandom >&2",
    r"printf '\e[6n\e[c\e[>c\eZ\005'",
    r"printf '\e(0\016\e[7m\e[?7l\e[4h\e[20h'",
    r"printf '\e]52;c;aGFjaw==\a\e]0;owned\a'",
    r"printf '\e]0;unfinished'",
    r"printf '\ePunfinished'",
    r"printf '\e['",
    r"printf '\302'; printf '\355\240\200\377'",
    r"printf '\e[?2004h\e[>4;2m\e[>1u\e[?1004h'",
    r"printf '\e]133;A;x\a\e]133;C;x\a\e]133;D;0\a'",
    "yes | head -n 3000",
    "exit",
    "exit 3",
    "exec true",
    "exec nosuchprogram",
    "exec bash",
    "kill -9 $$",
    "kill -HUP $$",
    "set -e; false",
    "exec </dev/null",
    "exec 2>/dev/null",
    "sleep 100",
    "cat",
    "sleep 0.05 & sleep 0.02; echo late &",
    "(for i in 1 2 3; do sleep 0.02; head -c 200 /dev/urandom; done) &",
    "ping 127.0.0.1",
    "tail -f /dev/null",
    "read -p 'say: ' x",
    "read -s x",
    "set -u; echo $nosuch",
    "set -x; true; set +x",
    "PS1=x PS0=y PS2=z",
    "unset PS0 PS1 PROMPT_COMMAND",
    "set +o emacs; set -o emacs",
    "mkdir -p /tmp/gone && cd /tmp/gone && rmdir /tmp/gone",
    "mkdir -p $'/tmp/\\e[31mred' && cd $'/tmp/\\e[31mred'; cd",
    "TERM=nosuch; export TERM",
    "echo 'never closed",
    "cat <<EOF",
    "if true; then",
    "echo $(( 1 +",
    "))((",
    "!!",
    "!nosuch",
    "\\",
    "#",
    "fg",
    "wait",
    "trap 'echo trapped' INT",
    "ulimit -t 100",
    "bash -c 'exit 139'",
    "bash -c 'kill -SEGV $$'",
    "COLUMNS=1 LINES=1",
    "shopt -s extdebug; shopt -u extdebug",
)
HOLDING = (
    "stty raw -echo; cat",
    "stty raw -echo -isig; sleep 100",
    "trap '' INT TSTP QUIT; cat",
    "bash --norc",
    "sh",
    "vim -u NONE /etc/hosts",
    "nano /etc/hosts",
    "less /etc/services",
    "top",
    "python3 -q",
    "exec cat",
    "exec sh",
    "exec >/dev/null",
    "set -o vi",
    "kill -STOP $$",
    "nc -lk 9999",
    "bind -r '\\e[200~'; bind -r '\\e[9977~'",
    "ip netns add ns9; ip netns exec ns9 bash --norc",
)
OWN = (
    *("help", "task", "next", "answer", "hint", "solution", "check", "why", "explain", "map", "changes", "packets"),
    *("ladder", "packet", "follow", "save", "term", "terms", "back", "skip", "reset", "lessons", "learn", "quit"),
    *("qiut", "", "?", "x", "packet s", "1", "::", " map", "MAP", "expl", "why?"),
)
ARGUMENTS = (
    *("", "", "1", "0", "-1", "99999999999999999999", "²", "ns1", "ns1 ns2:80", "pc pc", "tcp port 80", "all", "last"),
    *(
        "last tcp",
        "((((",
        "not not not arp",
        "ip[0:9",
        "x" * 3000,
        "/etc/passwd",
        "../../x.pcapng",
        "a.pcapng udp",
        "\t",
    ),
    *(
        "ip r a default via 192.0.2.1",
        "carrier",
        "| ; & $(reboot)",
        "'",
        "\x1b[31m",
        "漢字\u202e",
        "type",
        "anew",
        "veth",
    ),
    *("netns test", "ns1 www.example", "--help", "%s%n", "[bold]x[/]"),
)


def _keys(chance: random.Random) -> Doings:
    pools = chance.choice(
        [(PLAIN_KEYS, CONTROL_KEYS, OTHER_KEYS), (PLAIN_KEYS, OTHER_KEYS), (OTHER_KEYS, CONTROL_KEYS)]
    )
    keys = [chance.choice(chance.choice(pools)) for _ in range(chance.randint(1, 40))]
    keys += [b"\x04"] * (chance.random() < 0.1)
    return Doings("", tuple(keys) if chance.random() < 0.3 else (b"".join(keys),))


def _bytes(chance: random.Random) -> Doings:
    parts = [chance.randbytes(chance.choice([1, 3, 20, 200])) for _ in range(chance.randint(1, 4))]
    parts += [b"".join(chance.choices([b"\xc3", b"\xe6\xbc", b"\xff", b"\x80", b"\xed\xa0\x80", b"a"], k=20))]
    return Doings("", tuple(parts))


def _paste(chance: random.Random) -> Doings:
    text = chance.choice(
        [
            b"echo pasted",
            b"echo one\necho two\nfalse\necho three\n",
            b"\n" * 60,
            b"echo x; " * 200,
            b"for i in 1 2\ndo\necho $i\n",
            b":map\n:help\n",
            b"\x1b[200~nested\x1b[A",
            b"\xff\xfe\x00\x1b\x03",
            chance.randbytes(500),
            b"echo " + b"x" * chance.choice([2000, 10000]),
        ]
    )
    begin, end = b"\x1b[200~", b"\x1b[201~"
    acts = chance.choice(
        [(begin + text + end,), (begin + text,), (begin, text, end), (text[:2000] + end,), (begin + text + end, b"\r")]
    )
    return Doings("", acts)


def _reports(chance: random.Random) -> Doings:
    return Doings("", tuple(chance.choices([*REPORTS, b"x", b"\r"], k=chance.randint(1, 12))))


def _long(chance: random.Random) -> Doings:
    line = chance.choice([b"x", b"x ", b"'", b"(", b"$(", b"\\", b"\t", b"| ", "漢".encode()]) * chance.choice(
        [300, 1500]
    )
    keys = [b"\x01", b"\x05", b"\x0b", b"\x17", b"\t", b"\r"]
    return Doings("", (b"echo " + line, *chance.choices(keys, k=chance.randint(0, 4))))


def _windows(chance: random.Random) -> Doings:
    acts: list[Act] = []
    for _ in range(chance.randint(1, 6)):
        acts.append(chance.choice(SIZES))
        line = chance.choice([*NETWORK, *BREAKING[:12], ":map", ":help", ":packets", ":ladder", "x" * 200, ""])
        if chance.random() < 0.7:
            acts.append(line.encode() + chance.choice([b"\r", b"\t", b""]))
    return Doings("", tuple(acts))


def _typos(chance: random.Random) -> Doings:
    acts: list[Act] = []
    for _ in range(chance.randint(1, 4)):
        line = list(chance.choice(NETWORK))
        for _ in range(chance.randint(0, 3)):
            line[chance.randrange(len(line))] = chance.choice("abx'\"\\|;&<>()$`*?~#!{}[]-= \t")
        acts.append("".join(line).encode() + b"\r")
    return Doings("", tuple(acts))


def _breaking(chance: random.Random) -> Doings:
    lines = [chance.choice(BREAKING) for _ in range(chance.randint(1, 3))]
    acts: list[Act] = [line.encode() + b"\r" for line in lines]
    acts += [chance.choice([b"\x03", b"\x1a", b"\x1c", b"\x04", b"\x1d", b"q", b"\r", b"\x13"])]
    return Doings("", tuple(acts[: chance.randint(1, len(acts))]))


def _holding(chance: random.Random) -> Doings:
    keys = chance.choices([*OTHER_KEYS, *PLAIN_KEYS, b"\x1c", b"\x1a", b"\x1d", b":map\r"], k=chance.randint(0, 4))
    return Doings("", (chance.choice(HOLDING).encode() + b"\r", *keys), may_hold=True)


def _own(chance: random.Random) -> Doings:
    lines = [f":{chance.choice(OWN)} {chance.choice(ARGUMENTS)}".rstrip(" ") for _ in range(chance.randint(1, 3))]
    acts = [line.encode() + chance.choice([b"\r", b"\r", b"\r", b"\t\r", b"\t"]) for line in lines]
    return Doings("", (*acts, *chance.choices([b"q", b"\x03", b"\r", b" "], k=chance.randint(0, 2))))


def _ahead(chance: random.Random) -> Doings:
    """Keys that come while something runs, for it or for the prompt to come."""
    line = chance.choice(["sleep 0.1", "sleep 0.1; read x", "cat >/dev/null", "head -c 5", "sleep 100"])
    acts = chance.choice([_keys, _bytes, _paste, _reports, _long, _windows, _typos])(chance).acts
    return Doings("", (line.encode() + b"\r", *acts))


def _mixed(chance: random.Random) -> Doings:
    parts = [maker(chance) for maker in chance.sample([_keys, _typos, _breaking, _own, _reports, _windows], 2)]
    return Doings("", tuple(act for part in parts for act in part.acts))


_KINDS: dict[str, Callable[[random.Random], Doings]] = {
    "keys": _keys,
    "bytes": _bytes,
    "paste": _paste,
    "reports": _reports,
    "long": _long,
    "windows": _windows,
    "typos": _typos,
    "breaking": _breaking,
    "holding": _holding,
    "own": _own,
    "ahead": _ahead,
    "mixed": _mixed,
}
KINDS: Sequence[str] = tuple(_KINDS)
