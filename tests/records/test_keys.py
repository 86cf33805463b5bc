"""Wrong keys are noticed at the start, and the sentence names the variable."""

from __future__ import annotations

import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from records.encryption import digest, seal
from records.keys import require_matching_keys
from records.management.commands import worker
from records.models import KeyCheck, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_key() -> bytes:
    return os.urandom(32)


def test_the_first_start_leaves_proofs_and_the_next_ones_change_nothing():
    require_matching_keys()
    proofs = dict(KeyCheck.objects.values_list("key_id", "proof"))
    assert set(proofs) == {"", "test"}
    require_matching_keys()
    assert dict(KeyCheck.objects.values_list("key_id", "proof")) == proofs


def test_another_digest_key_is_refused(settings, other_key):
    require_matching_keys()
    settings.FIELD_DIGEST_KEY = other_key
    with pytest.raises(ImproperlyConfigured, match="FIELD_DIGEST_KEY"):
        require_matching_keys()


def test_another_key_under_a_known_id_is_refused(settings, other_key):
    require_matching_keys()
    settings.FIELD_ENCRYPTION_KEYS = {"test": other_key}
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS 中代號「test」"):
        require_matching_keys()


def test_a_key_may_be_added_but_not_taken_away(settings, other_key):
    require_matching_keys()
    ring = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = {"new": other_key} | ring
    require_matching_keys()
    assert KeyCheck.objects.filter(key_id="new").exists()
    settings.FIELD_ENCRYPTION_KEYS = ring
    with pytest.raises(ImproperlyConfigured, match="缺少代號「new」"):
        require_matching_keys()


def test_wrong_keys_never_become_the_truth_of_data_that_is_there(settings, other_key):
    now = timezone.now()
    person = Person.objects.create(chinese_name="測試甲", name_key="測試甲", created_at=now, updated_at=now)
    number = "A100000001"
    Person.objects.filter(pk=person.pk).update(
        national_id_sealed=seal(number, Person.national_id_context(person.pk)),
        national_id_digest=digest(number),
        national_id_mask="A1*****001",
    )
    settings.FIELD_ENCRYPTION_KEYS = {"test": other_key}
    with pytest.raises(ImproperlyConfigured):
        require_matching_keys()
    assert not KeyCheck.objects.exists()


def test_a_command_refuses_in_one_sentence(settings, other_key, capsys):
    call_command("check_keys")
    assert "相符" in capsys.readouterr().out
    settings.FIELD_DIGEST_KEY = other_key
    with pytest.raises(CommandError, match="FIELD_DIGEST_KEY"):
        call_command("check_keys")
    with pytest.raises(CommandError, match="FIELD_DIGEST_KEY"):
        worker.Command().execute()
