"""How large a workbook may be: far above an honest file, far below what hurts the server."""

from __future__ import annotations

MEGABYTE = 1024 * 1024

MAX_FILE_BYTES = 20 * MEGABYTE
MAX_PARTS = 200
# 130,000 rows of 22 columns; ten times the size of the file is usual.
MAX_UNPACKED_BYTES = 200 * MEGABYTE
MAX_RATIO = 100
RATIO_COUNTS_FROM_BYTES = MEGABYTE
MAX_ROWS = 200_000
MAX_COLUMNS = 200
# Excel itself holds 32,767 characters in a cell; what is somewhat longer is passed on for a clear message.
MAX_TEXT = 200_000
# As much of a cell as a person is shown who says which column it stands in.
MAX_SAMPLE_TEXT = 200
# What the child may send in all: a text shared by many cells multiplies on the way out.
MAX_ANSWER_BYTES = 200 * MEGABYTE
MAX_LINE_BYTES = 64 * MEGABYTE

MEMORY_BYTES = 1024 * MEGABYTE
# Standard input, output and error: nothing else can be opened, no file and no socket.
OPEN_FILES = 3
# Processor time without a row to show for it. The texts of 100,000 rows take a third of that.
SILENT_SECONDS = 4
ROWS_BETWEEN_SIGNS_OF_LIFE = 200

HEADER_SEARCH_ROWS = 10
# Sheets of our own template that never hold data.
RESERVED_SHEETS = frozenset({"說明", "範例", "選項"})
