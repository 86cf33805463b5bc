"""Opens an account on the command line: the first one of an installation, or one in an emergency."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import DepartmentMembership, Role, User
from records.models import Department


class Command(BaseCommand):
    help = "開立帳號，並顯示只出現一次的一次性密碼。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="姓名，會寫入註解")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--department",
            action="append",
            default=[],
            metavar="CODE",
            help="系所代碼，可重複",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        user = User(
            username=options["username"],
            display_name=options["name"],
            role=options["role"],
            email=options["email"],
        )
        try:
            user.full_clean(exclude=["password"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        password = user.give_one_time_password()
        user.save()
        for department in self._departments(options["department"]):
            DepartmentMembership.objects.create(user=user, department=department)
        self.stdout.write(_("帳號：%(username)s") % {"username": user.username})
        self.stdout.write(_("一次性密碼：%(password)s") % {"password": password})

    def _departments(self, codes: list[str]) -> list[Department]:
        found = list(Department.objects.filter(code__in=codes))
        unknown = set(codes) - {department.code for department in found}
        if unknown:
            raise CommandError(_("沒有這些系所代碼：%(codes)s") % {"codes": "、".join(sorted(unknown))})
        return found
