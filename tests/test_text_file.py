"""Text from any editor is read; what is no text is named."""

import codecs
from pathlib import Path

import pytest

from colorify import text_file
from colorify.errors import UsageError
from colorify.text_file import read_text

TEXT = "minutes = 5  # café, 写真\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.replace("\n", "\r\n").encode("utf-8-sig"),
    ],
)
def test_whatever_an_editor_writes_is_the_same_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    assert read_text(tmp_path / "a.toml") == TEXT


@pytest.mark.parametrize(
    "content", ["café".encode("latin-1"), b"\xff\xd8\xff\xe0", codecs.BOM_UTF16_LE + b"odd", b"\xff\xfe\x00"]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.toml: expected text in UTF-8, found other bytes"):
        read_text(tmp_path / "a.toml")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone: no such file"):
        read_text(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"directory"):
        read_text(tmp_path)
    with pytest.raises(UsageError, match="null"):
        read_text(tmp_path / "a\0b")


def test_a_file_without_an_end_is_not_read_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "MAX_BYTES", 1000)
    (tmp_path / "a").write_bytes(b" " * 1001)
    with pytest.raises(UsageError, match="at most"):
        read_text(tmp_path / "a")
