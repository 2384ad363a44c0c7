"""Databases of trusted roots as foreign programs keep them: Chromium, and poppler's pdfsig."""

import subprocess
from pathlib import Path


def trust(folder: Path, *roots: Path) -> Path:
    """Make an NSS database in `folder` that trusts these certificates (PEM, one each); return it."""
    folder.mkdir(parents=True, exist_ok=True)
    _certutil(folder, "-N", "--empty-password")
    for number, root in enumerate(roots):
        _certutil(folder, "-A", "-n", f"root {number}", "-t", "CT,C,C", "-i", str(root))
    return folder


def _certutil(folder: Path, *command: str) -> None:
    done = subprocess.run(
        ["certutil", "-d", f"sql:{folder}", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
