"""The recorder as the switchboard's tape deck."""

from collections.abc import Callable
from typing import Final

from cases.errors import Broken
from cases.ids import RoomId, SeatId
from recordings.model import EndCause, Track
from recordings.recorder import Recorder
from recordings.tape import Tape as SeatTape
from signaling.tape import Tape, TapeTrack

# What the switchboard calls by other words. A reconnected line was lost before.
CAUSES: Final = {
    "reconnected": EndCause.LINE_LOST,
    "disconnected": EndCause.LINE_LOST,
    "cut": EndCause.LINE_LOST,
}


class RecorderDeck:
    """`signaling.tape.TapeDeck` over the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def start(
        self, room: RoomId, seat: SeatId, request_keyframe: Callable[[], None], *, screen: bool = False
    ) -> Tape:
        picture = Track.SCREEN if screen else Track.VIDEO
        try:
            return _Tape(self._recorder.start(room, seat, request_keyframe, picture))
        except Broken:  # the server is stopping: the segments are closed already
            return _NoTape()


class _Tape:
    def __init__(self, tape: SeatTape) -> None:
        self._tape = tape

    @property
    def audio(self) -> TapeTrack:
        return self._tape.audio

    @property
    def video(self) -> TapeTrack:
        return self._tape.video

    def stop(self, cause: str) -> None:
        self._tape.stop(CAUSES[cause] if cause in CAUSES else EndCause(cause))


class _NoTrack:
    def begin(self) -> None:
        """Nothing is recorded any more."""

    def rtp(self, mark: int, sequence: int, timestamp: int, payload: bytes, arrived: float) -> None:
        """Nothing is recorded any more."""

    def sender_report(self, ntp: int, rtp_time: int, arrived: float) -> None:
        """Nothing is recorded any more."""


class _NoTape:
    audio: TapeTrack = _NoTrack()
    video: TapeTrack = _NoTrack()

    def stop(self, cause: str) -> None:
        """Nothing was begun."""
