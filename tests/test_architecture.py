"""The rules of the house: what may import what, and that each module says what is here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flopcalc"
MODULES = sorted(PACKAGE.rglob("*.py"))

# a module imports only from rows above its own; siblings of row 5 do not import each other
LAYERS = (
    ("record", "version"),
    ("errors", "chart", "other_names"),
    ("doc", "quantity", "ranges", "dim", "polynomial", "yaml_errors", "yaml_tree", "output"),
    ("dim_values", "dtypes"),
    ("formula",),
    ("tensor",),
    ("op",),
    ("step", "graph"),
    ("ops", "budget"),
    ("build", "knobs"),
    ("spec", "onnx_graph", "engine", "config"),
    ("reports", "renderers", "catalog"),
    ("parts",),
    ("explore",),
    ("api", "cluster"),
    ("tradeoff", "conversion", "zoo"),
    ("measure",),
    ("revision",),
    ("gate",),
    ("baseline",),
    ("testing",),
    ("cli",),
    ("__main__", "__init__"),
)
ROW = {name: row for row, names in enumerate(LAYERS) for name in names}
WITHIN_ROW = {  # halves of one thing
    *(("dim", "polynomial"), ("polynomial", "dim")),
    *(("yaml_tree", "yaml_errors"), ("yaml_errors", "yaml_tree")),
}
THIRD_PARTY = {  # who may import what is not ours
    "yaml": {"yaml_tree", "yaml_errors"},
    "click": {"cli"},
    "rich": {"renderers"},
    "tabulate": {"renderers"},
    "onnx": {"onnx_graph"},
    "google": set(),
    "numpy": {"engine", "reports"},
}


def part_of(path: Path) -> str:
    """The part of the package a file belongs to: a folder below it, or a module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, those for type checkers included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_there_are_modules() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_is_here(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert text, "a module opens with a sentence"
    assert text.split("\n")[0].rstrip().endswith((".", ":")), "which ends"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downwards(path: Path) -> None:
    here = part_of(path)
    if here == "__init__":
        return  # the public names
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "flopcalc" or len(parts) < 2:
            continue
        other = parts[1]
        if other == here or not ((PACKAGE / other).exists() or (PACKAGE / f"{other}.py").exists()):
            continue  # a public name of the package itself
        assert here in ROW, f"{here} has no row in LAYERS"
        assert other in ROW, f"{other} has no row in LAYERS"
        allowed = ROW[other] < ROW[here] or (here, other) in WITHIN_ROW
        assert allowed, f"{path.name} ({here}) imports {name}"


def test_renderers_know_documents_and_quantities_only() -> None:
    for path in (PACKAGE / "renderers").glob("*.py"):
        ours = {n.split(".")[1] for n in imports(path) if n.startswith("flopcalc.")}
        assert ours <= {"chart", "doc", "quantity", "record", "renderers"}, path.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_third_parties_have_their_place(path: Path) -> None:
    for name in imports(path):
        owners = THIRD_PARTY.get(name.split(".")[0])
        assert owners is None or part_of(path) in owners, f"{path.name} imports {name}"


def test_nobody_catches_everything() -> None:
    """`except Exception` hides bugs; the command line's one boundary is the exception.

    So are a node of a graph, which fails alone, and a text that onnx's own parsers refuse.
    """
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                broad = caught in {"Exception", "BaseException", "everything"}
                allowed = path.name in {"main.py", "output.py", "walker.py", "read.py"}
                assert not broad or allowed, f"{path.name}:{node.lineno} catches {caught}"
