"""How often a run opens photos, runs the backbone and makes colourings: once each."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from colorify.batch.coloring import AlreadyColorizedError, BatchOptions, bind_coloring
from colorify.batch.plan import Job
from colorify.batch.run import run
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.images import photo as photos
from colorify.model import predict
from colorify.model.generator import Generator
from colorify.options import ColorOptions, SaveOptions
from colorify.session import CACHED_PREDICTIONS
from tiny import grey_scene

SHIFTS = (0, 30, -30, 60, -60, 90, -90, 120, -120)  # Lab units between the colourings of the stand-in


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts openings of photos, runs of the backbone, and colourings; of these the stand-in knows nine."""
    found: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any, **options: Any) -> Any:
            found[name] += 1
            return call(*given, **options)

        return counting

    def ask(self: Generator, outputs: list[str], inputs: dict[str, Any]) -> Any:
        found["backbones"] += not inputs["reuse"]
        return run_generator(self, outputs, inputs)

    def others(ab: Any, *_: Any, **__: Any) -> Iterator[Any]:
        return (ab + np.float32(shift) for shift in SHIFTS)

    run_generator = Generator.run
    monkeypatch.setattr(Generator, "run", ask)
    monkeypatch.setattr(photos, "identify_source", counted("openings", photos.identify_source))
    monkeypatch.setattr(predict, "alternative_colors", others)
    contrast = counted("colourings", predict.increase_chroma_contrast)  # once for each
    monkeypatch.setattr(predict, "increase_chroma_contrast", contrast)
    monkeypatch.setattr("colorify.model.exemplar.FEATURE_STRIDE_PX", 4)  # of the tiny generator's backbone
    return found


@pytest.fixture
def album(tmp_path: Path) -> list[Path]:
    """Three photos of different kinds."""
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "c.tif")]
    for path in paths:
        Image.fromarray(grey_scene()).save(path)
    return paths


def colored(colorizer: Colorizer, jobs: list[Job], options: BatchOptions, workers: int = 2) -> list[Any]:
    made = run(jobs, bind_coloring(colorizer, options), workers=workers)
    results = sorted(made, key=lambda one: one.job.target)
    return [result.error or result.report for result in results]


def jobs_of(album: list[Path]) -> list[Job]:
    return [Job(path, path.parent / "out" / path.name) for path in album]


def test_a_photo_is_opened_once(counts: Counter[str], album: list[Path], colorizer: Colorizer) -> None:
    confidence = album[0].with_name("sure.png")
    colored(colorizer, jobs_of(album[:1]), BatchOptions(save=SaveOptions(confidence=confidence)))
    assert counts == {"openings": 1, "backbones": 1, "colourings": 1}
    assert confidence.is_file()


def test_a_reference_is_opened_once_a_run(
    counts: Counter[str], album: list[Path], colorizer: Colorizer
) -> None:
    reference = album[0].with_name("reference.png")
    warm = np.stack([grey_scene() // 2 + 90, grey_scene() // 2 + 40, grey_scene() // 2], axis=-1)
    Image.fromarray(warm).save(reference)
    results = colored(colorizer, jobs_of(album), BatchOptions(reference=reference))
    assert counts == {"openings": 4, "backbones": 4, "colourings": 3}
    for result in results:
        (note,) = result.notes
        assert note.endswith("places matched reference.png")


def test_a_reference_that_cannot_be_used_is_said_of_each_photo(
    counts: Counter[str], album: list[Path], colorizer: Colorizer
) -> None:
    grey = album[0]
    for error in colored(colorizer, jobs_of(album[1:]), BatchOptions(reference=grey)):
        assert isinstance(error, PhotoError)
        assert "has no colour" in str(error)


@pytest.mark.parametrize("count", [4, len(SHIFTS)])
@pytest.mark.parametrize("workers", [1, 3])
def test_alternatives_share_what_was_opened_and_made(
    counts: Counter[str], album: list[Path], colorizer: Colorizer, count: int, workers: int
) -> None:
    source = album[1]
    jobs = [Job(source, source.with_name(f"b-{number}.png"), number) for number in range(1, count + 1)]
    results = colored(colorizer, jobs, BatchOptions(alternatives=count), workers)
    assert [result.target for result in results] == [job.target for job in jobs]
    assert counts["openings"] == counts["backbones"] == 1
    # with several workers one may be asked for after it was forgotten
    assert counts["colourings"] == count or (workers > 1 and count > CACHED_PREDICTIONS)
    for job in jobs:
        alone = colorizer.colorize_file(source, None, format="png", alternative=job.alternative).data
        assert alone == job.target.read_bytes()


def test_an_alternative_that_there_is_not_is_said(album: list[Path], colorizer: Colorizer) -> None:
    job = Job(album[0], album[0].with_name("a-99.png"), 99)
    (error,) = colored(colorizer, [job], BatchOptions(alternatives=9))
    assert isinstance(error, PhotoError)
    assert "alternative 99: the generator knows" in str(error)


def test_what_colorify_made_is_refused_before_it_is_decoded(
    album: list[Path], colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = album[0].with_name("made.jpg")
    colorizer.colorize_file(album[0], made)
    monkeypatch.setattr(photos, "open_decoder", lambda *_, **__: pytest.fail("decoded"))
    (error,) = colored(colorizer, [Job(made, made.with_name("again.jpg"))], BatchOptions())
    assert isinstance(error, AlreadyColorizedError)


def test_the_result_is_that_of_the_python_call(album: list[Path], colorizer: Colorizer) -> None:
    colors, save = ColorOptions(strength=1.3, vividness=0.7), SaveOptions(format="png", depth=16)
    (report,) = colored(colorizer, jobs_of(album[2:]), BatchOptions(colors, save))
    alone = colorizer.colorize_file(album[2], None, strength=1.3, vividness=0.7, format="png", depth=16)
    assert report.target.read_bytes() == alone.data
