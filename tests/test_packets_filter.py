import struct
from collections import Counter
from pathlib import Path

import pytest
import wire
from hypothesis import given
from hypothesis import strategies as st
from oracle import CAPTURES, packets, tcpdump_chooses
from wire import IP6_1, IP_1, IP_2, MAC_1

from netshell.errors import ExitCode, UserError
from netshell.facts import Frame
from netshell.packets.filter import compile_filter
from netshell.packets.filter_terms import Predicate
from netshell.packets.filter_words import ALL_WORDS
from netshell.packets.pcapng_writer import write_pcapng
from netshell.packets.reader import ETHERNET, read

NODES = {"ns1": [IP_1, "fe80::1"], "ns2": [IP_2], "web-server": ["198.51.100.2"], "empty": [], "http": ["203.0.113.1"]}


def over_ip6(following: int, payload: bytes) -> bytes:
    return wire.ethernet(0x86DD, wire.ipv6(following, payload))


FRAGMENT = struct.pack("!BBHI", 17, 0, 0x0005 << 3, 9)
FRAMES = {
    "arp": wire.ethernet(0x0806, wire.arp(1), dst="ff:ff:ff:ff:ff:ff"),
    "arp reply": wire.ethernet(0x0806, wire.arp(2)),
    "ping": wire.over_ip(1, wire.icmp(8, payload=b"x" * 56)),
    "pong": wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(0), src=IP_2, dst=IP_1)),
    "unreachable": wire.over_ip(1, wire.icmp(3, 3, payload=wire.ipv4(17, wire.udp())[:28])),
    "syn": wire.over_ip(6, wire.tcp(flags=2, options=bytes([2, 4, 5, 180]))),
    "syn-ack": wire.over_ip(6, wire.tcp(flags=18, ports=(80, 40000))),
    "data": wire.over_ip(6, wire.tcp(b"hello")),
    "http": wire.over_ip(6, wire.tcp(b"GET / HTTP/1.0\r\n\r\n")),
    "options": wire.ethernet(0x0800, wire.ipv4(6, wire.tcp(flags=4), options=bytes([148, 4, 0, 0]))),
    "dns": wire.over_ip(17, wire.udp(wire.dns(wire.question("a.test")), ports=(4000, 53))),
    "dhcp": wire.over_ip(17, wire.udp(wire.dhcp(bytes([53, 1, 1, 255])), ports=(68, 67))),
    "first piece": wire.ethernet(0x0800, wire.ipv4(17, wire.udp(b"x" * 16, ports=(4000, 53)), part=0x2000)),
    "last piece": wire.ethernet(0x0800, wire.ipv4(17, b"\0\x35\0\x35" * 6, part=0x0003)),
    "vlan 5": wire.tag(5, 0x0800, wire.ipv4(6, wire.tcp())),
    "vlan 6": wire.tag(6, 0x86DD, wire.ipv6(17, wire.udp(ports=(4000, 53)))),
    "two tags": wire.tag(5, 0x8100, struct.pack("!HH", 7, 0x0800) + wire.ipv4(1, wire.icmp(8)), outer=0x88A8),
    "vlan arp": wire.tag(5, 0x0806, wire.arp(1)),
    "tcp over ipv6": over_ip6(6, wire.tcp(flags=2)),
    "behind options": over_ip6(60, bytes([6, 0, *bytes(6)]) + wire.tcp()),
    "ipv6 piece": over_ip6(44, FRAGMENT + wire.udp(b"x" * 8)),
    "ipv6 listener": over_ip6(0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + wire.icmp(131, 0, 0, wire.ip("ff02::1"))),
    "solicitation": over_ip6(58, wire.icmp(135, 0, 0, wire.ip(IP6_1))),
    "sctp": wire.over_ip(132, struct.pack("!HHII", 80, 4000, 1, 2)),
    "gre": wire.over_ip(47, bytes(30)),
    "ospf": wire.ethernet(0x0800, wire.ipv4(89, b"\x02\x01" + bytes(42), dst="224.0.0.5"), dst="01:00:5e:00:00:05"),
    "vrrp": wire.over_ip(112, bytes(20)),
    "stp": wire.ethernet(38, b"\x42\x42\x03" + bytes(35), dst="01:80:c2:00:00:00"),
    "lldp": wire.ethernet(0x88CC, bytes(30), dst="01:80:c2:00:00:0e"),
    "to all": wire.ethernet(0x0800, wire.ipv4(17, wire.udp(), dst="255.255.255.255"), dst="ff:ff:ff:ff:ff:ff"),
    "rarp": wire.ethernet(0x8035, wire.arp(3)),
}


