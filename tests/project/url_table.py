"""Every address of the product × who asks → the expected status. A new address needs a new row here.

A row is `key: row(…)`. The key is the pattern's name with its namespace ("admin:index"), or
for a pattern without a name its route. Roles that a row does not mention get `otherwise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import AccountClosing, AgreementVersion, Role, ScopeGrant, User
from records import annotations_editing, bulk_edits, deliveries, terms
from records.changes import NewObjection, PersonChange, apply_changes
from records.models import (
    AcademicRecord,
    College,
    Delivery,
    Department,
    ImportBatch,
    OrganisationAlias,
    Person,
    Programme,
    SerialSeries,
    Source,
    StatusCode,
)
from tests.agreements import sign_agreement
from tests.applicants import begun, submitted
from tests.change_requests import waiting
from tests.factories import importer, planned
from tests.factories import row as workbook_row
from tests.people import degree, somebody

ANONYMOUS = "anonymous"
STAFF = ("center_staff", "center_director", "it_staff", "registrar", "department_contact", "auditor")
CENTER = ("center_staff", "center_director")
CENTER_AND_IT = ("center_staff", "center_director", "it_staff")
ROLES = (*STAFF, "alumnus")
VISITORS = (ANONYMOUS, *ROLES)

OK, MOVED, TO_LOGIN, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 200, 302, 302, 403, 404, 405


@dataclass(frozen=True)
class Row:
    """What a GET of one address answers to each visitor; `kwargs` makes the address from the database.
    `posted` is what an empty POST answers, for the addresses without a page of their own."""

    expected: Mapping[str, int]
    kwargs: Callable[[], dict[str, Any]] = dict
    query: Mapping[str, str] = field(default_factory=dict)
    posted: Mapping[str, int] = field(default_factory=dict)


def row(
    *allowed: str,
    status: int = OK,
    otherwise: int = FORBIDDEN,
    anonymous: int = TO_LOGIN,
    kwargs: Callable[[], dict[str, Any]] = dict,
    query: Mapping[str, str] | None = None,
) -> Row:
    """`status` for the `allowed` roles, `otherwise` for the other roles, `anonymous` without a login."""
    expected = {role: status if role in allowed else otherwise for role in ROLES}
    return Row({ANONYMOUS: anonymous} | expected, kwargs, query or {})


def model_rows(
    name: str,
    kwargs: Callable[[], dict[str, Any]],
    *,
    see: tuple[str, ...],
    add: tuple[str, ...] = (),
) -> dict[str, Row]:
    """The addresses of one of the workspace's models, `name` e.g. "records_person"."""
    rows = {
        f"admin:{name}_changelist": row(*see),
        f"admin:{name}_add": row(*add),
        f"admin:{name}_change": row(*see, kwargs=kwargs),
    }
    return {key: _closed_to_alumni(value) for key, value in rows.items()}


def act(*allowed: str, status: int = MOVED, kwargs: Callable[[], dict[str, Any]] = dict) -> Row:
    """An address that only takes POST: `status` for who may send one, a refusal for everybody else."""
    posted = {role: status if role in allowed else FORBIDDEN for role in STAFF}
    outside = {ANONYMOUS: TO_LOGIN, "alumnus": FORBIDDEN}
    return Row(dict.fromkeys(STAFF, NOT_ALLOWED) | outside, kwargs, posted=posted | outside)


def page(*allowed: str, kwargs: Callable[[], dict[str, Any]] = dict) -> Row:
    return _closed_to_alumni(row(*allowed, kwargs=kwargs))


def _closed_to_alumni(old: Row) -> Row:
    """Who is signed in and does not work in the admin site is refused; the login page would send them back."""
    return replace(old, expected={**old.expected, "alumnus": FORBIDDEN})


def _to_contacts(status: int, old: Row) -> Row:
    """What a POST about something outside a contact's scope answers."""
    return replace(old, posted={**old.posted, "department_contact": status})


def own_page(kwargs: Callable[[], dict[str, Any]] = dict) -> Row:
    """A contact's page. The contact of the table has no department: a person is out of scope for it."""
    found = row(*PEOPLE_READERS, kwargs=kwargs)
    if kwargs is dict:
        return found
    return replace(found, expected={**found.expected, "department_contact": NOT_FOUND})


