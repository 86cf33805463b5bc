"""How far long work is, told truly: rows, rate and time left."""

from __future__ import annotations

import errno
import threading
import time

import pytest
from django.core.management import call_command

from records import progress, progress_sentences
from records.columns import HEADERS
from records.imports import applying
from records.models import ImportBatch, Person
from records.progress import Progress
from records.progress_sentences import sentence_of
from records.workbooks.reader import read_sheet
from records.workbooks.writer import write_sheet
from tests.factories import importer, row, workbook


@pytest.mark.parametrize(
    ("noted", "sentence"),
    [
        (Progress("reading", 1500, None, 1), "讀取檔案：1,500 列"),
        (Progress("reading", 30_000, None, 5), "讀取檔案：30,000 列，每秒 6,000 列"),
        (Progress("reading", 30_000, None, 1, 0.004), "讀取檔案：30,000 列（0%）"),
        (Progress("reading", 30_000, None, 5, 0.25), "讀取檔案：30,000 列（25%），每秒 6,000 列，約剩 15 秒"),
        (Progress("storing", 0, 2000, 9), "儲存計畫：0／2,000（0%）"),
        (
            Progress("applying", 40_000, 100_000, 5),
            "寫入資料：40,000／100,000（40%），每秒 8,000 列，約剩 8 秒",
        ),
        (Progress("applying", 100, 100_000, 10), "寫入資料：100／100,000（0%），每秒 10 列，約剩 167 分鐘"),
    ],
)
def test_the_sentence_says_what_can_be_told(noted, sentence):
    assert sentence_of(noted) == sentence


def test_the_clock_of_a_stage_starts_with_the_stage(monkeypatch):
    at = time.time()
    for seconds, stage, done in (
        (0, "reading", 1),
        (8, "reading", 9),
        (10, "applying", 0),
        (14, "applying", 5),
    ):
        monkeypatch.setattr(progress.time, "time", lambda now=at + seconds: now)
        progress.write("work", stage, done, 10)
    noted = progress.read("work")
    assert (noted.stage, noted.done, noted.seconds) == ("applying", 5, pytest.approx(4))
    assert (noted.rate, noted.seconds_left) == (pytest.approx(1.25), pytest.approx(4))
    progress.clear("work")
    assert progress.read("work") is None


def test_how_much_of_a_sheet_was_read_is_true_whatever_it_claims_to_hold(tmp_path):
    path = tmp_path / "a.xlsx"
    write_sheet(
        path,
        headers=HEADERS,
        rows=([f"L{number}", *["x" * 20] * (len(HEADERS) - 1)] for number in range(9_000)),
    )
    told = []
    with read_sheet(path, headers=HEADERS, required=HEADERS[:1]) as sheet:
        for number, _cells in sheet.rows:
            if number % 1_000 == 0:
                told.append((number / 9_000, sheet.rows.share))
    assert told[0][1] < 0.5 and all(share == pytest.approx(true, abs=0.15) for true, share in told)


def test_what_another_process_took_over_is_not_cleared(monkeypatch):
    progress.write("work", "applying", 1, 2)
    with monkeypatch.context() as other:
        other.setattr(progress.os, "getpid", lambda: 1)
        progress.clear("work")
    assert progress.read("work")
    progress.clear("work")


def test_a_full_disk_does_not_stop_the_work(monkeypatch):
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(progress.Path, "write_text", refuse)
    progress.write("work", "applying", 1, 2)
    progress.clear("work")
    assert progress.read("work") is None


def test_the_command_tells_how_far_it_is(db, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress_sentences, "SECONDS_BETWEEN_LINES", 0.001)
    reserve, said = applying.reserve, threading.Event()

    def say(noted: Progress) -> str:
        if noted.stage == "applying":
            said.set()
        return sentence_of(noted)

    def slowly(*args: object, **options: object) -> object:
        progress.write(ImportBatch.objects.get().pk, "applying", 1, 2)
        assert said.wait(60)
        return reserve(*args, **options)

    monkeypatch.setattr(progress_sentences, "sentence_of", say)
    monkeypatch.setattr(applying, "reserve", slowly)
    importer()
    path = workbook(tmp_path / "離校.xlsx", [row(), row()])
    with pytest.raises(SystemExit):
        call_command("import_alumni", str(path), "--apply", "--progress", "--user", "importer")
    assert "寫入資料：1／2（50%）" in capsys.readouterr().err and Person.objects.count() == 2
