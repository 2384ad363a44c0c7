"""Each wrong setting stops the start with one sentence that names it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.app import build_app
from server.settings import SettingsError, check_for_serving, read_settings
from tests.builders.http import settings_in

WRONG = {
    "HEYI_PUBLIC_URL": [
        "tiaojie.example.cn",
        "ftp://x",
        "http://[::1",
        "https://x:99999",
        "https://x/heyi",
        "",
    ],
    "HEYI_PORT": ["70000", "-1", "http", "²", ""],
    "HEYI_TLS_CERT": ["/nowhere.pem"],
    "HEYI_TRUSTED_PROXIES": ["10.0.0.1/8", "proxy", "10.0.0.0/33"],
    "HEYI_DATABASE_URL": ["mysql://x", "nonsense", ""],
    "HEYI_ICE_ADDRESSES": ["eth0", "300.1.1.1", "127.0.0.1", "::1", "fe80::1", "169.254.3.4"],
    "HEYI_ICE_ANNOUNCED": ["198.51.100.1", "x"],
    "HEYI_ICE_LOOPBACK": ["yes", ""],
    "HEYI_ICE_PORTS": [
        "50000",
        "50000-",
        "51999-50000",
        "50000-70000",
        "80-90",
        "5e4-6e4",
        "²-³",
        "1024-" + "9" * 5000,
    ],
    "HEYI_SMS_URL": ["gateway", "http://"],
    "HEYI_FONTS": ["/nowhere"],
    "HEYI_LOG_LEVEL": ["loud", "INFO"],
    "HEYI_LOG_FORMAT": ["JSON", "xml", ""],
    "HEYI_METRICS_TOKEN": ["x" * 31, "x" * 31 + " ", "x" * 32 + "é", "x" * 32 + "\n"],
    "HEYI_PASSWORD": ["x"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_a_wrong_setting_is_one_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as said:
        read_settings({name: value})
    assert "\n" not in str(said.value)


def test_the_sentence_about_a_wrong_token_does_not_repeat_it() -> None:
    with pytest.raises(SettingsError) as said:
        read_settings({"HEYI_METRICS_TOKEN": "a secret"})
    assert "a secret" not in str(said.value)


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text("")
    with pytest.raises(SettingsError, match="belong together"):
        read_settings({"HEYI_TLS_CERT": str(tmp_path / "tls.pem")})


SERVING = {
    "HEYI_PUBLIC_URL": "https://heyi.test",
    "HEYI_SMS_URL": "http://127.0.0.1:9/sms",
    "HEYI_SMS_SECRET": "x",
    "HEYI_CENTRE_PHONE": "12378",
}


@pytest.mark.parametrize("name", SERVING)
def test_nothing_is_served_without_what_people_depend_on(name: str) -> None:
    check_for_serving(read_settings(SERVING))
    with pytest.raises(SettingsError, match=name):
        check_for_serving(read_settings({n: v for n, v in SERVING.items() if n != name}))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Tiaojie.Example.CN/", "https://tiaojie.example.cn"),
        ("https://x.cn:443", "https://x.cn"),
        ("https://x.cn:8443", "https://x.cn:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://调解.example", "https://xn--5y2av5b.example"),
    ],
)
def test_the_origin_is_spelt_as_browsers_spell_it(url: str, origin: str) -> None:
    assert read_settings({"HEYI_PUBLIC_URL": url}).origin == origin


@pytest.mark.parametrize("name", ["HEYI_DATA", "HEYI_KEYS"])
def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=name):
        build_app(settings_in(tmp_path, **{name: str(tmp_path / "file" / "folder")}))


def test_a_key_and_an_authority_that_are_none_are_said(folder: Path) -> None:
    (folder / "keys/authority/root.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="authority"):
        build_app(settings_in(folder))
    (folder / "keys/master.key").write_bytes(b"short")
    with pytest.raises(SettingsError, match="32 bytes"):
        build_app(settings_in(folder))


def test_a_database_that_is_none_is_said(folder: Path) -> None:
    for path in (folder / "data").glob("heyi.sqlite3*"):
        path.write_bytes(b"this is no database, and it is longer than a header of one" * 20)
    with pytest.raises(SettingsError, match="HEYI_DATABASE_URL"):
        build_app(settings_in(folder))


@pytest.mark.parametrize("left", ["keys/authority", "data/objects"])
def test_a_lost_database_is_said_and_no_empty_one_takes_its_place(folder: Path, left: str) -> None:
    for path in (folder / "data").glob("heyi.sqlite3*"):
        path.unlink()
    if left == "data/objects":
        shutil.rmtree(folder / "keys/authority")
        (folder / left / "ab").mkdir(parents=True)
        (folder / left / "ab" / f"ab{'0' * 22}").write_bytes(b"an object")
    with pytest.raises(SettingsError, match=f"{left} is: the database is lost, and no new one is made"):
        build_app(settings_in(folder))
    assert list((folder / "data").glob("heyi.sqlite3*")) == []


def test_serving_without_text_messages_is_refused_with_status_2(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HEYI_")}
    environment["HEYI_DATA"] = str(tmp_path / "data")
    ran = subprocess.run(
        [sys.executable, "-m", "server", "serve"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("heyi: HEYI_SMS_URL is not set")
    assert len(ran.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()
