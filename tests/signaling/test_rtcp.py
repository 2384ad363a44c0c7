import struct

import pytest

from signaling import rtcp
from signaling.rtcp import KeyframeRequest, Nack, ReceiverReport, Remb, ReportBlock, SenderReport

BLOCK = ReportBlock(5, 64, -3, 70_000, 12, 0x01020304, 65536)


def test_what_is_written_reads_the_same() -> None:
    report = SenderReport(9, 0x1122334455667788, 90_000, 3, 400)
    compound = (
        rtcp.sender_report(report)
        + rtcp.receiver_report((BLOCK, BLOCK))
        + rtcp.picture_loss(77)
        + rtcp.remb(2_500_000, (1, 2))
    )
    first, second, third, fourth = rtcp.parse(compound)
    assert first == report
    assert second == ReceiverReport((BLOCK, BLOCK))
    assert third == KeyframeRequest(77)
    assert isinstance(fourth, Remb)
    assert fourth.ssrcs == (1, 2)
    assert 2_490_000 < fourth.bitrate <= 2_500_000


def test_a_fir_names_its_streams_itself() -> None:
    fir = struct.pack("!BBHLLLLLL", 0x84, 206, 6, 1, 0, 11, 1 << 24, 12, 1 << 24)
    assert rtcp.parse(fir) == (KeyframeRequest(11), KeyframeRequest(12))


def test_a_nack_is_a_number_and_a_mask() -> None:
    nack = struct.pack("!BBHLLHH", 0x81, 205, 3, 1, 9, 0xFFFF, 0b101)
    assert rtcp.parse(nack) == (Nack(9, (0xFFFF, 0, 2)),)


def test_a_written_nack_reads_the_same() -> None:
    numbers = (0xFFFE, 0, 14, 15, 500)
    assert rtcp.parse(rtcp.nack(9, numbers)) == (Nack(9, numbers),)


def test_goodbyes_and_descriptions_mean_nothing() -> None:
    bye = struct.pack("!BBHL", 0x81, 203, 1, 9)
    sdes = struct.pack("!BBHLL", 0x81, 202, 2, 9, 0)
    assert rtcp.parse(sdes + bye + rtcp.picture_loss(3)) == (KeyframeRequest(3),)


def test_the_reports_inside_a_sender_report_are_read() -> None:
    whole = rtcp.sender_report(SenderReport(9, 1, 2, 3, 4))
    block = rtcp.receiver_report((BLOCK,))[8:]
    compound = b"\x81" + whole[1:2] + struct.pack("!H", 12) + whole[4:] + block
    assert rtcp.parse(compound)[1] == ReceiverReport((BLOCK,))


@pytest.mark.parametrize(
    "compound",
    [
        b"",
        b"\x80\xc9",
        b"\x80\xc9\x00\x00\x00\x00\x00\x01",
        b"\x80\xc8\x00\x01\x00\x00\x00\x01",
        b"\x9f\xc9\x00\x01\x00\x00\x00\x01",
        b"\x81\xce\x00\xff\x00\x00\x00\x01\x00\x00\x00\x01",
        b"\x8f\xce\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00REMB",
        b"\x81\xce\x00\x01\x00\x00\x00\x01",
    ],
)
def test_what_is_malformed_ends_the_reading(compound: bytes) -> None:
    assert rtcp.parse(compound + b"") == ()


def test_what_came_before_the_malformed_part_counts() -> None:
    assert rtcp.parse(rtcp.picture_loss(3) + b"\x81\xce\xff\xff\x00\x00\x00\x00") == (KeyframeRequest(3),)
