"""One packet on the screen: fields with value, bytes and meaning; every byte under the layer that it belongs to."""

import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import BEGIN_NS, Sent, trace

from netshell.explain.packet.opened import Opened, OpenedField, OpenedLayer
from netshell.render.packet import packet_view

ETHERNET = OpenedLayer(
    "Ethernet",
    "Carries the packet over one link.",
    (OpenedField("destination MAC", "ff:ff:ff:ff:ff:ff", "Everybody on the link.", 0, 6),),
    0,
    14,
)
ARP = OpenedLayer(
    "ARP",
    "Asks who has an address.",
    (
        OpenedField("operation", "1 (request)", "Whoever has the address below is to answer, and nobody else.", 20, 2),
        OpenedField("target IP", "192.0.2.2", "", 38, 4),
    ),
    14,
    28,
    "something is odd",
)
(SEEN,) = trace([Sent("ns1 ns2", wire.ethernet(0x0806, wire.arp(1), dst="ff:ff:ff:ff:ff:ff") + b"\x1b]")])
OPENED = Opened(SEEN, "ns1 asks who has 192.0.2.2.", (ETHERNET, ARP), ((2, "the answer"),))


def shown(opened: Opened, width: int) -> str:
    return "\n".join(line.plain for line in packet_view(opened, width=width, begin_ns=BEGIN_NS))


def test_layers_fields_and_bytes_at_80_columns() -> None:
    assert (
        shown(OPENED, 80)
        == """\
Packet 1 · 0.000010 s · ns1:eth0 → ns2:eth0 · 44 bytes
ns1 asks who has 192.0.2.2.

Ethernet  bytes 0 to 13
  Carries the packet over one link.
  destination MAC  ff:ff:ff:ff:ff:ff                     0000: ff ff ff ff ff ff
      Everybody on the link.

ARP  bytes 14 to 41
  Asks who has an address.
  ! something is odd
  operation        1 (request)                                       0014: 00 01
      Whoever has the address below is to answer, and nobody else.
  target IP        192.0.2.2                                   0026: c0 00 02 02

Bytes
  Ethernet
  0000  ff ff ff ff ff ff 02 00  00 00 00 01 08 06        ..............
  ARP
  000e  00 01 08 00 06 04 00 01  02 00 00 00 00 01 c0 00  ................
  001e  02 01 00 00 00 00 00 00  c0 00 02 02              ............
  not read
  002a  1b 5d                                             .]

Belongs to it
    2  the answer"""
    )


def test_a_wide_terminal_has_the_meaning_beside_the_field() -> None:
    assert "0014: 00 01   Whoever has the address below is to answer, and nobody else." in shown(OPENED, 150)


def test_a_narrow_terminal_has_fewer_bytes_a_row() -> None:
    assert "  0000  ff ff ff ff ff ff 02 00  ........" in shown(OPENED, 45)


LABELS = st.text(max_size=40)
FIELDS = st.builds(OpenedField, LABELS, LABELS, LABELS, st.integers(-5, 90), st.integers(-5, 90))
LAYERS = st.builds(
    OpenedLayer,
    LABELS,
    LABELS,
    st.lists(FIELDS, max_size=3).map(tuple),
    st.integers(-5, 90),
    st.integers(-5, 90),
    LABELS,
)


@settings(max_examples=150, deadline=None)
@given(
    st.builds(
        Opened,
        st.just(SEEN),
        LABELS,
        st.lists(LAYERS, max_size=3).map(tuple),
        st.lists(st.tuples(st.integers(1, 10**9), LABELS), max_size=2).map(tuple),
    ),
    st.integers(20, 180),
)
def test_any_words_stay_within_the_width_and_are_harmless(opened: Opened, width: int) -> None:
    for line in packet_view(opened, width=width, begin_ns=BEGIN_NS):
        assert line.cells <= width
        assert line.plain.isprintable()
