"""What a synthetic person sends: streams, the repeats of what was asked for again, a note of each packet."""

import random
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from aiortc.clock import current_ntp_time
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket, RtpPacket, wrap_rtx

KEPT: Final = 512  # packets of a picture's stream that can be repeated


def name_of(payload: bytes, *, sound: bool) -> str:
    """Return what a packet is known by at both ends.

    The server changes headers and never a payload, but for the id of a picture, which it counts anew for
    each listener: that stands behind a colon, and `line.as_sent` moves it back.
    """
    if sound:
        return _digest(payload)
    descriptor, body = VpxPayloadDescriptor.parse(payload)
    return f"{_digest(body)}:{descriptor.picture_id}"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet of media: `at` is seconds of the machine's monotonic clock.

    `withheld` says that it was lost on purpose, before it was encrypted.
    """

    name: str
    at: float
    sound: bool
    withheld: bool


class Loss:
    """Loses every `every`-th packet on purpose; none while it is 0."""

    def __init__(self) -> None:
        self.every = 0
        self._count = 0

    def takes_this(self) -> bool:
        """Say whether the packet at hand is lost."""
        self._count += 1
        return self.every > 0 and self._count % self.every == 0


class Outgoing:
    """One stream that is sent."""

    def __init__(self, ssrc: int, payload_type: int, step: int) -> None:
        self.ssrc = ssrc
        self._payload_type = payload_type
        self._step = step
        self._sequence = random.randrange(1 << 15)  # noqa: S311  RFC 3550: unpredictable enough
        self._time = random.getrandbits(31)
        self._packets = self._octets = 0

    def packets(self, payloads: tuple[bytes, ...]) -> list[bytes]:
        """Return one frame as RTP packets and move on."""
        made = []
        for number, payload in enumerate(payloads, 1):
            packet = RtpPacket(
                payload_type=self._payload_type,
                marker=int(number == len(payloads)),
                sequence_number=self._sequence,
                timestamp=self._time,
                ssrc=self.ssrc,
                payload=payload,
            )
            made.append(packet.serialize())
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
        self._time = (self._time + self._step) & 0xFFFFFFFF
        return made

    def report(self) -> bytes:
        """Return a sender report (RFC 3550, section 6.4.1)."""
        info = RtcpSenderInfo(
            ntp_timestamp=current_ntp_time(),
            rtp_timestamp=self._time,
            packet_count=self._packets,
            octet_count=self._octets,
        )
        return bytes(RtcpSrPacket(ssrc=self.ssrc, sender_info=info))


class Repeats:
    """The repair stream of an outgoing one (RFC 4588, section 4)."""

    def __init__(self, ssrc: int, payload_type: int) -> None:
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._sequence = random.randrange(1 << 15)  # noqa: S311  as above
        self._kept: OrderedDict[int, RtpPacket] = OrderedDict()

    def keep(self, packet: bytes) -> None:
        """Keep a packet, sent or withheld, in case that it is asked for."""
        kept = RtpPacket.parse(packet)
        self._kept[kept.sequence_number] = kept
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def of(self, numbers: Iterable[int]) -> list[bytes]:
        """Return repeats of the packets with these numbers, as far as they are kept."""
        made = []
        for packet in (self._kept[number] for number in numbers if number in self._kept):
            repeat = wrap_rtx(packet, self._payload_type, self._sequence, self._ssrc)
            made.append(repeat.serialize())
            self._sequence = (self._sequence + 1) & 0xFFFF
        return made


def unwrapped(repeat: RtpPacket) -> tuple[int, bytes]:
    """Return the number and the payload that a packet of a repair stream repeats."""
    return int.from_bytes(repeat.payload[:2], "big"), bytes(repeat.payload[2:])
