"""Nobody's typing is lost when the login ended meanwhile."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from records.models import Person
from tests.people import somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/person/"
PASSWORD = "Correct-Horse-9"


def form_data(client: Client, url: str) -> dict[str, str]:
    """What a browser would send back from the form as it is shown."""
    context = client.get(url).context_data
    data = {"kept_for": context["kept_for"]}
    for field in context["form"]:
        data[field.html_name] = field.value() or ""
        if field.field.show_hidden_initial:
            data[field.html_initial_name] = data[field.html_name]
    return data


@pytest.fixture
def editor(user_of):
    user = user_of("center_staff")
    user.set_password(PASSWORD)
    user.save()
    return user


def signed_in(client: Client, user, next_page: str = "/") -> str:
    """Sign in by the form; where it leads."""
    data = {"login": user.username, "username": user.username, "password": PASSWORD, "next": next_page}
    return client.post("/login", data)["Location"]


def typed(client: Client, person: Person) -> dict[str, str]:
    url = f"{LIST}{person.pk}/edit/"
    return form_data(client, url) | {"mobile": "0987654321", "national_id": "B123456780"}


def end_session(client: Client) -> None:
    client.cookies.pop(settings.SESSION_COOKIE_NAME)


def test_after_the_sign_in_the_form_comes_back_filled_and_saves(editor, client_of):
    person, client = somebody(), client_of("center_staff")
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    end_session(client)
    moved = client.post(url, data)
    assert moved["Location"] == f"/login?next={url}"
    assert Person.objects.get().mobile == person.mobile
    stored = str(dict(client.session))
    assert "0987654321" not in stored and "B123456780" not in stored  # sealed
    assert signed_in(client, editor, url) == url
    page = client.get(url)
    assert 'value="0987654321"' in page.content.decode() and "尚未儲存" in page.content.decode()
    client.post(
        url, dict(page.context_data["form"].data.items()) | {"kept_for": page.context_data["kept_for"]}
    )
    saved = Person.objects.get()
    assert (saved.mobile, saved.national_id) == ("0987-654321", "B123456780")
    assert 'value="0987654321"' not in client.get(url).content.decode()  # handed out once


def test_the_end_of_the_longest_login_keeps_it_too(editor, client_of):
    person, client = somebody(), client_of("center_staff")
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    session = client.session
    session["started_at"] = (
        timezone.now() - settings.SESSION_ABSOLUTE_AGE - datetime.timedelta(1)
    ).timestamp()
    session.save()
    assert client.post(url, data)["Location"] == f"/login?next={url}"
    signed_in(client, editor, url)
    assert 'value="0987654321"' in client.get(url).content.decode()


def test_a_form_from_before_a_new_login_comes_back_instead_of_a_refusal(editor):
    """Signed in again in another window: the token against forged requests is no longer the form's."""
    person, client = somebody(), Client(enforce_csrf_checks=True)
    client.force_login(editor)
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    answer = client.post(url, data | {"csrfmiddlewaretoken": "x" * 64})
    assert (answer.status_code, answer["Location"]) == (302, url)
    assert 'value="0987654321"' in client.get(url).content.decode()
    assert Person.objects.get().mobile == person.mobile


def test_somebody_else_at_the_same_browser_does_not_see_it(editor, client_of, user_of):
    person, client = somebody(), client_of("center_staff")
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    end_session(client)
    client.post(url, data)
    other = user_of("it_staff")
    other.set_password(PASSWORD)
    other.save()
    signed_in(client, other, url)
    assert "0987654321" not in client.get(url).content.decode()


@pytest.mark.parametrize("token", ["", "forged", "other page", "too old"])
def test_without_a_token_of_ours_nothing_is_kept(editor, client_of, token):
    person, client = somebody(), client_of("center_staff")
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    if token == "other page":
        data["kept_for"] = form_data(client, f"{LIST}{somebody(chinese_name='陳二').pk}/edit/")["kept_for"]
    elif token == "too old":

        class Earlier(signing.TimestampSigner):
            def timestamp(self) -> str:
                return signing.b62_encode(int(timezone.now().timestamp()) - 3 * 24 * 3600)

        signer = Earlier(salt="records.kept_typing")
        data["kept_for"] = signer.sign_object([editor.pk, url])
    else:
        data["kept_for"] = token
    end_session(client)
    client.post(url, data)
    assert "kept_typing" not in client.session and "0987654321" not in str(dict(client.session))


def test_pages_of_the_center_and_of_the_contacts_keep_typing_side_by_side(editor, client_of):
    person, client = somebody(), client_of("center_staff")
    url, own = f"{LIST}{person.pk}/edit/", f"/alumni/people/{person.pk}/edit/"
    data, own_mark = typed(client, person), client.get(own).context["kept_for"]
    end_session(client)
    client.post(url, data)
    client.post(own, {"kept_for": own_mark, "mobile": "0912345678"})
    signed_in(client, editor)
    assert 'value="0987654321"' in client.get(url).content.decode()
    assert 'value="0912345678"' in client.get(own).content.decode()


def test_what_was_kept_stays_until_it_is_saved_or_given_up(editor, client_of):
    person, client = somebody(), client_of("center_staff")
    url, data = f"{LIST}{person.pk}/edit/", typed(client, person)
    end_session(client)
    client.post(url, data)
    signed_in(client, editor)
    pages = [client.get(url) for _time in range(2)]  # a page may be loaded twice
    assert all('value="0987654321"' in page.content.decode() for page in pages)
    given_up = client.post(url, {"kept_for": pages[1].context_data["kept_for"], "discard": "1"})
    assert given_up["Location"] == url
    assert 'value="0987654321"' not in client.get(url).content.decode()
    assert Person.objects.get().mobile == person.mobile


@pytest.mark.parametrize("page", ["edit/", "objection/"])
def test_among_namesakes_the_forms_of_the_center_wait_for_the_verification(client_of, page):
    """SOP 6.5: what was typed before the half hour ended stands in the form again after verifying."""
    person, client = somebody(), client_of("center_staff")
    url = f"{LIST}{person.pk}/{page}"
    data = form_data(client, url) | {"mobile": "0987654321", "words": "請勿再寄", "channel": "phone"}
    somebody()
    moved = client.post(url, data)
    assert moved["Location"].startswith(f"/alumni/people/{person.pk}/verify/")
    told = {
        "national_id": person.national_id[-4:],
        "birth_date": "1990-05-06",
        "department": person.academic_records.get().programme.department_id,
    }
    assert client.post(moved["Location"], told)["Location"] == url
    said = client.get(url).content.decode()
    assert 'value="0987654321"' in said or "請勿再寄" in said
    assert Person.objects.get(pk=person.pk).mobile == person.mobile
    assert not person.objections.exists()
