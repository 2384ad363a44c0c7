"""The units of systemd, as systemd itself reads them, and the command by hand beside them."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from recordings.recorder import CLOSE_WITHIN
from server.serving import GRACE
from server.settings import VARIABLES

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging/heyi.service"
BACKUP = ROOT / "packaging/heyi-backup.service"
TIMER = ROOT / "packaging/heyi-backup.timer"
BY_HAND = ROOT / "packaging/heyi-by-hand"
WHOSE = ("User", "Group", "EnvironmentFile", "Environment", "StateDirectory", "StateDirectoryMode", "UMask")
UNITS = Path("usr/lib/systemd/system")
EXPOSURE = 20  # tenths; systemd calls what is below 2.0 fine, and a plain unit has 9.6


def installed(folder: Path) -> Path:
    """Lay out a root in which the units are installed, with the targets of systemd and programs."""
    shutil.copytree("/" / UNITS, folder / UNITS, symlinks=True, ignore=_all_but_targets)
    for unit in (UNIT, BACKUP, TIMER):
        shutil.copy(unit, folder / UNITS)
    for name in ("opt/heyi/.venv/bin/heyi", "bin/sh"):
        _program(folder / name, "#!/bin/sh\n")
    return folder


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _all_but_targets(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".target")]


def values(key: str, unit: Path = UNIT) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def hardening(unit: Path) -> list[str]:
    """Return the lines about what a unit may do, comments left out."""
    _, lines = unit.read_text().split("\nCapabilityBoundingSet=")
    return [line for line in lines.split("\n[")[0].splitlines() if line and not line.startswith("#")]


def by_hand(folder: Path, *words: str, **environ: str) -> list[str]:
    """Run the command by hand on a machine whose systemd-run only says its words; return them."""
    _program(folder / "systemd-run", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    path = f"{folder}:{os.environ['PATH']}"
    ran = subprocess.run(
        [BY_HAND, *words], env={"PATH": path, **environ}, capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize("unit", [UNIT, BACKUP, TIMER], ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, unit: Path) -> None:
    words = ["systemd-analyze", "verify", f"--root={installed(tmp_path)}", unit.name]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", [UNIT, BACKUP], ids=lambda unit: unit.name)
def test_the_unit_lets_the_service_do_little(unit: Path) -> None:
    words = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--no-pager",
        f"--threshold={EXPOSURE}",
        str(unit),
    ]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-200:]


def test_the_unit_sets_settings_that_exist_and_folders_that_it_has() -> None:
    pairs = [pair.split("=") for line in values("Environment") for pair in line.split()]
    assert {name for name, _ in pairs} <= set(VARIABLES)
    [folders] = values("StateDirectory")
    states = {f"/var/lib/{name}" for name in folders.split()}
    assert {value for name, value in pairs if name in {"HEYI_DATA", "HEYI_KEYS"}} == states


def test_the_unit_leaves_the_memory_that_dtls_needs() -> None:
    assert values("MemoryDenyWriteExecute") == []


def test_the_unit_reads_what_metrics_of_the_process_are_made_of() -> None:
    assert values("ProcSubset") == []  # with `pid` there is no /proc/stat


def test_the_unit_waits_until_recordings_are_closed() -> None:
    [seconds] = values("TimeoutStopSec")
    assert int(seconds) > GRACE + 2 * CLOSE_WITHIN


@pytest.mark.parametrize("key", WHOSE)
def test_a_backup_has_the_user_the_settings_and_the_folders_of_the_service(key: str) -> None:
    assert values(key)
    assert values(key, BACKUP) == values(key)


def test_a_backup_may_do_no_more_than_the_service_but_write_where_it_writes_to() -> None:
    assert hardening(BACKUP) == hardening(UNIT)
    [folder] = values("ReadWritePaths", BACKUP)
    made, checked = values("ExecStart", BACKUP)
    assert f" backup {folder}/$(date " in made
    assert checked.endswith("heyi audit verify")


def test_a_command_by_hand_has_the_user_the_settings_and_the_folders_of_the_service(tmp_path: Path) -> None:
    words = by_hand(tmp_path, "audit", "verify", "--json")
    for key in ("EnvironmentFile", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert [f"{key}={value}" for value in values(key)] == [w for w in words if w.startswith(f"{key}=")]
    [user], [group] = values("User"), values("Group")
    assert {f"--uid={user}", f"--gid={group}"} <= set(words)
    [pairs] = values("Environment")
    folders = [pair for pair in pairs.split() if pair.startswith(("HEYI_DATA=", "HEYI_KEYS="))]
    assert [word for word in words if word.startswith("HEYI_")] == folders
    [service] = values("ExecStart")
    assert words[-4:] == [shlex.split(service)[0], "audit", "verify", "--json"]


def test_a_command_by_hand_may_be_for_another_data_folder(tmp_path: Path) -> None:
    words = by_hand(tmp_path, "restore", "/backup/heyi/1", HEYI_DATA="/var/tmp/look")
    assert [word for word in words if word.startswith("HEYI_DATA=")] == ["HEYI_DATA=/var/tmp/look"]


@pytest.mark.parametrize("name", ["deployment.md", "recovery.md"])
def test_the_guides_name_the_folders_of_the_units(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    [folder] = values("ReadWritePaths", BACKUP)
    assert set(re.findall(r"heyi (?:backup|restore) (/\S*)/", text)) == {folder}
    assert set(re.findall(r"/etc/heyi\S*?\.env", text)) <= set(values("EnvironmentFile"))
    assert not re.search(r"/var/lib/heyi/(?:data|keys)\b", text)
