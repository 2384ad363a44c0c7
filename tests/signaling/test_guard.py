import pytest

from signaling.guard import MTU, QUEUE, Dropped, Guard, Protocol


@pytest.mark.parametrize(
    ("datagram", "cause"),
    [
        (b"", Dropped.EMPTY),
        (b"\x80" * (MTU + 1), Dropped.OVERSIZE),
        (b"\x80" * 11, Dropped.RUNT),
        (b"\x05" * 20, Dropped.UNKNOWN),
        (b"\xff" * 20, Dropped.UNKNOWN),
    ],
)
def test_what_could_end_a_call_is_dropped_and_counted(datagram: bytes, cause: Dropped) -> None:
    guard = Guard()
    assert guard.protocol(datagram, len(datagram)) is None
    assert guard.dropped == {cause: 1}


@pytest.mark.parametrize(
    ("datagram", "protocol"),
    [
        (b"\x00", Protocol.STUN),
        (b"\x16", Protocol.DTLS),
        (b"\x80" * 12, Protocol.RTP),
        (b"\x80" * MTU, Protocol.RTP),
    ],
)
def test_the_first_byte_tells_the_protocol(datagram: bytes, protocol: Protocol) -> None:
    guard = Guard()
    assert guard.protocol(datagram, len(datagram)) is protocol
    assert not guard.dropped


def test_strangers_and_floods_are_kept_out_of_the_queue() -> None:
    guard = Guard()
    assert guard.admits(validated=True, queued=QUEUE - 1)
    assert not guard.admits(validated=True, queued=QUEUE)
    assert not guard.admits(validated=False, queued=0)
    assert guard.dropped == {Dropped.FULL: 1, Dropped.FOREIGN: 1}