def own_act(kwargs: Callable[[], dict[str, Any]] = dict, status: int = MOVED) -> Row:
    """An address of the contacts' pages that only takes POST."""
    posted = dict(own_page(kwargs).expected) | dict.fromkeys(CENTER_AND_IT, status)
    if kwargs is dict:
        posted["department_contact"] = status
    return Row(dict(row(*PEOPLE_READERS, status=NOT_ALLOWED).expected), kwargs, posted=posted)


def everybody(status: int, kwargs: Callable[[], dict[str, Any]] = dict) -> Row:
    return Row(dict.fromkeys(VISITORS, status), kwargs)


def _person() -> dict[str, Any]:
    return {"object_id": somebody().pk}


def _record() -> dict[str, Any]:
    record = somebody().academic_records.get()
    return {"object_id": record.person_id, "record_id": record.pk}


def _objecting() -> dict[str, Any]:
    return {"object_id": somebody(objection=NewObjection(timezone.localdate(), "phone", "請勿再寄")).pk}


def _line() -> dict[str, Any]:
    person = somebody()
    annotations_editing.add_remark(person, "電話訪問", editor=importer(), at=timezone.now())
    return {"object_id": person.pk, "annotation_id": person.annotations.get().pk}


def _changed() -> dict[str, Any]:
    person = somebody()
    change = PersonChange(person.pk, {"city": "基隆市"}, {})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    history_id = person.history.latest("history_id").history_id
    return {"object_id": person.pk, "kind": "person", "history_id": history_id, "attribute": "city"}


def _batch() -> dict[str, Any]:
    batch = ImportBatch.objects.create(file_name="離校資料.xlsx", sha256="0" * 64, uploaded_by=importer())
    return {"object_id": batch.pk}


def _delivery() -> dict[str, Any]:
    delivery = Delivery.objects.create(file_name="離校名冊.xlsx", sha256="0" * 64, uploaded_by=importer())
    page = {"sheet": "名冊", "row": 1, "headers": ["姓名"], "samples": [["林大海"]], "unusable": []}
    delivery.details = delivery.seal_details(page)
    delivery.save()
    return {"object_id": delivery.pk}


def _mapping() -> dict[str, Any]:
    columns = deliveries.Mapping((("姓名", "chinese_name"),))
    return {"object_id": deliveries.save("註冊組", columns, user=importer()).pk}


def _term() -> dict[str, Any]:
    return {"key": terms.known(timezone.localdate())[0].key}


def _import_row() -> dict[str, Any]:
    return {"object_id": planned([workbook_row(中文姓名="")]).pk, "row_number": 2}


def _user(username: str, **fields: Any) -> dict[str, Any]:
    user, _is_new = User.objects.get_or_create(username=username, defaults=fields)
    return {"object_id": user.pk}


def _account() -> dict[str, Any]:
    return _user("somebody", display_name="測試同仁", role=Role.REGISTRAR)


def _contact() -> dict[str, Any]:
    return _user("contact", display_name="測試聯絡人", role=Role.DEPARTMENT_CONTACT)


def _grant() -> dict[str, Any]:
    contact, today = _contact(), timezone.localdate()
    grant = ScopeGrant.objects.create(
        account_id=contact["object_id"], reason="測試", starts_on=today, ends_on=today, given_by=importer()
    )
    return contact | {"grant_id": grant.pk}


def _draft() -> dict[str, Any]:
    return {"object_id": AgreementVersion.objects.create(title="草稿", text="內容").pk}


def _signature() -> dict[str, Any]:
    user = User.objects.get(pk=_account()["object_id"])
    return {"object_id": user.pk, "signature_id": sign_agreement(user).pk}


def _closing() -> dict[str, Any]:
    account = _account()
    closing = AccountClosing.objects.create(
        account_id=account["object_id"], reason="離職", ends_cooperation=True
    )
    return account | {"closing_id": closing.pk}


def _link() -> dict[str, Any]:
    return {"token": begun()[1]}


def _application() -> dict[str, Any]:
    return {"object_id": submitted()[0].pk}


def _request() -> dict[str, Any]:
    return {"object_id": waiting().pk}


def _follow_up() -> dict[str, Any]:
    stranger = somebody(degree("食品科學系碩士班"), without=("email",))
    return {"object_id": stranger.follow_ups.get().pk}


