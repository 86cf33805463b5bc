#!/usr/bin/env python
"""Django's command line; `bin/manage` runs it in the project's own environment."""

import atexit
import gc
import os
import sys

from django.core.management import execute_from_command_line

# A command loads a thousand modules that live to its end. Looking through them for garbage over and over, and once
# more at the exit, takes a quarter of its start.
gc.set_threshold(50_000, 20, 20)
atexit.register(gc.freeze)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alumni_db.settings")
    execute_from_command_line(sys.argv)
