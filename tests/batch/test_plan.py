"""Which photo is written where."""

import os
from functools import partial
from pathlib import Path

import pytest

from colorify.batch import file_places
from colorify.batch.plan import Job, Plan
from colorify.batch.plan import make_plan as make_any_plan
from colorify.errors import UsageError

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")


def find_foreign(path: Path) -> str | None:
    """What a file is that Colorify did not make: those that begin with "mine"."""
    return "somebody's own" if path.is_dir() or path.read_bytes() == b"mine" else None


make_plan = partial(make_any_plan, describe_foreign=find_foreign)


def pairs(plan: Plan) -> dict[str, str]:
    return {job.source.as_posix(): job.target.as_posix() for job in plan.jobs}


def reasons(plan: Plan) -> str:
    return "\n".join(refusal.reason for refusal in plan.refused)


def test_an_output_lies_beside_its_source() -> None:
    touch("album/grandma.jpg", "album/IMG.TIF")
    plan = make_plan(["album/grandma.jpg", "album/IMG.TIF"])
    assert pairs(plan) == {
        "album/grandma.jpg": "album/grandma-color.jpg",
        "album/IMG.TIF": "album/IMG-color.TIF",
    }


def test_format_chooses_the_suffix() -> None:
    touch("a.jpg")
    assert pairs(make_plan(["a.jpg"], format="webp")) == {"a.jpg": "a-color.webp"}


def test_a_named_file_of_unknown_suffix_becomes_lossless() -> None:
    touch("scan.bin", "scan2")
    assert pairs(make_plan(["scan.bin", "scan2"])) == {
        "scan.bin": "scan-color.png",
        "scan2": "scan2-color.png",
    }


def test_output_names_a_file() -> None:
    touch("a.jpg")
    assert pairs(make_plan(["a.jpg"], output="new/b.png")) == {"a.jpg": "new/b.png"}


@pytest.mark.parametrize("output", ["out", "out/", "out.jpg/"])
def test_output_names_a_folder(output: str) -> None:
    touch("a.jpg")
    assert pairs(make_plan(["a.jpg"], output=output)) == {"a.jpg": Path(output, "a.jpg").as_posix()}


def test_output_of_unknown_suffix_is_refused() -> None:
    touch("a.jpg")
    with pytest.raises(UsageError, match=r"b\.bmp: no known picture format.*\.png"):
        make_plan(["a.jpg"], output="b.bmp")


def test_several_photos_do_not_fit_into_one_file() -> None:
    touch("a.jpg", "b.jpg", "there.jpg")
    with pytest.raises(UsageError, match=r"there\.jpg is a file"):
        make_plan(["a.jpg", "b.jpg"], output="there.jpg")


def test_one_photo_into_a_file_without_a_suffix_is_told_what_to_type() -> None:
    touch("a.jpg", "there")
    with pytest.raises(UsageError, match=r"-o there is a file, no picture by its name; end it in .*\.png"):
        make_plan(["a.jpg"], output="there")


@pytest.mark.parametrize("inputs", [["a.jpg", "b.jpg"], ["album"], ["*.jpg"]])
def test_the_name_of_a_picture_is_no_folder_for_several_photos(inputs: list[str]) -> None:
    touch("a.jpg", "b.jpg", "album/a.jpg")
    with pytest.raises(UsageError, match=r"-o new\.jpg is the name of one picture; .*: -o new\.jpg/"):
        make_plan(inputs, output="new.jpg")
    assert Path("new.jpg/a.jpg") in [job.target for job in make_plan(inputs, output="new.jpg/").jobs]
    Path("new.jpg").mkdir()
    assert Path("new.jpg/a.jpg") in [job.target for job in make_plan(inputs, output="new.jpg").jobs]


def test_a_photo_is_not_written_onto_another() -> None:
    touch("x/a.jpg", "y/a.jpg")
    with pytest.raises(UsageError, match=r"x/a\.jpg would be written onto y/a\.jpg, which is an input too"):
        make_plan(["x", "y/a.jpg"], output="y", force=True)


