"""No national ID reaches a log line, neither by message, argument nor traceback."""

from __future__ import annotations

import logging
import sys

from alumni_db.logs import MaskingFormatter


def formatted(message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, args, exc_info)
    return MaskingFormatter("{message}", style="{").format(record)


def test_message_and_arguments_are_masked():
    line = formatted("A123456789 %s %s %s", "A800000014", {"id": "hd12345678"}, 5)
    assert line == "A*******89 A*******14 {'id': 'h*******78'} 5"


def test_a_traceback_is_masked():
    try:
        raise ValueError("row 7: A123456789")
    except ValueError:
        line = formatted("failed", exc_info=sys.exc_info())
    assert "A*******89" in line and "A123456789" not in line


def test_other_numbers_stay():
    assert formatted("11388001 0912-345678 TB1130001") == "11388001 0912-345678 TB1130001"


def test_the_link_of_an_application_is_cut_and_other_paths_stay():
    line = formatted("Not Found: %s", "/apply/Zk3-5b_0QmY1h2T8xWvPqLr7nCdEfGjA4sUoIiKtBwM/form.pdf")
    assert line == "Not Found: /apply/…/form.pdf"
    assert formatted("GET /apply /admin/") == "GET /apply /admin/"


def test_the_link_that_sets_a_password_is_cut():
    line = formatted("Not Found: %s", "/accounts/password/set/MQ/cz1abc-0123456789abcdef/")
    assert line == "Not Found: /accounts/password/set/MQ/…/"
