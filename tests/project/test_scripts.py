"""The scripts start, and nothing in the repository is bound to one machine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [ROOT / "manage.py", ROOT / ".ci" / "run", *sorted((ROOT / "bin").iterdir())]
# Home directories and this project's own workplace; /usr/bin/env and the like are the same everywhere.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")


def tracked_files() -> list[Path]:
    """What git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_executable_and_parses(script):
    assert os.access(script, os.X_OK)
    if "bash" in script.read_text().splitlines()[0]:
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_no_file_names_a_path_of_one_machine():
    offenders = []
    for path in tracked_files():
        if path == Path(__file__) or b"\0" in (content := path.read_bytes()):
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                offenders.append(f"{path.relative_to(ROOT)}:{number}")
    assert not offenders


def test_no_secret_and_no_data_is_tracked():
    names = {str(path.relative_to(ROOT)) for path in tracked_files()}
    assert ".env" not in names
    assert not [name for name in names if name.startswith(("var/", ".venv/"))]
    assert not [name for name in names if name.endswith((".sqlite3", ".pem", ".key"))]