def test_a_folder_keeps_its_structure() -> None:
    touch("album/a.jpg", "album/1910/b.PNG", "album/1910/x/c.webp", "album/notes.txt")
    assert pairs(make_plan(["album"], output="out")) == {
        "album/a.jpg": "out/a.jpg",
        "album/1910/b.PNG": "out/1910/b.PNG",
        "album/1910/x/c.webp": "out/1910/x/c.webp",
    }


def test_hidden_files_and_folders_are_left_alone() -> None:
    touch("album/a.jpg", "album/._a.jpg", "album/.thumbs/a.jpg")
    assert list(pairs(make_plan(["album"]))) == ["album/a.jpg"]


def test_a_glob_keeps_structure_below_its_fixed_part() -> None:
    touch("album/1910/a.jpg", "album/1920/x/b.jpg", "album/c.jpg", "other/d.jpg")
    assert pairs(make_plan(["album/**/*.jpg"], output="out")) == {
        "album/1910/a.jpg": "out/1910/a.jpg",
        "album/1920/x/b.jpg": "out/1920/x/b.jpg",
        "album/c.jpg": "out/c.jpg",
    }


def test_a_glob_takes_pictures_alone_and_walks_folders() -> None:
    touch("a.jpg", "notes.txt", "sub/b.jpg", "sub/.hidden.jpg")
    assert set(pairs(make_plan(["*"]))) == {"a.jpg", "sub/b.jpg"}


def test_a_file_named_like_a_glob_is_a_file() -> None:
    touch("scan [2].jpg", "scan 2.jpg")
    assert pairs(make_plan(["scan [2].jpg"])) == {"scan [2].jpg": "scan [2]-color.jpg"}


def test_what_is_not_there_is_refused_and_the_rest_goes_on() -> None:
    touch("a.jpg", "empty/notes.txt")
    plan = make_plan(["a.jpg", "gone.jpg", "*.webp", "empty"])
    assert list(pairs(plan)) == ["a.jpg"]
    assert "gone.jpg: no such file or folder" in reasons(plan)
    assert "*.webp: no picture matches" in reasons(plan)
    assert "empty: no pictures in this folder" in reasons(plan)


def test_a_photo_named_twice_is_coloured_once() -> None:
    touch("album/a.jpg")
    assert len(make_plan(["album/a.jpg", "album", "album/*.jpg", "./album/a.jpg"]).jobs) == 1


def test_a_photo_and_links_to_it_are_coloured_once() -> None:
    touch("album/a.jpg")
    Path("album/b.jpg").symlink_to("a.jpg")
    Path("link").symlink_to("album")
    assert len(make_plan(["album", "link"]).jobs) == 1
    with pytest.raises(UsageError, match="would be written onto itself"):
        make_plan(["album/a.jpg"], output="link/a.jpg", force=True)


def test_finished_outputs_are_passed_over_unless_forced() -> None:
    touch("album/a.jpg", "album/b.jpg", "out/a.jpg")
    plan = make_plan(["album"], output="out")
    assert list(pairs(plan)) == ["album/b.jpg"]
    assert [job.source.as_posix() for job in plan.finished] == ["album/a.jpg"]
    assert len(make_plan(["album"], output="out", force=True).jobs) == 2


def test_own_outputs_are_no_inputs() -> None:
    touch("album/a.jpg", "album/a-color.jpg", "album/b.tif", "album/b-color.png", "album/rose-color.jpg")
    for inputs in (["album"], ["album/*.*"], [f"album/{path.name}" for path in Path("album").iterdir()]):
        for force in (False, True):
            plan = make_plan(inputs, force=force)
            assert {path.name for path in plan.own} == {"a-color.jpg", "b-color.png"}
            assert "album/rose-color.jpg" in pairs(plan), "no rose.jpg lies beside it: somebody's own photo"


