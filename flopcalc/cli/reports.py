"""Reports of a check as files, and as GitHub shows them: `--report KIND=FILE`, `--github`."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.options import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.doc import Doc

KINDS = ("markdown", "junit", "sarif", "github", "codequality", "json", "csv", "plain")


def _reports(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:  # noqa: ANN401 - pairs
    del ctx, param
    found = []
    for text in values:
        kind, equals, file = text.partition("=")
        if kind not in KINDS:
            from flopcalc.errors import InputError, did_you_mean

            raise InputError(f"no report '{kind}'", hint=did_you_mean(kind, KINDS))
        if not equals or not file:
            from flopcalc.errors import InputError

            raise InputError(f"report '{text}' goes to no file", hint=f"{kind}=FILE")
        found.append((kind, file))
    return tuple(found)


def also(command: Callable[..., Report]) -> Callable[..., Report]:
    """Add `--report` and `--github` to a command that returns a `Report`."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Report:  # noqa: ANN401 - whatever the command takes
        from flopcalc.errors import InputError

        files, github = kwargs.pop("reports"), kwargs.pop("github")
        try:
            return Files(command(*args, **kwargs), files, github=github)
        except InputError as error:
            if files or github:  # who reads them should see why there is nothing else
                from flopcalc.gate import report_failure

                write_reports(report_failure(error), files, github=github)
            raise

    report = click.option(
        "--report",
        "reports",
        multiple=True,
        callback=_reports,
        metavar="KIND=FILE",
        help="Write a report too: markdown, junit, sarif, codequality, github, json; repeatable.",
    )
    github = click.option(
        "--github",
        is_flag=True,
        help="Annotations for GitHub Actions, and the Markdown report in its step summary.",
    )
    return report(github(wrapper))


class Files(Report):
    """A report that is printed, and then written in other formats too."""

    __slots__ = ("files", "github")

    def __init__(self, report: Report, files: Sequence[tuple[str, str]], *, github: bool) -> None:
        super().__init__(report.doc, report.look)
        self.files = files
        self.github = github

    def show(self) -> int:
        """Print, then write every file; returns the exit code."""
        code = super().show()
        write_reports(self.doc, self.files, github=self.github)
        return code


def write_reports(doc: Doc, files: Sequence[tuple[str, str]], *, github: bool) -> None:
    """Write a check's document in other formats; print annotations for GitHub."""
    from flopcalc.output import write_file
    from flopcalc.renderers import render_report

    if github:
        sys.stdout.write(render_report(doc, "github"))
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            _append(summary, render_report(doc, "markdown"))
    for kind, file in files:
        write_file(file, render_report(doc, kind))


def _append(path: str, text: str) -> None:
    from flopcalc.errors import FileError

    try:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs start-up time
            file.write(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(f"cannot write '{path}': {reason}") from None


def progress() -> Callable[[int, int], None] | None:
    """A bar on standard error, where that is a terminal."""
    if not _is_terminal():
        return None

    def show(done: int, total: int) -> None:
        if total < 8:
            return
        cells = 30 * done // total
        bar = "█" * cells + "·" * (30 - cells)
        end = "\r" + " " * 60 + "\r" if done == total else ""
        sys.stderr.write(f"\r{bar} {done} of {total} models{end}")
        sys.stderr.flush()

    return show


def _is_terminal() -> bool:
    return sys.stderr.isatty()
