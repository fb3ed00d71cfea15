"""One packet, explained: what each sentence says, from literal packets in a lab of two hosts and a router."""

import struct
from collections.abc import Sequence

import pytest
import wire

from netshell.errors import UserError
from netshell.explain.owners import Owners
from netshell.explain.packet import Opened, OpenedField, named_only, open_packet, with_dissected
from netshell.facts import Crossing, End
from netshell.packets.dissected import DissectedField, DissectedLayer
from netshell.packets.trace import Observer, Seen

NS1, NS2 = End("ns1", "eth0"), End("ns2", "eth0")
R1_LEFT, R1_RIGHT = End("r1", "eth1"), End("r1", "eth2")
FAR, MAC_R1, MAC_R2, MAC_FAR = "198.51.100.2", "02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:00:09"
OWNERS = Owners(
    {
        wire.IP_1: "ns1",
        wire.IP_2: "ns2",
        wire.MAC_1: "ns1",
        wire.MAC_2: "ns2",
        "192.0.2.254": "r1",
        MAC_R1: "r1",
        MAC_R2: "r1",
        FAR: "far",
        MAC_FAR: "far",
    }
)
SYN, ACK, PSH, FIN, RST = 2, 16, 8, 1, 4
OPTIONS = bytes([2, 4, 5, 0xB4, 4, 2, 8, 10, *bytes(3), 7, *bytes(4), 1, 3, 3, 10])


def trace(*frames: tuple[End | None, End | None, bytes]) -> list[Seen]:
    observer = Observer()
    return [
        observer.see(Crossing(number, number * 1000, sender, receiver, data, len(data)))
        for number, (sender, receiver, data) in enumerate(frames, 1)
    ]


def segment(flags: int, seq: int, ack: int, payload: bytes = b"", *, back: bool = False, options: bytes = b"") -> bytes:
    """From ns1's port 40000 to ns2's port 80, or back."""
    ports, ends = ((80, 40000), (wire.IP_2, wire.IP_1)) if back else ((40000, 80), (wire.IP_1, wire.IP_2))
    offset = (5 + len(options) // 4) << 4
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset, flags, 64, 0, 0)
    macs = (wire.MAC_1, wire.MAC_2) if back else (wire.MAC_2, wire.MAC_1)
    return wire.ethernet(
        0x0800, wire.ipv4(6, header + options + payload, src=ends[0], dst=ends[1]), dst=macs[0], src=macs[1]
    )


def connection() -> list[Seen]:
    """Opened, six bytes, confirmed, ended by both sides."""
    there, back = (NS1, NS2), (NS2, NS1)
    return trace(
        (*there, segment(SYN, 999, 0, options=OPTIONS)),
        (*back, segment(SYN | ACK, 4999, 1000, back=True, options=OPTIONS)),
        (*there, segment(ACK, 1000, 5000)),
        (*there, segment(ACK | PSH, 1000, 5000, b"hello\n")),
        (*back, segment(ACK, 5000, 1006, back=True)),
        (*there, segment(ACK | FIN, 1006, 5000)),
        (*back, segment(ACK | FIN, 5000, 1007, back=True)),
        (*there, segment(ACK, 1007, 5001)),
    )


def opened(number: int, frames: Sequence[Seen], owners: Owners = OWNERS) -> Opened:
    return open_packet(number, frames, owners)


def field(packet: Opened, layer: str, label: str) -> OpenedField:
    return next(f for each in packet.layers if each.name == layer for f in each.fields if f.label == label)


def says(packet: Opened, layer: str, label: str) -> str:
    return field(packet, layer, label).says


def test_each_segment_of_a_connection_has_a_headline() -> None:
    frames = connection()
    assert [opened(number, frames).headline for number in range(1, 9)] == [
        "ns1 asks ns2 to open a connection to port 80",
        "ns2 agrees to ns1's connection and opens its own direction",
        "ns1 answers ns2: the connection is open",
        "ns1 sends ns2 6 bytes",
        "ns2 confirms ns1's data up to byte 6",
        "ns1 ends its direction: no more data from ns1",
        "ns2 ends its direction too: no more data from ns2",
        "ns1 confirms that ns2 has ended its direction",
    ]


