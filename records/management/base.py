"""What the commands that read or write sealed data have in common."""

from __future__ import annotations

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from records.keys import require_matching_keys


class KeyedCommand(BaseCommand):
    """A command that starts only with the keys of this database; a refusal is one sentence, not a traceback."""

    # They speak of code and settings, load every page of the site, and ran when this was installed (bin/test).
    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        os.umask(0o077)  # what these commands write holds personal data
        try:
            require_matching_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        return super().execute(*args, **options)
