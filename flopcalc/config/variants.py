"""The variants that a spec declares, for a configuration that asks for all of them."""

from __future__ import annotations

from flopcalc.errors import InputError
from flopcalc.yaml_tree import Entries, parse, read_file


def variants(path: str) -> list[str]:
    """The names under `variants` of the spec at `path`; none where it has none.

    What is wrong with the file is not said here, but where its model is counted.
    """
    if not path.endswith((".yaml", ".yml")):
        return []
    try:
        text = read_file(path)
        if "variants" not in text:
            return []
        root, _ = parse(text, path)
    except InputError:
        return []
    if not isinstance(root, Entries) or "variants" not in root.entries:
        return []
    found = root.entries["variants"][1]
    return list(found.entries) if isinstance(found, Entries) else []
