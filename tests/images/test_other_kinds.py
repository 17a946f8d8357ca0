import pytest

from colorify.images.other_kinds import (
    _OTHER_SIGNATURES,
    _SUFFIXES,
    describe_cure,
    guess_kind,
    name_unread_kind,
)


@pytest.mark.parametrize("magic", [magic for magic, _ in _OTHER_SIGNATURES])
def test_each_kind_is_told_by_its_first_bytes_and_has_a_cure(magic: bytes) -> None:
    kind = guess_kind(magic + bytes(64))
    assert kind == dict(_OTHER_SIGNATURES)[magic]
    assert len(describe_cure(kind, "'a b'")) > len("Convert it first.")


@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_each_suffix_has_a_cure_that_names_the_file(suffix: str) -> None:
    found = name_unread_kind(f".{suffix.upper()}", None)
    assert found is not None
    assert found[0] == suffix.upper()
    assert "'a {b}'" in describe_cure(found[1], "'a {b}'")


@pytest.mark.parametrize("head", [b"", b"P", b"P8 ", b"P5x", b"PIC", b"\0\0\0\x18ftyp"])
def test_what_nobody_knows(head: bytes) -> None:
    assert guess_kind(head) in ("something else", "a film")
    assert "a PNG or a TIFF" in describe_cure("something else", "x")
