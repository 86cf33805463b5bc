"""Who works with the database: accounts, their roles and, for contacts, their departments."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """domain.md §1. What a role may see and do is decided in records.policies, nowhere else."""

    CENTER_STAFF = "center_staff", _("校友服務中心承辦人員")
    CENTER_DIRECTOR = "center_director", _("校友服務中心主任")
    IT_STAFF = "it_staff", _("圖資處校務系統組")
    REGISTRAR = "registrar", _("註冊課務組")
    DEPARTMENT_CONTACT = "department_contact", _("系所聯絡人")
    AUDITOR = "auditor", _("稽核人員")
    ALUMNUS = "alumnus", _("校友")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password nobody can log in to it."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.email = self.normalize_email(user.email)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """For `manage.py createsuperuser`: the first account of a new installation, one of IT's."""
        fields = {"role": Role.IT_STAFF} | fields
        return self.create_user(username, password, is_superuser=True, **fields)


class User(AbstractUser):
    first_name = None
    last_name = None

    display_name = models.CharField(_("姓名"), max_length=60, help_text=_("註解中記載的修改人姓名。"))
    role = models.CharField(_("角色"), max_length=20, choices=Role)

    objects = UserManager()

    REQUIRED_FIELDS = ["display_name", "email"]

    class Meta:
        verbose_name = _("帳號")
        verbose_name_plural = _("帳號")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name}（{self.username}）"

    @property
    def is_staff(self) -> bool:  # takes the place of AbstractUser's column: one truth, the role
        """Whether the account works in the admin site: everybody but alumni."""
        return self.role != Role.ALUMNUS

    @cached_property
    def department_ids(self) -> frozenset[int]:
        """The departments whose people a contact may see: the own ones and those granted today; empty for every
        other role (security.md §8).

        Kept as long as this object lives, that is one request: a department taken away counts at the next."""
        if self.role != Role.DEPARTMENT_CONTACT:
            return frozenset()
        own = self.memberships.values_list("department_id", flat=True)
        return frozenset(own) | self.scope_grants.valid_on(timezone.localdate()).department_ids()

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name
