"""An offer, looked at before aiortc sees it.

aiortc parses with assertions and with loops inside loops; here an offer is either of exactly the
shape that our page makes, or refused. SDP holds addresses and keys: it is never logged.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cases.errors import Reason, Refused
from rooms.edges import SLOTS, Kind

SIZE: Final = 64 * 1024  # bytes; a browser that offers every codec it knows takes 44 KiB
SECTION_LINES: Final = 300  # twice what a browser writes for one m-line
CANDIDATES: Final = 64

UP: Final = (Kind.MIC, Kind.CAMERA, Kind.SCREEN)  # the m-lines on which the browser sends
LAYOUT: Final = (  # medium and direction of each m-line, as the browser says it
    ("audio", "sendonly"),
    ("video", "sendonly"),
    ("video", "sendonly"),
    *(("audio", "recvonly"), ("video", "recvonly")) * SLOTS,
    ("video", "recvonly"),  # somebody's screen
)
PROBE: Final = (("audio", "recvonly"),)  # of a test of the line: as little as makes a connection
_DIRECTIONS = frozenset({"sendonly", "recvonly", "sendrecv", "inactive"})
_MID = re.compile(r"[0-9A-Za-z{}-]{1,16}")  # short enough for a one-byte header extension
_SSRCS = 8  # of one m-line: a stream, its repair, and room to spare


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One m-line. `ssrcs` are those of media, `repairs` those of retransmission (RFC 4588)."""

    mid: str
    ssrcs: frozenset[int]
    repairs: frozenset[int]


@dataclass(frozen=True, slots=True)
class Offer:
    """`text` is what aiortc gets: the offer without its candidates."""

    text: str
    lines: tuple[OfferLine, ...]


def check_offer(sdp: str, layout: Sequence[tuple[str, str]] = LAYOUT) -> Offer:
    """Return the offer if it has the fixed layout and keeps the limits; raise Refused.

    Candidates are taken out: this server answers checks and sends none to an address that only a
    browser wrote. So `.local` names cannot hold up the start, and nobody can make it probe a network.
    """
    if len(sdp) > SIZE or len(sdp.encode(errors="replace")) > SIZE:
        raise Refused(Reason.SDP_BAD)
    session, *sections = _sections(sdp)
    candidates = sum(line.startswith("a=candidate:") for line in sdp.splitlines())
    if candidates > CANDIDATES or len(sections) != len(layout):
        raise Refused(Reason.SDP_BAD)
    lines = tuple(
        _line(section, session, medium, direction)
        for section, (medium, direction) in zip(sections, layout, strict=True)
    )
    mids = [line.mid for line in lines]
    if len(set(mids)) != len(mids) or f"a=group:BUNDLE {' '.join(mids)}" not in session:
        raise Refused(Reason.SDP_BAD)
    return Offer(_without_candidates(sdp), lines)


def _sections(sdp: str) -> list[list[str]]:
    """Return the session's lines, then those of each m-line."""
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    if sections[0][:1] != ["v=0"] or any(len(section) > SECTION_LINES for section in sections):
        raise Refused(Reason.SDP_BAD)
    return sections


def _line(section: list[str], session: list[str], medium: str, direction: str) -> OfferLine:
    mids = [line[6:] for line in section if line.startswith("a=mid:")]
    directions = [line[2:] for line in section if line[2:] in _DIRECTIONS]
    whole = (
        section[0].startswith(f"m={medium} ")
        and directions == [direction]
        and len(mids) == 1
        and _MID.fullmatch(mids[0]) is not None
        and "a=rtcp-mux" in section
        and _has(section, session, "a=ice-ufrag:")
        and _has(section, session, "a=ice-pwd:")
        and _has(section, session, "a=fingerprint:sha-256 ")
        and _has(section, session, "a=setup:actpass")
    )
    if not whole:
        raise Refused(Reason.SDP_BAD)
    ssrcs = _numbers(line[7:].split(" ", 1)[0] for line in section if line.startswith("a=ssrc:"))
    repairs = _numbers(
        number for line in section if line.startswith("a=ssrc-group:FID ") for number in line.split()[2:]
    )
    return OfferLine(mids[0], ssrcs - repairs, repairs)


def _has(section: list[str], session: list[str], start: str) -> bool:
    return any(line.startswith(start) for line in (*section, *session))


def _numbers(texts: Iterable[str]) -> frozenset[int]:
    numbers = set()
    for text in texts:
        if not (text.isascii() and text.isdecimal() and len(text) <= 10):  # noqa: PLR2004  32 bits
            raise Refused(Reason.SDP_BAD)
        numbers.add(int(text))
    if len(numbers) > _SSRCS:
        raise Refused(Reason.SDP_BAD)
    return frozenset(numbers)


def _without_candidates(sdp: str) -> str:
    kept = (line for line in sdp.splitlines() if not line.startswith(("a=candidate:", "a=end-of-candidates")))
    return "\r\n".join(kept) + "\r\n"
