"""The unit of systemd, as systemd itself reads it."""

import re
import shutil
import subprocess
from pathlib import Path

from recordings.recorder import CLOSE_WITHIN
from server.serving import GRACE
from server.settings import VARIABLES

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging/heyi.service"
UNITS = Path("usr/lib/systemd/system")
EXPOSURE = 20  # tenths; systemd calls what is below 2.0 fine, and a plain unit has 9.6


def installed(folder: Path) -> Path:
    """Lay out a root in which the unit is installed, with the targets of systemd and a program."""
    shutil.copytree("/" / UNITS, folder / UNITS, symlinks=True, ignore=_all_but_targets)
    shutil.copy(UNIT, folder / UNITS)
    program = folder / "opt/heyi/.venv/bin/heyi"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return folder


def _all_but_targets(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".target")]


def values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    words = ["systemd-analyze", "verify", f"--root={installed(tmp_path)}", UNIT.name]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_unit_lets_the_service_do_little() -> None:
    words = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--no-pager",
        f"--threshold={EXPOSURE}",
        str(UNIT),
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
