"""Command lines taken apart: every table is sound, and lines of each tool read word by word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netshell.explain.command import Explanation, explain_command
from netshell.explain.command.grammar import GrammarError, grammar, parse
from netshell.explain.command.kinds import KINDS
from netshell.facts import PC, Address, End, Link, Neighbour, Node, Route, Snapshot, Socket

REST = {"command", "script", "filter", "again"}


def veth(name: str, peer: End, *, is_up: bool = True, mac: str = "02:00:00:00:00:01") -> Link:
    return Link(name, 2, "veth", is_up, is_up, "UP" if is_up else "DOWN", mac, peer=peer)


LO = Link("lo", 1, "loopback", is_up=False, has_carrier=False, state="DOWN")
LAB = Snapshot(
    {
        PC: Node(PC, {"lo": LO}),
        "ns1": Node(
            "ns1",
            {"lo": LO, "eth0": veth("eth0", End("r1", "eth0"))},
            (Address("192.0.2.1/24", "eth0"),),
            (Route("192.0.2.0/24", "eth0", proto="kernel"), Route("default", "eth0", "192.0.2.254")),
            (Neighbour("192.0.2.254", "eth0", "02:00:00:00:00:fe", "STALE"),),
            sysctls={"net.ipv4.ip_forward": "0"},
        ),
        "r1": Node(
            "r1",
            {"lo": LO, "eth0": veth("eth0", End("ns1", "eth0"), mac="02:00:00:00:00:fe")},
            (Address("192.0.2.254/24", "eth0"),),
            (Route("192.0.2.0/24", "eth0", proto="kernel"),),
            sockets=(Socket("tcp", 4, "0.0.0.0", 80, state="LISTEN", program="nc"),),
            sysctls={"net.ipv4.ip_forward": "1"},
        ),
    }
)


def test_every_word_leads_somewhere_and_every_value_is_of_a_known_kind() -> None:
    for context in grammar().values():
        for entry in [*context.words, *context.operands]:
            assert entry.says == "-" or entry.says.endswith((".", "?", "!")), f"{context.name}: {entry}"
            assert not entry.leads or entry.leads in grammar(), f"{context.name}: {entry}"
            for slot in entry.slots:
                known = (
                    slot.kind.strip("{}?") in grammar() if slot.kind.startswith("{") else slot.kind in {*KINDS, *REST}
                )
                assert known, f"{context.name}: {slot}"
        assert all(name in grammar() for name in context.likes), context.name
        assert "program" not in context.flags or (context.page and context.says), context.name


def test_no_word_of_a_context_hides_another() -> None:
    for context in grammar().values():
        keys = [key.lstrip("~") for entry in context.words for key in entry.keys]
        assert len(keys) == len(set(keys)), f"{context.name}: {sorted(k for k in keys if keys.count(k) > 1)}"


@pytest.mark.parametrize("text", ["[a", "[a]\nword", "[a]\ntwo words : says.", "[a] : x\n<x:y>"])
def test_a_table_with_a_fault_names_its_line(text: str) -> None:
    with pytest.raises(GrammarError, match=r"bad\.txt:\d"):
        parse(text, "bad.txt")


@pytest.mark.parametrize("context", [c.name for c in grammar().values()])
def test_every_word_of_every_table_is_explained_where_it_stands(context: str) -> None:
    """Each row of each table is found again by its own words, from a line that begins with its program."""
    program = next((g for g in grammar().values() if g.name == context and "program" in g.flags), None)
    if program is None:
        return
    for entry in program.words:
        for key in entry.keys:
            word = key.lstrip("~")
            if word in {"(", ")", "<", ">", "|", "&", ";", "#", "!", "{", "}"}:
                continue
            told = explain_command(f"{program.name} {word}")
            assert any(entry.says in part.says for part in told.parts), f"{program.name} {word}"


SUMMARIES = {
    "ip a": "Shows the addresses of all interfaces.",
    "ip r": "Shows the routing table.",
    "ip -n ns1 a": "In ns1: shows the addresses of all interfaces.",
    "ip r a default via 10.0.0.1": (
        "Adds a default route by way of 10.0.0.1: where packets go that no other route fits."
    ),
    "ip route add 192.0.2.0/24 via 10.0.0.1 dev eth0": "Adds a route to 192.0.2.0/24 by way of 10.0.0.1 out of eth0.",
    "ip address add 192.0.2.1/24 dev eth0": "Adds the address 192.0.2.1/24 to the interface eth0.",
    "ip netns exec ns1 ip link set eth0 up": "In ns1: switches the interface eth0 on.",
    "ip link set ns1-veth0 netns ns1": "Moves the interface ns1-veth0 into the namespace ns1.",
    "ip link add v1 type veth peer name v2": "Makes a veth pair, a virtual cable with the ends v1 and v2.",
    "ip link set eth0 master br0": "Plugs the interface eth0 into the bridge br0.",
    "ip neigh flush dev eth0": "Empties the neighbour table of eth0.",
    "sudo ip netns add red": "Makes the namespace red: a network of its own.",
    "for n in a b; do ip netns add $n; done": "For each of a, b: makes the namespace $n: a network of its own.",
    "nc -ulnv 10.0.0.1 80": "Waits for UDP datagrams at port 80 of 10.0.0.1.",
    "nc -l 80 &": "In the background: waits at TCP port 80 for whoever connects.",
    "nc 10.0.0.1 80": "Connects to TCP port 80 of 10.0.0.1.",
    "ping -c 2 192.0.2.1": "Asks 192.0.2.1 for an echo, 2 times.",
    "tcpdump -nei eth0 arp or icmp": "Shows the packets that pass eth0 and that `arp or icmp` chooses.",
    "ss -tlnp": "Shows what waits for callers over TCP with the program that each belongs to.",
    "echo hi | nc -N 10.0.0.1 80": (
        "Prints hi. What it prints goes to the next command: connects to TCP port 80 of 10.0.0.1."
    ),
    "bash -c 'ip a'": "Shows the addresses of all interfaces.",
}


@pytest.mark.parametrize("line", SUMMARIES)
def test_a_whole_line_is_told_in_a_sentence(line: str) -> None:
    told = explain_command(line)
    assert told.summary == SUMMARIES[line]
    assert not told.unknown


@pytest.mark.parametrize(
    ("line", "text", "says"),
    [
        ("a > f", "> f", "What it prints goes into this file"),
        ("a 2>/dev/null", "2>/dev/null", "Its error messages go into this file."),
        ("a 2>&1", "2>&1", "Its error messages go where its output goes."),
        ("a 5>f", "5>f", "For stream 5 (0 is input, 1 output, 2 errors): what it prints goes into this file"),
        ("a 3>&1", "3>&1", "For stream 3 (0 is input, 1 output, 2 errors): its output goes to another stream."),
        ("a {fd}<f", "{fd}<f", "For stream {fd} (0 is input, 1 output, 2 errors): it reads this file"),
        ("cat <<EOF\nhi\nEOF", "hi\nEOF", "The text of the here-document"),
        ("x=1", "x=1", "Sets the variable `x`, from here on"),
        ("x=1 a", "x=1", "Sets the variable `x`, for this one command"),
        ("echo $HOME", "$HOME", "What is printed."),
        ("echo $(ls)", "$(ls)", "bash runs the command in the brackets first"),
        ("a && b", "&&", "What follows is run only if the command before it worked"),
        ("a | b", "|", "A pipe"),
        ("if a; then b; fi", "then", "Here begins what is run if it worked."),
        ("(a)", "(", "A shell of its own"),
        ("a # why", "# why", "A comment"),
    ],
)
def test_what_is_bashs_own_is_told(line: str, text: str, says: str) -> None:
    found = [part for part in explain_command(line).parts if part.text == text]
    assert any(part.says.startswith(says) for part in found), explain_command(line).parts


@pytest.mark.parametrize(
    ("line", "word", "trouble"),
    [
        ("ip r a default vai 10.0.0.1", "vai", "netshell does not know this word here. Did you mean `via`?"),
        ("ip rout add", "rout", ""),
        ("ip ruote add", "ruote", "netshell does not know this word here. Did you mean `route`?"),
        (
            "ip a a 192.0.2.999/24 dev eth0",
            "192.0.2.999/24",
            "192.0.2.999 is no IPv4 address: each part is at most 255.",
        ),
        (
            "ip a a 192.0.2.1/33 dev eth0",
            "192.0.2.1/33",
            "/33 is no prefix length: for 192.0.2.1 it is a number from 0 to 32.",
        ),
        (
            "ip route add 192.0.2.1/24 dev eth0",
            "192.0.2.1/24",
            "192.0.2.1/24 has bits set behind its prefix: the network is 192.0.2.0/24.",
        ),
        ("ip route add default via", "via", "Something should follow: VIA."),
        ("ip addr add 192.0.2.1/24", "192.0.2.1/24", "The interface that gets it is missing: `dev NAME`."),
        ("ip route add default", "default", "The way is missing: `via ROUTER`, or `dev INTERFACE`."),
        ("ip route add via 192.0.2.1", "192.0.2.1", "The destination is missing: a network, or `default`."),
        ("ip link set up", "up", "The interface is missing."),
        ("ip link add v1", "v1", "The kind of interface is missing: `type veth`, for example."),
        ("nc 192.0.2.1", "192.0.2.1", "The port is missing."),
        ("ping -c 1", "1", "Somebody to ask is missing: an address or a name."),
        ("ip netns add", "add", "Something should follow: NETNS."),
        ("ip netns exec ns1", "ns1", "Something should follow: COMMAND."),
        ("nc 192.0.2.1:80", "192.0.2.1:80", "192.0.2.1:80 joins an address and a port; here they stand apart"),
        ("nc 192.0.2 80", "192.0.2", "192.0.2 is no IPv4 address: that has four numbers, and this has 3."),
        ("nc 192.0.2.1 99999", "99999", "99999 is no port: they go from 0 to 65535."),
        ("nc -lj 80", "j", "netshell does not know this word here."),
        ("tcpdump dns", "dns", "`dns` belongs to netshell's own filters (`:packets dns`); tcpdump does not know it."),
        ("tcpdump icmp or", "or", "The filter `icmp or` makes no sense at its end: "),
        (
            "ip link add a type veth",
            "type",
            "type is no MAC address: six groups of two hexadecimal digits, with `:` between.",
        ),
        ("frobnicate x", "frobnicate", "netshell has no words for this program."),
        ("pingg 192.0.2.1", "pingg", "netshell has no words for this program. Did you mean `ping`?"),
    ],
)
def test_what_cannot_be_is_named_and_never_guessed(line: str, word: str, trouble: str) -> None:
    told = explain_command(line)
    part = next(part for part in told.parts if part.text == word)
    assert part.trouble.startswith(trouble)
    assert bool(part.trouble) == bool(trouble)
    if trouble:
        assert told.summary == ""


def here(line: str, word: str, node: str = "ns1") -> str:
    return next(part.here for part in explain_command(line, LAB, node).parts if part.text == word)


@pytest.mark.parametrize(
    ("line", "word", "words"),
    [
        ("ping 192.0.2.254", "192.0.2.254", "192.0.2.254 is r1's eth0; ns1 sends to it straight out of eth0."),
        (
            "ip r a default via 198.51.100.9",
            "198.51.100.9",
            (
                "Nobody in this network has 198.51.100.9; ns1 sends to it by way of 192.0.2.254 out of eth0. "
                "ns1 has no network with 198.51.100.9 in it, and a next router must be on one."
            ),
        ),
        ("ping -b 192.0.2.255", "192.0.2.255", "192.0.2.255 is everybody in 192.0.2.0/24 (broadcast)."),
        ("ping 192.0.2.0", "192.0.2.0", "192.0.2.0 is the network 192.0.2.0/24 itself."),
        ("ping 224.0.0.5", "224.0.0.5", "224.0.0.5 is a group: whoever joined it gets the packet."),
        ("nc -u 255.255.255.255 67", "255.255.255.255", "255.255.255.255 is everybody on this link."),
        (
            "ip a a 192.0.2.254/24 dev eth0",
            "192.0.2.254/24",
            (
                "The network is 192.0.2.0/24: the first 24 bits are its own, the rest tells hosts apart. "
                "r1's eth0 has this address too."
            ),
        ),
        (
            "ip a a 192.0.2.9 dev eth0",
            "192.0.2.9",
            "Without a `/`, that is with /32, it is a network of this address alone.",
        ),
        (
            "ip a a 192.0.2.255/24 dev eth0",
            "192.0.2.255/24",
            (
                "The network is 192.0.2.0/24: the first 24 bits are its own, the rest tells hosts apart. "
                "192.0.2.255 stands for everybody in it (broadcast): no host should have it."
            ),
        ),
        ("ping 192.0.2.1", "192.0.2.1", "192.0.2.1 is set here, on eth0."),
        (
            "ping 203.0.113.9",
            "203.0.113.9",
            "Nobody in this network has 203.0.113.9; ns1 sends to it by way of 192.0.2.254 out of eth0.",
        ),
        ("ip link set eth9 up", "eth9", "There is no interface eth9 in ns1; there are lo and eth0."),
        (
            "ip link show eth0",
            "eth0",
            "ns1's eth0: one end of a cable, now UP, its other end is eth0 in r1, with 192.0.2.1/24.",
        ),
        ("nc 192.0.2.254 80", "80", "At port 80 waits now: nc in r1 (tcp)."),
        ("sysctl net.ipv4.ip_forward=0", "net.ipv4.ip_forward=0", "In ns1 it is 0 now. It is that already."),
        ("ip netns exec r1 sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward", "In r1 it is 1 now."),
        ("ip netns exec r2 ip a", "r2", "There is no namespace r2 now. There are ns1 and r1."),
        ("ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:fe dev eth0", "02:00:00:00:00:fe", "It is that of r1's eth0."),
        (
            "ip route add 198.51.100.0/24 via 192.0.2.254",
            "198.51.100.0/24",
            "Nobody here has an address in 198.51.100.0/24.",
        ),
    ],
)
def test_a_value_is_tied_to_the_network(line: str, word: str, words: str) -> None:
    assert here(line, word) == words


def is_sound(told: Explanation) -> None:
    for part in told.parts:
        assert 0 <= part.at <= part.end <= len(told.line)
        assert part.says or part.here or part.trouble or part.role in {"value", "unknown"}, part


WORDS = sorted(
    {key.lstrip("~") for c in grammar().values() for e in c.words for key in e.keys} | {"192.0.2.1", "ns1", "80"}
)


@given(
    st.lists(st.sampled_from([*WORDS, "|", "&&", ";", ">", "$(", ")", "'", '"', "192.0.2.0/24", "eth0"]), max_size=12)
)
@settings(max_examples=300, deadline=None)
def test_any_words_are_taken_apart(words: list[str]) -> None:
    is_sound(explain_command(" ".join(words), LAB, "ns1"))


@given(st.text(max_size=80))
@settings(deadline=None)
def test_any_text_is_taken_apart(text: str) -> None:
    is_sound(explain_command(text, LAB, "ns1"))
    is_sound(explain_command(f"ip netns exec {text}", LAB, "ns1"))
    is_sound(explain_command(f"tcpdump {text}", LAB, "ns1"))


@pytest.mark.parametrize(
    "line",
    ["sudo " * 2000, "$(" * 2000, "ip netns exec a " * 300, "a;" * 2000, "tcpdump " + "(" * 4000, "nft " + "{" * 4000],
)
def test_a_line_made_to_hang_it_does_not(line: str) -> None:
    is_sound(explain_command(line, LAB, "ns1"))


@pytest.mark.parametrize(
    "line",
    [
        "a 2>&\u0a6a",
        "nc ² ³",
        "ping -t ² \u0661.\u0662.\u0663.\u0664",
        "ip a a \u0661/² dev e",
        "x\u0660=1 a",
        "ip netns exec",
    ],
)
def test_digits_of_other_alphabets_are_no_numbers(line: str) -> None:
    is_sound(explain_command(line, LAB, "ns1"))


def test_a_gateway_outside_of_what_is_seen_is_no_nobody() -> None:
    def here(*neighbours: Neighbour) -> str:
        route = Route("default", "eth0", "192.168.1.1")
        node = Node(PC, addresses=(Address("192.168.1.10/24", "eth0"),), routes=(route,), neighbours=neighbours)
        return explain_command("ping 192.168.1.1", Snapshot({PC: node}), PC).parts[-1].here

    assert here().startswith("192.168.1.1 is the gateway of the PC")
    answered = Neighbour("192.168.1.1", "eth0", "02:00:00:00:00:09", "REACHABLE")
    assert "a machine outside of what is seen here, with the MAC 02:00:00:00:00:09" in here(answered)
