"""What is worth knowing about a file that was read: its notes, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from records.cells import NOTE, WARNING, Note
from records.workbooks.refusals import in_words

SENTENCES = {
    "header_row": (NOTE, _("標題列是第 %(row)s 列，在它之上的各列沒有匯入。")),
    "other_sheets": (NOTE, _("只讀取工作表「%(sheet)s」；另有工作表沒有讀取：%(others)s。")),
    "hidden_sheets": (NOTE, _("隱藏的工作表沒有讀取：%(hidden)s。")),
    "unknown_headers": (WARNING, _("無法辨識的欄位沒有匯入：%(unknown)s。")),
    "missing_headers": (WARNING, _("檔案中沒有這些欄位：%(missing)s；系統原有的資料不會因此變更。")),
    "hidden_columns": (WARNING, _("隱藏的欄位仍會匯入：%(hidden)s。")),
    "hidden_rows": (WARNING, _("隱藏（或被篩選掉）的 %(count)s 列仍會匯入，例如第 %(rows)s 列。")),
    "merged_cells": (WARNING, _("合併儲存格只有左上角的一格有內容，其餘視為空白：%(ranges)s。")),
}


def remark(code: str, params: Mapping[str, object]) -> Note:
    """The note for a remark of the child process."""
    level, sentence = SENTENCES[code]
    return Note(level, code, sentence % in_words(params))