def test_sequence_numbers_are_told_from_the_start_of_the_connection_and_as_sent() -> None:
    frames = connection()
    data = field(opened(4, frames), "TCP", "sequence number")
    assert (data.value, data.at, data.size) == ("1", 38, 4)
    assert data.says == "The first of 6 bytes that ns1 sends; relative to the start of the connection, as sent 1000."
    assert says(opened(1, frames), "TCP", "sequence number") == (
        "Where ns1 begins to count, drawn at random, so that nobody can guess it; as sent 999."
    )
    assert says(opened(6, frames), "TCP", "sequence number").startswith("The end of what ns1 sends: FIN itself counts")


def test_an_acknowledgement_says_which_bytes_have_come() -> None:
    frames = connection()
    ack = field(opened(5, frames), "TCP", "acknowledgement number")
    assert ack.value == "7"
    assert ack.says == "All bytes up to 6 have come: ns1's 6 bytes + 1; as sent 1006."
    assert says(opened(2, frames), "TCP", "acknowledgement number") == (
        "ns1's SYN has come: its start + 1, since SYN counts as one; as sent 1000."
    )
    assert says(opened(8, frames), "TCP", "acknowledgement number") == (
        "Everything has come, ns2's FIN too, which counts as one; as sent 5001."
    )
    assert says(opened(1, frames), "TCP", "acknowledgement number").startswith("Counts for nothing")


def test_packets_of_a_connection_name_each_other() -> None:
    frames = connection()
    assert opened(2, frames).related == ((1, "what this acknowledges"), (3, "acknowledges this"))
    assert opened(4, frames).related == ((2, "what this acknowledges"), (5, "acknowledges this"))
    assert opened(5, frames).related == ((4, "what this acknowledges"),)


def test_flags_say_what_they_do_here() -> None:
    frames = connection()
    assert field(opened(1, frames), "TCP", "flags").value == "0x02 (SYN)"
    assert says(opened(1, frames), "TCP", "flags") == "SYN asks to open a connection."
    assert says(opened(2, frames), "TCP", "flags") == (
        "SYN accepts the connection; ACK: the acknowledgement number counts."
    )
    assert says(opened(7, frames), "TCP", "flags").endswith(
        "FIN: ns2 sends nothing more, and both sides have ended now."
    )


def test_the_window_is_scaled_as_the_handshake_says() -> None:
    frames = connection()
    assert says(opened(4, frames), "TCP", "window") == (
        "ns1 can take 65536 bytes more: 64 times 1024, the scale of the handshake."
    )
    assert says(opened(1, frames), "TCP", "window") == "ns1 can take 64 bytes more: a SYN's window is never scaled."
    late = frames[3:]
    assert says(opened(4, late), "TCP", "window").endswith("the handshake, which told the scale, is not in sight.")


def test_options_of_a_handshake_are_explained() -> None:
    packet = opened(1, connection())
    assert [(f.label, f.value) for f in packet.layers[2].fields[9:]] == [
        ("option: maximum segment size", "1460"),
        ("option: SACK permitted", "present"),
        ("option: timestamps", "7, echo 0"),
        ("option: no operation", "present"),
        ("option: window scale", "10 (times 1024)"),
    ]
    assert says(packet, "TCP", "option: maximum segment size") == (
        "ns1 takes segments of up to 1460 bytes of data (1500 of an Ethernet frame, less 40 of headers)."
    )
    assert says(packet, "TCP", "option: timestamps") == "ns1's clock says 7, and it has none to give back (RFC 7323)."


