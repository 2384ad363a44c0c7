"""Where this server can be reached by UDP: settings of the operator, not of a call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IceSettings:
    """`addresses` are the literals that sockets are bound to; empty means those of all interfaces.

    `announced` stands in the candidates in their place, one for one, where a router or a container
    translates addresses. `loopback_only` is for a machine that has no other interface: without it
    127.0.0.1 and ::1 are never candidates, and nothing is taken from them. `ports` is the range that
    each connection's ports come from; None means the system's.
    """

    addresses: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    loopback_only: bool = False
    ports: range | None = None

    def __post_init__(self) -> None:
        if self.announced and len(self.announced) != len(self.addresses):
            raise ValueError("each announced address needs the address that it stands for")
        if self.loopback_only and self.addresses:
            raise ValueError("loopback only leaves no other address to choose")
