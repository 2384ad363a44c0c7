"""Who takes what a wire hears."""

from typing import Final, Protocol


class Ears(Protocol):
    """Who takes what a wire hears. Called on the event loop; may not block."""

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None:
        """Take `packet[:size]`, HEADER bytes of version 2 at least; it is overwritten afterwards."""

    def on_rtcp(self, packet: bytes, arrived: float) -> None: ...
    def on_connected(self) -> None: ...
    def on_closed(self) -> None: ...


class _Deaf:
    """Takes nothing."""

    def on_rtp(self, packet: bytes, size: int, arrived: float) -> None: ...
    def on_rtcp(self, packet: bytes, arrived: float) -> None: ...
    def on_connected(self) -> None: ...
    def on_closed(self) -> None: ...


DEAF: Final[Ears] = _Deaf()
