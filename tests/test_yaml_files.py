"""Reading the text of a file, and what is said where it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flopcalc.errors import FileError, LimitError
from flopcalc.yaml_tree import read_file

if TYPE_CHECKING:
    from pathlib import Path


class TestFiles:
    def test_a_byte_order_mark_is_dropped(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\n")
        assert read_file(str(path)) == "a: é\r\n"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\xff\xfea\0:\0", "'{path}' is UTF-16 text"),
            (b"\x08\x07\x12\0onnx", "'{path}' is a binary file, not YAML"),
            (b"\0" * 300_000, "'{path}' is a binary file, not YAML"),
            (b"a: 1\nb: \xe9\n", "not UTF-8 text"),
        ],
    )
    def test_not_text(self, tmp_path: Path, data: bytes, message: str) -> None:
        path = tmp_path / "a.yaml"
        path.write_bytes(data)
        with pytest.raises(FileError) as raised:
            read_file(str(path))
        assert raised.value.message == message.format(path=path)
        assert raised.value.hint

    def test_the_line_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        path.write_bytes(b"a: 1\nb: \xe9\n")
        with pytest.raises(FileError) as raised:
            read_file(str(path))
        assert str(raised.value.where) == f"{path}:2"

    def test_missing(self, tmp_path: Path) -> None:
        (tmp_path / "mobilenet_v1.yaml").touch()
        with pytest.raises(FileError) as raised:
            read_file(str(tmp_path / "mobilenetv1.yaml"))
        assert raised.value.message == f"no such file: '{tmp_path / 'mobilenetv1.yaml'}'"
        assert raised.value.hint == f"did you mean '{tmp_path / 'mobilenet_v1.yaml'}'?"

    def test_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="no such file"):
            read_file(str(tmp_path / "no" / "x.yaml"))

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="is a directory"):
            read_file(str(tmp_path))

    @pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
    def test_no_path_at_all(self, path: str) -> None:
        with pytest.raises(FileError, match="cannot read"):
            read_file(path)

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        path.write_bytes(b"#" * (256 * 1024 + 1))
        with pytest.raises(LimitError, match="larger than 256 KiB"):
            read_file(str(path))