def test_ports_are_known_or_drawn_by_the_kernel() -> None:
    packet = opened(1, connection())
    assert says(packet, "TCP", "destination port") == (
        "The well-known port of HTTP; below 1024, so only root may listen there: a program on ns2 is wanted there."
    )
    assert says(packet, "TCP", "source port") == (
        "Drawn by ns1's kernel from its ephemeral range (32768 to 60999): whoever answers sends to it."
    )


def test_a_reset_names_what_caused_it() -> None:
    refused = trace((NS1, NS2, segment(SYN, 999, 0)), (NS2, NS1, segment(RST | ACK, 0, 1000, back=True)))
    packet = opened(2, refused)
    assert packet.headline == "ns2 refuses ns1's connection: nothing listens on port 80"
    assert "RST: the SYN (packet 1) is refused, nobody listens on ns2's port 80" in says(packet, "TCP", "flags")
    assert packet.related == ((1, "what the RST answers"),)


def test_bytes_that_are_sent_again_are_told_as_such() -> None:
    frames = trace((NS1, NS2, segment(SYN, 999, 0)), (NS1, NS2, segment(SYN, 999, 0)), (NS1, NS2, segment(SYN, 999, 0)))
    assert opened(2, frames).headline == "ns1 asks ns2 again to open a connection to port 80"
    assert opened(2, frames).related == ((1, "the first time that this was sent"), (3, "the same, sent again"))


def forwarded() -> list[Seen]:
    """A ping from ns1 by r1 to far, and the answer's first hop."""
    there = wire.icmp(8, payload=b"x" * 8)
    first = wire.ethernet(0x0800, wire.ipv4(1, there, dst=FAR), dst=MAC_R1, src=wire.MAC_1)
    second = wire.ethernet(0x0800, wire.ipv4(1, there, dst=FAR, ttl=63), dst=MAC_FAR, src=MAC_R2)
    back = wire.icmp(0, payload=b"x" * 8)
    answer = wire.ethernet(0x0800, wire.ipv4(1, back, src=FAR, dst=wire.IP_1), dst=MAC_R2, src=MAC_FAR)
    far = End("far", "eth0")
    return trace((NS1, R1_LEFT, first), (R1_RIGHT, far, second), (far, R1_RIGHT, answer))


def test_a_forwarded_packet_tells_its_way() -> None:
    frames = forwarded()
    first, second = opened(1, frames), opened(2, frames)
    assert first.headline == "ns1 pings far (request 3)"
    assert second.headline == "ns1 pings far (request 3); here r1 passes it on"
    assert first.related == ((2, "the same packet, passed on by r1"),)
    assert second.related == ((1, "the same packet, on its way to r1"), (3, "the answer"))
    assert opened(3, frames).related == ((2, "the request that this answers"),)


def test_the_ttl_tells_how_many_routers_passed_the_packet_on() -> None:
    frames = forwarded()
    assert says(opened(1, frames), "IPv4", "time to live (TTL)") == (
        "A full TTL, as Linux does: no router has passed the packet on yet."
    )
    assert says(opened(2, frames), "IPv4", "time to live (TTL)") == (
        "It began at 64: 1 router has passed it on so far, each taking 1 off."
    )
    alone = trace((None, None, frames[1].crossing.data))
    assert says(opened(1, alone), "IPv4", "time to live (TTL)") == (
        "64 minus 1: 1 router has passed it on, if it began at 64 as Linux does."
    )


def test_a_mac_is_the_next_hops_and_not_the_destinations() -> None:
    frames = forwarded()
    assert says(opened(1, frames), "Ethernet", "destination MAC") == (
        "r1's, the router's, and not far's: r1 is the next hop on the way to 198.51.100.2."
    )
    assert says(opened(2, frames), "Ethernet", "source MAC") == (
        "r1's, not ns1's: each router puts the packet into a new frame of its own."
    )
    assert says(opened(2, frames), "Ethernet", "destination MAC") == "far's: the packet is on its last link."


