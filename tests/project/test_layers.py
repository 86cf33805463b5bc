"""Who may import whom (docs/architecture.md): read from the source, so that no import can slip by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the ground up; the modules of one line may import one another and every line above.
RECORDS = [
    "cells tables apps evidence evidence_inspector documents",
    "verdicts",
    "text encryption database_faults",
    "names phones emails identity_numbers countries dates addresses labels number_texts",
    "values",
    "columns rows",
    "workbooks synthetic",
    "rights field_policy navigation",
    "querysets lookups",
    "models",
    "bulk progress leases organisation keys annotations storing kept_typing",
    "programmes serials policies follow_ups search timelines confirming verifying terms known_people",
    "matching changes",
    "rulings",
    "plan_payloads joins",
    "plans",
    "grouping",
    "same_names",
    "record_plans",
    "person_plans",
    "planning progress_sentences bulk_edit_fields",
    "annotations_editing objections reverting submissions",
    "change_requests change_comparisons change_reviews merging undoing resources imports bulk_edits",
    "deliveries",
    "verification",
    "term_figures sign_off change_request_verification",
    "tasks sample sample_work kept_evidence",
    "forms",
    "page_checks person_page",
    "reading_limits",
    "views admin management templatetags",
    "urls",
]
ACCOUNTS = [
    "apps checks",
    "models",
    "trail verification",
    "passwords validators mails sessions grants scans",
    "invitations notices request_letters agreements see_as application_links",
    "closing",
    "application_steps cooperation reviews sign_in permissions term_reminders",
    "applications changes",
    "documents tasks",
    "forms",
    "adapters views admin backends middleware management context",
    "urls",
]
LAYERS = {
    f"{app}.{name}": level
    for app, lines in (("records", RECORDS), ("accounts", ACCOUNTS))
    for level, line in enumerate(lines)
    for name in line.split()
}
# The ground: no Django but its translation, so that the rules can be read and tested alone.
PLAIN = {"cells", "tables", "verdicts", "text", "values", "columns"} | set(RECORDS[3].split())


def sources(app: str) -> list[Path]:
    return sorted(path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """`records.models.people` → `records.models`."""
    return ".".join(module.split(".")[:2])


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything a file imports; `from a import b` counts as `a.b`."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join((*base, *filter(None, [node.module])))
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def edges(app: str) -> Iterator[tuple[str, str, str]]:
    """Where, importing part, imported part: for all imports of `app` from either app."""
    for path in sources(app):
        here = part_of(module_of(path))
        for line, name in imports_of(path):
            there = part_of(name)
            if name.split(".")[0] in ("records", "accounts") and there != here:
                yield f"{path.relative_to(ROOT)}:{line}", here, there


@pytest.mark.parametrize("app", ["records", "accounts"])
def test_every_module_has_its_place_in_the_layers(app):
    parts = {part_of(module_of(path)) for path in sources(app)} - {app}
    assert parts <= LAYERS.keys(), f"give these a layer: {sorted(parts - LAYERS.keys())}"


@pytest.mark.parametrize("app", ["records", "accounts"])
def test_a_module_imports_only_from_its_own_layer_or_below(app):
    wrong = [
        f"{where} {here} imports {there}"
        for where, here, there in edges(app)
        if there.startswith(app) and LAYERS.get(there, 99) > LAYERS.get(here, -1)
    ]
    assert not wrong


def test_records_never_imports_accounts():
    assert not [where for where, _here, there in edges("records") if there.startswith("accounts")]


def test_the_pages_of_contacts_and_center_know_nothing_of_each_other():
    pages = {"records.views", "records.admin"}
    assert not [where for where, here, there in edges("records") if {here, there} == pages]


# What accounts builds on: what is stored about departments, who may do what, what may be uploaded, the dress of
# admin pages.
SHARED = {
    "records.models",
    "records.policies",
    "records.rights",
    "records.columns",
    "records.querysets",
    "records.encryption",
    "records.evidence",
    "records.field_policy",
    "records.identity_numbers",
    "records.verdicts",
    "records.verification",
    "records.imports",
    "records.deliveries",
    "records.terms",
    "records.documents",
    "records.page_checks",
    "records.admin",
}


def test_accounts_builds_only_on_what_records_shares():
    assert not [
        where
        for where, _here, there in edges("accounts")
        if there.startswith("records") and there not in SHARED
    ]


def test_the_rules_for_cells_know_no_django():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources("records")
        if module_of(path).removeprefix("records.") in PLAIN
        for line, name in imports_of(path)
        if name.startswith("django") and not name.startswith("django.utils.translation")
    ]
    assert not wrong


def test_no_product_code_imports_the_tests_or_the_project_package():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for app in ("records", "accounts")
        for path in sources(app)
        for line, name in imports_of(path)
        if name.split(".")[0] in ("tests", "alumni_db")
    ]
    assert not wrong


@pytest.mark.parametrize("app", ["records", "accounts", "alumni_db", "benchmarks", "tests"])
def test_imports_stand_at_the_top_and_name_what_they_take(app):
    wrong = []
    for path in sources(app):
        for node in ast.walk(tree_of(path)):
            inside = ast.walk(node) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ()
            late = [inner for inner in inside if isinstance(inner, ast.Import | ast.ImportFrom)]
            star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            if late or (star and "settings" not in path.name):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


@pytest.mark.parametrize("app", ["records", "accounts", "alumni_db"])
def test_no_exception_is_caught_without_being_named(app):
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(app)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert not wrong


@pytest.mark.parametrize("app", ["records", "accounts"])
def test_there_are_no_signals_and_no_rooms_without_a_name(app):
    modules = {name for path in sources(app) for name in module_of(path).split(".")}
    assert not modules & {"utils", "services", "helpers", "signals", "misc", "common"}
    imported = {name for path in sources(app) for _line, name in imports_of(path)}
    assert not {name for name in imported if {"signals", "dispatch"} & set(name.split("."))}
