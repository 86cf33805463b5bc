"""`manage.py permissions [--write]`: the matrix of docs/permissions.md, from the code that decides."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.permissions import matrix, written


class Command(BaseCommand):
    help = "列出角色權限表；--write 寫入 docs/permissions.md。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="寫入 docs/permissions.md")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            if not write:
                self.stdout.write(matrix())
                return
            path = settings.BASE_DIR / "docs" / "permissions.md"
            try:
                path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
            except (OSError, ValueError) as error:
                raise CommandError(
                    _("無法寫入 %(file)s：%(reason)s") % {"file": path.name, "reason": error}
                ) from error
            self.stdout.write(_("已寫入 %(file)s。") % {"file": f"docs/{path.name}"})