def _bulk_edit() -> dict[str, Any]:
    person = somebody()
    edit = bulk_edits.make_plan(
        Person.objects.filter(pk=person.pk), AcademicRecord.objects.none(), attribute="city", value="基隆市",
        reason="測試", chosen_by="測試", by=importer(), at=timezone.now(),
    )  # fmt: skip
    return {"object_id": edit.pk}


def _of_own_people(base: Row) -> Row:
    """A contact reaches the page of the own people; the one in the table is of another department."""
    posted = {**base.posted, "department_contact": NOT_FOUND} if base.posted else {}
    given = base.expected["department_contact"]
    expected = {**base.expected, "department_contact": given if base.posted else NOT_FOUND}
    return replace(base, expected=expected, posted=posted)


def _first(model: type[Model]) -> Callable[[], dict[str, Any]]:
    return lambda: {"object_id": model.objects.first().pk}


LISTS = {
    "college": College,
    "department": Department,
    "programme": Programme,
    "organisationalias": OrganisationAlias,
    "statuscode": StatusCode,
    "serialseries": SerialSeries,
}
PEOPLE_READERS = (*CENTER_AND_IT, "department_contact")
BATCH_READERS = (*CENTER_AND_IT, "registrar")
LIST_EDITORS = ("center_director", "it_staff")
TRAIL_READERS = ("center_director", "auditor")

