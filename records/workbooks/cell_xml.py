"""One value → one `<c>` element. Nothing a person typed becomes a formula (ASVS 1.2.10)."""

from __future__ import annotations

import datetime
import math

from django.utils.translation import gettext as _

from records.cells import ErrorCell, FormulaCell, RawCell
from records.workbooks.serial_dates import to_serial
from records.workbooks.styles import MARKED, Style
from records.workbooks.texts import encode_escapes

# Excel repairs (and so cuts) a file with a longer text in a cell.
_LONGEST_TEXT = 32_767
_EXCEL_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


def cell_xml(reference: str, value: RawCell, *, marked: bool = False, formulas: bool = False) -> str:
    """The element for a cell such as B7; "" for an empty cell that is not `marked`.

    A FormulaCell is written as the text of its formula, or with `formulas` as a live formula with its value.
    What Excel has no type for (a date before 1900, an infinite number) is written as text.
    """
    offset = MARKED if marked else 0
    if isinstance(value, str):
        return text_xml(reference, value, Style.TEXT + offset)
    if value is None:
        return f'<c r="{reference}" s="{Style.TEXT + offset}"/>' if marked else ""
    if isinstance(value, FormulaCell):
        if formulas:
            return _formula_xml(reference, value, offset)
        return text_xml(reference, value.formula, Style.TEXT + offset)
    typed = _typed(value)
    if typed is None:
        return text_xml(reference, _text(value), Style.TEXT + offset)
    kind, style, content = typed
    return f'<c r="{reference}" s="{style + offset}" t="{kind}"><v>{content}</v></c>'


def text_xml(reference: str, text: str, style: int) -> str:
    """A text cell; a text that Excel could not hold ends with a remark on that."""
    if len(text) > _LONGEST_TEXT // 2:
        text = _shortened(text)
    return (
        f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{encode_escapes(text)}</t></is></c>"
    )


def _formula_xml(reference: str, cell: FormulaCell, offset: int) -> str:
    formula = f"<f>{encode_escapes(cell.formula.removeprefix('='))}</f>"
    if cell.cached is None:
        return f'<c r="{reference}" s="{Style.GENERAL + offset}">{formula}</c>'
    kind, style, content = _typed(cell.cached) or ("str", Style.TEXT, encode_escapes(_text(cell.cached)))
    return f'<c r="{reference}" s="{style + offset}" t="{kind}">{formula}<v>{content}</v></c>'


def _typed(value: RawCell) -> tuple[str, int, str] | None:
    """Type, style and content of a value that Excel does not keep as text; None for one that it does."""
    match value:
        case bool():
            return "b", Style.GENERAL, str(int(value))
        case int() | float() if math.isfinite(value):
            return "n", Style.GENERAL, repr(value)
        case ErrorCell() if value.text in _EXCEL_ERRORS:
            return "e", Style.GENERAL, value.text
        case datetime.date() | datetime.time():
            serial = to_serial(value)
            return None if serial is None else ("n", _date_style(value), repr(serial))
    return None


def _text(value: RawCell) -> str:
    return value.text if isinstance(value, ErrorCell) else str(value)


def _date_style(value: datetime.date | datetime.time) -> Style:
    if isinstance(value, datetime.time):
        return Style.TIME
    return Style.MOMENT if isinstance(value, datetime.datetime) else Style.DATE


def _shortened(text: str) -> str:
    """Excel counts UTF-16 units, so a character beyond the basic plane counts twice."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units <= _LONGEST_TEXT:
        return text
    ending = _("…（內容過長，以下省略）")
    room = max(_LONGEST_TEXT - (units - len(text)), _LONGEST_TEXT // 2)
    return text[: room - len(ending)] + ending
