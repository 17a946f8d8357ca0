"""What cannot be opened is said with what a person can do about it."""

import errno
import os
from pathlib import Path

import pytest

from colorify.file_faults import describe_fault, describe_missing
from command_line import Colorify, photo

pytestmark = pytest.mark.usefixtures("in_tmp_path")
LIST = "dir" if os.name == "nt" else "ls"


def test_a_name_that_is_nearly_right_is_offered() -> None:
    Path("my album").mkdir()
    Path("my album/grandma.jpg").touch()
    said = describe_missing(Path("my album/granma.jpg"))
    assert said == "no such file or folder. Did you mean 'my album/grandma.jpg'?"
    assert (
        describe_missing(Path("my album/1.png"), "film") == f"no such film. Check its name: {LIST} 'my album'"
    )
    assert describe_missing(Path("x.png")) == f"no such file or folder. Check its name: {LIST} ."


def test_a_folder_that_is_not_there_is_named() -> None:
    assert describe_missing(Path("gone/a.jpg")) == (
        "no such file or folder, as there is no folder gone. Check its name."
    )
    Path("file").touch()
    fault = NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    assert "there is no folder file" in describe_fault(fault, Path("file/a.jpg"))


@pytest.mark.parametrize("number", [errno.ELOOP, errno.EACCES, errno.EIO, errno.ENAMETOOLONG])
def test_the_words_of_the_system_come_with_a_cure(number: int) -> None:
    said = describe_fault(OSError(number, os.strerror(number)), Path("a.jpg"))
    assert said.startswith(f"{os.strerror(number)}. ")
    assert said.endswith(".")
    assert describe_fault(OSError(errno.EBUSY, "busy"), Path("a.jpg")) == "busy."


def test_a_link_that_leads_nowhere_and_one_that_leads_to_itself(colorify: Colorify) -> None:
    try:
        Path("loop.jpg").symlink_to("loop.jpg")
        Path("old.jpg").symlink_to("moved.jpg")
    except OSError:
        pytest.skip("this system makes no links here")
    loop, old = colorify("loop.jpg"), colorify("old.jpg")
    assert (loop.code, old.code) == (1, 1)
    assert "It is a link that leads back to itself." in loop.err
    assert "old.jpg: a link to what is not there." in old.err


def test_the_command_offers_it_too(colorify: Colorify) -> None:
    photo("grandma.jpg")
    ended = colorify("granma.jpg")
    assert ended.code == 1
    assert "no such file or folder. Did you mean grandma.jpg?" in ended.err
    Path("hints.json").touch()
    assert "Did you mean hints.json?" in colorify("grandma.jpg", "--hints", "hint.json").err
