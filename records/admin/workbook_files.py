"""Workbooks on their way in and out of the workspace's pages."""

from __future__ import annotations

import shutil
import tempfile
from typing import BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def temporary_file() -> BinaryIO:
    """A nameless file in the private folder; gone when closed."""
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


def real_file(uploaded: UploadedFile) -> BinaryIO:
    """The upload as a real file, which the reader hands to its child process; small ones come in memory."""
    file = temporary_file()
    shutil.copyfileobj(uploaded, file)
    file.seek(0)
    return file


def download(file: BinaryIO, name: str) -> FileResponse:
    """A written workbook as a download of that name; the response closes the file."""
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=_TYPE)
