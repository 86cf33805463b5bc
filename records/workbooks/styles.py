"""The cell styles of the workbooks we write: the numbers in the cells and the part that explains them."""

from __future__ import annotations

from enum import IntEnum

from records.workbooks.names import MAIN_NAMESPACE


class Style(IntEnum):
    """Number of a cell format; plus `MARKED`, the same with the fill of "please correct"."""

    GENERAL = 0
    TEXT = 1
    DATE = 2
    MOMENT = 3
    TIME = 4
    HEADER = 10


MARKED = 5

# ECMA-376 18.8.30: 49 is "@"; 164 and above are our own.
_NUMBER_FORMATS = (0, 49, 164, 165, 166)
_PLAIN, _MARKED_FILL, _HEADER_FILL = 0, 2, 3


def _cell_format(number_format: int, fill: int, font: int = 0) -> str:
    return (
        f'<xf numFmtId="{number_format}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    )


_CELL_FORMATS = (
    *(_cell_format(number_format, _PLAIN) for number_format in _NUMBER_FORMATS),
    *(_cell_format(number_format, _MARKED_FILL) for number_format in _NUMBER_FORMATS),
    _cell_format(49, _HEADER_FILL, font=1),
)


def _solid(colour: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/></patternFill></fill>'


# Fills 0 and 1 are reserved by Excel.
STYLES_XML = (
    f'<styleSheet xmlns="{MAIN_NAMESPACE}">'
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="hh:mm:ss"/>'
    "</numFmts>"
    '<fonts count="2"><font><sz val="12"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="12"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="4"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    f"{_solid('FFFFC7CE')}{_solid('FFDDEBF7')}</fills>"
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_CELL_FORMATS)}">{"".join(_CELL_FORMATS)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
