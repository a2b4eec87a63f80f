"""A sweep as data: planes as grids, points as rows, and files in bulk that are streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flopcalc.engine.sweep import Plane, Spot, Sweep

ENDINGS = (".csv", ".npz", ".json")
CSV_COLUMNS = (
    *("name", "path", "variant", "depth", "set", "alpha", "alpha_low", "alpha_high"),
    *("height", "width", "operations", "params"),
)


def plane_data(plane: Plane, *, whole: bool = True) -> dict[str, Any]:
    """A plane as JSON has it: the axes, and where `whole` the grids, a list for each width."""
    scale = plane.scale
    data: dict[str, Any] = {
        "name": plane.name,
        "path": plane.path,
        "variant": scale.variant,
        "depth": scale.depth,
        "set": dict(scale.settings),
        "swap": dict(scale.swap),
        "alpha": [width[2] for width in plane.widths],
        "res": [list(size) for size in plane.sizes],
        "full": {"operations": plane.whole[0], "params": plane.whole[1]},
    }
    if any(low != high for low, high, _ in plane.widths):
        data["alpha_ranges"] = [[low, high] for low, high, _ in plane.widths]
    if whole:
        data["operations"] = plane.operations.rows()
        data["params"] = plane.params.rows()
        if plane.standard is not None:
            data["standard"] = plane.standard.rows()
    return data


def spot_data(sweep: Sweep, spot: Spot) -> dict[str, Any]:
    """A point as JSON has it."""
    data: dict[str, Any] = {
        "name": spot.plane.name,
        "alpha": spot.alpha,
        "res": list(spot.size),
        "operations": spot.operations,
        "params": spot.params,
    }
    for key in ("top1", "top5"):
        accuracy = sweep.accuracy(spot, key)
        if accuracy is not None:
            data[key] = float(accuracy)
    return data


def check_ending(path: str) -> None:
    """Raise `InputError` unless the name of a file in bulk says its format."""
    if not path.lower().endswith(ENDINGS):
        raise InputError(f"'{path}' has no known ending", hint=f"one of: {', '.join(ENDINGS)}")


def write_bulk(sweep: Sweep, path: str) -> None:
    """Every point of a sweep in a file: `.csv` rows, `.json` grids, or `.npz` arrays.

    Written whole or not at all, a width at a time. Raises `FileError` where it cannot be written,
    `InputError` for an ending, for `.npz` without numpy, and for counts beyond 64 bits in it.
    """
    from flopcalc.output import open_whole

    check_ending(path)
    ending = path.lower().rpartition(".")[2]
    if ending == "npz":
        arrays = _arrays(sweep)  # before a file is begun
        import numpy as np  # there, or _arrays would have said so

        with open_whole(path) as file:
            np.savez_compressed(file, **arrays)
        return
    with open_whole(path) as file:
        for text in _csv(sweep) if ending == "csv" else _json(sweep):
            file.write(text.encode())


def _csv(sweep: Sweep) -> Iterator[str]:
    import csv
    from io import StringIO

    yield ",".join(CSV_COLUMNS) + "\n"
    for plane in sweep.planes:
        scale = plane.scale
        out = StringIO()
        settings = " ".join(f"{name}={value}" for name, value in scale.settings.items())
        head = (plane.name, plane.path, scale.variant or "", f"{scale.depth:g}", settings)
        csv.writer(out, lineterminator="").writerow(map(_safe, head))
        first = out.getvalue()
        sizes = [f"{size[0]},{size[-1]}" if size else "," for size in plane.sizes]
        for i, (low, high, alpha) in enumerate(plane.widths):
            start = f"{first},{alpha!r},{low!r},{high!r},"
            counts = zip(sizes, plane.operations.row(i), plane.params.row(i), strict=True)
            yield "".join([f"{start}{size},{n},{params}\n" for size, n, params in counts])


def _safe(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _json(sweep: Sweep) -> Iterator[str]:
    import json

    head = {
        "schema": "flopcalc.sweep/1",
        "convention": sweep.convention.name,
        "unit": sweep.convention.unit,
        "continuous": sweep.continuous,
        "points": len(sweep),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "planes": [\n'
    for n, plane in enumerate(sweep.planes):
        data = json.dumps(plane_data(plane, whole=False), ensure_ascii=False)
        yield (",\n" if n else "") + data[:-1]
        for key, cells in (("operations", plane.operations), ("params", plane.params)):
            yield f', "{key}": [\n'
            for i in range(len(plane.widths)):
                yield (",\n" if i else "") + json.dumps(cells.row(i))
            yield "]"
        yield "}"
    yield "\n]}\n"


def _arrays(sweep: Sweep) -> dict[str, Any]:
    """The axes and grids of each plane; the keys of the second plane on end in its number."""
    found: dict[str, Any] = {}
    for n, plane in enumerate(sweep.planes):
        operations, params = plane.operations.array(), plane.params.array()
        if operations is None or params is None:
            import importlib.util

            if importlib.util.find_spec("numpy") is None:
                raise InputError("npz files need numpy", hint="pip install numpy, or write .json")
            message = f"counts of '{plane.name}' do not fit 64 bits"
            raise InputError(message, hint="write .json: its integers have no limit")
        import numpy as np

        end = f"_{n + 1}" if n else ""
        found[f"name{end}"] = np.array(plane.name)
        found[f"alpha{end}"] = np.array([width[2] for width in plane.widths])
        found[f"alpha_ranges{end}"] = np.array([width[:2] for width in plane.widths])
        found[f"res{end}"] = np.array([list(size) for size in plane.sizes], dtype=np.int64)
        found[f"operations{end}"] = operations
        found[f"params{end}"] = params
    return found
