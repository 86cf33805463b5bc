"""The names of the format (ECMA-376 "Transitional" and "Strict") that reading and writing share."""

from __future__ import annotations

MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_NAMESPACE = "http://purl.oclc.org/ooxml/spreadsheetml/main"
