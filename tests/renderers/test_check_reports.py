"""Reports for reviewers: valid where their formats have schemas, and never too long."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

from flopcalc.budget import Checked, Entry, Limit, Part, Snapshot, Subject, Verdict
from flopcalc.doc import Doc
from flopcalc.errors import InputError, Where
from flopcalc.quantity import parse_quantity
from flopcalc.renderers import REPORTS, render_report
from flopcalc.reports.check import check

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
ODD = 'a<b>&"c"\x00 | [x] ` größe\n::error::'


def subject(name: str, outcome: Any, *, severity: Any = "error", error: bool = False) -> Subject:
    limit = Limit("params", parse_quantity("100"), severity=severity, near=parse_quantity("5%"))
    where = Where("nets/über uns.yaml", 7, 3)
    verdict = Verdict(limit, outcome, "", 122, 100, outcome == "incomplete", where=where)
    part = Part("first", "pointwise", "4×4×3 → 4×4×8, 1×1", 384, 32)
    old = Snapshot(name, {}, "complete", 100, 100, 400, (part._replace(mult_adds=100, params=10),))
    now = old._replace(mult_adds=384, params=122, parts=(part,))
    problem = InputError("no such file", hint="look", where=where) if error else None
    if error:
        return Subject(Entry(name, name), name, error=problem)
    return Subject(Entry(name, name), name, now, None, "locked", old, "main", (verdict,))


def document(subjects: list[Subject]) -> Doc:
    return check(Checked(tuple(subjects), ("a note",), (InputError("a slip", hint=None),)))


def every_outcome() -> Doc:
    return document(
        [
            subject("nets/a.yaml", "violation"),
            subject("nets/b.yaml", "pass"),
            subject("nets/c.yaml", "near"),
            subject("nets/d.yaml", "incomplete"),
            subject("nets/e.yaml", "violation", severity="warn"),
            subject(ODD, "violation"),
            subject("nets/g.yaml", "pass", error=True),
        ]
    )


@pytest.mark.parametrize("kind", REPORTS)
def test_each_kind(kind: str, golden: Callable[[str, str], None]) -> None:
    golden(f"check.{kind}", render_report(every_outcome(), kind))


def test_junit_is_valid() -> None:
    text = render_report(every_outcome(), "junit")
    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))

    schema.validate(text)
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert {k: root.get(k) for k in ("tests", "failures", "errors")} == {
        "tests": "8",
        "failures": "2",
        "errors": "3",
    }
    assert len(root.findall(".//testcase")) == 8
    assert len(root.findall(".//failure")) == 2
    assert len(root.findall(".//error")) == 3
    with pytest.raises(xmlschema.XMLSchemaException):
        schema.validate(text.replace(' failures="2"', "", 1))


def test_sarif_is_valid() -> None:
    log = json.loads(render_report(every_outcome(), "sarif"))
    schema = json.loads((SCHEMAS / "sarif-subset.json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(log, schema)
    (run,) = log["runs"]
    levels = [r["level"] for r in run["results"]]
    assert levels == sorted(levels, key=("error", "warning", "note").index)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [r["partialFingerprints"]["flopcalcLimit/v1"] for r in run["results"]]
    assert len(set(prints)) == len(prints)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**log, "version": "2.0.0"}, schema)


def test_fingerprints_do_not_follow_the_numbers() -> None:
    first = subject("a", "violation")
    (verdict,) = first.verdicts
    second = first._replace(verdicts=(verdict._replace(actual=999),))
    kinds = [json.loads(render_report(document([s]), "codequality")) for s in (first, second)]

    assert [i["fingerprint"] for i in kinds[0]] == [i["fingerprint"] for i in kinds[1]]
    assert kinds[0] != kinds[1]


def test_gitlab_has_what_it_needs() -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/: the five keys of an item."""
    for item in json.loads(render_report(every_outcome(), "codequality")):
        assert item["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert item["description"]
        assert item["check_name"]
        assert len(item["fingerprint"]) == 64
        assert item["location"]["path"]
        assert item["location"]["lines"]["begin"] >= 1


@pytest.mark.parametrize("count", [1, 9, 10, 11, 200])
def test_annotations_are_ten_of_a_kind_at_most(count: int) -> None:
    doc = check(Checked(tuple(subject(f"n{i}.yaml", "violation") for i in range(count))))
    lines = render_report(doc, "github").splitlines()

    assert len(lines) == min(count, 10)
    assert all(line.startswith("::error ") for line in lines)
    if count > 10:
        assert f"{count - 9} more: " in lines[-1]


def test_nothing_to_say_is_nothing() -> None:
    doc = check(Checked((subject("a", "pass"),)))

    assert render_report(doc, "github") == ""
    assert json.loads(render_report(doc, "codequality")) == []
    assert json.loads(render_report(doc, "sarif"))["runs"][0]["results"] == []


@pytest.mark.parametrize(("count", "length"), [(3, 10), (400, 20), (2000, 400), (30, 9000)])
def test_markdown_fits_a_pull_request(count: int, length: int) -> None:
    subjects = [subject(f"n{i}{'x' * length}.yaml", "violation") for i in range(count)]
    text = render_report(document(subjects), "markdown")

    assert len(text) < 65_536
    assert text.startswith(f"## {count} of {count} limits exceeded, 1 problem to mend: ")
    assert "n0" in text
    if count == 3:
        assert all(f"n{i}" in text for i in range(3))


def test_the_heaviest_change_stands_first() -> None:
    subjects = []
    for i, grown in enumerate((10, 1000, 100)):
        one = subject(f"n{i}.yaml", "violation")
        assert one.snapshot is not None
        assert one.baseline is not None
        after = one.baseline._replace(mult_adds=100 + grown)
        subjects.append(one._replace(snapshot=after))
    text = render_report(check(Checked(tuple(subjects))), "plain")
    changed = text.partition("Changed since main")[2].splitlines()

    assert [line[:2] for line in changed if line.startswith("n")] == ["n1", "n2", "n0"]
