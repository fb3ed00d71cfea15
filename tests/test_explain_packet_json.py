import json
from typing import Any

import pytest
import wire
from hypothesis import given
from hypothesis import strategies as st
from oracle import CAPTURES, packets

from netshell.explain.owners import Owners
from netshell.explain.packet_json import json_line, packet_object, seconds
from netshell.facts import Crossing, End
from netshell.packets.names import LINK_TYPES
from netshell.packets.trace import Observer

NOW = 1_700_000_000_123_456_789
REAL = sorted({(packet.data, packet.link_type) for path in CAPTURES for packet in packets(path)})


def objects(*frames: bytes, owners: Owners | None = None) -> list[dict[str, Any]]:
    """Each frame, as it comes out of the JSON text again."""
    observer = Observer()
    crossings = [Crossing(n, NOW + n, None, None, data, len(data)) for n, data in enumerate(frames, 1)]
    return [json.loads(json_line(packet_object(observer.see(one), owners or Owners()))) for one in crossings]


def layer(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = [layer for layer in found["layers"] if layer["name"] == name]
    assert isinstance(one, dict)
    return one


def test_a_packet_has_the_keys_that_are_promised() -> None:
    (found,) = objects(wire.over_ip(1, wire.icmp(8, payload=b"x")))
    assert list(found) == [
        "number",
        "time",
        "link",
        "from",
        "to",
        "protocol",
        "length",
        "summary",
        "follows",
        "noise",
        "comment",
        "layers",
    ]
    assert (found["number"], found["time"], found["length"]) == (1, "1700000000.123456790", 43)
    assert (found["from"], found["to"], found["link"]) == ("192.0.2.1", "192.0.2.2", "")
    assert found["summary"] == "Echo (ping) request id=7 seq=3"
    assert [each["name"] for each in found["layers"]] == ["Ethernet", "IPv4", "ICMP", "data"]


def test_the_ends_of_the_link_are_told_where_they_are_known() -> None:
    data = wire.over_ip(17, wire.udp(b"x"))
    ends = End("ns1", "eth0"), End("r1", "eth1")
    found = packet_object(Observer().see(Crossing(1, NOW, *ends, data, len(data))), Owners())
    assert [found[key] for key in ("link", "from", "to")] == ["eth0", "ns1", "r1"]
    owners = Owners({"192.0.2.2": "ns2"})
    found = packet_object(Observer().see(Crossing(1, NOW, None, End("r1", "eth1"), data, len(data))), owners)
    assert [found[key] for key in ("link", "from", "to")] == ["eth1", "192.0.2.1", "r1"]
    found = packet_object(Observer().see(Crossing(1, NOW, None, None, data, len(data))), owners, link="wlan0")
    assert [found[key] for key in ("link", "from", "to")] == ["wlan0", "192.0.2.1", "ns2"]


def test_fields_have_their_names_and_addresses_are_text() -> None:
    (found,) = objects(wire.over_ip(6, wire.tcp(b"hi\n", options=b"\x02\x04\x05\xb4")))
    ip, tcp = layer(found, "IPv4"), layer(found, "TCP")
    assert (ip["src"], ip["dst"], ip["ttl"], ip["checksum"]) == ("192.0.2.1", "192.0.2.2", 64, 0xBEEF)
    assert (tcp["seq"], tcp["ack"], tcp["relative_seq"], tcp["relative_ack"]) == (1000, 2000, 1, 1)
    assert (tcp["flags"], tcp["flag_names"], tcp["length"]) == (0x18, ["PSH", "ACK"], 3)
    assert tcp["options"] == [{"kind": 2, "name": "maximum segment size", "values": [1460]}]
    assert layer(found, "data")["bytes"] == b"hi\n".hex()


def test_questions_records_and_header_lines_are_lists_of_their_own() -> None:
    answer = wire.dns(wire.question("a.test") + wire.record(1, wire.ip("192.0.2.9")), counts=(1, 1, 0, 0), flags=0x8180)
    page = b"HTTP/1.0 200 OK\r\nname: eve\r\nname: mallory\r\n\r\n"
    looked_up, got = objects(
        wire.over_ip(17, wire.udp(answer, ports=(53, 4000))), wire.over_ip(6, wire.tcp(page, ports=(80, 4000)))
    )
    dns, http = layer(looked_up, "DNS"), layer(got, "HTTP")
    assert dns["questions"] == [{"name": "a.test", "type": "A", "class_name": "IN"}]
    assert dns["answers"][0]["value"] == "192.0.2.9"
    assert (dns["is_response"], dns["rcode"], dns["counts"]) == (True, 0, [1, 1, 0, 0])
    assert http["status"] == 200
    assert http["headers"] == [{"name": "name", "value": "eve"}, {"name": "name", "value": "mallory"}]


def test_the_packet_that_an_icmp_error_is_about_stands_in_it() -> None:
    quoted = wire.ipv4(17, wire.udp(b"x" * 40))[:28]
    (found,) = objects(wire.over_ip(1, wire.icmp(3, 3, payload=quoted)))
    message = layer(found, "ICMP")
    assert (message["type_name"], message["code_name"]) == ("Destination unreachable", "Port unreachable")
    assert [inner["name"] for inner in message["original"]] == ["IPv4", "UDP"]
    assert message["original"][1]["dst_port"] == 9


def test_what_is_wrong_with_a_layer_is_told_at_the_layer() -> None:
    (found,) = objects(wire.over_ip(6, wire.tcp())[:40])
    assert "problem" not in layer(found, "Ethernet")
    assert layer(found, "TCP")["problem"] == "6 of at least 20 header bytes are there"


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "0.000000000"), (NOW, "1700000000.123456789"), (-1, "-0.000000001"), (10**28 + 5, f"{10**19}.000000005")],
)
def test_no_time_loses_a_digit(time_ns: int, text: str) -> None:
    assert seconds(time_ns) == text


def test_no_string_has_what_a_terminal_obeys_nor_half_a_surrogate_pair() -> None:
    text = "→ \x1b[2J \x7f \x9b31m \u202e \ud800 \U000e0001 \n"
    line = json_line({"says": text})
    assert line.isprintable()
    assert "→" in line
    assert json.loads(line)["says"] == text
    data = wire.over_ip(6, wire.tcp(b"GET /\x9b\x7f\xff HTTP/1.1\r\nHost: \x1b]0;x\x07\r\n\r\n"))
    comment = packet_object(Observer().see(Crossing(1, NOW, None, None, data, len(data), 1, "\udcff")), Owners())
    assert comment["comment"] == "\\udcff"
    json_line(comment).encode("utf-8")


@given(
    st.one_of(
        st.tuples(st.binary(max_size=200), st.sampled_from([*LINK_TYPES, 9999])),
        st.tuples(st.sampled_from(REAL), st.integers(0, 400), st.integers(0, 255), st.integers(0, 600)).map(
            lambda drawn: (_changed(drawn[0][0], *drawn[1:]), drawn[0][1])
        ),
    )
)
def test_any_packet_becomes_one_line_of_valid_json(drawn: tuple[bytes, int]) -> None:
    data, link_type = drawn
    seen = Observer().see(Crossing(1, NOW, None, None, data, len(data) + 3, link_type))
    line = json_line(packet_object(seen, Owners()))
    assert line.isprintable()
    found = json.loads(line.encode("utf-8"))
    assert [each["name"] for each in found["layers"]] == [each.name for each in seen.packet.layers]


def _changed(data: bytes, at: int, byte: int, kept: int) -> bytes:
    changed = bytearray(data)
    changed[at % len(changed)] = byte
    return bytes(changed[:kept])
