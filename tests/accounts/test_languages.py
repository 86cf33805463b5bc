"""The pages of sign-in in both languages: nothing of the other one on any of them."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from .conftest import PASSWORD, totp_code

CATALOGUES = sorted(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/django.po"))
# One line each: `makemessages --no-wrap`. Of a plural the first form.
ENTRY = re.compile(r'^msgid "(.+)"\n(?:msgid_plural .+\n)?msgstr(?:\[0\])? "(.*)"', re.M)
MARKUP = re.compile(r"<script.*?</script>|<code.*?</code>|<head>.*?</head>|<[^>]+>", re.S)
OPEN = ("login", "account_reset_password", "account_reset_password_done")
OWN = (
    "password_change",
    "sessions",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_deactivate_totp",
    "mfa_reauthenticate",
)
# Where they are not words of the page: switch of the language, address, browser, user, names of techniques.
ENGLISH_ALLOWED = re.compile(r"English|PIN|127\.0\.0\.1|someone|JavaScript|Cookie")
CHINESE_ALLOWED = re.compile(r"中文|測試校友")


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_is_complete_and_compiled(catalogue):
    """The .mo is committed, so that a machine without gettext speaks both languages: run msgfmt after a change."""
    text = catalogue.read_text(encoding="utf-8")
    written = dict(ENTRY.findall(text))
    assert written and all(written.values()) and "#, fuzzy" not in text
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {source: compiled.gettext(source) for source in written} == written


def pages(person, language: str) -> dict[str, str]:
    """What stands on every page of sign-in, and on the answers to what goes wrong."""
    visitor = Client(headers={"accept-language": language})
    texts = {name: visitor.get(reverse(name)) for name in OPEN}
    texts["dead link"] = visitor.get(reverse("password_set", args=["MQ", "x-y"]))
    texts["wrong"] = visitor.post(reverse("login"), {"login": "nobody", "password": "x"})
    for _time in range(4):
        texts["locked"] = visitor.post(reverse("login"), {"login": "nobody", "password": "x"})
    client = person("alumnus", factor=True, username="someone", display_name="測試校友").signed_in()
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    client.post(reverse("mfa_reauthenticate"), {"code": totp_code()})
    texts |= {name: client.get(reverse(name), follow=True) for name in OWN}
    weak = {"oldpassword": "wrong", "password1": "ntou", "password2": "other"}
    texts["weak"] = client.post(reverse("password_change"), weak)
    changed = {"oldpassword": PASSWORD, "password1": "Harbour-light-9", "password2": "Harbour-light-9"}
    texts["home"] = client.post(reverse("password_change"), changed, follow=True)
    stage = Client(headers={"accept-language": language})
    form = {"login": "someone", "password": "Harbour-light-9"}
    texts["factor"] = stage.post(reverse("login"), form, follow=True, REMOTE_ADDR="192.0.2.1")
    texts["wrong code"] = stage.post(reverse("mfa_authenticate"), {"code": "12345"})
    return {name: MARKUP.sub(" ", response.content.decode()) for name, response in texts.items()}


def test_in_english_no_chinese_word_stands_anywhere(person):
    for name, text in pages(person, "en").items():
        assert not re.search(r"[\u4e00-\u9fff]+", CHINESE_ALLOWED.sub("", text)), (name, text)


def test_in_chinese_no_english_word_stands_anywhere(person):
    for name, text in pages(person, "zh-TW").items():
        assert not re.findall(r"[A-Za-z]{2,}", ENGLISH_ALLOWED.sub("", text)), (name, text)


def test_the_language_is_chosen_by_a_button_and_the_workspace_stays_chinese(client_of):
    client = client_of("center_staff")
    assert "登入中的裝置" in client.get(reverse("sessions")).content.decode()
    client.post(reverse("set_language"), {"language": "en", "next": "/accounts/sessions/"})
    page = client.get(reverse("sessions")).content.decode()
    assert '<html lang="en">' in page and "Where I am signed in" in page
    assert "工作看板" in client.get("/admin/").content.decode()
    assert client.get(reverse("set_language")).status_code == 405
