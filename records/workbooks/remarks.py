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
    "headless_columns": (
        WARNING,
        _("第 %(columns)s 欄有內容卻沒有標題，沒有匯入；如需匯入，請補上標題後重新上傳。"),
    ),
    "summary_rows": (
        WARNING,
        _("有 %(count)s 列像是合計、製表或備註而不是校友，沒有匯入：第 %(rows)s 列。"),
    ),
    "repeated_headers": (NOTE, _("有 %(count)s 列重複標題列的文字，沒有匯入：第 %(rows)s 列。")),
    "external_links": (NOTE, _("檔案連結到其他活頁簿；系統不會開啟那些檔案，只讀取本檔存下的值。")),
    "data_connections": (NOTE, _("檔案設有外部資料連線；系統不會連線，只讀取本檔存下的值。")),
    "embedded_objects": (NOTE, _("檔案內嵌其他文件或物件，沒有讀取。")),
    "cell_comments": (NOTE, _("儲存格的註解（附註）沒有讀取；如有需要的資料，請填在欄位裡。")),
    "merged_cells": (WARNING, _("合併儲存格只有左上角的一格有內容，其餘視為空白：%(ranges)s。")),
}


def remark(code: str, params: Mapping[str, object]) -> Note:
    """The note for a remark of the child process."""
    level, sentence = SENTENCES[code]
    return Note(level, code, sentence % in_words(params))
