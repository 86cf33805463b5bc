"""The columns of the registrar's workbook, once: template, import, export, annotations and masking read this.

The 20 columns of domain.md §3 in their order, and the two that files moved over from the old system carry.
Values are canonical text ("" is empty); `shown` turns one into what people and exports see.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from . import values
from .cells import Cleaned, RawCell


class Owner(StrEnum):
    """Where a value lives: once on the person, on one academic record, or in annotations and objections."""

    PERSON = "person"
    RECORD = "record"
    ANNOTATION = "annotation"


class Sensitivity(StrEnum):
    """The class of a field decides who sees it (security.md §8); `rights` says which role which class."""

    PERSONAL = "personal"  # how somebody is called and addressed
    IDENTITY = "identity"  # what proves who somebody is
    CONTACT = "contact"
    STUDY = "study"  # one degree's data
    SUMMARY = "summary"  # what speaks of all degrees at once, those of other departments among them
    CONSENT = "consent"
    NOTES = "notes"  # free words, in which anything may stand


@dataclass(frozen=True, slots=True)
class Column:
    header: str  # as in the template; never translated
    attribute: str
    owner: Owner
    sensitivity: Sensitivity
    clean: Callable[..., Cleaned]
    word: str  # what an annotation calls it (SOP 6.7)
    rule: str  # the sentence on the template's explanation sheet
    example: str
    is_required: bool = False  # SOP 6.10
    # Statuses and programmes are stored as ids of the university's lists and looked up by `programmes`.
    list_name: str = ""

    def cleaned(self, cell: RawCell, today: datetime.date) -> Cleaned:
        return self.clean(cell, today=today)


PERSON, RECORD, ANNOTATION = Owner.PERSON, Owner.RECORD, Owner.ANNOTATION
PERSONAL, IDENTITY, CONTACT, STUDY = (
    Sensitivity.PERSONAL,
    Sensitivity.IDENTITY,
    Sensitivity.CONTACT,
    Sensitivity.STUDY,
)
SUMMARY, CONSENT, NOTES = Sensitivity.SUMMARY, Sensitivity.CONSENT, Sensitivity.NOTES

COLUMNS: tuple[Column, ...] = (
    Column(
        "流水號", "serial_number", RECORD, STUDY, values.clean_serial_number, "流水號",
        _("空白時由系統編號；已有號碼者保留原號，不可重複。"), "",
    ),
    Column(
        "學號", "student_number", RECORD, STUDY, values.clean_student_number, "學號",
        _("文字，保留開頭的 0。"), "00957001",
    ),
    Column(
        "中文姓名", "chinese_name", PERSON, PERSONAL, values.clean_chinese_name, "中文姓名",
        _("必填。"), "王小明", is_required=True,
    ),
    Column(
        "英文姓名", "english_name", PERSON, PERSONAL, values.clean_english_name, "英文名字",
        _("與護照相同的拼法。"), "Wang, Hsiao-Ming",
    ),
    Column("性別", "sex", PERSON, PERSONAL, values.clean_sex, "性別", _("男或女。"), "男"),
    Column(
        "身分證字號", "national_id", PERSON, IDENTITY, values.clean_national_id, "身分證字號",
        _("必填；無身分證者填統一證號，兩者皆無者填護照號碼。"), "A900000016", is_required=True,
    ),
    Column(
        "生日", "birth_date", PERSON, IDENTITY, values.clean_birth_date, "生日",
        _("必填；西元（1989-05-06）或民國（民國78年5月6日、0780506）皆可。"), "1989-05-06", is_required=True,
    ),
    Column(
        "電子郵件", "email", PERSON, CONTACT, values.clean_email, "電子郵件",
        _("必填；多個地址以逗號分隔，第一個為主要地址。"), "wang@example.com", is_required=True,
    ),
    Column(
        "聯絡電話", "phone", PERSON, CONTACT, values.clean_phone, "聯絡電話",
        _("區碼-號碼，分機以 # 表示。"), "02-24622192#1250",
    ),
    Column(
        "行動電話", "mobile", PERSON, CONTACT, values.clean_mobile, "行動電話",
        _("四碼-六碼；國外號碼以 + 與國碼開頭。"), "0900-123579",
    ),
    Column("所在國家", "country", PERSON, CONTACT, values.clean_country, "所在國家", _("國名。"), "台灣"),
    Column("城市", "city", PERSON, CONTACT, values.clean_city, "城市", _("縣市或國外城市。"), "基隆市"),
    Column(
        "郵遞區號", "postal_code", PERSON, CONTACT, values.clean_postal_code, "郵遞區號",
        _("台灣為 3、5 或 6 碼。"), "202301",
    ),
    Column(
        "聯絡住址", "address", PERSON, CONTACT, values.clean_address, "聯絡地址",
        _("不含郵遞區號。"), "基隆市中正區北寧路2號",
    ),
    Column("其他住址", "other_address", PERSON, CONTACT, values.clean_other_address, "其他地址", _("選填。"), ""),
    Column(
        "畢業系所", "programme", RECORD, STUDY, values.clean_programme, "畢業系所",
        _("系所與學制的全名；只寫系名時由學號與班級推斷。"), "資訊工程學系學士班", list_name="programme",
    ),
    Column(
        "畢業日期", "graduation_date", RECORD, STUDY, values.clean_graduation_date, "畢業日期",
        _("年月日或年月；在學者空白。"), "2024-06",
    ),
    Column(
        "在學狀態", "enrolment_status", RECORD, STUDY, values.clean_enrolment_status, "在學狀態",
        _("代碼、名稱或「21-畢業」。"), "21-畢業", list_name="enrolment",
    ),
    Column(
        "目前身分", "current_identity", PERSON, SUMMARY, values.clean_current_identity, "目前身分",
        _("代碼、名稱或「2-校友」。"), "2-校友", list_name="identity",
    ),
    Column("班級資料", "class_name", RECORD, STUDY, values.clean_class_name, "班級資料", _("選填。"), "四年A班"),
    Column(
        "是否願意接受母校訊息", "accepts_messages", PERSON, CONSENT, values.clean_accepts_messages,
        "是否願意接受母校訊息", _("是或否；舊系統移轉時使用，可刪除此欄。"), "是",
    ),
    Column(
        "註解", "annotations", ANNOTATION, NOTES, values.clean_annotations, "註解",
        _("舊系統的註解，每行一則；可刪除此欄。"), "",
    ),
)  # fmt: skip

HEADERS: tuple[str, ...] = tuple(column.header for column in COLUMNS)
BY_ATTRIBUTE: dict[str, Column] = {column.attribute: column for column in COLUMNS}
TEMPLATE_COLUMNS = COLUMNS[:20]
REQUIRED_HEADERS = ("中文姓名",)
PERSON_COLUMNS = tuple(column for column in COLUMNS if column.owner is PERSON)
RECORD_COLUMNS = tuple(column for column in COLUMNS if column.owner is RECORD)
CONTACT_ATTRIBUTES = frozenset(c.attribute for c in COLUMNS if c.sensitivity is CONTACT)
# What a newer source may replace; name, sex, birthday and national ID need a person's judgement (SOP 6.5).
REPLACEABLE_ATTRIBUTES = CONTACT_ATTRIBUTES | {"english_name", "current_identity"}
# Kept beside their column, never a column of their own: a second address or number out of the same cell.
SECONDARY = {"email": "other_emails", "phone": "other_phones", "mobile": "other_phones"}
SECONDARY_WORDS = {"other_emails": "其他電子郵件", "other_phones": "其他電話"}
SECONDARY_CLEANERS: dict[str, Callable[..., Cleaned]] = {
    "other_emails": values.clean_other_emails,
    "other_phones": values.clean_other_phones,
}
SEXES = {"M": "男", "F": "女"}


def annotation_word(attribute: str) -> str:
    """What an annotation calls an attribute, e.g. 聯絡地址 for `address`."""
    return SECONDARY_WORDS.get(attribute) or BY_ATTRIBUTE[attribute].word


def shown(attribute: str, value: str) -> str:
    """A canonical value as people and exports see it. List ids are resolved by `programmes.Lists.shown`."""
    if not value:
        return ""
    if attribute == "sex":
        return SEXES[value]
    if attribute == "country":
        return values.country_name(value)
    return value
