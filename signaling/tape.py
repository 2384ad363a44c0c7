"""What forwarding needs of whoever records. The recorder is a listener like the others."""

from collections.abc import Callable
from typing import Protocol

from cases.ids import RoomId, SeatId


class TapeTrack(Protocol):
    """One stream, with sequence numbers without a gap of our making.

    A pause (muted, or an unknown keyframe awaited) shows as media time that goes on, a loss on the
    way here as missing numbers. `arrived` is seconds of the monotonic clock. No call may block.
    """

    def begin(self) -> None:
        """Say that an interval begins: its media time goes on by when it arrived, reports of before are void."""

    def rtp(self, mark: int, sequence: int, timestamp: int, payload: bytes, arrived: float) -> None:
        """Take a packet: the marker bit (not 0), 16-bit number, 32-bit media time, payload without padding."""

    def sender_report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Say that `rtp_time` of this track was at `ntp` (32.32, the publisher's clock)."""


class Tape(Protocol):
    """The recording of one seat from a start to a stop: its person, or, as pictures alone, its screen."""

    @property
    def audio(self) -> TapeTrack: ...

    @property
    def video(self) -> TapeTrack: ...

    def stop(self, cause: str) -> None:
        """Take nothing more. `cause` is a word of the rooms ("caucus"), or "reconnected", "closed"."""


class TapeDeck(Protocol):
    """`start` returns at once; what it owns ends with `Tape.stop`. `screen`: it is what the seat shares."""

    def start(
        self, room: RoomId, seat: SeatId, request_keyframe: Callable[[], None], *, screen: bool = False
    ) -> Tape: ...