@pytest.mark.parametrize("inputs", ["album", "album/*", "album/**/*.jpg"])
def test_an_output_folder_inside_the_input_is_no_input(inputs: str) -> None:
    touch("album/a.jpg")
    touch("album/color/a.jpg", "album/color/deep/b.jpg")
    plan = make_plan([inputs], output="album/color", force=True)
    assert pairs(plan) == {"album/a.jpg": "album/color/a.jpg"}


def test_one_photo_whose_output_is_there_says_what_to_type() -> None:
    touch("a.jpg", "a-color.jpg")
    plan = make_plan(["a.jpg"])
    assert plan.jobs == plan.finished == ()
    assert reasons(plan) == "a-color.jpg exists; -f overwrites it."


def test_one_own_output_says_what_to_type() -> None:
    touch("a.jpg", "a-color.jpg")
    assert "-f colours it again" in reasons(make_plan(["a-color.jpg"]))
    assert pairs(make_plan(["a-color.jpg"], force=True)) == {"a-color.jpg": "a-color-color.jpg"}


@pytest.mark.parametrize(
    ("inputs", "output", "format"),
    [
        (["a.jpg", "a.png"], None, "webp"),
        (["a.jpg", "a.png"], "out", "webp"),
        (["x/a.jpg", "y/a.jpg"], "out", None),
        (["x", "y"], "out", None),
    ],
)
def test_two_photos_to_one_target_are_refused(
    inputs: list[str], output: str | None, format: str | None
) -> None:
    touch("a.jpg", "a.png", "x/a.jpg", "y/a.jpg")
    with pytest.raises(UsageError, match="would both be written to"):
        make_plan(inputs, output=output, format=format)


@pytest.mark.parametrize(("inputs", "output"), [(["album"], "album"), (["a.jpg"], "."), (["a.jpg"], "a.jpg")])
def test_a_photo_is_never_written_onto_a_photo(inputs: list[str], output: str) -> None:
    touch("album/a.jpg", "a.jpg")
    with pytest.raises(UsageError, match="would be written onto itself; give -o another folder"):
        make_plan(inputs, output=output, force=True)


def test_alternatives_are_numbered_jobs_of_one_photo() -> None:
    touch("one.jpg")
    plan = make_plan(["one.jpg"], alternatives=2)
    assert plan.jobs == (
        Job(Path("one.jpg"), Path("one-color-1.jpg"), 1),
        Job(Path("one.jpg"), Path("one-color-2.jpg"), 2),
    )
    named = make_plan(["one.jpg"], output="made.png", alternatives=2)
    assert [str(job.target) for job in named.jobs] == ["made-1.png", "made-2.png"]


def test_alternatives_are_own_outputs() -> None:
    touch("one.jpg", "one-color-1.jpg", "one-color-2.jpg", "two-color-1.jpg")
    assert set(make_plan(["."]).own) == {Path("one-color-1.jpg"), Path("one-color-2.jpg")}


@pytest.mark.parametrize("name", ["St. Mary", "St.Mary", "IMG.2024"])
def test_a_name_that_only_looks_as_if_it_had_a_suffix_is_kept(name: str) -> None:
    touch(name)
    assert pairs(make_plan([name])) == {name: f"{name}-color.png"}
    assert pairs(make_plan([name], output="out")) == {name: f"out/{name}.png"}
    touch(f"{name}-color.png")
    assert make_plan([name, f"{name}-color.png"]).own == (Path(f"{name}-color.png"),)


def test_targets_that_differ_in_case_alone_clash_where_that_is_one_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    touch("album/IMG_1.HEIC", "album/IMG_1.JPG")
    assert len(make_plan(["album"]).jobs) == 2
    monkeypatch.setattr(file_places, "_ignores_case", lambda _: True)
    with pytest.raises(UsageError, match=r"IMG_1\.HEIC and album/IMG_1\.JPG would both be written to"):
        make_plan(["album"])


