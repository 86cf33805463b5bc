"""What people really do to the cells of a workbook (the mistakes collected in cells.json).

Every mistake takes a clean row and gives the rows that stand in its place: mostly one row with a bad
cell, two where the mistake lies between rows. `MISTAKES` is the table of them, by name.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from random import Random

from records.cells import ErrorCell, FormulaCell, RawCell
from records.synthetic.contacts import CITIES, make_email, make_mobile
from records.synthetic.identity_numbers import with_check_digit
from records.synthetic.layout import Cell, Row
from records.synthetic.names import FEMALE, MALE, make_name
from records.synthetic.studies import ROC_OFFSET, programmes

Mistake = Callable[[Row, Random], list[Row]]
MISTAKES: dict[str, Mistake] = {}

SHARE = 0.12
_EXCEL_DAY_ZERO = datetime.date(1899, 12, 30)
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
NOTHING_WORDS = ("無", "-", "－", "--", "N/A", "nil", "不詳", "未知", "待補", "(空白)")
SHORT_NAMES = (
    "資工系",
    "電機系",
    "食科系",
    "航管系",
    "河工系",
    "養殖系",
    "機械系",
    "造船系",
    "環漁系",
    "輪機系",
)


def with_mistakes(rows: Iterable[Row], random: Random) -> Iterator[Row]:
    """Pass rows on and work a mistake into about `SHARE` of them."""
    mistakes = list(MISTAKES.values())
    for row in rows:
        if random.random() < SHARE:
            yield from random.choice(mistakes)(row, random)
        else:
            yield row


def _mistake(function: Mistake) -> Mistake:
    MISTAKES[function.__name__] = function
    return function


def _replacing(name: str, column: Cell, make: Callable[[Row, Random], RawCell]) -> None:
    """Enter a mistake that writes another value into one cell."""

    def replace(row: Row, random: Random) -> list[Row]:
        return [_changed(row, {column: make(row, random)})]

    replace.__name__ = name
    _mistake(replace)


def _changed(row: Row, cells: dict[Cell, RawCell]) -> Row:
    return [cells.get(Cell(place), cell) for place, cell in enumerate(row)]


def _one_of(*values: RawCell) -> Callable[[Row, Random], RawCell]:
    return lambda row, random: random.choice(values)


def _full_width(column: Cell) -> Callable[[Row, Random], RawCell]:
    return lambda row, random: str(row[column] or "").translate(_FULL_WIDTH)


def _roc(day: datetime.date, pattern: str) -> str:
    return pattern.format(year=day.year - ROC_OFFSET, month=day.month, day=day.day)


def _roc_date(column: Cell, *patterns: str) -> Callable[[Row, Random], RawCell]:
    """The date of a cell in one of the ROC spellings; a blank cell stays blank."""

    def spell(row: Row, random: Random) -> RawCell:
        day = row[column]
        return _roc(day, random.choice(patterns)) if isinstance(day, datetime.date) else None

    return spell


# identity numbers


def _wrong_checksum(row: Row, random: Random) -> str:
    number = str(row[Cell.NATIONAL_ID])
    return f"{number[:-1]}{(int(number[-1]) + random.randrange(1, 9)) % 10}"


_replacing("full_width_identity_number", Cell.NATIONAL_ID, _full_width(Cell.NATIONAL_ID))
_replacing("lower_case_identity_number", Cell.NATIONAL_ID, lambda row, _: str(row[Cell.NATIONAL_ID]).lower())
_replacing(
    "zero_width_identity_number",
    Cell.NATIONAL_ID,
    lambda row, _: f"{str(row[Cell.NATIONAL_ID])[:4]}\u200b{str(row[Cell.NATIONAL_ID])[4:]}\t",
)
_replacing("wrong_checksum", Cell.NATIONAL_ID, _wrong_checksum)
_replacing("short_identity_number", Cell.NATIONAL_ID, lambda row, _: str(row[Cell.NATIONAL_ID])[:-1])
_replacing(
    "masked_identity_number",
    Cell.NATIONAL_ID,
    lambda row, _: f"{str(row[Cell.NATIONAL_ID])[:4]}****{str(row[Cell.NATIONAL_ID])[-2:]}",
)
_replacing("missing_identity_number", Cell.NATIONAL_ID, _one_of(None, "無", "待補"))

# names and sex

_replacing("missing_name", Cell.CHINESE_NAME, _one_of(None, "\u3000", "待補"))
_replacing("name_with_blanks", Cell.CHINESE_NAME, lambda row, _: f"\u3000{row[Cell.CHINESE_NAME]} ")
_replacing(
    "name_with_invisible_characters",
    Cell.CHINESE_NAME,
    lambda row, _: f"\u202e{row[Cell.CHINESE_NAME]}\ufeff",
)
_replacing(
    "name_with_a_lost_character", Cell.CHINESE_NAME, lambda row, _: f"{str(row[Cell.CHINESE_NAME])[:-1]}?"
)
_replacing(
    "name_with_a_private_character",
    Cell.CHINESE_NAME,
    lambda row, _: f"{str(row[Cell.CHINESE_NAME])[:-1]}\ue0a1",
)
_replacing("name_with_a_remark", Cell.CHINESE_NAME, lambda row, _: f"{row[Cell.CHINESE_NAME]}(改名)")
_replacing("full_width_english_name", Cell.ENGLISH_NAME, _full_width(Cell.ENGLISH_NAME))
_replacing(
    "sex_in_other_words",
    Cell.SEX,
    lambda row, random: random.choice(
        ("Ｍ", "Male", "1", "先生", "男性")
        if row[Cell.SEX] == MALE
        else ("Ｆ", "Female", "2", "小姐", "女性")
    ),
)
_replacing("sex_left_open", Cell.SEX, _one_of("男/女", "□男 □女", "3"))

# dates


def _day_number(row: Row, random: Random) -> RawCell:
    day = row[Cell.BIRTH_DATE]
    return (day - _EXCEL_DAY_ZERO).days if isinstance(day, datetime.date) else day


def _roc_number(row: Row, random: Random) -> RawCell:
    day = row[Cell.BIRTH_DATE]
    return int(_roc(day, "{year}{month:02d}{day:02d}")) if isinstance(day, datetime.date) else day


_replacing(
    "roc_birthday",
    Cell.BIRTH_DATE,
    _roc_date(
        Cell.BIRTH_DATE,
        "{year}/{month:02d}/{day:02d}",
        "民國{year}年{month}月{day}日",
        "民{year}.{month}.{day}",
        "{year:03d}{month:02d}{day:02d}",
        "{year:03d}/{month:02d}/{day:02d}",
    ),
)
_replacing(
    "birthday_as_text",
    Cell.BIRTH_DATE,
    lambda row, random: row[Cell.BIRTH_DATE].strftime(
        random.choice(("%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d 00:00:00", "%Y／%m／%d"))
    ),
)
_replacing("birthday_as_day_number", Cell.BIRTH_DATE, _day_number)
_replacing("birthday_as_roc_number", Cell.BIRTH_DATE, _roc_number)
_replacing(
    "impossible_birthday", Cell.BIRTH_DATE, _one_of("1989/02/29", "1989/13/01", "0781306", "2099/05/06")
)
_replacing("birthday_of_unclear_order", Cell.BIRTH_DATE, _one_of("05/06/1989", "03/04/1991"))
_replacing("missing_birthday", Cell.BIRTH_DATE, _one_of(None, "無", "  年  月  日"))
_replacing(
    "roc_graduation_date",
    Cell.GRADUATION_DATE,
    _roc_date(
        Cell.GRADUATION_DATE,
        "{year}/{month:02d}/{day:02d}",
        "民國{year}年{month}月{day}日",
        "{year:03d}{month:02d}{day:02d}",
    ),
)
_replacing(
    "graduation_month_only",
    Cell.GRADUATION_DATE,
    _roc_date(Cell.GRADUATION_DATE, "{year:03d}/{month:02d}", "民國{year}年{month}月"),
)

# numbers that Excel made of texts

_replacing("student_number_as_integer", Cell.STUDENT_NUMBER, lambda row, _: int(row[Cell.STUDENT_NUMBER]))
_replacing("student_number_as_float", Cell.STUDENT_NUMBER, lambda row, _: float(row[Cell.STUDENT_NUMBER]))
_replacing("postal_code_as_float", Cell.POSTAL_CODE, lambda row, _: float(row[Cell.POSTAL_CODE] or 202))
_replacing("mobile_as_integer", Cell.MOBILE, lambda row, random: int(make_mobile(random).replace("-", "")))

# e-mail, phones, addresses ----------------------------------------------------------------------------------


def _spelt_mobile(row: Row, random: Random) -> str:
    digits = make_mobile(random).replace("-", "")
    patterns = (
        "{0}{1}{2}",
        "({0}){1}-{2}",
        "{0} {1} {2}",
        "{0}_{1}{2}",
        "{0}–{1}{2}",
        "+886{3}{1}{2}",
        "00886{3}{1}{2}",
    )
    return random.choice(patterns).format(digits[:4], digits[4:7], digits[7:], digits[1:4])


def _spelt_landline(row: Row, random: Random) -> str:
    number = f"24{random.randrange(10**6):06d}"
    patterns = (
        "({0}){1}{2}",
        "{0}{1}{2}",
        "{0}.{1}.{2}",
        "{0}~{1}{2}",
        "+886-2-{1}{2}",
        "TEL:{0}-{1}{2}",
        "{0}-{1}{2}分機12",
        "{0}-{1}{2} 轉 34",
    )
    return random.choice(patterns).format("02", number[:4], number[4:])


_replacing("mobile_in_another_spelling", Cell.MOBILE, _spelt_mobile)
_replacing("full_width_mobile", Cell.MOBILE, lambda row, random: make_mobile(random).translate(_FULL_WIDTH))
_replacing("mobile_with_a_digit_too_many", Cell.MOBILE, lambda row, random: f"{make_mobile(random)}9")
_replacing("landline_in_another_spelling", Cell.PHONE, _spelt_landline)
_replacing("landline_without_area_code", Cell.PHONE, lambda row, random: f"24{random.randrange(10**6):06d}")
_replacing("mobile_in_the_landline_column", Cell.PHONE, lambda row, random: make_mobile(random))
_replacing("two_landlines", Cell.PHONE, _one_of("02-24620101、02-24620202", "02-27010101/04-22010101"))
_replacing("missing_email", Cell.EMAIL, _one_of(None, "無", "@"))
_replacing(
    "two_emails",
    Cell.EMAIL,
    lambda row, random: f"{row[Cell.EMAIL]}{random.choice(',;、 ')}second.{row[Cell.EMAIL]}",
)
_replacing(
    "email_with_display_name", Cell.EMAIL, lambda row, _: f'"{row[Cell.CHINESE_NAME]}" <{row[Cell.EMAIL]}>'
)
_replacing("full_width_email", Cell.EMAIL, _full_width(Cell.EMAIL))
_replacing("broken_email", Cell.EMAIL, lambda row, _: str(row[Cell.EMAIL]).replace("@", " "))
_replacing("city_in_short", Cell.CITY, lambda row, random: random.choice(CITIES).name[:2])
_replacing(
    "county_that_is_gone", Cell.ADDRESS, lambda row, random: f"台北縣板橋市文化路{random.randrange(1, 99)}號"
)
_replacing(
    "postal_code_before_the_address",
    Cell.ADDRESS,
    lambda row, random: f"202基隆市中正區中正路{random.randrange(1, 99)}號",
)
_replacing(
    "line_break_in_the_address",
    Cell.ADDRESS,
    lambda row, _: f"{str(row[Cell.ADDRESS])[:6]}\n{str(row[Cell.ADDRESS])[6:]}",
)
_replacing("country_in_other_words", Cell.COUNTRY, _one_of("中華民國", "R.O.C.", "TAIWAN", "台灣", "tw"))


@_mistake
def words_for_nothing(row: Row, random: Random) -> list[Row]:
    columns = random.sample(
        (Cell.PHONE, Cell.MOBILE, Cell.OTHER_ADDRESS, Cell.ENGLISH_NAME, Cell.CLASS_NAME), 3
    )
    return [_changed(row, {column: random.choice(NOTHING_WORDS) for column in columns})]


# studies


def _department(row: Row, random: Random) -> RawCell:
    departments = {programme.name: programme.department for programme in programmes()}
    return departments.get(str(row[Cell.PROGRAMME]), row[Cell.PROGRAMME])


_replacing("department_without_level", Cell.PROGRAMME, _department)
_replacing("department_in_short", Cell.PROGRAMME, _one_of(*SHORT_NAMES))
_replacing("unknown_department", Cell.PROGRAMME, _one_of("漁撈學系", "海洋考古學系", "航海科"))
_replacing("unknown_status", Cell.ENROLMENT_STATUS, _one_of("不存在的狀態", "99", "已離校"))
_replacing("serial_number_out_of_the_scheme", Cell.SERIAL_NUMBER, _one_of("abc", "待編"))

# messages and annotations

_replacing("messages_declined", Cell.ACCEPTS_MESSAGES, _one_of("否", "N", "不願意"))
_replacing("messages_ticked", Cell.ACCEPTS_MESSAGES, _one_of("V", "✓", "願意"))
_replacing("messages_left_open", Cell.ACCEPTS_MESSAGES, _one_of("是/否"))
_replacing(
    "legacy_annotation",
    Cell.ANNOTATIONS,
    _one_of(
        "1.修改聯絡地址(20190320 王小明)", "1.修改聯絡地址(20190320 王小明)\n2.新增英文名字(20190321 王小明)"
    ),
)
_replacing("legacy_free_annotation", Cell.ANNOTATIONS, _one_of("曾任系學會會長", "-1", "@系友會理事"))

# what Excel leaves in cells


@_mistake
def error_cell(row: Row, random: Random) -> list[Row]:
    column = random.choice((Cell.ENGLISH_NAME, Cell.PHONE, Cell.CITY, Cell.ADDRESS, Cell.CLASS_NAME))
    return [_changed(row, {column: ErrorCell(random.choice(("#N/A", "#REF!", "#NUM!")))})]


@_mistake
def formula_cell(row: Row, random: Random) -> list[Row]:
    formulas: tuple[tuple[Cell, str], ...] = (
        (Cell.PHONE, "=02-24620101"),
        (Cell.POSTAL_CODE, "=202+0"),
        (Cell.SEX, '=IF(MID(F2,2,1)="1","男","女")'),
    )
    column, formula = random.choice(formulas)
    return [_changed(row, {column: FormulaCell(formula, None)})]


# mistakes between rows


@_mistake
def doubled_row(row: Row, random: Random) -> list[Row]:
    return [row, list(row)]


@_mistake
def student_number_given_to_two_people(row: Row, random: Random) -> list[Row]:
    sex = random.choice((MALE, FEMALE))
    name = make_name(random, sex)
    # Third character 8: never a number that IdentityNumbers hands out.
    identity_number = with_check_digit(
        f"{random.choice('LRSY')}{1 if sex == MALE else 2}8{random.randrange(10**6):06d}"
    )
    other = {
        Cell.CHINESE_NAME: name.chinese,
        Cell.ENGLISH_NAME: name.english,
        Cell.SEX: sex,
        Cell.NATIONAL_ID: identity_number,
        Cell.EMAIL: make_email(random, name.english, random.randrange(10**7, 10**8)),
    }
    return [row, _changed(row, other)]


@_mistake
def person_with_two_birthdays(row: Row, random: Random) -> list[Row]:
    day = row[Cell.BIRTH_DATE]
    other = (
        day + datetime.timedelta(days=random.randrange(1, 300)) if isinstance(day, datetime.date) else None
    )
    return [row, _changed(_second_degree(row, random), {Cell.BIRTH_DATE: other})]


@_mistake
def person_with_two_names(row: Row, random: Random) -> list[Row]:
    name = make_name(random, str(row[Cell.SEX]))
    return [row, _changed(_second_degree(row, random), {Cell.CHINESE_NAME: name.chinese})]


def _second_degree(row: Row, random: Random) -> Row:
    """The same person in another programme; the student number was not filled in."""
    others = [programme.name for programme in programmes() if programme.name != row[Cell.PROGRAMME]]
    return _changed(row, {Cell.PROGRAMME: random.choice(others), Cell.STUDENT_NUMBER: None})
