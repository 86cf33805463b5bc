"""What may be seen: every list, search, count and export of people starts here."""

from __future__ import annotations

from typing import Any

from django.db import models

from .rights import Reach, reach_of


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> PersonQuerySet:
        """The people a user reaches: all, those with a degree of the own departments, or nobody (`rights.REACH`)."""
        reach = reach_of(user)
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.OWN:
            own = self.model._meta.get_field("academic_records").related_model.objects.filter(
                programme__department__in=user.department_ids
            )
            return self.filter(pk__in=own.values("person"))
        return self.none()
