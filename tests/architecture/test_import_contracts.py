"""Who may import whom: the contracts of pyproject.toml hold, and they do notice a breach."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "afluente"
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(source: Path, where: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's contracts over the package that lies in `source`."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(PROJECT / "pyproject.toml"), "--no-cache"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_contract_holds(tmp_path: Path) -> None:
    """A floor reaching upwards, or a stranger reaching sideways, fails the build."""
    result = lint_imports(PACKAGE.parent, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("connectors/trespasser.py", "import afluente.engine", "A connector knows only the core"),
        ("dialects/trespasser.py", "import afluente.store", "Only the engine and the wiring touch the store"),
        ("core/trespasser.py", "import afluente.catalogue", "Imports go downwards only"),
        ("catalogue/trespasser.py", "import starlette", "know no web framework"),
        ("floorless/__init__.py", "", "Imports go downwards only"),
    ],
)
def test_a_breach_is_noticed(file: str, line: str, broken: str, tmp_path: Path) -> None:
    """Each contract fails over a copy of the package into which one wrong import was written."""
    copy = tmp_path / "src"
    shutil.copytree(PACKAGE, copy / "afluente", ignore=shutil.ignore_patterns("__pycache__"))
    trespasser = copy / "afluente" / file
    trespasser.parent.mkdir(exist_ok=True)
    trespasser.write_text(f'"""Reaches where it may not."""\n\n{line}\n', encoding="utf-8")

    result = lint_imports(copy, tmp_path)

    verdicts = [text for text in result.stdout.splitlines() if broken in text]
    assert result.returncode != 0
    assert any("BROKEN" in text for text in verdicts), result.stdout + result.stderr


def test_the_core_stands_on_the_standard_library_and_msgspec_alone() -> None:
    """The bottom floor imports itself, Python and the record library, and nothing else."""
    allowed = {*sys.stdlib_module_names, "msgspec"}
    strangers = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sorted((PACKAGE / "core").rglob("*.py"))
        for name in imported_names(path)
        if name.partition(".")[0] not in allowed and not name.startswith("afluente.core")
    ]
    assert strangers == []


def test_a_connector_knows_the_core_and_the_catalogue_alone() -> None:
    """Of the project it imports what it speaks in, and nothing that runs it, floors to come included."""
    known = {"core", "catalogue", "connectors"}
    strangers = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sorted((PACKAGE / "connectors").rglob("*.py"))
        for name in imported_names(path)
        if name.startswith("afluente.") and name.split(".")[1] not in known
    ]
    assert strangers == []


def imported_names(path: Path) -> list[str]:
    """What a file imports, by full name, wherever in it the import stands."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names