def test_a_folder_that_ignores_case_is_known_by_a_name_that_is_there() -> None:
    touch("Album/one.jpg", "bare/1")
    here = Path.cwd()
    Path("void").mkdir()
    for folder in ("Album", "bare", "void", "not/there"):
        assert not file_places._ignores_case(str(here / folder)), folder
    Path("Album/ONE.JPG").hardlink_to("Album/one.jpg")  # as if the two names were one
    assert file_places._ignores_case(str(here / "Album"))
    assert file_places._ignores_case(str(here / "Album" / "to be made"))


def test_an_output_and_a_format_that_contradict_each_other_are_refused() -> None:
    touch("a.jpg")
    with pytest.raises(UsageError, match=r"-o s\.png is png and --format jpeg\. Type -o s\.jpg"):
        make_plan(["a.jpg"], output="s.png", format="jpeg")
    assert pairs(make_plan(["a.jpg"], output="s.JPEG", format="jpeg")) == {"a.jpg": "s.JPEG"}


def test_a_link_to_a_folder_is_said_and_one_in_a_circle_stops_nothing() -> None:
    touch("album/a.jpg", "elsewhere/b.jpg")
    Path("album/link").symlink_to("../elsewhere")
    Path("album/out").symlink_to("../out")
    Path("out").mkdir()
    Path("album/circle").symlink_to("circle")
    plan = make_plan(["album"], output="out")
    assert pairs(plan) == {"album/a.jpg": "out/a.jpg"}
    assert [left.reason.partition(",")[0] for left in plan.left_out] == ["album/link: a link to a folder"]
    assert plan.refused == ()


def test_films_of_a_folder_are_said() -> None:
    touch("album/a.jpg", "album/b.MP4", "album/in side/c.mov", "album/.hidden.mov", "d.mov")
    plan = make_plan(["album", "*.jpg"], film_suffixes=frozenset({".mp4", ".mov"}))
    assert pairs(plan) == {"album/a.jpg": "album/a-color.jpg"}
    assert [left.reason for left in plan.left_out] == [
        "album: 2 films left; type: colorify video album/b.MP4 'album/in side/c.mov'"
    ]
    assert make_plan(["album"]).left_out == ()


def mine(*names: str) -> None:
    for name in names:
        Path(name).write_bytes(b"mine")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("output", [None, "out"])
def test_what_somebody_else_made_is_never_replaced_by_a_name_that_nobody_typed(
    force: bool, output: str | None
) -> None:
    touch("album/a.jpg", "album/b.jpg", "out/c.jpg")
    mine("album/a-color.jpg", "out/a.jpg")
    plan = make_plan(["album"], output=output, force=force)
    there = "out/a.jpg" if output else "album/a-color.jpg"
    beside = "out" if output else "album"
    assert reasons(plan) == (
        f"album/a.jpg: {there} is there, somebody's own, and is never replaced. "
        "Move it, or give -o another place."
    )
    assert plan.own == plan.finished == ()
    assert {"album/b.jpg", "album/a-color.jpg"} == set(pairs(plan)), "a photo like others"
    assert pairs(plan)["album/b.jpg"].startswith(beside)


def test_a_target_that_was_named_is_replaced_if_forced() -> None:
    touch("a.jpg"), mine("a-color.jpg", "b.jpg")
    assert reasons(make_plan(["a.jpg"], force=True)) == (
        "a.jpg: a-color.jpg is there, somebody's own; only by its name is it replaced: -o a-color.jpg -f. "
        "Or give -o another name."
    )
    for name in ("a-color.jpg", "b.jpg"):
        assert pairs(make_plan(["a.jpg"], output=name, force=True)) == {"a.jpg": name}
        assert reasons(make_plan(["a.jpg"], output=name)) == f"{name} exists; -f overwrites it."
    mine("b-1.jpg")
    numbered = make_plan(["a.jpg"], output="b.jpg", force=True, alternatives=2)
    assert "b-1.jpg is there" in reasons(numbered)
    assert pairs(numbered) == {"a.jpg": "b-2.jpg"}


