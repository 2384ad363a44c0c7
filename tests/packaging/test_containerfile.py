"""The container's file, as far as that can be told without an engine; `packaging/try-steps` runs its steps."""

import asyncio
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

from server.settings import VARIABLES
from tests.builders.house import house

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "packaging/Containerfile").read_text()
HEALTHCHECK = ROOT / "packaging/healthcheck.py"


def said(instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} ((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)


def test_every_package_of_the_program_is_in_the_container() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"{package} ./{package}" for package in packages} <= set(said("COPY"))


def test_what_is_copied_is_there() -> None:
    sources = [source for words in said("COPY") for source in words.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_everything_that_is_installed_is_pinned_or_our_own() -> None:
    installs = [run for run in said("RUN") if "pip install" in run]
    assert len(installs) == 2
    assert all("--require-hashes" in run or "--no-deps -e ." in run for run in installs)


def test_the_service_is_not_root_and_keeps_nothing_elsewhere() -> None:
    assert said("USER") == ["heyi"]
    assert TEXT.index("USER heyi") > max(TEXT.rindex(f"\n{step} ") for step in ("RUN", "COPY"))
    settings = dict(pair.split("=") for pair in said("ENV")[0].split())
    assert settings.keys() <= VARIABLES.keys()
    assert said("VOLUME") == [f'["{settings["HEYI_DATA"]}", "{settings["HEYI_KEYS"]}"]']


async def healthcheck(environment: dict[str, str]) -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, HEALTHCHECK, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    written, _ = await process.communicate()
    return process.returncode, written


async def test_the_healthcheck_says_whether_the_service_is_well(tmp_path: Path) -> None:
    async with house(tmp_path) as opened:
        assert await healthcheck(opened.trial.environment) == (0, b"ok\n")
        shutil.rmtree(tmp_path / "data/objects", ignore_errors=True)
        (tmp_path / "data/objects").write_text("a file where the folder was")
        assert await healthcheck(opened.trial.environment) == (1, b"recorder down\n")
    status, written = await healthcheck(opened.trial.environment)
    assert (status, written[:14]) == (1, b"nobody answers")
