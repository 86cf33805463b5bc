"""How long other people's edits wait while an import writes (case 39 of security.md): at most 2 s.

`python benchmarks/edits_during_import.py --database postgres --rows 100000`: that many people are stored, then one file
changes the address of all of them. Meanwhile two editors (`editing.py`) change one person after the other: one people
who are not in the file, one people who are.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from databases import fresh_databases
from made_up_site import environment

HERE, ROOT = Path(__file__).resolve().parent, Path(__file__).resolve().parents[1]
OUTSIDERS = 1000
NEW_ADDRESS = "基隆市中正區北寧路2號"
OPEN_EDITOR = """from accounts.models import User
User.objects.create_user('editor', display_name='編輯', role='center_staff')"""
COUNT = "from records.models import Person; print(Person.objects.count())"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, fresh_databases(asked.database, Path(made)) as databases:
        made_up = environment(database_url=databases.new(), data=f"{made}/data")
        os.environ.update(made_up | {"PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"})
        measure(Path(made), asked.rows)
    return 0


def measure(directory: Path, rows: int) -> None:
    for command in (("migrate",), ("createcachetable",), ("load_organisation",)):
        manage(*command, "--verbosity", "0")
    manage("shell", "-c", OPEN_EDITOR)
    files = [directory / name for name in ("outside.xlsx", "inside.xlsx", "changed.xlsx")]
    writing = [
        sys.executable,
        str(HERE / "changed_workbooks.py"),
        *map(str, files),
        str(OUTSIDERS),
        str(rows),
    ]
    subprocess.run([*writing, NEW_ADDRESS], check=True)
    manage("import_alumni", files[0], "--apply")
    outside = int(manage("shell", "-v", "0", "-c", COUNT).split()[-1])
    manage("import_alumni", files[1], "--apply")
    inside = int(manage("shell", "-v", "0", "-c", COUNT).split()[-1])
    stop = directory / "stop"
    spans = {"not in the file": (1, outside), "in the file": (outside + 1, inside)}
    editors = {what: editing(*span, stop) for what, span in spans.items()}
    time.sleep(2)
    began = time.perf_counter()
    manage("import_alumni", files[2], "--apply", "--mode", "overwrite")
    print(f"{rows} rows: {time.perf_counter() - began:.1f} s beside two editors")
    stop.touch()
    print("| edited people | edits | median s | longest s | put off with a sentence |\n|---|---|---|---|---|")
    for what, editor in editors.items():
        waits = json.loads(editor.communicate()[0])
        seconds = [wait for wait, _is_written in waits]
        refused = sum(not is_written for _wait, is_written in waits)
        print(
            f"| {what} | {len(waits)} | {statistics.median(seconds):.3f} | {max(seconds):.2f} | {refused} |"
        )


def editing(first: int, last: int, stop: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "editing.py"), str(first), str(last), str(stop)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def manage(*command: str | Path) -> str:
    words = [sys.executable, str(ROOT / "manage.py"), *map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: rows were left to a person, which is what the editors bring about
        sys.exit(done.stdout)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
