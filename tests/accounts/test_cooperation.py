"""Closing, reopening and the end of a cooperation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import agreements, closing, cooperation
from accounts.models import AccountEvent, User
from records.models import Department, Disclosure, ImportBatch
from tests.factories import planned, row

from .account_forms import send
from .conftest import PASSWORD

Kind = AccountEvent.Kind


def kinds(account: User) -> list[str]:
    """What stands in the trail, oldest first."""
    return list(account.events.order_by("pk").values_list("kind", flat=True))


def taken(account: User, detail: str) -> None:
    Disclosure.objects.create(
        user=account, kind=Disclosure.Kind.EXPORT, at=timezone.now(), row_count=12, detail=detail
    )


def test_an_ended_cooperation_is_out_at_the_next_request(client_of, user_of):
    account = user_of("department_contact")
    theirs, center = client_of("department_contact"), client_of("center_staff")
    taken(account, "系友會名單")
    assert theirs.get("/admin/").status_code == 200
    page = f"/admin/accounts/user/{account.pk}/"
    assert "請勾選確認" in center.post(f"{page}end/", {"reason": "離職"}).content.decode()
    assert User.objects.get(pk=account.pk).is_active
    answer = center.post(f"{page}end/", {"reason": "離職", "confirmed": "on"}, follow=True).content.decode()
    assert "待登記" in answer
    assert not Session.objects.filter(pk=theirs.cookies["session"].value).exists()
    assert theirs.get("/admin/").url.startswith("/admin/login/")
    assert kinds(account)[-2:] == [Kind.CLOSED, Kind.COOPERATION_ENDED]
    assert "1 份檔案" in account.events.first().detail


def test_the_note_lists_the_files_and_is_registered_once(client_of, user_of):
    account, center = user_of("department_contact"), client_of("center_staff")
    taken(account, "系友會名單")
    taken(user_of("it_staff"), "別人的名單")
    ended = cooperation.end(account, reason="離職", by=user_of("center_staff"))
    assert [file.detail for file in cooperation.files_taken(ended)] == ["系友會名單"]
    page = f"/admin/accounts/user/{account.pk}/closings/{ended.pk}/"
    assert center.post(f"{page}pdf/").content.startswith(b"%PDF")
    assert kinds(account)[-1] == Kind.DATA_NOTE_PRINTED
    board = center.get("/admin/").context["account_cards"]
    assert {card.title: card.count for card in board}["待登記銷毀或返還"] == 1
    waiting = center.get("/admin/accounts/user/?note=waiting").context["cl"].result_list
    assert list(waiting) == [account]
    form = {"handled_on": "2999-01-01", "manner": "destroyed", "handled_by": "李系助", "remark": ""}
    assert "不能晚於今天" in center.post(page, form).content.decode()
    form["handled_on"] = timezone.localdate().isoformat()
    assert "已銷毀（李系助）" in center.post(page, form, follow=True).content.decode()
    assert "已經登記" in center.post(page, form | {"manner": "returned"}).content.decode()
    ended.refresh_from_db()
    assert ended.data_manner == "destroyed"
    assert kinds(account)[-1] == Kind.DATA_RETURNED
    assert not cooperation.waiting_for_note().exists()


def test_a_second_end_lists_only_what_was_taken_since(user_of):
    account, by = user_of("registrar"), user_of("it_staff")
    taken(account, "第一次")
    first = cooperation.end(account, reason="調職", by=by)
    cooperation.register_note(
        first, handled_on=timezone.localdate(), manner="returned", handled_by="張註冊", by=by
    )
    closing.reopen(account, by=by)
    taken(account, "第二次")
    second = cooperation.end(account, reason="離職", by=by)
    assert [file.detail for file in cooperation.files_taken(second)] == ["第二次"]


def test_what_waits_of_the_account_is_stopped(user_of):
    batch = planned([row()])
    queued = ImportBatch.objects.create(
        file_name="名冊.xlsx", sha256="0" * 64, uploaded_by=batch.uploaded_by, state="received"
    )
    user_of("center_director", password=PASSWORD)
    cooperation.end(batch.uploaded_by, reason="離職", by=user_of("center_director"))
    states = ImportBatch.objects.filter(pk__in=[batch.pk, queued.pk]).values_list("state", flat=True)
    assert set(states) == {"discarded"}
    assert not batch.rows.exists()


def test_an_account_closed_before_still_ends_its_cooperation_once(user_of):
    account, by = user_of("auditor"), user_of("it_staff")
    closing.close(account, reason="閒置", by=None)
    cooperation.end(account, reason="離職", by=by)
    assert cooperation.waiting_for_note().count() == 1
    with pytest.raises(ValidationError, match="合作已經結束"):
        cooperation.end(account, reason="離職", by=by)


def test_a_reopened_account_signs_anew(client_of, user_of):
    account, by = user_of("auditor"), user_of("it_staff")
    cooperation.end(account, reason="借調", by=by)
    closing.reopen(account, by=by)
    client = client_of("auditor")
    assert client.get("/admin/").url.startswith("/accounts/agreement/")
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(ValidationError, match="不能早於停用日期"):
        agreements.sign_on_paper(
            account, version=agreements.current(), name="黃", title="稽核", signed_on=yesterday, by=by
        )
    today = timezone.localdate()
    agreements.sign_on_paper(
        account, version=agreements.current(), name="黃", title="稽核", signed_on=today, by=by
    )
    assert client.get("/admin/").status_code == 200
    assert kinds(account)[-2:] == [Kind.REOPENED, Kind.AGREEMENT_SIGNED]


def test_nobody_ends_the_own_cooperation_or_that_of_a_superior(client_of, user_of):
    client = client_of("center_staff")
    for account in (user_of("center_staff"), user_of("center_director")):
        answer = client.post(f"/admin/accounts/user/{account.pk}/end/", {"reason": "離職", "confirmed": "on"})
        assert answer.status_code == 403
    assert not User.objects.filter(is_active=False).exists()


def test_the_last_account_of_director_and_it_stays(user_of):
    account = user_of("it_staff")
    director = user_of("center_director")  # who has not set a password yet, and cannot take over
    with pytest.raises(CommandError, match="最後一個"):
        call_command("close_account", account.username, reason="測試")
    director.set_password(PASSWORD)
    director.save()
    call_command("close_account", account.username, reason="金鑰外洩")
    account.refresh_from_db()
    assert not account.is_active and "金鑰外洩" in account.events.first().detail


def test_a_change_on_the_page_says_what_it_changed(client_of, user_of):
    account = user_of("registrar", email="old@example.com", display_name="張註冊")
    department = Department.objects.first()
    client = client_of("it_staff")
    page = f"/admin/accounts/user/{account.pk}/"
    new = {"display_name": "張三", "email": "new@example.com", "role": "department_contact"}
    send(client, account, **new, departments=[department.pk])
    details = "".join(account.events.values_list("detail", flat=True))
    for text in (
        "張註冊 → 張三",
        "old@example.com → new@example.com",
        "註冊課務組 → 系所聯絡人",
        f"（空白） → {department.name}",
    ):
        assert text in details
    assert details.partition("；")[0] in client.get(page).content.decode()
    send(client, account)  # nothing changed: no line
    assert kinds(account) == [Kind.EMAIL_CHANGED, Kind.CHANGED]
    send(client, account, is_active=None)
    send(client, account, is_active="on")
    assert kinds(account)[-2:] == [Kind.CLOSED, Kind.REOPENED]
    assert account.closings.get().reopened_at is not None


def test_a_long_trail_has_pages(client_of, user_of):
    account = user_of("registrar")
    for number in range(60):
        AccountEvent.objects.create(account=account, kind=Kind.SIGNED_IN, detail=f"第 {number} 次")
    client = client_of("it_staff")
    page = f"/admin/accounts/user/{account.pk}/"
    first = client.get(page).content.decode()
    assert "第 59 次" in first and "第 39 次" not in first and "檢視全部 60 筆紀錄" in first
    assert "第 0 次" in client.get(f"{page}trail/?p=2").content.decode()
