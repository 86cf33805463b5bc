"""What a browser sends from the form of an account."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User


def filled(client: Client, account: User) -> dict[str, Any]:
    """The form of an account as its page shows it now."""
    form = client.get(reverse("admin:accounts_user_change", args=[account.pk])).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def send(client: Client, account: User, **values: Any) -> HttpResponse:
    """Open the form of an account, write `values` into it (None takes a value away) and send it."""
    sent = filled(client, account) | values
    address = reverse("admin:accounts_user_change", args=[account.pk])
    return client.post(address, {name: value for name, value in sent.items() if value is not None})