def test_an_address_that_a_router_translated_is_told_with_the_one_before() -> None:
    inside = wire.ipv4(17, wire.udp(b"hi", ports=(40000, 9)), dst=FAR)
    outside = wire.ipv4(17, wire.udp(b"hi", ports=(61234, 9)), src="198.51.100.1", dst=FAR, ttl=63)
    frames = trace(
        (NS1, R1_LEFT, wire.ethernet(0x0800, inside, MAC_R1)),
        (R1_RIGHT, End("far", "eth0"), wire.ethernet(0x0800, outside, MAC_FAR, MAC_R2)),
    )
    packet = opened(2, frames)
    assert says(packet, "IPv4", "source") == (
        "r1 put it in the place of ns1's 192.0.2.1 (address translation, NAT): "
        "whoever answers, answers to this address."
    )
    assert says(packet, "UDP", "source port") == (
        "r1 put it in the place of 40000: by it the answer is told from others (NAT)."
    )
    assert packet.related == ((1, "the same packet, on its way to r1"),)


def test_arp_says_who_learns_what() -> None:
    question = wire.ethernet(0x0806, wire.arp(1), dst="ff:ff:ff:ff:ff:ff")
    reply = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + wire.mac(wire.MAC_2) + wire.ip(wire.IP_2)
    answer = wire.ethernet(0x0806, reply + wire.mac(wire.MAC_1) + wire.ip(wire.IP_1), wire.MAC_1, wire.MAC_2)
    frames = trace((NS1, NS2, question), (NS2, NS1, answer))
    first, second = opened(1, frames), opened(2, frames)
    assert first.headline == "ns1 asks everybody on the link who has 192.0.2.2"
    assert first.layers[1].says == (
        "ns1 needs the MAC behind 192.0.2.2: without it no frame can be addressed (RFC 826)."
    )
    assert says(first, "Ethernet", "destination MAC").startswith("Everybody on this link takes the frame up")
    assert says(first, "ARP", "target MAC") == "Nothing yet: this is what is asked for."
    assert second.headline == "ns2 tells ns1 its MAC: 192.0.2.2 is at 02:00:00:00:00:02"
    assert says(second, "ARP", "sender MAC").endswith("notes 192.0.2.2 at 02:00:00:00:00:02 as a neighbour.")
    assert first.related == ((2, "the answer"),)
    assert second.related == ((1, "the request that this answers"),)


def test_an_icmp_error_shows_the_packet_that_it_is_about() -> None:
    datagram = wire.ipv4(17, wire.udp(b"hi", ports=(40000, 9999)))
    error = wire.ipv4(1, wire.icmp(3, 3, 0, datagram), src=wire.IP_2, dst=wire.IP_1)
    frames = trace(
        (NS1, NS2, wire.ethernet(0x0800, datagram)), (NS2, NS1, wire.ethernet(0x0800, error, wire.MAC_1, wire.MAC_2))
    )
    packet = opened(2, frames)
    assert packet.headline == "ns2 tells ns1: nothing listens on ns2's UDP port 9999"
    assert [layer.name for layer in packet.layers] == [
        "Ethernet", "IPv4", "ICMP", "IPv4 (quoted)", "UDP (quoted)",
    ]  # fmt: skip
    assert says(packet, "ICMP", "code") == "The packet reached the machine, but no program has that UDP port."
    assert packet.related == ((1, "the packet that the error is about"),)
    assert opened(1, frames).related == ((2, "an error about this packet"),)


def test_a_dns_answer_is_tied_to_its_question() -> None:
    asked = wire.udp(wire.dns(wire.question("www.test")), ports=(40000, 53))
    told = wire.dns(wire.question("www.test") + wire.record(1, wire.ip("192.0.2.80")), (1, 1, 0, 0), 0x8580)
    reply = wire.ipv4(17, wire.udp(told, ports=(53, 40000)), src=wire.IP_2, dst=wire.IP_1)
    frames = trace((NS1, NS2, wire.over_ip(17, asked)), (NS2, NS1, wire.ethernet(0x0800, reply)))
    assert opened(1, frames).headline == "ns1 asks ns2 about the name www.test (A)"
    packet = opened(2, frames)
    assert packet.headline == "ns2 answers ns1: www.test (A) is 192.0.2.80"
    answer = field(packet, "DNS", "answer")
    assert answer.value == "www.test 60 IN A 192.0.2.80"
    assert answer.says == "www.test has this IPv4 address; may be remembered for 1 minute."
    assert packet.related == ((1, "the request that this answers"),)


