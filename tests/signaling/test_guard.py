import pytest

from signaling.guard import CHECKS, MTU, QUEUE, Dropped, Guard, Protocol, is_unrouted

HOST = "203.0.113.9"


@pytest.mark.parametrize(
    ("datagram", "cause"),
    [
        (b"", Dropped.EMPTY),
        (b"\x80" * (MTU + 1), Dropped.OVERSIZE),
        (b"\x80" * 11, Dropped.RUNT),
        (b"\x05" * 20, Dropped.UNKNOWN),
        (b"\xff" * 20, Dropped.UNKNOWN),
        (b"\x00", Dropped.MALFORMED),
        (b"\x00\x01\x00\x00" + b"x" * 16, Dropped.MALFORMED),
        (b"\x00\x01\x00\x04\x21\x12\xa4\x42" + bytes(12), Dropped.MALFORMED),
        (b"\x00\x01\x00\x01\x21\x12\xa4\x42" + bytes(13), Dropped.MALFORMED),
    ],
)
def test_what_could_end_a_call_is_dropped_and_counted(datagram: bytes, cause: Dropped) -> None:
    guard = Guard()
    assert guard.protocol(datagram, len(datagram)) is None
    assert guard.dropped == {cause: 1}


@pytest.mark.parametrize(
    ("datagram", "protocol"),
    [
        (b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), Protocol.STUN),
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
    assert guard.admits(HOST, validated=True, queued=QUEUE - 1)
    assert not guard.admits(HOST, validated=True, queued=QUEUE)
    assert not guard.admits(HOST, validated=False, queued=0)
    assert guard.dropped == {Dropped.FULL: 1, Dropped.FOREIGN: 1}


def test_a_bounded_number_of_checks_is_looked_at_in_a_second_of_strangers_and_of_members_apart() -> None:
    now = 100.0
    guard = Guard(monotonic=lambda: now)
    assert [guard.affords(validated=False) for _ in range(CHECKS + 2)] == [True] * CHECKS + [False] * 2
    assert guard.affords(validated=True)
    assert guard.dropped == {Dropped.UNCHECKED: 2}
    now = 101.0
    assert guard.affords(validated=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "febf::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
    ],
)
def test_nothing_is_heard_from_where_no_browser_is_and_it_is_counted_by_its_cause(host: str) -> None:
    guard = Guard()
    assert not guard.hears(host)
    guard.drop_foreign(host)
    assert not guard.admits(host, validated=False, queued=0)
    assert guard.dropped == {Dropped.UNROUTED: 3}


@pytest.mark.parametrize(
    "host",
    ["203.0.113.9", "10.0.0.7", "192.168.1.2", "100.100.100.201", "169.253.0.1", "fd00::2", "2001:db8::1"],
)
def test_a_first_check_may_come_from_everywhere_else(host: str) -> None:
    guard = Guard()
    assert guard.hears(host)
    guard.drop_foreign(host)
    assert guard.dropped == {Dropped.FOREIGN: 1}


def test_browsers_of_this_machine_are_heard_where_that_is_set_and_its_neighbours_are_not() -> None:
    assert not is_unrouted("127.0.0.1", loopback=True)
    assert not is_unrouted("::1", loopback=True)
    assert is_unrouted("169.254.169.254", loopback=True)
    assert is_unrouted("fe80::1", loopback=True)