TABLE: dict[str, Row] = {
    # accounts
    "home": row("alumnus", otherwise=MOVED),
    "login": row(*ROLES, status=MOVED, anonymous=OK),
    "logout": replace(everybody(NOT_ALLOWED), posted=dict.fromkeys(VISITORS, MOVED)),
    # The accounts of the table have no password yet: they are led to ask for a link, and asked for nothing again.
    "password_change": row(*ROLES, status=MOVED),
    "password_set": Row(dict.fromkeys(VISITORS, OK), lambda: {"uidb64": "MQ", "token": "used-or-invented"}),
    "set_language": replace(everybody(NOT_ALLOWED), posted=dict.fromkeys(VISITORS, MOVED)),
    "sessions": row(*ROLES),
    "sessions_end_others": replace(row(*ROLES, status=NOT_ALLOWED), posted=dict.fromkeys(VISITORS, MOVED)),
    "sessions_end": replace(
        row(*ROLES, status=NOT_ALLOWED, kwargs=lambda: {"session_id": 987654}),
        posted=dict.fromkeys(ROLES, NOT_FOUND) | {ANONYMOUS: TO_LOGIN},  # another's session is no session
    ),
    # allauth's own names and pages
    "account_login": row(*ROLES, status=MOVED, anonymous=OK),
    "account_logout": replace(everybody(NOT_ALLOWED), posted=dict.fromkeys(VISITORS, MOVED)),
    "account_change_password": row(*ROLES, status=MOVED),
    "account_reset_password": everybody(OK),
    "account_reset_password_done": everybody(OK),
    "account_reauthenticate": row(*ROLES, status=FORBIDDEN),
    "mfa_index": row(*ROLES),
    "mfa_authenticate": everybody(MOVED),
    "mfa_reauthenticate": row(*ROLES, status=FORBIDDEN),
    "mfa_activate_totp": row(*ROLES),
    "mfa_deactivate_totp": row(*ROLES, status=NOT_FOUND),
    "mfa_view_recovery_codes": row(*ROLES, status=NOT_FOUND),
    "mfa_generate_recovery_codes": row(*ROLES),
    "mfa_download_recovery_codes": row(*ROLES, status=NOT_FOUND),
    "mfa_list_webauthn": row(*ROLES),
    "mfa_add_webauthn": row(*ROLES),
    "mfa_reauthenticate_webauthn": row(*ROLES, status=FORBIDDEN),
    "mfa_remove_webauthn": row(*ROLES, status=NOT_FOUND, kwargs=lambda: {"pk": 1}),
    "mfa_edit_webauthn": row(*ROLES, status=NOT_FOUND, kwargs=lambda: {"pk": 1}),
    "mfa_login_webauthn": everybody(MOVED),
    "openid_connect_login": Row(dict.fromkeys(VISITORS, NOT_FOUND), lambda: {"provider_id": "sso"}),
    "openid_connect_callback": Row(dict.fromkeys(VISITORS, NOT_FOUND), lambda: {"provider_id": "sso"}),
    "socialaccount_login_cancelled": everybody(OK),
    "socialaccount_login_error": everybody(401),
    "agreement": row(*STAFF, otherwise=MOVED),
    "agreement_pdf": Row(
        dict.fromkeys(STAFF, NOT_ALLOWED) | dict.fromkeys((ANONYMOUS, "alumnus"), MOVED),
        posted=dict.fromkeys(STAFF, OK) | dict.fromkeys((ANONYMOUS, "alumnus"), MOVED),
    ),
    # the account application: without a login; who has the link is the applicant
    "apply": everybody(OK),
    "application": everybody(OK, _link),
    "application_edit": everybody(OK, _link),
    "application_pdf": everybody(NOT_FOUND, _link),  # of a draft there is nothing to print
    "application_scan": replace(everybody(NOT_ALLOWED, _link), posted=dict.fromkeys(VISITORS, MOVED)),
    "application_scan_download": replace(
        everybody(NOT_ALLOWED, _link), posted=dict.fromkeys(VISITORS, NOT_FOUND)
    ),
    "application_withdraw": replace(everybody(NOT_ALLOWED, _link), posted=dict.fromkeys(VISITORS, MOVED)),
    # ways into the admin that lead to the one login
    "admin/login/": everybody(MOVED),
    "admin/password_change/": everybody(MOVED),
    # admin site
    "admin:index": _closed_to_alumni(row(*STAFF)),
    "admin:login": everybody(MOVED),
    "admin:logout": act(*STAFF),
    "admin:password_change": everybody(MOVED),
    "admin:password_change_done": _closed_to_alumni(row(*STAFF)),
    "admin:jsi18n": _closed_to_alumni(row(*STAFF)),
    "admin:autocomplete": _closed_to_alumni(row()),  # without a field that may be searched
    "admin:view_on_site": _closed_to_alumni(
        row(otherwise=NOT_FOUND, kwargs=lambda: {"content_type_id": 0, "object_id": 0})
    ),
    "admin/(?P<url>.*)$": _closed_to_alumni(row(otherwise=NOT_FOUND)),
    "admin:app_list": Row(
        {**dict.fromkeys(STAFF, MOVED), ANONYMOUS: TO_LOGIN, "alumnus": FORBIDDEN},
        lambda: {"app_label": "records"},
    ),
    # people
    **model_rows("records_person", _person, see=PEOPLE_READERS, add=CENTER_AND_IT),
    # A contact sees the people of the own departments; the one in the table is of another.
    "admin:records_person_change": Row(
        {**page(*CENTER_AND_IT).expected, "department_contact": NOT_FOUND}, _person
    ),
    "admin:records_person_search": act(*PEOPLE_READERS),
    "admin:records_person_edit": page(*CENTER_AND_IT, kwargs=_person),
    "admin:records_person_objection": page(*CENTER_AND_IT, kwargs=_person),
    "admin:records_person_withdrawal": page(*CENTER_AND_IT, kwargs=_objecting),
    "admin:records_person_evidence": act(
        *CENTER_AND_IT, status=NOT_FOUND, kwargs=lambda: _person() | {"objection_id": 1, "which": "objection"}
    ),
    "admin:records_person_remark": page(*CENTER_AND_IT, kwargs=_person),
    "admin:records_person_strike": page(*CENTER_AND_IT, kwargs=_line),
    "admin:records_person_revert": page(*CENTER_AND_IT, kwargs=_changed),
    "admin:records_record_add": page(*CENTER_AND_IT, kwargs=_person),
    "admin:records_record_edit": page(*CENTER_AND_IT, kwargs=_record),
    # change requests; the one in the table is another contact's
    **model_rows("records_changerequest", _request, see=PEOPLE_READERS),
    "admin:records_changerequest_change": Row(
        {**page(*CENTER_AND_IT).expected, "department_contact": NOT_FOUND}, _request
    ),
    "admin:records_changerequest_bulk": act(*CENTER),
    "admin:records_changerequest_mode": page("center_director"),
    "admin:records_changerequest_evidence": _to_contacts(
        NOT_FOUND, act(*CENTER_AND_IT, status=NOT_FOUND, kwargs=lambda: _request() | {"event_id": 1})
    ),
    # telephone work and bulk edits
    **model_rows("records_followup", _follow_up, see=PEOPLE_READERS),
    "admin:records_followup_change": _of_own_people(page(*CENTER_AND_IT, kwargs=_follow_up)),
    "admin:records_followup_figures": page(*PEOPLE_READERS),
    "admin:records_followup_call_sheet": page(*PEOPLE_READERS),
    "admin:records_followup_assign": _of_own_people(act(*CENTER_AND_IT, kwargs=_follow_up)),
    "admin:records_followup_unreachable": act(*CENTER_AND_IT, status=OK, kwargs=_follow_up),
    "admin:records_followup_reopen": act(*CENTER_AND_IT, kwargs=_follow_up),
    **model_rows("records_bulkedit", _bulk_edit, see=CENTER_AND_IT, add=CENTER_AND_IT),
    "admin:records_bulkedit_plan": page(*CENTER_AND_IT, kwargs=lambda: {"attribute": "city"}),
    "admin:records_bulkedit_progress": page(*CENTER_AND_IT, kwargs=_bulk_edit),
    "admin:records_bulkedit_apply": act(*CENTER_AND_IT, kwargs=_bulk_edit),
    "admin:records_bulkedit_discard": act(*CENTER_AND_IT, kwargs=_bulk_edit),
    "admin:records_bulkedit_undo": act(*CENTER_AND_IT, status=OK, kwargs=_bulk_edit),
    # the contacts' pages
    "records:home": own_page(),
    "records:search": Row(  # who opens the address of a search comes to the field
        {role: MOVED if status == OK else status for role, status in own_page().expected.items()},
        posted=own_act(status=OK).posted,
    ),
    "records:person": own_page(_person),
    "records:person_confirm": own_act(_person),
    "records:person_edit": own_page(_person),
    "records:person_verify": Row(
        {**own_page(_person).expected} | dict.fromkeys(CENTER_AND_IT, MOVED), _person
    ),
    "records:person_objection": own_page(_person),
    "records:person_withdrawal": own_page(_objecting),
    "records:person_remark": own_page(_person),
    "records:person_check": own_act(lambda: _person() | {"attribute": "mobile"}, status=OK),
    "records:batch": own_page(),
    "records:batch_change": own_act(),
    # batches
    **model_rows("records_importbatch", _batch, see=BATCH_READERS, add=CENTER_AND_IT),
    "admin:records_importbatch_template": page(*CENTER_AND_IT),
    "admin:records_importbatch_discard": page(*CENTER_AND_IT, kwargs=_batch),
    "admin:records_importbatch_progress": page(*BATCH_READERS, kwargs=_batch),
    **{
        f"admin:records_importbatch_{name}": act(*CENTER_AND_IT, status=status, kwargs=_batch)
        for name, status in (
            ("options", MOVED),
            ("decide", MOVED),
            ("apply", MOVED),
            ("returned", OK),
            ("replan", MOVED),
            ("as_delivery", MOVED),
        )  # fmt: skip
    },
    "admin:records_importbatch_row": page(*CENTER_AND_IT, kwargs=_import_row),
    "admin:records_importbatch_row_decide": act(*CENTER_AND_IT, status=OK, kwargs=_import_row),
    "admin:records_importbatch_row_withdraw": act(*CENTER_AND_IT, kwargs=_import_row),
    "admin:records_importbatch_row_correct": act(*CENTER_AND_IT, status=OK, kwargs=_import_row),
    "admin:records_importbatch_undo": page(*CENTER_AND_IT, kwargs=_batch),
    "admin:records_importbatch_undo_progress": page(*CENTER_AND_IT, kwargs=_batch),
    "admin:records_importbatch_undo_apply": act(*CENTER_AND_IT, kwargs=_batch),
    "admin:records_importbatch_undo_discard": act(*CENTER_AND_IT, kwargs=_batch),
    # raw deliveries of the registrar
    **model_rows("records_delivery", _delivery, see=CENTER_AND_IT),
    "admin:records_delivery_progress": page(*CENTER_AND_IT, kwargs=_delivery),
    "admin:records_delivery_columns": act(*CENTER_AND_IT, status=OK, kwargs=_delivery),
    **{
        f"admin:records_delivery_{name}": act(*CENTER_AND_IT, kwargs=_delivery)
        for name in ("values", "discard", "filled", "as_workbook")
    },
    **model_rows("records_deliverymapping", _mapping, see=CENTER_AND_IT),
    # the year board
    "admin:records_term_changelist": page(*BATCH_READERS),
    "admin:records_term_change": page(*BATCH_READERS, kwargs=_term),
    # Nothing was imported for the term of the table: its page says so.
    "admin:records_term_sheet": _closed_to_alumni(row(*BATCH_READERS, status=MOVED, kwargs=_term)),
    "admin:records_term_expected": act(*BATCH_READERS, kwargs=_term),
    "admin:records_term_due": act(*CENTER, status=OK, kwargs=_term),
    "admin:records_term_reason": act(
        *CENTER_AND_IT, status=OK, kwargs=lambda: _term() | {"code": "imported"}
    ),
    "admin:records_term_sign_off": act("center_director", kwargs=_term),
    "admin:records_term_reopen": act("center_director", status=OK, kwargs=_term),
    "admin:records_term_assign": page(*CENTER_AND_IT, kwargs=_batch),
    # the university's lists
    **{
        key: value
        for name, model in LISTS.items()
        for key, value in model_rows(
            f"records_{name}", _first(model), see=CENTER_AND_IT, add=LIST_EDITORS
        ).items()
    },
    # accounts and the trail
    **model_rows("accounts_user", _account, see=CENTER_AND_IT, add=LIST_EDITORS),
    "admin:accounts_user_see_as": act(*CENTER_AND_IT, kwargs=_contact),
    "admin:accounts_user_see_as_end": act(*STAFF),
    "admin:accounts_user_grant_add": page("center_director", "it_staff", kwargs=_contact),
    "admin:accounts_user_grant_end": act("center_director", "it_staff", kwargs=_grant),
    "admin:accounts_user_agreement": page(*CENTER_AND_IT, kwargs=_account),
    "admin:accounts_user_agreement_pdf": page(*CENTER_AND_IT, kwargs=_signature),
    "admin:accounts_user_end": page(*CENTER_AND_IT, kwargs=_account),
    "admin:accounts_user_data_note": page(*CENTER_AND_IT, kwargs=_closing),
    "admin:accounts_user_data_note_pdf": act(*CENTER_AND_IT, status=OK, kwargs=_closing),
    "admin:accounts_user_trail": page(*CENTER_AND_IT, kwargs=_account),
    "admin:accounts_accountreview_changelist": page(*CENTER_AND_IT, "auditor"),
    "admin:accounts_accountreview_decide": act(*CENTER_AND_IT),
    **model_rows("accounts_agreementversion", _draft, see=CENTER_AND_IT, add=LIST_EDITORS),
    "admin:accounts_agreementversion_publish": page(*LIST_EDITORS, kwargs=_draft),
    "admin:accounts_agreementversion_pdf": page(*CENTER_AND_IT, kwargs=_draft),
    **model_rows("accounts_accountapplication", _application, see=CENTER_AND_IT, add=CENTER),
    "admin:accounts_accountapplication_pdf": act(*CENTER_AND_IT, status=OK, kwargs=_application),
    "admin:accounts_accountapplication_scan": act(*CENTER, status=NOT_FOUND, kwargs=_application),
    "admin:accounts_accountapplication_step": act(
        *CENTER, status=OK, kwargs=lambda: _application() | {"step": "received"}
    ),
    **{
        f"admin:accounts_user_{name}": act(*CENTER_AND_IT, kwargs=_account)
        for name in ("invite", "unlock", "end_sessions", "remove_factors")
    },
    **{
        key: value
        for name, readers in (
            ("accounts_accountevent", TRAIL_READERS),
            ("records_disclosure", TRAIL_READERS),
            ("records_verificationattempt", ("center_staff", *TRAIL_READERS)),
        )
        for key, value in (
            model_rows(name, lambda: {"object_id": 1}, see=readers)
            | {
                f"admin:{name}_change": _closed_to_alumni(
                    row(*readers, status=NOT_FOUND, kwargs=lambda: {"object_id": 1})
                )
            }
        ).items()
    },
}