def test_a_run_without_the_mark_goes_on_by_names_and_replaces_nothing() -> None:
    touch("album/a.jpg"), mine("album/a-color.jpg")
    plan = make_plan(["album"], mark=False)
    assert (plan.jobs, plan.own, plan.unmarked) == ((), (), (Path("album/a-color.jpg"),))
    assert [job.source for job in plan.finished] == [Path("album/a.jpg")]
    assert "only by its name is it replaced" in reasons(make_plan(["album/a.jpg"], mark=False))
    forced = make_plan(["album"], mark=False, force=True)
    assert (forced.jobs, "is never replaced" in reasons(forced)) == ((), True)


JPEG, PNG, BMP = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"BM\x1e\0"


def write(name: str, content: bytes) -> None:
    touch(name)
    Path(name).write_bytes(content)


def test_pictures_of_kinds_that_are_not_read_are_counted() -> None:
    touch("mixed/a.jpg", "mixed/b.BMP", "mixed/c.gif", "mixed/in/d.CR2", "mixed/e.gif", "mixed/f.psd")
    touch("mixed/notes.txt", "mixed/a.xmp", "mixed/Thumbs.db", "mixed/.hidden.bmp", "mixed/report.pdf")
    write("mixed/scan of 1921", BMP), write("mixed/README", b"# Read me")
    for named in ("mixed", "mixed/**"):
        plan = make_plan([named], output="out")
        assert pairs(plan) == {"mixed/a.jpg": "out/a.jpg"}
        (left,) = plan.left_out
        assert left.reason == (
            f"{named}: 6 pictures left, of a kind that is not read (2 BMP, 1 CR2, 2 GIF, 1 PSD). "
            "Convert it first: magick mixed/b.BMP OUT.png"
        )
        assert left.files == 6
    assert make_plan(["mixed"], output="out", watching=True).left_out == ()


def test_films_that_a_glob_names_are_said() -> None:
    touch("album/a.jpg", "album/b.mp4")
    plan = make_plan(["album/*"], film_suffixes=frozenset({".mp4"}))
    assert [left.reason for left in plan.left_out] == [
        "album/*: 1 film left; type: colorify video album/b.mp4"
    ]


def test_a_photo_without_a_suffix_is_one_of_its_folder() -> None:
    write("album/IMG.2024", JPEG), write("album/scan", PNG), touch("album/empty")
    os.mkfifo("album/pipe")
    assert pairs(make_plan(["album"], output="out")) == {
        "album/IMG.2024": "out/IMG.2024.jpg",
        "album/scan": "out/scan.png",
    }


@pytest.mark.parametrize(
    ("name", "content", "target"),
    [
        ("q.jpg", PNG, "q-color.png"),
        ("q.png", JPEG, "q-color.jpg"),
        ("q.JPEG", JPEG, "q-color.JPEG"),
        ("q.bin", JPEG, "q-color.jpg"),
        ("q", JPEG, "q-color.jpg"),
        ("q.jpg", b"\0\0\0\x18ftypheic", "q-color.jpg"),
        ("q.png", b"\0\0\0\x18ftypheic", "q-color.jpg"),
        ("q.tif", b"", "q-color.tif"),
    ],
)
def test_a_result_is_of_the_kind_that_its_photo_is_whatever_that_is_called(
    name: str, content: bytes, target: str
) -> None:
    write(name, content)
    assert pairs(make_plan([name])) == {name: target}
    assert pairs(make_plan([name], format="webp")) == {name: "q-color.webp"}
    assert pairs(make_plan([name], output="r.jpg")) == {name: "r.jpg"}, "as it was named"
