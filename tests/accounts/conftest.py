"""Accounts with passwords and second factors, and how one signs in to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User

PASSWORD = "Wave-of-2031"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def totp_code() -> str:
    """The code that a phone with SECRET shows now; codes used before in the same half minute count again."""
    cache.clear()
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


@dataclass
class Person:
    """An account, its password, and a browser of its own for each sign-in."""

    user: User
    password: str = PASSWORD

    def sign_in(self, client: Client, password: str | None = None, **headers: str) -> HttpResponse:
        form = {"login": self.user.username, "password": password or self.password}
        return client.post(reverse("login"), form, **headers)

    def signed_in(self) -> Client:
        client = Client()
        assert self.sign_in(client).status_code == 302
        if Authenticator.objects.filter(user=self.user).exists():
            assert client.post(reverse("mfa_authenticate"), {"code": totp_code()}).status_code == 302
        return client

    def kinds(self) -> list[str]:
        """The trail, oldest first."""
        return [event.kind for event in reversed(self.user.events.all())]


@pytest.fixture
def person(user_of) -> Callable[..., Person]:
    """`person(role)`: an account with a password; `person(role, factor=True)`: with an app and recovery codes."""

    def make(role: str = "center_staff", *, factor: bool = False, **fields: object) -> Person:
        user = user_of(role, **fields)
        user.set_password(PASSWORD)
        user.save()
        if factor:
            Authenticator.objects.create(
                user=user, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(SECRET)}
            )
            RecoveryCodes.activate(user)
        return Person(user)

    return make


@pytest.fixture
def letters(mailoutbox, django_capture_on_commit_callbacks) -> Callable[..., list]:
    """`letters(act)`: the letters that go out when `act` is done and committed."""

    def sent(act: Callable[[], object]) -> list:
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return mailoutbox[before:]

    return sent
