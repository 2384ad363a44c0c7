import struct

from rooms.edges import Kind
from signaling.inlets import Inlet, Inlets
from signaling.rtp import parse
from signaling.sdp import OfferLine

MEDIA, REPAIR, MID = 96, 97, 4


def inlets() -> Inlets:
    return Inlets(
        {
            Kind.CAMERA: Inlet(OfferLine("1", frozenset({10}), frozenset({11})), MEDIA, REPAIR, MID),
            Kind.SCREEN: Inlet(OfferLine("2", frozenset({20}), frozenset({21})), MEDIA, REPAIR, MID),
        }
    )


def kind_of(table: Inlets, ssrc: int, *, mid: bytes = b"", payload_type: int = MEDIA) -> Kind | None:
    first, block = 0x80, b""
    if mid:
        first, block = 0x90, struct.pack("!HHBsH", 0xBEDE, 1, MID << 4, mid, 0)
    packet = struct.pack("!BBHLL", first, payload_type, 1, 2, ssrc) + block
    head = parse(packet)
    assert head is not None
    return table.kind_of(head, packet)


def test_the_offer_tells_whose_ssrc_it_is() -> None:
    assert kind_of(inlets(), 10) is Kind.CAMERA
    assert kind_of(inlets(), 20) is Kind.SCREEN


def test_the_mid_extension_outranks_the_offer_and_is_kept() -> None:
    table = inlets()
    assert kind_of(table, 10, mid=b"2") is Kind.SCREEN
    assert kind_of(table, 10) is Kind.SCREEN
    assert table.known(10) is Kind.SCREEN


def test_what_cannot_be_told_is_nobodys() -> None:
    assert kind_of(inlets(), 99) is None
    assert kind_of(inlets(), 99, mid=b"9") is None


def test_repairs_are_not_media() -> None:
    table = inlets()
    assert kind_of(table, 11) is None
    assert kind_of(table, 10, payload_type=REPAIR) is None
    assert kind_of(table, 30, mid=b"2", payload_type=REPAIR) is None
    assert kind_of(table, 30) is None


def test_an_m_line_has_one_stream_at_a_time() -> None:
    table = inlets()
    kind_of(table, 10)
    assert kind_of(table, 30, mid=b"1") is Kind.CAMERA
    assert table.known(10) is None


def repairs(table: Inlets, ssrc: int, payload_type: int = REPAIR) -> Kind | None:
    packet = struct.pack("!BBHLL", 0x80, payload_type, 1, 2, ssrc)
    head = parse(packet)
    assert head is not None
    return table.repairs(head, packet)


def test_a_repair_stream_belongs_to_the_line_that_offered_it() -> None:
    table = inlets()
    assert repairs(table, 11) is Kind.CAMERA
    assert repairs(table, 21) is Kind.SCREEN
    assert repairs(table, 10) is None
    assert repairs(table, 11, payload_type=MEDIA) is None
