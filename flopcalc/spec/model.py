"""A spec file as a model: built at any scale, judged by its own `expect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.build import Builder
from flopcalc.errors import ScaleError, ShapeError, SpecError, did_you_mean
from flopcalc.graph import Effective, Scale
from flopcalc.spec.checks import check_blocks, check_outputs, check_swaps
from flopcalc.spec.elaborate import MAX_LAYERS, Elaborator
from flopcalc.spec.grammar import read_spec
from flopcalc.spec.lint import input_slip, lint, lint_run
from flopcalc.spec.names import check_names
from flopcalc.spec.scaling import scaled_size
from flopcalc.spec.settings import Settings, name_of, settle
from flopcalc.spec.value import FIXED, Value
from flopcalc.tensor import Shaped, Tensor, feature_map, token_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from flopcalc.errors import Where
    from flopcalc.graph import Graph, Model, Published
    from flopcalc.quantity import Quantity
    from flopcalc.spec.grammar import InputSpec, Spec
    from flopcalc.spec.scope import Frame


class SpecModel:
    """A network read from a spec; the `Model` of the spec reader."""

    def __init__(self, spec: Spec) -> None:
        check_names(spec)
        check_blocks(spec, {})
        self.spec = spec
        self._lint: list[str] | None = None

    @property
    def name(self) -> str:
        """The network's name, or the file's."""
        return name_of(self.spec)

    @property
    def path(self) -> str:
        """The file, as the user wrote it."""
        return self.spec.source.name

    @property
    def cite(self) -> str:
        """Where the network is published, or nothing."""
        return self.spec.cite

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants that the file declares."""
        return tuple(self.spec.variants)

    @property
    def published(self) -> tuple[Published, ...]:
        """What papers and libraries print of the network, as the file quotes them."""
        return self.spec.published

    @property
    def text(self) -> str:
        """The file's text: all there is to build the model again elsewhere."""
        return self.spec.source.text

    def graph(self, scale: Scale = Scale()) -> Graph:  # noqa: B008 - immutable
        """The network at `scale`.

        Raises `ScaleError` for knobs that do not apply, `ShapeError` where tensors stop fitting,
        `SpecError` and `LimitError` where the file is at fault.
        """
        spec = self.spec
        if scale.dims or scale.inputs or scale.trips:
            message = "--dim, --input and --trip are for exported graphs"
            raise ScaleError(message, hint="--res, --len, --batch and --set give a spec its sizes")
        settings = settle(spec, scale)
        if settings.swap:
            check_swaps(spec, settings.swap)
            check_blocks(spec, {name: target for name, (target, _) in settings.swap.items()})
        builder = Builder(MAX_LAYERS)
        inputs, effective = self._inputs(builder, settings, scale)
        run = Elaborator(spec, settings, builder)
        settings.globals["rho"] = Value(effective.rho, FIXED)  # what --res comes to
        try:
            last, frame = run.run(inputs)
        except ShapeError as error:
            error.hint = _input_hint(spec) or error.hint
            raise
        outputs = self._outputs(last, frame)
        if self._lint is None:
            self._lint = lint(spec)
        warnings = [*check_outputs(run, outputs), *self._lint, *lint_run(run, outputs)]
        run.done()
        return builder.finish(
            settings.name,
            outputs,
            scale=effective,
            mixed=run.mixed,
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def network(self, scale: Scale = Scale()) -> Hashable:  # noqa: B008 - immutable
        """What is equal for scales of one network: a variant and the same knobs, say.

        Quick, since nothing is elaborated; raises as `graph` does where the knobs do not apply.
        """
        settings = settle(self.spec, scale)
        sizes = [_scaled(item, settings) for item in self.spec.inputs.values()]
        names = {k: repr(v) for k, v in settings.globals.items() if k != "rho"}
        return (
            *(settings.alpha, settings.depth, tuple(sizes), scale.batch),
            *(settings.length, settings.classes, settings.rounding),
            tuple(names.items()),
            tuple(sorted((name, id(written)) for name, written in settings.defaults.items())),
            tuple(sorted((name, target) for name, (target, _) in settings.swap.items())),
        )

    def is_about(self, row: Published, scale: Scale, network: Hashable | None = None) -> bool:
        """Whether a published row is about the network at `scale`, `network(scale)` if at hand.

        Variants of other names are not, even where they are alike: they were trained apart.
        """
        if row.scale.variant and scale.variant and row.scale.variant != scale.variant:
            return False
        return self.network(row.scale) == (network or self.network(scale))

    def title(self, variant: str | None) -> str:
        """The name of the network, or of a variant."""
        return name_of(self.spec, variant)

    def expectation(self, scale: Scale) -> dict[str, Quantity]:
        """What the file expects at `scale`: nothing once the user has turned a knob."""
        settings = settle(self.spec, scale)
        return {} if settings.scaled else settings.expect

    def expected_at(self, metric: str, scale: Scale) -> Where | None:
        """Where the file says what it expects of `metric` at `scale`; None where it is silent."""
        settings = settle(self.spec, scale)
        return self._place(settings, "expect", metric) if metric in settings.expect else None

    def budget_at(self, metric: str, scale: Scale) -> Where | None:
        """Where the file says what `metric` may come to at `scale`; None where it is silent."""
        settings = settle(self.spec, scale)
        return self._place(settings, "budget", metric) if metric in settings.budget else None

    def _place(self, settings: Settings, what: str, metric: str) -> Where:
        return self.spec.source.where(settings.places[f"{what}.{metric}"])

    def budget(self, scale: Scale) -> dict[str, Quantity]:
        """The upper bounds that the file sets itself, at whatever scale."""
        return settle(self.spec, scale).budget

    def _inputs(
        self, builder: Builder, settings: Settings, scale: Scale
    ) -> tuple[dict[str, Tensor], Effective]:
        if scale.batch < 1:
            raise ScaleError(f"batch {scale.batch} is not a positive integer", hint="--batch 8")
        tensors = {}
        res: tuple[int, ...] = ()
        rho: float | None = None
        flat = long = 0
        for name, item in self.spec.inputs.items():
            sizes = _scaled(item, settings)
            flat += len(item.sizes) >= 2
            long += bool(item.tokens) or len(item.sizes) == 1
            where = self.spec.source.where(item.node)
            tensors[name] = builder.input(_shaped(item, sizes, settings, scale.batch), where)
            if sizes and rho is None:
                res = sizes[-2:]
                rho = _ratio(sizes, item.sizes)
        if settings.res is not None and not flat:
            raise ScaleError("no input has a resolution", hint="--len sets lengths and tokens")
        if settings.length is not None and not long:
            raise ScaleError("no input is a sequence", hint="--res sets the resolution of maps")
        if settings.rho != 1 and rho is None:
            raise ScaleError("no input has a spatial size for rho", hint="--len sets token counts")
        effective = Effective(
            alpha=settings.alpha,
            rho=1.0 if rho is None else rho,
            res=res,
            depth=settings.depth,
            batch=scale.batch,
            variant=settings.variant,
            settings=dict(scale.settings),
            swap={name: target for name, (target, _) in settings.swap.items()},
        )
        return tensors, effective

    def _outputs(self, last: Tensor, frame: Frame) -> tuple[Tensor, ...]:
        found = []
        for node in self.spec.outputs:
            if node.value not in frame.steps:
                where = self.spec.source.where(node)
                known = [name for name in frame.steps if name not in self.spec.inputs]
                hint = did_you_mean(node.value, known, otherwise="name a step with 'name:'")
                raise SpecError(f"no step named '{node.value}'", where=where, hint=hint)
            found.append(frame.steps[node.value])
        return tuple(found) or (last,)


def load_spec(text: str, name: str) -> SpecModel:
    """The model of a spec's text; `name` is the file's, for messages.

    Raises `YamlError`, `SpecError` or `LimitError`, each at its line and column.
    """
    return SpecModel(read_spec(text, name))


def places(model: Model, scale: Scale) -> Callable[[str], Where | None]:
    """Where a spec says what it expects of a metric; an exported graph says nothing of it."""
    if isinstance(model, SpecModel):
        return lambda metric: model.expected_at(metric, scale)
    return lambda _: None


def _scaled(item: InputSpec, settings: Settings) -> tuple[int, ...]:
    sizes = item.sizes
    if settings.res is not None and len(sizes) >= 2:
        if min(settings.res) < 1:
            message = f"resolution {settings.res[0]}x{settings.res[1]} is not positive"
            raise ScaleError(message, hint="for example --res 192")
        sizes = (*sizes[:-2], *settings.res)
    if settings.length is not None and len(sizes) == 1:
        sizes = (_length(settings),)
    if settings.rho != 1:
        sizes = tuple(scaled_size(n, settings.rho, settings.res_round) for n in sizes)
        if sizes and min(sizes) < 1:
            message = f"rho {settings.rho:g} leaves no pixels of {item.sizes[0]}"
            raise ScaleError(message, hint="a larger rho")
    return sizes


def _input_hint(spec: Spec) -> str | None:
    """Where an input looks channels-first, a step that does not fit is not where the slip is."""
    for item in spec.inputs.values():
        slip = input_slip((*item.sizes, item.channels)) if item.sizes else None
        if slip:
            return f"the input on line {item.node.line}: {slip}"
    return None


def _length(settings: Settings) -> int:
    assert settings.length is not None
    if settings.length < 1:
        raise ScaleError(f"length {settings.length} is not positive", hint="for example --len 128")
    return settings.length


def _shaped(item: InputSpec, sizes: tuple[int, ...], settings: Settings, batch: int) -> Shaped:
    if item.tokens:
        return token_ids(batch, item.tokens if settings.length is None else _length(settings))
    return feature_map(batch, item.channels, sizes)


def _ratio(sizes: tuple[int, ...], nominal: tuple[int, ...]) -> float:
    """ρ; of an oblong change the geometric mean, so that ρ² is the ratio of the areas."""
    ratios = [new / old for new, old in zip(sizes[-2:], nominal[-2:], strict=True)]
    return ratios[0] if len(set(ratios)) == 1 else (ratios[0] * ratios[1]) ** 0.5
