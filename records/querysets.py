"""What may be seen: every list, search, count and export of people starts here."""

from __future__ import annotations

from typing import Any

from django.db import models

EVERYONE_ROLES = frozenset({"center_staff", "center_director", "it_staff"})


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> PersonQuerySet:
        """The people a user may see: all for center and IT, those with a record in the own departments for a
        department contact, nobody for any other role (domain.md §1, security.md §8)."""
        if not user.is_active:
            return self.none()
        if user.role in EVERYONE_ROLES:
            return self.all()
        if user.role == "department_contact":
            own = self.model._meta.get_field("academic_records").related_model.objects.filter(
                programme__department__in=user.department_ids
            )
            return self.filter(pk__in=own.values("person"))
        return self.none()
