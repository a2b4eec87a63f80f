"""`flopcalc.yaml` as budgets: the models of a project and what each may cost."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from flopcalc.budget import Entry, Limit
from flopcalc.config.find import PROJECT, Written
from flopcalc.config.limits import LimitReader, read_near, read_severity
from flopcalc.config.scale import SCALE_KEYS, read_scale, scale_name
from flopcalc.config.toml import parse_toml
from flopcalc.errors import InputError, SpecError, did_you_mean
from flopcalc.graph import Scale
from flopcalc.quantity import parse_quantity
from flopcalc.record import Record
from flopcalc.yaml_tree import Entries, Items, Scalar, parse

if TYPE_CHECKING:
    from flopcalc.quantity import Quantity
    from flopcalc.yaml_tree import Node, Source

KEYS = (
    *("version", "models", "limits", "severity", "near", "on_incomplete", "lock"),
    *("lock_layers", "accept_up_to", "dtype"),
)
ENTRY_KEYS = ("model", "name", "limits", "variants", "dtype", *SCALE_KEYS)
ON_INCOMPLETE = ("fail", "warn")
SWITCH = ("on", "off")
LOCK = "flopcalc.lock"
NEAR = parse_quantity("5%")
ACCEPT = parse_quantity("10%")
_SUFFIXES = (".yaml", ".yml", ".onnx")


class Config(Record):
    """A configuration: `folder` is what its paths start from, `lock` the path of the baseline.

    `locks_layers` says whether the baseline has the layers of its models, or their totals alone.
    `limits` hold for every model that has none of its own for the same metric and part.
    """

    path: str
    folder: str
    entries: tuple[Entry, ...]
    limits: tuple[Limit, ...]
    lock: str
    source: Source
    fails_incomplete: bool = True
    accept_up_to: Quantity = ACCEPT
    locks_layers: bool = True

    def limits_of(self, entry: Entry) -> tuple[Limit, ...]:
        """The limits that apply to an entry, its own before those for all."""
        own = {(limit.scope, limit.pattern, limit.metric) for limit in entry.limits}
        general = [
            limit for limit in self.limits if (limit.scope, limit.pattern, limit.metric) not in own
        ]
        return (*entry.limits, *general)

    def find(self, name: str) -> tuple[Entry, ...]:
        """The entries called `name`, or whose file it is; raises `InputError` if there is none."""
        exact = tuple(entry for entry in self.entries if entry.name == name)
        if exact:
            return exact
        path = os.path.relpath(os.path.realpath(name), os.path.realpath(self.folder))
        same = path.replace(os.sep, "/")
        found = tuple(e for e in self.entries if same in {e.model, e.model.rpartition("@")[0]})
        if found:
            return found
        names = [entry.name for entry in self.entries]
        shown = os.path.basename(self.path)  # noqa: PTH119 - pathlib costs start-up time
        raise InputError(f"no model '{name}' in '{shown}'", hint=did_you_mean(name, names))


def load_config(written: Written) -> Config:
    """The configuration that a file says; raises an `InputError` at the place of a slip."""
    name = os.path.relpath(written.path)
    name = written.path if name.startswith("..") else name.replace(os.sep, "/")
    if written.path.endswith(".toml") or os.path.basename(written.path) == PROJECT:  # noqa: PTH119 - likewise
        root, source = parse_toml(written.text, name)
    else:
        root, source = parse(written.text, name)
    return _Reader(source, os.path.dirname(os.path.abspath(written.path))).read(root)  # noqa: PTH100, PTH120 - likewise


class _Reader:
    def __init__(self, source: Source, folder: str) -> None:
        self.source = source
        self.folder = folder
        self.limits = LimitReader(source, "error", NEAR)
        self.dtype: str | None = None

    def error(self, node: Node, message: str, hint: str | None = None) -> SpecError:
        return SpecError(message, where=self.source.where(node), hint=hint)

    def read(self, root: Node) -> Config:
        if not isinstance(root, Entries):
            raise self.error(
                root, "a budget file is a mapping", "'flopcalc init budgets' writes one"
            )
        if "flopcalc" in root.entries and "body" in root.entries:
            message = f"'{self.source.name}' is the spec of a network, not a budget file"
            hint = "rename it, and 'flopcalc init budgets' writes a budget file"
            raise self.error(root, message, hint)
        self._keys(root, KEYS, "a budget file")
        entries = {key: value for key, (_, value) in root.entries.items()}
        if "version" in entries and self._word(entries["version"]) != "1":
            message = f"version '{self._word(entries['version'])}' is not known"
            raise self.error(entries["version"], message, "this release reads 'version: 1'")
        self._defaults(entries)
        limits = self.limits.read(entries["limits"]) if "limits" in entries else ()
        fails = True
        if "on_incomplete" in entries:
            fails = self._choice(entries["on_incomplete"], ON_INCOMPLETE) == "fail"
        lock = self._word(entries["lock"]) if "lock" in entries else LOCK
        accept = ACCEPT
        if "accept_up_to" in entries:
            node = entries["accept_up_to"]
            accept = parse_quantity(self._word(node), self.source.where(node))
            if accept.kind != "share":
                raise self.error(node, f"'{accept}' is no share of the baseline", "for example 10%")
        layers = True
        if "lock_layers" in entries:
            layers = self._choice(entries["lock_layers"], SWITCH) == "on"
        if "models" not in entries:
            raise self.error(root, "a budget file needs 'models'", "models: [nets/*.yaml]")
        return Config(
            self.source.name,
            self.folder,
            self._models(entries["models"]),
            limits,
            os.path.join(self.folder, lock),  # noqa: PTH118 - likewise
            self.source,
            fails,
            accept,
            layers,
        )

    def _defaults(self, entries: dict[str, Node]) -> None:
        """What holds for limits and models that do not say."""
        if "severity" in entries:
            self.limits.severity = read_severity(self.source, entries["severity"])
        if "near" in entries:
            self.limits.near = read_near(self.source, entries["near"])
        if "dtype" in entries:
            self.dtype = self._dtype(entries["dtype"])

    def _models(self, node: Node) -> tuple[Entry, ...]:
        if not isinstance(node, Items) or not node.items:
            raise self.error(node, "'models' is a list of models", "- nets/*.yaml")
        found: dict[str, Entry] = {}
        alone: set[str] = set()
        for item in node.items:
            for entry in self._entry(item):
                if entry.alone:
                    alone.add(entry.model)
                before = found.get(entry.name)
                if before is None or before.found:  # what is said of one model beats a glob
                    if before is None or not entry.found:
                        found[entry.name] = entry
                elif not entry.found:
                    hint = "give one of them a 'name'"
                    raise self.error(item, f"model '{entry.name}' is listed twice", hint)
        return tuple(e._replace(alone=e.model in alone) for e in found.values())

    def _entry(self, node: Node) -> list[Entry]:
        where = self.source.where(node)
        if isinstance(node, Scalar):
            return [
                Entry(name, name, where=where, found=pattern, dtype=self.dtype)
                for name, pattern in self._files(node, node.value)
            ]
        if not isinstance(node, Entries):
            raise self.error(node, "a model is a path, a name, or {model: …}")
        self._keys(node, ENTRY_KEYS, "a model")
        if "model" not in node.entries:
            raise self.error(node, "which model?", "model: nets/small.yaml")
        scale = read_scale(self.source, node)
        limits: tuple[Limit, ...] = ()
        if "limits" in node.entries:
            limits = self.limits.read(node.entries["limits"][1])
        place = node.entries["model"][1]
        files = self._files(place, self._word(place))
        suffix = scale_name(node)
        dtype = self._dtype(node.entries["dtype"][1]) if "dtype" in node.entries else self.dtype
        entries = [
            Entry(name + suffix, name, scale, limits, where, pattern, dtype)
            for name, pattern in files
        ]
        if "variants" in node.entries:
            return self._variants(node, entries)
        if "name" in node.entries:
            if files[0][1]:
                raise self.error(node.entries["name"][0], "one 'name' for all that a glob finds")
            entries = [entries[0]._replace(name=self._word(node.entries["name"][1]))]
        return entries

    def _variants(self, node: Entries, entries: list[Entry]) -> list[Entry]:
        """The entries of a model, and one more for each variant that the key asks for."""
        from flopcalc.config.variants import variants

        at, asked = node.entries["variants"]
        for key in ("name", *SCALE_KEYS):
            if key in node.entries:
                message = f"'variants' and '{key}' do not go together"
                raise self.error(at, message, "list that model apart")
        listed = [self._word(item) for item in asked.items] if isinstance(asked, Items) else None
        if listed is None and self._word(asked) != "all":
            raise self.error(asked, f"'{self._word(asked)}' is not 'all'", "variants: all, or [a]")
        found: list[Entry] = []
        known: list[str] = []
        more = scale_name(node)
        for entry in entries:
            there = variants(os.path.join(self.folder, entry.model))  # noqa: PTH118 - likewise
            known += there
            chosen = [name for name in there if listed is None or name in listed]
            found.append(entry._replace(alone=listed is None))
            found += [
                entry._replace(
                    name=f"{entry.model}@{name}{more.replace('@', ',')}", scale=Scale(variant=name)
                )
                for name in chosen
            ]
        for name in listed or ():
            if name not in known:
                raise self.error(asked, f"no variant '{name}'", did_you_mean(name, known))
        return found

    def _dtype(self, node: Node) -> str:
        from flopcalc.dtypes import find_dtype  # here, as below: few ask for it

        word = self._word(node)
        try:
            return find_dtype(word)
        except InputError as error:
            raise self.error(node, error.message, error.hint) from None

    def _files(self, node: Node, text: str) -> list[tuple[str, str]]:
        """The models that a text means, each with the glob that found it."""
        special = any(letter in text for letter in "*?[")
        path = os.path.join(self.folder, text)  # noqa: PTH118 - likewise
        if not text:
            raise self.error(node, "a model without a name")
        if not special or os.path.exists(path):  # noqa: PTH110 - likewise
            return [(text.replace(os.sep, "/").removeprefix("./"), "")]
        own = os.path.basename(self.source.name)  # noqa: PTH119 - likewise
        found = [
            name.replace(os.sep, "/").removeprefix("./")
            for name in glob.glob(text, root_dir=self.folder, recursive=True)  # noqa: PTH207 - likewise
            if name.endswith(_SUFFIXES) and name != own
        ]
        if not found:
            message = f"no model like '{text}'"
            raise self.error(node, message, self._near_folder(text))
        return [(name, text) for name in sorted(found)]

    def _near_folder(self, text: str) -> str:
        """A hint: the part of a glob's path that does not exist."""
        head: list[str] = []
        for part in text.split("/")[:-1]:
            if any(letter in part for letter in "*?["):
                break
            above = os.path.join(self.folder, *head)  # noqa: PTH118 - likewise
            if not os.path.isdir(os.path.join(above, part)):  # noqa: PTH112, PTH118 - likewise
                there = [e.name for e in os.scandir(above) if e.is_dir() and e.name[0] != "."]
                return did_you_mean(part, there, otherwise=f"there is no folder '{part}'") or ""
            head.append(part)
        return f"models end in {', '.join(_SUFFIXES)}; paths start from the folder of this file"

    def _keys(self, node: Entries, known: tuple[str, ...], what: str) -> None:
        for key, (at, _) in node.entries.items():
            if key not in known:
                raise self.error(at, f"unknown key '{key}' in {what}", did_you_mean(key, known))

    def _word(self, node: Node) -> str:
        if isinstance(node, Scalar):
            return node.value
        raise self.error(node, "a word belongs here")

    def _choice(self, node: Node, known: tuple[str, ...]) -> str:
        word = self._word(node)
        if word not in known:
            raise self.error(node, f"'{word}' is none of: {', '.join(known)}")
        return word
