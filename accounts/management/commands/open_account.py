"""Opens an account on the command line: the first one of an installation, or one in an emergency."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import invitations, trail
from accounts.models import AccountEvent, DepartmentMembership, Role, User
from records.models import Department


class Command(BaseCommand):
    help = "開立帳號；有電子郵件時寄出設定密碼的連結，否則顯示連結。"

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
        user.set_unusable_password()
        user.save()
        for department in self._departments(options["department"]):
            DepartmentMembership.objects.create(user=user, department=department)
        self.stdout.write(_("帳號：%(username)s") % {"username": user.username})
        trail.note(user, AccountEvent.Kind.OPENED, detail=_("以指令開立"))
        if user.email:
            invitations.invite(user, by=None)
            self.stdout.write(_("設定密碼的連結將寄到：%(email)s") % {"email": user.email})
        else:
            trail.note(user, AccountEvent.Kind.INVITED, detail=_("連結顯示於指令"))
            self.stdout.write(_("設定密碼的連結（24 小時內有效，限用一次）："))
            self.stdout.write(invitations.link(user))

    def _departments(self, codes: list[str]) -> list[Department]:
        found = list(Department.objects.filter(code__in=codes))
        unknown = set(codes) - {department.code for department in found}
        if unknown:
            raise CommandError(_("沒有這些系所代碼：%(codes)s") % {"codes": "、".join(sorted(unknown))})
        return found
