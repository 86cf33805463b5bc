"""What a foreign column can become: one of our columns, as it stands or read in a way that a person chose."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..columns import COLUMNS, SECONDARY

ROC, CITY, CLASS, MOBILE = "roc", "city", "class", "mobile"
# Ways beside the plain one: what a person says of a column that its cells alone do not tell.
_WAYS: dict[str, dict[str, str | Promise]] = {
    "birth_date": {ROC: _("（民國年數字，如 0780506）")},
    "graduation_date": {ROC: _("（民國年數字，如 1130630、11306）")},
    "address": {CITY: _("（並由住址開頭帶出城市）")},
    "programme": {CLASS: _("（並帶出後面的班級，如資工系四年A班）")},
    "phone": {MOBILE: _("（並由其中帶出行動電話）")},
}
# Key → what the choice reads like; the key is the attribute, or "attribute:way".
TARGETS: dict[str, tuple[str, str | Promise]] = {}
for _column in COLUMNS:
    TARGETS[_column.attribute] = (_column.header, "")
    for _way, _words in _WAYS.get(_column.attribute, {}).items():
        TARGETS[f"{_column.attribute}:{_way}"] = (_column.header, _words)

# The columns whose words are the university's own, so that foreign ones may have to be translated.
VALUED = ("programme", "enrolment_status", "current_identity", "sex")

FIRST, JOINED, ALL = "first", "joined", "all"
JOINS: dict[str, str | Promise] = {
    FIRST: _("取第一個有內容的"),
    JOINED: _("依檔案中的順序接成一個內容（如區碼＋電話、系所＋學制）"),
    ALL: _("全部保留，第一個為主要"),
}


def attribute_of(target: str) -> str:
    """`graduation_date` for "graduation_date:roc"."""
    return target.partition(":")[0]


def way_of(target: str) -> str:
    """`roc` for "graduation_date:roc", "" for a column that is taken as it stands."""
    return target.partition(":")[2]


def joins_of(attribute: str) -> dict[str, str | Promise]:
    """How several foreign columns may become this one; only some columns keep a second value."""
    return {key: words for key, words in JOINS.items() if key != ALL or attribute in SECONDARY}
