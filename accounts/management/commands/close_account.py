"""`manage.py close_account`: closes an account at once, in an emergency."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.closing import close
from accounts.models import User


class Command(BaseCommand):
    help = "立即停用帳號並結束其登入。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="原因，記入帳號紀錄")

    def handle(self, *args: Any, **options: Any) -> None:
        account = User.objects.filter(username=options["username"]).first()
        if account is None:
            raise CommandError(_("沒有這個帳號：%(username)s") % {"username": options["username"]})
        try:
            close(account, reason=options["reason"], by=None)
        except ValidationError as error:
            raise CommandError(error.message) from error
        self.stdout.write(_("已停用帳號：%(username)s") % {"username": account.username})
