"""How a refusal reads, and what the process that opens workbooks can and cannot do."""

from __future__ import annotations

import time
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from records.workbooks import sandbox
from records.workbooks.reader import WorkbookRefused, read_sheet
from records.workbooks.refusals import SENTENCES
from tests.workbook_files import (
    HEADERS,
    MAIN,
    REQUIRED,
    header_row,
    package_parts,
    worksheet,
    write_package,
    write_with_openpyxl,
)

GOOD = worksheet(header_row())
ANSWER = 'print(\'{"refused": "empty", "params": {}}\')'


def confined(then: str, *, before: str = "pass", seconds: int = 5) -> str:
    """A program of the child that does one thing, confines itself and does another."""
    return (
        "import sys; sys.path.append(sys.argv[1]); import os, socket; "
        "from records.workbooks import confinement\n"
        f"{before}\nconfinement.confine({seconds})\n{then}"
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "校友.xlsx"


def refusal(path: Path, **options) -> WorkbookRefused:
    """The refusal of a file, wherever it comes: on opening or among the rows."""
    with pytest.raises(WorkbookRefused) as caught:
        list(read_sheet(path, **{"headers": HEADERS, "required": REQUIRED, **options}).rows)
    assert caught.value.sentence.endswith(("。", "）。"))
    assert "%(" not in caught.value.sentence
    return caught.value


def good(path: Path) -> Path:
    """A workbook that is read without a word."""
    return write_package(path, package_parts(GOOD))


# words: what becomes of which file, `test_workbooks_hostile` says


def test_the_owners_name_of_the_file_counts_not_the_servers(path):
    path.write_bytes(b"name,id")
    assert refusal(path, name="名單.csv").code == "wrong_suffix"
    assert "「.csv」" in refusal(path, name="名單.csv").sentence
    assert "「.c□v」" in refusal(path, name="名單.c\ud800v").sentence


def test_a_file_over_the_size_limit_is_refused_with_both_sizes(path):
    path.write_bytes(b"PK\x03\x04" + bytes(1024 * 1024))
    assert "1.1 MB，超過上限 1 MB" in refusal(path, max_bytes=1024 * 1024).sentence


@pytest.mark.parametrize(
    "part",
    ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"],
)
def test_a_document_type_is_refused_in_any_part_that_is_read(path, part):
    parts = package_parts(GOOD)
    for doctype in ("<!DOCTYPE x>", "<?a?><!--b-->\n<!DOCTYPE x SYSTEM 'y'>"):
        assert refusal(write_package(path, {**parts, part: doctype + parts[part]})).code == "doctype"


def test_what_a_sheet_without_headers_holds_is_not_repeated(path):
    write_with_openpyxl(path, {"資料": [("王小明", "A123456789")], "說明": [HEADERS]})
    refused = refusal(path)
    assert refused.code == "no_headers_above_rows"
    assert "中文姓名、身分證字號、生日、電子郵件" in refused.sentence
    assert "A123456789" not in refused.sentence


# the process


def test_more_memory_than_allowed_is_refused(path, monkeypatch):
    less = "from records.workbooks import limits; limits.MEMORY_BYTES = 100 << 20; from records"
    monkeypatch.setattr(sandbox, "_START", sandbox._START.replace("from records", less))
    parts = package_parts(GOOD, strings=f'<sst xmlns="{MAIN}"><si><t>{"x" * 50_000_000}</t></si></sst>')
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert refusal(path, max_bytes=100 << 20).code == "too_heavy"


def test_a_child_that_is_too_slow_is_ended(path, monkeypatch):
    monkeypatch.setattr(sandbox, "_START", "import time; time.sleep(600)")
    good(path)
    started = time.monotonic()
    assert refusal(path, timeout=0.3).code == "too_slow"
    assert time.monotonic() - started < 300  # not as long as it sleeps


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", "broken"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "too_heavy"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too_slow"),
        ("raise SystemExit(3)", "broken"),
        ("print('[2, [')", "broken"),
        ("print('x' * 70_000_000)", "too_heavy"),
    ],
)
def test_a_child_that_dies_is_a_refusal_and_the_next_file_is_read(path, monkeypatch, program, code):
    good(path)
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "_START", program)
        assert refusal(path).code == code
    assert list(read_sheet(path, headers=HEADERS, required=REQUIRED).rows) == []


def test_a_child_that_dies_among_the_rows_is_a_refusal(path):
    write_with_openpyxl(path, {"a": [HEADERS, *[("王小明", "x" * 200)] * 20_000]})
    sheet = read_sheet(path, headers=HEADERS, required=REQUIRED)
    next(sheet.rows)
    sheet._child._process.kill()
    with pytest.raises(WorkbookRefused):
        list(sheet.rows)


def test_processor_time_is_limited(path, monkeypatch):
    # Showing life goes on, so that the limit on the whole is what ends it.
    program = confined("while True: confinement.show_life()", seconds=1)
    monkeypatch.setattr(sandbox, "_START", program)
    good(path)
    started = time.monotonic()
    assert refusal(path, timeout=600).code == "too_slow"
    assert time.monotonic() - started < 300  # not as long as one would have waited


@pytest.mark.parametrize("machine", ["the machine's own", "none that is known"])
@pytest.mark.parametrize(
    ("act", "is_possible"),
    [
        ("bytearray(100 << 20)", True),
        ("bytearray(2 << 30)", False),
        ("os.write(os.open('x', os.O_CREAT | os.O_WRONLY), b'x')", False),
        ("os.open('.', os.O_RDONLY)", False),
        ("socket.socket()", False),
        ("socket.socketpair()", False),
        ("os.dup(0)", False),
    ],
)
def test_the_child_has_given_up_what_it_does_not_need(path, monkeypatch, tmp_path, machine, act, is_possible):
    before = "confinement._MACHINES.clear()" if machine == "none that is known" else "pass"
    program = confined(f"{act}\n{ANSWER}", before=f"os.chdir({str(tmp_path)!r}); {before}")
    monkeypatch.setattr(sandbox, "_START", program)
    assert refusal(good(path)).code == ("empty" if is_possible else "broken")


@pytest.mark.parametrize(
    "act",
    [
        "os.close(0); socket.socket()",  # in the place of a descriptor that was given back
        "os.kill(os.getppid(), 0)",
        "os.unlink('x')",
        "os.rename('x', 'y')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.stat('/etc/passwd')",
    ],
)
def test_the_system_call_filter_leaves_nothing_but_reading(path, monkeypatch, tmp_path, act):
    (tmp_path / "x").write_text("x")
    program = confined(f"{act}\n{ANSWER}", before=f"os.chdir({str(tmp_path)!r})")
    monkeypatch.setattr(sandbox, "_START", program)
    assert refusal(good(path)).code == "broken"
    assert (tmp_path / "x").exists()


def test_a_child_without_the_filter_reads_and_the_log_says_so(path, monkeypatch, caplog):
    start = sandbox._START.replace(
        "from records", "from records.workbooks import confinement; from records", 1
    )
    monkeypatch.setattr(sandbox, "_START", start.replace("main()", "confinement._MACHINES.clear(); main()"))
    with caplog.at_level("WARNING"):
        assert list(read_sheet(good(path), headers=HEADERS, required=REQUIRED).rows) == []
    assert "no system call filter" in caplog.text


def test_every_sentence_is_a_whole_sentence_with_nothing_to_fill_in_left():
    for sentence in SENTENCES.values():
        assert str(sentence).endswith("。") and str(sentence).count("。") == 1
