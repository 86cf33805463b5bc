"""Why a workbook is refused: one sentence each, saying what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from records.workbooks import limits

SENTENCES = {
    # before the file is unpacked
    "no_rows": _("這個檔案只有標題列，沒有任何資料；請填入資料後重新上傳。"),
    "no_key_columns": _(
        "檔案沒有「流水號」、「身分證字號」或「學號」任何一欄，無法分辨是哪一位校友；請使用空白範本的欄位後重新上傳。"
    ),
    "empty": _("這個檔案是空的，請確認內容後重新上傳。"),
    "too_big": _(
        "檔案有 %(size)s MB，超過上限 %(limit)s MB；請刪去多餘的工作表、圖片或格式，或分成數個檔案再上傳。"
    ),
    "wrong_suffix": _(
        "檔名的結尾是「%(suffix)s」，只能匯入 Excel 活頁簿（.xlsx）；請在 Excel 另存新檔，"
        "檔案類型選「Excel 活頁簿 (*.xlsx)」。"
    ),
    "old_xls": _(
        "這是舊版的 Excel 檔（.xls）；請在 Excel 開啟後另存新檔，檔案類型選「Excel 活頁簿 (*.xlsx)」。"
    ),
    "password": _("檔案有密碼保護，無法讀取；請在 Excel 的「檔案→資訊→保護活頁簿」移除密碼，存檔後再上傳。"),
    "not_xlsx": _(
        "檔名是 .xlsx，內容卻不是 Excel 活頁簿；請在 Excel 開啟後另存新檔，"
        "檔案類型選「Excel 活頁簿 (*.xlsx)」。"
    ),
    # the package
    "broken": _("檔案已損壞，無法讀取；請在 Excel 開啟檢查後另存新檔再上傳。"),
    "macro": _(
        "檔案含有巨集或 ActiveX 控制項，不能匯入；請在 Excel 另存新檔，檔案類型選不含巨集的「Excel 活頁簿 (*.xlsx)」。"
    ),
    "binary_workbook": _(
        "這是 Excel 二進位活頁簿（.xlsb）；請在 Excel 另存新檔，檔案類型選「Excel 活頁簿 (*.xlsx)」。"
    ),
    "too_many_parts": _(
        "檔案內含 %(count)s 個組件，超過上限 %(limit)s 個；請把要匯入的工作表複製到新的活頁簿，另存後再上傳。"
    ),
    "too_big_unpacked": _(
        "檔案解壓縮後超過 %(limit)s MB；請把要匯入的資料複製到新的活頁簿，或分成數個檔案再上傳。"
    ),
    "ratio": _("檔案的壓縮比例異常，可能不是正常的活頁簿；請把要匯入的資料複製到新的活頁簿，另存後再上傳。"),
    "part_names": _("檔案內部的組件名稱不正常，不能匯入；請把要匯入的資料複製到新的活頁簿，另存後再上傳。"),
    "doctype": _(
        "檔案內含有不允許的文件類型宣告（DOCTYPE），不能匯入；"
        "請把要匯入的資料複製到新的活頁簿，另存後再上傳。"
    ),
    # the sheet
    "far_cell": _(
        "儲存格 %(cell)s 有內容，超出可匯入的範圍（%(rows)s 列、%(columns)s 欄）；"
        "請刪除多餘的內容，或分成數個檔案再上傳。"
    ),
    "long_text": _("儲存格 %(cell)s 的內容超過 %(limit)s 個字；請刪去多餘的內容後再上傳。"),
    "row_order": _(
        "工作表「%(sheet)s」的第 %(row)s 列重複出現或次序不對，檔案已損壞；請在 Excel 開啟後另存新檔再上傳。"
    ),
    "cell_order": _(
        "工作表「%(sheet)s」的儲存格 %(cell)s 重複出現或次序不對，檔案已損壞；"
        "請在 Excel 開啟後另存新檔再上傳。"
    ),
    "no_sheet": _(
        "檔案中沒有可以匯入的工作表（隱藏的、圖表，以及名為「說明」「範例」「選項」的工作表不會讀取）；"
        "請把資料放在看得見的工作表後重新上傳。"
    ),
    "several_sheets": _(
        "有一個以上的工作表看來都要匯入：%(sheets)s；請只留下要匯入的一個，或把資料合併到同一個工作表後重新上傳。"
    ),
    "no_headers_above_rows": _(
        "工作表「%(sheet)s」第 %(row)s 列已是資料，上方卻沒有標題列；請在資料上方加入標題列（至少要有：%(required)s），"
        "或把資料貼到系統提供的範本後重新上傳。"
    ),
    "other_headers": _(
        "工作表「%(sheet)s」第 %(row)s 列的欄名與範本不同（%(found)s），缺少必要的欄位：%(missing)s；"
        "若是註冊課務組的離校資料，可在一天內於批次的頁面上選「以離校資料處理這個檔案」，或重新上傳並選擇「註冊課務組的離校資料」；"
        "否則請改成範本的欄名後重新上傳。"
    ),
    "no_header_row": _(
        "在前 %(rows)s 列找不到標題列；標題列至少要有：%(required)s；請用系統提供的範本，或檢查標題的文字。"
    ),
    "no_headers": _("在前 %(rows)s 列找不到標題列；請在資料上方保留一列欄位名稱後再上傳。"),
    "missing_headers": _(
        "工作表「%(sheet)s」第 %(row)s 列的標題缺少必要的欄位：%(missing)s；請補上這些欄位後再上傳。"
    ),
    "doubled_headers": _(
        "工作表「%(sheet)s」第 %(row)s 列的標題重複：%(doubled)s；請刪去多餘的欄位後再上傳。"
    ),
    # the process that reads
    "too_slow": _("讀取檔案花費的時間超過上限；請把要匯入的資料複製到新的活頁簿，或分成數個檔案再上傳。"),
    "too_heavy": _("讀取檔案需要的記憶體超過上限；請把要匯入的資料複製到新的活頁簿，或分成數個檔案再上傳。"),
}

_ALWAYS = {"rows": limits.MAX_ROWS, "columns": limits.MAX_COLUMNS}


class WorkbookRefused(Exception):
    """The workbook cannot be used. `code` for programs, `sentence` for people (Traditional Chinese)."""

    def __init__(self, code: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code] % in_words({**_ALWAYS, **self.params})

    def __str__(self) -> str:
        return self.sentence


def in_words(params: Mapping[str, object]) -> dict[str, object]:
    """The parameters of a sentence, lists joined in the Chinese manner and numbers with their thousands."""
    return {name: _in_words(value) for name, value in params.items()}


def _in_words(value: object) -> object:
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    if isinstance(value, int):
        return f"{value:,}"
    return value