def chosen(text: str) -> set[str]:
    wanted = compile_filter(text, NODES)
    return {name for name, data in FRAMES.items() if wanted(read(data))}


AS_TCPDUMP = """
ip | ip6 | arp | rarp | tcp | udp | icmp | icmp6 | igmp | sctp | stp | pim or vrrp or ah or esp | ip proto ospf
ip proto 89 | proto 89 | ip6 proto 58 | ip6 proto 0 | ip6 proto 44 | ip protochain 6 | ip6 protochain 58
ip6 protochain 6 | ip6 protochain 17 | host 192.0.2.2 | src host 192.0.2.2 | dst 192.0.2.2
src 192.0.2.2 and dst 198.51.100.2 | src or dst 192.0.2.1 | src and dst host 127.0.0.1 | ip host 192.0.2.1
arp host 192.0.2.1 | rarp host 192.0.2.1 | host 192.0.2.1 or 192.0.2.99 | not host 192.0.2.1
not host 192.0.2.1 and 192.0.2.2 | host 2001:db8:1::2 | ip6 host 2001:db8::1 | ip6 src fe80::ff:fe00:100
host (192.0.2.1 or 198.51.100.2) | net 192.0.2.0/24 | net 192.0.2 | net 198.51 | net 10
net 10.0.0.0/8 or 192.0.0.0/8 | src net 192.0.2.0 mask 255.255.255.0 | dst net 2001:db8:2::/64
net 2001:db8::/32 or 192.0.2.0/24 | ip net 192.0.2.0/30 | port 53 | port domain | tcp port 80 | udp port 53
src port 80 | dst port 80 or 443 | tcp dst port 80 | sctp port 80 | tcp port (80 or 6000) | port 80 or 53 or 6000
portrange 5000-7000 | tcp portrange 6999-6000 | src or dst port 80 | udp src portrange 1024-65535
src and dst port 53 | port http | port ftp or ssh | tcp src port 80 or dst port 53 | tcp and not port 80
tcp or udp and port 53 | (tcp or udp) and port 53 | not (tcp or udp) | ! arp | arp || icmp | tcp && port 80
udp or icmp and not host 192.0.2.1 | host 192.0.2.2 and not (port 80 or 53) | not not arp | broadcast | multicast
ether broadcast | ether multicast | ip multicast | ip6 multicast | ether host 02:00:00:00:01:00
ether src 02:00:00:00:00:01 | ether dst ff:ff:ff:ff:ff:ff | ether proto 0x0806 | ether proto \\arp
ether proto 0x86dd | ether proto 0x8100 | ip and ether src 02:00:00:00:01:01 | vlan | vlan 5 | vlan and ip
vlan 5 and tcp | vlan and vlan | vlan and vlan 7 and icmp | not vlan | vlan and udp port 53 | less 60 | greater 1000
len > 100 | len <= 60 | len - 20 > 100 | tcp[tcpflags] & tcp-syn != 0 | tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
tcp[tcpflags] == tcp-syn | tcp[13] = 18 | tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack) | tcp[13] & 4 != 0
not tcp[tcpflags] & tcp-push != 0 | icmp[icmptype] == icmp-echo
icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply | icmp[0] = 3 and icmp[1] = 3 | icmp[icmpcode] = 4
icmp6[icmp6type] = icmp6-echo | icmp6[0] = 135 | ip[8] < 5 | ip[0] & 0xf != 5 | ip[6:2] & 0x1fff != 0
ip[6] & 0x20 != 0 | ip[9] = 6 | ip[2:2] > 500 | ip6[6] = 58 | ip6[7] < 10 | arp[6:2] = 1 | arp[7] = 2
udp[8:2] > 1000 | udp[4:2] > 40 | ether[0] & 1 = 1 | ether[12:2] = 0x0800 | ether[6:4] = 0x02000000
tcp[20:4] = 0x47455420 | tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420 | tcp[100] = 0 | not tcp[100] = 0 | udp[100] = 0 or icmp | ip[16] >= 224
(ip[8] + 1) * 2 > 128 | ip[8] / 2 = 32 | ip[8] % 7 = 1 | 1 = 1 | ip[8] - 64 = 0 | 0 - 1 = 0xffffffff | ip[8] ^ 64 = 0
2 + 3 * 4 = 14 | ip[8] / (ip[8] - 64) = 1
"""
ON_ETHERNET_ONLY = ("broadcast", "multicast", "ether ", "vlan")


