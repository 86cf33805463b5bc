"""`python benchmarks/faults`: every fault case, injected for real, on databases of its own; a table of outcomes.

    --database sqlite|postgres   one kind only        --quick     those that run with every change (the tests)
    --case 1b --case 7           these only           --rows N    rows of an import (default 2000)

Exit status 1 when a case failed. A case that needs what this machine does not allow says so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE, ROOT = Path(__file__).resolve().parent, Path(__file__).resolve().parents[2]
sys.path.append(str(HERE.parent))

from made_up_site import environment  # noqa: E402

# Where Django finds its engine; `ground` opens the databases of the cases.
PLACEHOLDERS = {
    "sqlite": "sqlite:///{directory}/none.sqlite3",
    "postgres": "postgres://postgres@127.0.0.1:1/none",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=PLACEHOLDERS)
    asked, others = parser.parse_known_args()
    kinds = [asked.database] if asked.database else list(PLACEHOLDERS)
    # Django knows one database in each process.
    return max([_run(kind, others) for kind in kinds])


def _run(kind: str, arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="faults-") as directory:
        Path(directory).chmod(0o711)  # a server that runs as another account has its files below
        command = [sys.executable, str(HERE / "run.py"), directory, kind, *arguments]
        made_up = environment(
            database_url=PLACEHOLDERS[kind].format(directory=directory),
            data=f"{directory}/data",
            settings="site_settings",
        )
        paths = {"PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE.parent, ROOT)))}
        return subprocess.run(command, env=os.environ | made_up | paths, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
