"""Writes the tables of docs/onnx.md: `python docs/onnx_tables.py [FOLDER]`.

The operators come from the registry, the truth from a folder of exported graphs where one is given.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "onnx.md"
sys.path.insert(0, str(HERE.parent))

from flopcalc.onnx_graph import operators  # noqa: E402 - after its folder is known


def operator_table() -> str:
    """Every operator that is known, its versions, and what its function says of it."""
    lines = ["| domain | operator | versions | |", "|:--|:--|:--|:--|"]
    for domain in operators.FAMILIES:
        known = operators.known(domain)
        for name in sorted(known):
            first = " ".join((known[name].__doc__ or "").split("\n\n")[0].split())
            head, _, note = first.partition(":")
            versions = re.search(r"versions? ([\d, to]+\d|\d+)", head)
            note = note.strip().rstrip(".").replace("|", "\\|")
            number = versions[1] if versions else ""
            lines.append(f"| {domain or 'ai.onnx'} | {name} | {number} | {note} |")
    return "\n".join(lines)


def put(text: str, name: str, body: str) -> str:
    """The page with another body between the marks of a section."""
    pattern = rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{body}\n{m[2]}", text, flags=re.DOTALL)


def page(folder: str | None = None) -> str:
    """The whole page, its operators fresh, its truth too where there is a folder."""
    text = put(PAGE.read_text(encoding="utf-8"), "operators", operator_table())
    if folder is not None:
        from tests.onnx_truth import markdown, verdicts

        text = put(text, "truth", markdown(verdicts(Path(folder), [])))
    return text


if __name__ == "__main__":
    PAGE.write_text(page(*sys.argv[1:2]), encoding="utf-8")
