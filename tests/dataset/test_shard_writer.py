"""Shards: what goes in comes out, with its source; nothing twice, nothing lost."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import pyvips
from made_pictures import jpeg, photo, png, resized

from colorify.dataset.screen import screen
from colorify.dataset.screening_rules import Thresholds
from colorify.dataset.shard_plan import Packing
from colorify.dataset.shard_reader import read_shards
from colorify.dataset.shard_writer import PARTS, PackingResult, pack
from colorify.dataset.sources import find_sources
from colorify.dataset.stats import gather_stats, write_stats
from colorify.errors import PhotoError, SetupError, UsageError
from colorify.images.photo import open_photo
from colorify.pixels import decode_lab, pixels_to_lab

SMALL = Thresholds(min_side=32)
QUICK = Packing(short_side=48, per_shard=5, validation=0.25, seed=3)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for seed in range(16):
        path = folder / ("one" if seed % 2 else "two") / f"{seed}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(photo(seed, height=64, width=96)))
    screen(folder, SMALL)
    return folder


def entries(into: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (into / "sources.jsonl").read_text().splitlines()]


def test_every_photo_is_in_one_shard_and_known(photos: Path, tmp_path: Path) -> None:
    packed = pack(photos, tmp_path / "shards", QUICK)
    assert packed == PackingResult(
        tmp_path / "shards" / "manifest.json", {"train": 12, "validation": 4}, 4, 0, ()
    )
    tars = sorted((tmp_path / "shards").glob("*.tar"))
    assert [tar.name for tar in tars] == [f"train-00000{n}.tar" for n in range(3)] + ["validation-000000.tar"]
    samples = list(read_shards([str(tar) for tar in tars]))
    assert [sample.key for sample in samples] == [entry["key"] for entry in entries(tmp_path / "shards")]
    assert {entry["path"] for entry in entries(tmp_path / "shards")} == {
        path.relative_to(photos).as_posix()
        for name in ("one", "two")
        for path in (photos / name).glob("*.jpg")
    }
    assert {sample.lab.shape for sample in samples} == {(48, 72, 3)}
    assert {sample.key.rpartition("-")[0] for sample in samples} == {"one", "two"}


@pytest.mark.parametrize("format_", ["webp", "jpeg"])
def test_the_colours_survive(format_: str, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    pixels = photo(1, height=64, width=64)
    (tmp_path / "photos" / "a.png").write_bytes(png(pixels))
    screen(tmp_path / "photos", SMALL)
    packing = Packing(short_side=64, quality=100, validation=0, format=format_)
    pack(tmp_path / "photos", tmp_path / "shards", packing)
    (sample,) = read_shards([str(tmp_path / "shards" / "train-000000.tar")])
    assert np.abs(decode_lab(sample.lab) - pixels_to_lab(pixels)).mean() < 1.5


def test_the_same_photos_make_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        pack(photos, tmp_path / name, QUICK, threads=1 + (name == "second"))
    for tar in sorted((tmp_path / "first").glob("*.tar")):
        assert tar.read_bytes() == (tmp_path / "second" / tar.name).read_bytes()


def test_a_second_run_writes_nothing_and_a_damaged_shard_again(photos: Path, tmp_path: Path) -> None:
    into = tmp_path / "shards"
    pack(photos, into, QUICK)
    whole = {tar: tar.read_bytes() for tar in into.glob("*.tar")}
    assert pack(photos, into, QUICK).resumed == 4
    damaged = into / "train-000001.tar"
    damaged.write_bytes(whole[damaged][:700])
    assert pack(photos, into, QUICK).resumed == 3
    assert {tar: tar.read_bytes() for tar in into.glob("*.tar")} == whole


def test_other_options_do_not_mix_with_what_is_there(photos: Path, tmp_path: Path) -> None:
    pack(photos, tmp_path / "shards", QUICK)
    with pytest.raises(UsageError, match="other photos or options"):
        pack(photos, tmp_path / "shards", Packing(short_side=32))
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "manifest.json").write_bytes(b"theirs")
    with pytest.raises(UsageError, match=r"expected a new folder.*found manifest\.json"):
        pack(photos, foreign, QUICK)
    (foreign / "plan.json").write_bytes(b"theirs")
    with pytest.raises(UsageError, match=r"plan\.json: expected what colorify wrote"):
        pack(photos, foreign, QUICK)
    assert {path.name: path.read_bytes() for path in foreign.iterdir()} == {
        "manifest.json": b"theirs",
        "plan.json": b"theirs",
    }


def test_two_packings_do_not_write_into_one_folder(photos: Path, tmp_path: Path) -> None:
    into = tmp_path / "shards"

    def another(_done: int, _of: int) -> None:
        with pytest.raises(UsageError, match="another run of Colorify is writing there"):
            pack(photos, into, QUICK)

    pack(photos, into, QUICK, report=another)
    assert {path.name for path in into.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize("folder", [".", PARTS])
def test_what_a_killed_packing_left_is_swept(folder: str, photos: Path, tmp_path: Path) -> None:
    into = tmp_path / "shards"
    pack(photos, into, QUICK)
    (into / "manifest.json").unlink()  # as if the packing had not ended
    left = into / folder / ".colorify-0123456789abcdef.part"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half a tar, or half a note of one")
    pack(photos, into, QUICK)
    assert not left.exists()


def test_no_twin_crosses_the_split(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(8):
        pixels = photo(seed, height=96, width=128)
        for version in range(3):
            data = jpeg(resized(pixels, 1 - 0.1 * version), quality=90 - 10 * version)
            (folder / f"{version}-{seed}.jpg").write_bytes(data)
    screen(folder, Thresholds(min_side=32, twin_bits=0))  # leaves near-duplicates in
    pack(folder, tmp_path / "shards", Packing(short_side=48, validation=0.4))
    found = entries(tmp_path / "shards")
    splits = {
        seed: {e["split"] for e in found if str(e["path"]).endswith(f"-{seed}.jpg")} for seed in range(8)
    }
    assert all(len(split) == 1 for split in splits.values())
    assert {"train", "validation"} == set.union(*splits.values())


def test_a_photo_that_was_damaged_since_is_reported(photos: Path, tmp_path: Path) -> None:
    (photos / "one" / "1.jpg").write_bytes(b"no longer a picture")
    packed = pack(photos, tmp_path / "shards", QUICK)
    assert len(packed.failed) == 1
    assert "1.jpg" in packed.failed[0]
    assert sum(packed.photos.values()) == 15


def test_without_a_screening_or_with_photos_gone_the_cure_is_said(photos: Path, tmp_path: Path) -> None:
    (photos / "one" / "1.jpg").unlink()
    with pytest.raises(UsageError, match="colorify data screen"):
        pack(photos, tmp_path / "shards", QUICK)
    (photos / "screen" / "report.jsonl").unlink()
    with pytest.raises(UsageError, match="not screened yet"):
        pack(photos, tmp_path / "shards", QUICK)


def test_the_manifest_counts_and_its_checksums_hold(photos: Path, tmp_path: Path) -> None:
    import hashlib

    into = tmp_path / "shards"
    manifest = json.loads(pack(photos, into, QUICK).manifest.read_text())
    assert manifest["photos"] == {"train": 12, "validation": 4}
    assert manifest["licenses"] == {"unknown": 16}
    assert [shard["photos"] for shard in manifest["shards"]] == [4, 4, 4, 4]
    for row in (*manifest["shards"], manifest["sources"]):
        assert hashlib.sha256((into / row["file"]).read_bytes()).hexdigest() == row["sha256"]


def test_stats_count_and_draw(photos: Path, tmp_path: Path) -> None:
    pack(photos, tmp_path / "shards", QUICK)
    stats, histogram = gather_stats(tmp_path / "shards")
    assert sum(stats.photos.values()) == sum(stats.colorfulness_counts) == 16
    assert stats.sides == {"smallest": 48, "median": 48, "largest": 48}
    assert stats.licenses == {"unknown": 16}
    assert histogram.sum() == 16 * 48 * 72
    assert 20 < stats.colorfulness["median"] < 80
    write_stats(tmp_path / "stats", stats, histogram)
    paths = write_stats(tmp_path / "stats", stats, histogram)
    assert json.loads(paths[0].read_text())["photos"] == stats.photos
    assert all(min(open_photo(path).size) > 100 for path in paths[1:])


def test_what_img2dataset_lays_beside_a_photo_is_passed_over(tmp_path: Path) -> None:
    for name, data in (("1.jpg", jpeg(photo(1))), ("1.json", b"{}"), ("1.txt", b"One")):
        (tmp_path / name).write_bytes(data)
    with tarfile.open(tmp_path / "00000.tar", "w") as tar:
        for name in ("1.jpg", "1.json", "1.txt"):
            tar.add(tmp_path / name, arcname=name)
    assert [sample.key for sample in read_shards([str(tmp_path / "00000.tar")])] == ["1"]


@pytest.mark.parametrize("content", [b"", b"no tar", b"x" * 5000])
def test_what_is_no_shard_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.tar").write_bytes(content)
    with pytest.raises(PhotoError, match=r"bad\.tar"):
        list(read_shards([str(tmp_path / "bad.tar")]))


@pytest.mark.parametrize(
    ("raised", "kind", "says"),
    [
        (ValueError("Protocol not known: foo"), UsageError, r"^foo://a\.tar: no address that fsspec opens"),
        (ImportError("Install foofs"), SetupError, r"^foo://a\.tar: Install foofs\.$"),
        (RuntimeError("no credentials"), PhotoError, r"^foo://a\.tar: cannot be opened \(.*no credentials\)"),
    ],
)
def test_an_address_that_nothing_opens_is_said(
    raised: Exception, kind: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise raised

    if not isinstance(raised, ValueError):  # which fsspec itself raises
        monkeypatch.setattr("fsspec.open", refuse)
    with pytest.raises(kind, match=says):
        list(read_shards(["foo://a.tar"]))


def test_a_damaged_photo_in_a_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(jpeg(photo(1))[:4000])
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(tmp_path / "cut.jpg", arcname="set-1.jpg")
    with pytest.raises(PhotoError, match="set-1"):
        list(read_shards([str(tmp_path / "a.tar")]))


def test_a_few_bytes_of_a_shard_do_not_become_gigabytes(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("set-1.jpg")
    huge.size = 8_000_000_000
    (tmp_path / "huge.tar").write_bytes(huge.tobuf() + bytes(512))
    with pytest.raises(PhotoError, match="expected pictures of up to 200,000,000 bytes"):
        list(read_shards([str(tmp_path / "huge.tar")]))
    flat = pyvips.Image.black(20_000, 20_000).pngsave_buffer()
    with tarfile.open(tmp_path / "flat.tar", "w") as tar:
        member = tarfile.TarInfo("set-1.png")
        member.size = len(flat)
        tar.addfile(member, io.BytesIO(flat))
    with pytest.raises(PhotoError, match=r"expected up to 200,000,000 pixels, found 20000x20000"):
        list(read_shards([str(tmp_path / "flat.tar")]))


@pytest.mark.parametrize("note", ["[" * 100_000, '{"url": "' + "x" * 2_000_000 + '"}', "{"])
def test_what_lies_beside_a_picture_and_is_no_note_says_nothing(note: str, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(photo(1, height=64, width=96)))
    (tmp_path / "1.json").write_text(note)
    (source,) = find_sources(tmp_path)
    assert source.url == ""


@pytest.mark.parametrize("name", ["stats.json", "ab.png"])
def test_stats_replace_nothing_of_others(photos: Path, tmp_path: Path, name: str) -> None:
    pack(photos, tmp_path / "shards", QUICK)
    (tmp_path / "stats").mkdir()
    (tmp_path / "stats" / name).write_bytes(b"theirs")
    with pytest.raises(UsageError, match="Give another"):
        write_stats(tmp_path / "stats", *gather_stats(tmp_path / "shards"))
    assert [path.read_bytes() for path in (tmp_path / "stats").iterdir()] == [b"theirs"]


def test_stats_of_nothing_say_the_cure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="colorify data shard"):
        gather_stats(tmp_path)


@pytest.mark.parametrize("kept", [0, 100])  # bytes behind the first member: none, or a part of the second
def test_a_shard_that_breaks_off_is_no_shard(tmp_path: Path, kept: int) -> None:
    """tarfile takes a tar that ends between two members for a whole one."""
    path = tmp_path / "part.tar"
    data = jpeg(photo(1))
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name in ("1.jpg", "2.jpg"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
            if name == "1.jpg":
                whole = tar.offset
    path.write_bytes(path.read_bytes()[: whole + kept])
    with pytest.raises(PhotoError, match=r"part\.tar"):
        list(read_shards([str(path)]))


def test_where_screening_kept_nothing_it_says_where_the_reasons_are(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(png(np.full((64, 64, 3), 128, np.uint8)))
    screen(tmp_path / "photos", SMALL)
    with pytest.raises(UsageError, match=r"see screen/report\.jsonl for the reasons"):
        pack(tmp_path / "photos", tmp_path / "shards", QUICK)


def test_shards_without_a_photo_and_without_a_manifest_have_stats_or_a_reason(
    photos: Path, tmp_path: Path
) -> None:
    pack(photos, tmp_path / "shards", QUICK)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "shards" / "train-000000.tar").rename(elsewhere / "train-000000.tar")
    stats, _ = gather_stats(elsewhere)  # as somebody else's program made them
    assert (stats.photos, stats.licenses) == ({"train-000000.tar": 4}, {})
    with tarfile.open(elsewhere / "train-000000.tar", "w"):
        pass
    with pytest.raises(UsageError, match=r"the shards hold no photos\. Is .*train-000000\.tar one of"):
        gather_stats(elsewhere)
