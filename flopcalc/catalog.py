"""Which file a MODEL means: a path, the name of a network that ships, or standard input."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flopcalc.errors import FileError, InputError, did_you_mean
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".yaml", ".yml")
ONNX = (
    *(".onnx", ".onnxtxt", ".onnxtext", ".textproto", ".txtpb", ".pbtxt", ".prototxt", ".json"),
    ".onnx.gz",  # whose reader says to unpack it
)
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs start-up time
# in the wheel the specs lie inside the package, in a checkout beside it
_FOLDERS = (os.path.join(_HERE, "specs"), os.path.join(os.path.dirname(_HERE), "specs"))  # noqa: PTH118, PTH120 - likewise


class Found(Record):
    """A file to open, the name messages call it, and the variant that a name stood for."""

    path: str
    shown: str
    variant: str | None = None


def specs_folder() -> str:
    """The folder of the networks that ship."""
    for folder in _FOLDERS:
        if os.path.isdir(folder):  # noqa: PTH112 - pathlib costs start-up time
            return folder
    raise InputError("this installation has no networks", hint="install flopcalc again")


def shipped() -> dict[str, str]:
    """Each network file that ships: its name (the file's stem) and its path below the folder."""
    folder = specs_folder()
    found = {}
    for top, _, files in os.walk(folder):
        for file in files:
            if file.endswith(".yaml"):
                path = os.path.join(top, file)  # noqa: PTH118 - pathlib costs start-up time
                found[file.removesuffix(".yaml")] = path[len(folder) + 1 :]
    return dict(sorted(found.items()))


def variants(text: str) -> Iterator[str]:
    """The variants that a spec's text declares, found without reading the rest of it."""
    _, _, rest = text.partition("\nvariants:")
    for line in rest.split("\n")[1:]:
        if line and not line[0].isspace() and line[0] != "#":
            return
        if line.startswith("  ") and line[2:3].strip() and line[2] != "#":
            yield line.split(":")[0].strip()


def family(file: str) -> str:
    """The family of a shipped file: its folder, or for one at the top the folder that it names."""
    folder, _, name = file.replace(os.sep, "/").rpartition("/")
    return folder or name.removesuffix(".yaml").partition("_")[0]


def networks(file: str) -> list[str]:
    """The variants in a shipped file that are networks by name: `resnet18` in `resnet.yaml`.

    Those whose name has the family's first three letters; `shallow` is found as `family@shallow`.
    """
    with open(os.path.join(specs_folder(), file), encoding="utf-8") as spec:  # noqa: PTH118, PTH123 - pathlib costs start-up time
        family = os.path.basename(file).removesuffix(".yaml")[:3]  # noqa: PTH119 - likewise
        return [name for name in variants(spec.read()) if family in name]


def find(model: str) -> Found:
    """The file that `model` means.

    A path that exists; a shipped file's stem, the name of one of its variants, or what timm or
    Hugging Face call it, in any case and with hyphens. Raises `FileError` with the nearest name
    where there is none.
    """
    if os.path.exists(model) or os.sep in model or model.endswith((*SUFFIXES, *ONNX)):  # noqa: PTH110 - likewise
        return _path(model)
    found = _named(model)
    if found:
        return found
    from flopcalc.other_names import OTHER_NAMES, plain  # here, as few names need it

    name = plain(model)
    found = _named(OTHER_NAMES.get(name, name))
    if found:
        return found
    hint = _nearest(name) or "'flopcalc models' lists the networks that ship"
    raise FileError(f"no file and no network '{model}'", hint=hint)


def _named(name: str) -> Found | None:
    """The shipped file of a network; None where none has this name."""
    folder = specs_folder()
    if f"{name}.yaml" in os.listdir(folder):  # noqa: PTH208 - pathlib costs start-up time
        return _shipped(folder, f"{name}.yaml")
    files = shipped()
    if name in files:
        return _shipped(folder, files[name])
    for stem, file in files.items():
        if stem[:3] in name and name in networks(file):  # no other file is read
            return _shipped(folder, file, name)
    return None


def every_name() -> list[str]:
    """All names that find a network, those of other libraries included."""
    from flopcalc.other_names import OTHER_NAMES  # here, as few runs need it

    files = shipped()
    return [*files, *(name for file in files.values() for name in networks(file)), *OTHER_NAMES]


def _nearest(name: str) -> str | None:
    """A hint: a name that differs by underscores, one that begins so, else the one most alike."""
    names = every_name()
    return _same(name, names) or did_you_mean(name, names, otherwise="") or None


def _same(name: str, names: list[str]) -> str | None:
    """A hint only where little else can be meant: `resnet_50`, `tf_resnet50`, `mobilenet`."""
    name = name.removeprefix("tf_").removeprefix("tv_")
    for other in names:
        if other.replace("_", "") == name.replace("_", ""):
            return f"did you mean the network '{other}'?"
    begun = [other for other in names if other.startswith(name)]
    return did_you_mean(name, begun, otherwise="") or None


def _shipped(folder: str, file: str, variant: str | None = None) -> Found:
    return Found(os.path.join(folder, file), f"specs/{file}".replace(os.sep, "/"), variant)  # noqa: PTH118 - likewise


def _path(model: str) -> Found:
    if not os.path.exists(model):  # noqa: PTH110 - pathlib costs start-up time
        stem = os.path.splitext(os.path.basename(model))[0]  # noqa: PTH119, PTH122 - likewise
        hint = "'flopcalc models' lists the networks that ship, 'flopcalc init spec' starts a spec"
        if stem in every_name():
            hint = f"the network '{stem}' ships with flopcalc: leave the folder and suffix away"
        else:
            hint = _near(model) or _without_owner(model) or hint
        raise FileError(f"no such file: '{model}'", hint=hint)
    return Found(model, model)


def _near(model: str) -> str | None:
    """A hint: the file of that folder whose name is most alike."""
    folder, name = os.path.split(model)
    try:
        there = [file for file in os.listdir(folder or ".") if file.endswith((*SUFFIXES, *ONNX))]  # noqa: PTH208 - likewise
    except OSError:
        return None
    return did_you_mean(name, there, otherwise="") or None


def _without_owner(model: str) -> str | None:
    """A hint for a name of Hugging Face or a paper: `google/vit-base-patch16-224`, `ViT-B/16`."""
    from flopcalc.other_names import plain  # here, as few runs need it

    owner, _, name = model.partition("/")
    if not owner or len(name) < 2 or "/" in name or model.endswith((*SUFFIXES, *ONNX)):
        return None
    names = every_name()
    return _same(plain(f"{owner}_{name}"), names) or _same(plain(name), names)
