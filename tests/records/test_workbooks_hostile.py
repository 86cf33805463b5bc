"""Every hostile, broken or odd file of `tests.hostile`: its sentence or its remarks, and a server that lives on."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from records.workbooks.reader import WorkbookRefused, read_sheet
from tests.hostile import CASES
from tests.hostile.case import OPENS
from tests.workbook_files import HEADERS, REQUIRED

# security.md 4 and issue 5: a refusal comes within ten seconds, of which a busy machine takes nothing away here.
PATIENCE = 10


def processor_seconds() -> float:
    """What this process and those that it waited for have used."""
    usages = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def test_there_are_more_than_eighty_files():
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", CASES)
def test_a_file_meets_its_sentence_or_its_remarks(name: str, tmp_path: Path):
    case = CASES[name]
    path = tmp_path / "upload.xlsx"
    case.make(path)
    began = processor_seconds()
    try:
        sheet = read_sheet(path, headers=HEADERS, required=REQUIRED, name=case.name)
        rows = list(sheet.rows)
    except WorkbookRefused as refused:
        assert (refused.code, case.word in refused.sentence) == (case.code, True), refused.sentence
        assert "請" in refused.sentence and refused.sentence.endswith("。") and "%(" not in refused.sentence
    else:
        assert case.code == OPENS
        assert ({note.code for note in sheet.notes}, len(rows)) == (case.remarks, case.rows)
    assert processor_seconds() - began < PATIENCE
    assert not Path(f"/proc/self/task/{os.getpid()}/children").read_text()