def test_dhcp_options_are_explained_one_by_one() -> None:
    options = bytes([53, 1, 2, 51, 4, 0, 0, 0x0E, 0x10, 55, 2, 1, 3, 255])
    reply = wire.udp(wire.dhcp(options, 2, "192.0.2.77"), ports=(67, 68))
    packet = opened(1, trace((R1_LEFT, NS1, wire.ethernet(0x0800, wire.ipv4(17, reply, src="192.0.2.254")))))
    assert packet.headline == "r1 offers ns1 the address 192.0.2.77"
    assert field(packet, "DHCP", "option 53: message type").value == "2 (Offer)"
    assert says(packet, "DHCP", "option 51: lease time") == (
        "For 1 hour the address is the client's; it renews it before."
    )
    assert field(packet, "DHCP", "option 55: parameter request list").value == "subnet mask, router"


def test_http_lines_are_explained() -> None:
    text = b"GET /a HTTP/1.1\r\nHost: ns2\r\nX-Odd: \x1b[2J\r\n\r\n"
    packet = opened(1, trace((NS1, NS2, segment(ACK | PSH, 1000, 5000, text))))
    assert packet.headline == "ns1 asks ns2 by HTTP: GET /a"
    assert [(f.label, f.value, f.says) for f in packet.layers[-1].fields] == [
        ("request line", "GET /a HTTP/1.1", "Asks for /a."),
        ("Host", "ns2", "Which site is meant: several may share one address."),
        ("X-Odd", "␛[2J", "A note from one program to the other."),
    ]


def test_without_a_lab_addresses_stand_for_the_nodes() -> None:
    frames = [Observer().see(Crossing(1, 0, None, None, segment(SYN, 999, 0), 54))]
    packet = opened(1, frames, Owners())
    assert packet.headline == "192.0.2.1 asks 192.0.2.2 to open a connection to port 80"
    assert says(packet, "Ethernet", "destination MAC").startswith("The interface on this link")


def test_a_packet_is_found_by_its_number_where_the_oldest_are_gone() -> None:
    frames = connection()[2:]
    assert opened(5, frames).seen.number == 5
    with pytest.raises(UserError, match="There is no packet 1: those from 3 to 8 are kept"):
        opened(1, frames)
    with pytest.raises(UserError, match="nothing has crossed a link yet"):
        opened(1, [])


def test_a_protocol_that_is_only_named_is_left_to_scapy() -> None:
    packet = opened(1, trace((NS1, NS2, wire.over_ip(89, bytes([2, 1, *bytes(42)])))))
    assert packet.layers[-1].name == "OSPF Hello"
    assert named_only(packet) == 34
    read = DissectedLayer("OSPF Hello", 58, 20, (DissectedField("hellointerval", "10", 62, 2),))
    full = with_dissected(packet, (read,))
    assert [layer.name for layer in full.layers] == ["Ethernet", "IPv4", "OSPF Hello", "OSPF Hello"]
    assert (full.layers[-1].fields[0].label, full.layers[-1].fields[0].value) == ("hellointerval", "10")
    assert with_dissected(packet, ()) is packet
    assert named_only(opened(4, connection())) is None


def test_a_conversation_on_another_link_is_not_mixed_in() -> None:
    other = End("ns3", "eth0"), End("ns4", "eth0")
    frames = trace((*other, segment(SYN, 999, 0)), (NS1, NS2, segment(SYN, 999, 0)))
    assert opened(2, frames).related == ()
    assert opened(2, frames).headline == "ns1 asks ns2 to open a connection to port 80"
