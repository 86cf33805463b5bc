"""`field__any_of=[…]`: like `in`, but the values travel as one parameter.

Django's `in` prepares and binds every value by itself: thousands of keys cost more in Python than in the database,
and SQLite refuses more than a limit that differs between builds.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models


@models.ForeignKey.register_lookup
@models.Field.register_lookup
class AnyOf(models.Lookup):
    """Whether the column is one of a collection of texts or whole numbers. None is never among them."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        values = list(self.rhs)
        # Numbers of the column's own type are looked up in a hash; others are compared with each value in turn.
        is_number = bool(values) and isinstance(values[0], int)
        cast = f"::{self.lhs.output_field.db_type(connection)}[]" if is_number else ""
        return f"{column} = ANY(%s{cast})", [*parameters, values]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        values = json.dumps(list(self.rhs), ensure_ascii=False)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, values]
