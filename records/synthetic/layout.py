"""Where each cell stands in a row of the Excel template (domain.md 3) and its two further columns."""

from __future__ import annotations

from enum import IntEnum

from records.cells import RawCell

Row = list[RawCell]


class Cell(IntEnum):
    """The place of a column in a row; the order is the template's."""

    SERIAL_NUMBER = 0
    STUDENT_NUMBER = 1
    CHINESE_NAME = 2
    ENGLISH_NAME = 3
    SEX = 4
    NATIONAL_ID = 5
    BIRTHDAY = 6
    EMAIL = 7
    LANDLINE = 8
    MOBILE = 9
    COUNTRY = 10
    CITY = 11
    POSTAL_CODE = 12
    ADDRESS = 13
    OTHER_ADDRESS = 14
    PROGRAMME = 15
    GRADUATION_DATE = 16
    ENROLMENT_STATUS = 17
    CURRENT_IDENTITY = 18
    CLASS_NAME = 19
    ACCEPTS_MESSAGES = 20
    ANNOTATIONS = 21


HEADERS = (
    "流水號",
    "學號",
    "中文姓名",
    "英文姓名",
    "性別",
    "身分證字號",
    "生日",
    "電子郵件",
    "聯絡電話",
    "行動電話",
    "所在國家",
    "城市",
    "郵遞區號",
    "聯絡住址",
    "其他住址",
    "畢業系所",
    "畢業日期",
    "在學狀態",
    "目前身分",
    "班級資料",
    "是否願意接受母校訊息",
    "註解",
)
