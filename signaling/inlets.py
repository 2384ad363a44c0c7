"""Which of a seat's three published m-lines a packet belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass

from rooms.edges import Kind
from signaling import rtp
from signaling.rtp import Header
from signaling.sdp import OfferLine


@dataclass(frozen=True, slots=True)
class Inlet:
    """What was negotiated for an m-line on which the browser sends.

    `payload_type` is that of media, `repair_type` that of retransmission, or 0; any other is not
    forwarded. `mid_extension` is the id of the sdes:mid header extension, or 0.
    """

    offered: OfferLine
    payload_type: int
    repair_type: int
    mid_extension: int


class Inlets:
    """Learns SSRCs: known ones, then the mid extension, then what the offer said; or nothing.

    Browsers send the mid extension with early packets only, so what it says is kept. It outranks
    the offer, which may name SSRCs that are used otherwise.
    """

    def __init__(self, inlets: Mapping[Kind, Inlet]) -> None:
        self._inlets = inlets
        self._known: dict[int, tuple[Kind, int]] = {}  # with the payload type of media
        self._repairs: dict[int, Kind] = {}

    def kind_of(self, head: Header, packet: bytes) -> Kind | None:
        """Return whose media this is; None for repairs and for what cannot be told."""
        known = self._known.get(head.ssrc)
        if known is None:
            return self._learn(head, packet)
        return known[0] if known[1] == head.payload_type else None

    def repairs(self, head: Header, packet: bytes) -> Kind | None:
        """Return whose media a packet of a repair stream repeats; None for anything else."""
        kind = self._repairs.get(head.ssrc)
        if kind is None:
            kind = self._by_mid(packet) or self._by_offer(head.ssrc, repairs=True)
        if kind is None or head.payload_type != (self._inlets[kind].repair_type or None):
            return None
        if head.ssrc not in self._repairs:
            self._repairs = {ssrc: known for ssrc, known in self._repairs.items() if known is not kind}
            self._repairs[head.ssrc] = kind
        return kind

    @property
    def media(self) -> Mapping[int, tuple[Kind, int]]:
        """The SSRCs that have sent media, each with its m-line and payload type."""
        return self._known

    def known(self, ssrc: int) -> Kind | None:
        """Return the m-line of an SSRC that has sent media."""
        known = self._known.get(ssrc)
        return known[0] if known is not None else None

    def _learn(self, head: Header, packet: bytes) -> Kind | None:
        kind = self._by_mid(packet) or self._by_offer(head.ssrc)
        if kind is None or head.payload_type != self._inlets[kind].payload_type:
            return None
        self._known = {ssrc: known for ssrc, known in self._known.items() if known[0] is not kind}
        self._known[head.ssrc] = (kind, head.payload_type)
        return kind

    def _by_mid(self, packet: bytes) -> Kind | None:
        found = rtp.extensions(packet)
        for kind, inlet in self._inlets.items():
            if inlet.mid_extension and found.get(inlet.mid_extension) == inlet.offered.mid.encode():
                return kind
        return None

    def _by_offer(self, ssrc: int, *, repairs: bool = False) -> Kind | None:
        for kind, inlet in self._inlets.items():
            if ssrc in (inlet.offered.repairs if repairs else inlet.offered.ssrcs):
                return kind
        return None