def expressions() -> list[str]:
    return [each for line in AS_TCPDUMP.strip().split("\n") for each in line.split(" | ")]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames above as a file."""
    path = tmp_path_factory.mktemp("odd") / "odd.pcapng"
    with path.open("wb") as stream:
        write_pcapng(stream, [Frame(n, "ns1", "eth0", True, data, len(data)) for n, data in enumerate(FRAMES.values())])
    return path


def disagreements(path: Path, into: Path, *, is_ethernet: bool) -> list[str]:
    ours = packets(path)
    found = []
    for text in expressions():
        if not is_ethernet and any(word in text for word in ON_ETHERNET_ONLY):
            continue
        theirs = Counter(tcpdump_chooses(path, text, into))
        wanted = compile_filter(text)
        mine = Counter(packet.data for packet in ours if wanted(packet))
        if mine != theirs:
            found.append(f"{text}: tcpdump {sum(theirs.values())}, netshell {sum(mine.values())}")
    return found


OF_ONE_LINK_TYPE = [path for path in CAPTURES if path.stem != "interfaces"]
"""tcpdump refuses a file with interfaces of several link types."""


@pytest.mark.kernel
@pytest.mark.parametrize("path", OF_ONE_LINK_TYPE, ids=lambda path: path.stem)
def test_every_expression_chooses_what_tcpdump_chooses(path: Path, tmp_path: Path) -> None:
    is_ethernet = packets(path)[0].link_type == ETHERNET
    assert disagreements(path, tmp_path / "chosen.pcap", is_ethernet=is_ethernet) == []


@pytest.mark.kernel
def test_odd_packets_are_chosen_as_tcpdump_chooses_them(odd: Path, tmp_path: Path) -> None:
    assert disagreements(odd, tmp_path / "chosen.pcap", is_ethernet=True) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set(FRAMES)),
        ("  ", set(FRAMES)),
        ("tcp syn", {"syn", "syn-ack", "tcp over ipv6"}),
        ("tcp syn and not ack", {"syn", "tcp over ipv6"}),
        ("syn-ack", {"syn-ack"}),
        ("rst", {"options"}),
        ("ping", {"ping", "pong", "two tags"}),
        ("ping request", {"ping", "two tags"}),
        ("arp reply", {"arp reply"}),
        ("not arp reply", set(FRAMES) - {"arp reply"}),
        ("dns", {"dns"}),
        ("dhcp or http", {"dhcp", "http"}),
        ("http request", {"http"}),
        ("unreachable", {"unreachable"}),
        ("fragment", {"first piece", "last piece", "ipv6 piece"}),
        ("nd", {"solicitation"}),
        ("mld", {"ipv6 listener"}),
        ("ospf", {"ospf"}),
        ("ARP or OSPF", {"arp", "arp reply", "ospf"}),
        ("src ns2", {"pong"}),
        ("src host ns2 or empty", {"pong"}),
        ("icmp ns2", {"ping", "pong", "unreachable"}),
        ("host empty", set()),
        ("host http", set()),
        (f"ether src {MAC_1.upper()} and stp", {"stp"}),
        ("problem", set()),
    ],
)
def test_words_choose_packets(text: str, expected: set[str]) -> None:
    assert chosen(text) == expected


def test_a_network_has_no_bits_behind_its_prefix() -> None:
    assert refusal("net 192.0.2.1/24").remedy == "Did you mean `net 192.0.2.0/24`?"


def refusal(text: str) -> UserError:
    with pytest.raises(UserError) as caught:
        compile_filter(text, NODES)
    assert caught.value.code is ExitCode.USAGE
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("tcp prot 80", "at character 5, `prot`", "`port`"),
        ("host n1", "at character 6, `n1`", "Did you mean `ns1`?"),
        ("host web-sever", "at character 6, `web-sever`", "Did you mean `web-server`?"),
        ("icpm", "at character 1, `icpm`", "Did you mean `icmp`"),
        ("port htpp", "at character 6, `htpp`", "Did you mean `http`"),
        ("80", "at character 1, `80`", "Did you mean `port 80`?"),
        ("port 80 81", "at character 9, `81`", "Join two conditions with `and` or `or`."),
        ("port 70000", "at character 6, `70000`", ""),
        ("port 80-90", "at character 8, `-`", "Did you mean `portrange 80-90`?"),
        ("host 192.0.2.0/24", "at character 15, `/`", "Did you mean `net 192.0.2.0/24`?"),
        ("host 192.0.2.999", "at character 6, `192.0.2.999`", "An IPv4 address has four numbers from 0 to 255."),
        ("host 192.0.2", "at character 6, `192.0.2`", "An IPv4 address has four numbers from 0 to 255."),
        (f"src {MAC_1}", f"at character 5, `{MAC_1}`", f"Did you mean `ether src {MAC_1}`?"),
        ("ether host 192.0.2.1", "at character 12, `192.0.2.1`", "Such as `ether host 02:00:00:00:00:01`."),
        ("tcp host 192.0.2.1", "at character 10, `192.0.2.1`", "Say `tcp and host 192.0.2.1`."),
        ("ip port 80", "at character 9, `80`", "Did you mean `tcp port 80`?"),
        ("tcp 80", "at character 5, `80`", "Did you mean `port 80`?"),
        ("(tcp", "at its end", "The bracket at character 1 is still open."),
        ("tcp)", "at character 4, `)`", "Take it away, or open one before."),
        ("tcp and", "at its end", "Such as `icmp`"),
        ("and tcp", "at character 1, `and`", ""),
        ("tcp[13", "at its end", "Such as `tcp[0:2]`."),
        ("tcp[13]", "at its end", "Such as `tcp[tcpflags] = tcp-syn`."),
        ("tcp[0:3] = 1", "at character 7, `3`", ""),
        ("tcp[tcpflag] = 2", "at character 5, `tcpflag`", "Did you mean `tcpflags`?"),
        ("ip[8] / 0 = 1", "at character 7, `/`", ""),
        ("tcp $ 3", "at character 5, `$`", ""),
        ("inbound", "at character 1, `inbound`", "ask for its sender"),
        ("net 192.0.2.0/40", "at character 15, `40`", "From 0 to 32"),
        ("net 192.0.2.0 mask 255.0.255.0", "at character 20, `255.0.255.0`", "Such as `net 192.0.2.0/24`."),
        ("ip proto tpc", "at character 10, `tpc`", "Did you mean `tcp`?"),
        ("ip6 broadcast", "at character 1, `ip6`", "Did you mean `ip broadcast`?"),
        ("less than 100", "at character 6, `than`", ""),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_word(text: str, place: str, remedy: str) -> None:
    error = refusal(text)
    assert place in error.problem
    assert remedy in error.remedy


def outcome(text: str) -> Predicate | UserError:
    try:
        return compile_filter(text, NODES)
    except UserError as error:
        return error


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000,
        "not " * 900 + "arp",
        "arp or " * 500 + "arp",
        "-" * 3000 + "1 = 1",
        "1+" * 1500 + "1 = 1",
        "x" * 9000,
    ],
)
def test_filters_out_of_measure_are_refused_or_read_and_never_a_crash(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, UserError) or found(read(FRAMES["arp"])) in {True, False}
    assert len(str(found)) < 400


@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(ALL_WORDS)),
            st.sampled_from(
                [*"()[]:/+-*&|<>=!", "<<", "==", "ns1", "80", "0x10", IP_1, "192.0.2.0/24", MAC_1, "::1", "1-9"]
            ),
            st.text(max_size=4),
        ),
        max_size=12,
    )
)
def test_any_words_are_a_filter_or_an_error_with_a_place(words: list[str]) -> None:
    found = outcome(" ".join(words))
    if isinstance(found, UserError):
        assert "at character" in found.problem or "at its end" in found.problem
    else:
        assert {found(read(data)) for data in FRAMES.values()} <= {True, False}
