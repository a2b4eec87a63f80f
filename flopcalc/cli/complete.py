"""Shell completion: names of networks, their layers, conventions; files where a path is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from flopcalc.errors import FlopcalcError

if TYPE_CHECKING:
    import click


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Networks that ship, and after an `@` the variants of one."""
    del ctx, param
    from flopcalc import catalog
    from flopcalc.api import open_model
    from flopcalc.spec.model import SpecModel

    name, at, _ = incomplete.partition("@")
    if at:
        try:
            model = open_model(name).model
        except FlopcalcError:
            return []
        found = model.variants if isinstance(model, SpecModel) else ()
        return _items([f"{name}@{variant}" for variant in found], incomplete)
    return [*_items(catalog.every_name(), incomplete), CompletionItem(incomplete, type="file")]


def layers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The scopes and layers of the model that the command line names already."""
    del param
    from flopcalc.api import build

    model = ctx.params.get("model")
    try:
        graph = build(str(model)) if model else None
    except FlopcalcError:
        graph = None
    names: dict[str, None] = {}
    for layer in graph.layers if graph else ():
        parts = layer.name.split(".")
        names.update(dict.fromkeys(".".join(parts[: i + 1]) for i in range(len(parts))))
    return _items(list(names), incomplete)


def conventions(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The conventions."""
    del ctx, param
    from flopcalc.engine.convention import CONVENTIONS

    return _items([convention.name for convention in CONVENTIONS], incomplete)


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(set(names)) if name.startswith(incomplete)]
