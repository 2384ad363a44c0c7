import pytest

from cases.errors import Broken
from signaling import pins
from signaling.aioice_seam import host_addresses
from signaling.ice import IceSettings
from signaling.pins import check_pins


async def test_the_pinned_libraries_are_those_the_seam_was_written_for() -> None:
    check_pins()


async def test_another_version_stops_the_start_with_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pins.PINS, "aioice", "0.12.0")
    with pytest.raises(Broken, match=r"^aioice 0\.13\.0 is installed, .* needs 0\.12\.0\.$"):
        check_pins()


def test_addresses_come_from_the_settings() -> None:
    assert host_addresses(IceSettings(loopback_only=True)) in {("127.0.0.1", "::1"), ("127.0.0.1",)}
    assert host_addresses(IceSettings(addresses=("192.0.2.7",))) == ("192.0.2.7",)
    assert "127.0.0.1" not in host_addresses(IceSettings())


def test_settings_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(ValueError, match="announced"):
        IceSettings(announced=("203.0.113.1",))
    with pytest.raises(ValueError, match="loopback"):
        IceSettings(addresses=("192.0.2.7",), loopback_only=True)
