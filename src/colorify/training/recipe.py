"""A recipe: every number of a training run, read from a small TOML file."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from colorify.errors import UsageError
from colorify.text_file import read_text
from colorify.training.data.augment import SHARES
from colorify.training.network.unet import MULTIPLE

MOST_SEED: Final = 2**16 - 1  # as much as a number of 64 bits holds beside the step and what is drawn for
MODES: Final = ("classification", "regression", "gan", "taught")


@dataclass(frozen=True)
class Phase:
    """A part of the run at one picture size."""

    until: float  # share of the whole run, 0..1
    size: int  # px of a side
    batch: int  # photos


@dataclass(frozen=True)
class Gan:
    """The adversarial part of a recipe of mode "gan"."""

    alone: int = 400  # steps at most in which the discriminator learns alone
    useful: float = 0.8  # share of its verdicts that are right, from which on it may teach
    rate: float = 5e-4  # Adam learning rate of the discriminator: several times the generator's
    weight: float = 0.1  # of the adversarial term
    worst: float = 1.15  # ab error, over the one at the start, beyond which a result no longer counts
    patience: int = 4  # validations without a better result after which the run stops
    sees_L: bool = False  # the ablation: a discriminator that also sees L


@dataclass(frozen=True)
class Recipe:
    """What `colorify train` does. Units stand beside every number."""

    phases: tuple[Phase, ...]
    # or "regression"; or "gan", which refines a trained generator; or "taught", by another one: see `teacher`
    mode: str = "classification"
    steps: int = 0  # optimiser steps; 0: until the minutes are over
    minutes: float = 0.0  # wall clock; 0: until the steps are over
    seed: int = 1  # 0 to MOST_SEED
    backbone: str = "pretrained"  # or "scratch"
    rate: float = 1e-3  # AdamW learning rate of the decoder, at its highest
    backbone_rate: float = 3e-4  # the same of the backbone
    schedule: str = "cosine"  # how the rates fall after the warm-up; or "constant": they do not
    warmup: float = 0.02  # share of the run in which the rates rise from 0
    final: float = 0.01  # rates at the end of a cosine, as a share of the highest
    patience: int = 0  # validations without progress after which the rates are cut; 0: never
    cut: float = 0.3  # what is then left of the rates, a share
    decay: float = 0.01  # AdamW weight decay
    clip: float = 1.0  # largest gradient norm
    accumulate: int = 1  # batches a step
    average: float = 0.999  # of the moving average of the weights, a step
    frozen_stages: int = 2  # first stages of the backbone that keep their pretrained weights
    norms: str = "learn"  # in the decoder; "all": in the backbone, too; "fixed": none, for few photos
    distance: float = 0.0  # weight of the distance of ab, at vividness 1, from the truth
    gradient: float = 0.0  # weight of the loss on the gradient of ab
    colorful: float = 0.0  # weight of the colourfulness term
    perceptual: float = 0.0  # weight of the perceptual loss; needs --perceptual-weights
    hinted: float = 0.2  # share of the samples with hints
    recolored: float = (
        0.0  # share of the samples in which one thing gets another colour, and one hint says so
    )
    zone: float = 0.7  # smallest sub-zone of a photo that is learned from, share of its short side
    # px, in place of `zone`: least and largest short side of a whole photo, from which a square is then cut
    scale: tuple[float, float] | None = None
    mounted: float = 0.1  # share of the samples in a grey frame or an oval mask
    aged: float = 0.4  # share of the samples with old-film damage on L
    temperature: float = 0.38  # of the annealed mean
    contrast: float = 0.32  # of the exported generator: how far its colours are moved away from their mean
    # of the exported generator: logits that a Lab unit of chroma adds to a bin; below 0 it is calmer
    tilt: float = 0.0
    follows_hints: bool = True  # the exported generator is given hints; else they are propagated alone
    size: int = 320  # px; short side at which a photo is shown to the exported generator
    precision: str = "fp32"  # or "bf16"
    buffer: int = 4096  # photos of a stream that are shuffled together, as files of some 5 to 30 kB
    resident: bool = False  # photos are kept on the device, and cut and aged there: for a GPU
    # photos there before the first step, the others come while it runs; 0: all, as exact resuming needs
    min_photos: int = 0
    validate_every: int = 0  # steps between validations; 0: as often as checkpoints are written
    sets: dict[str, float] = field(default_factory=dict)  # how often a set is drawn, others 1
    damage: dict[str, float] = field(default_factory=dict)  # share of the aged samples, by name; see augment
    gan: Gan | None = None


FINE_TUNE: Final = Recipe(
    phases=(Phase(until=1.0, size=192, batch=8),),
    minutes=5,
    rate=1e-4,
    backbone_rate=2e-5,
    average=0.99,
    norms="fixed",
    frozen_stages=3,
    distance=2.0,
    gradient=6.0,
)


def from_table(table: dict[str, Any]) -> Recipe:
    """Build a recipe from what TOML or a checkpoint holds. Raises KeyError, TypeError."""
    phases = tuple(Phase(**phase) for phase in table["phases"])
    gan, scale = table.get("gan"), table.get("scale")
    built = {
        "phases": phases,
        "gan": None if gan is None else Gan(**gan),
        "scale": None if scale is None else tuple(scale),
    }
    return Recipe(**{**table, **built})


def load_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises UsageError for a file that is none."""
    try:
        table: dict[str, Any] = tomllib.loads(read_text(path))
        known = {entry.name for entry in fields(Recipe)}
        if unknown := sorted(set(table) - known):
            raise UsageError(
                f"{path}: no such entry: {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
            )
        recipe = from_table(table)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: not a recipe ({error}). See recipes/cpu.toml for one that works."
        ) from error
    return checked(recipe, path)


def checked(recipe: Recipe, path: Path) -> Recipe:
    """Raise UsageError for entries that make no sense together."""
    if (recipe.steps > 0) == (recipe.minutes > 0):
        raise UsageError(f"{path}: give either steps or minutes.")
    _check_words(recipe, path)
    if (recipe.mode == "gan") != (recipe.gan is not None):
        raise UsageError(f'{path}: mode = "gan" and a table [gan] go together.')
    _check_samples(recipe, path)
    if not (isinstance(recipe.seed, int) and 0 <= recipe.seed <= MOST_SEED):
        raise UsageError(f"{path}: seed = {recipe.seed!r}: expected a whole number, 0 to {MOST_SEED}.")
    if recipe.accumulate < 1:
        raise UsageError(f"{path}: accumulate = {recipe.accumulate}: expected 1 or more.")
    if [phase.until for phase in recipe.phases] != sorted(phase.until for phase in recipe.phases):
        raise UsageError(f"{path}: the phases' `until` must rise.")
    if not recipe.phases or recipe.phases[-1].until != 1:
        raise UsageError(f"{path}: the last phase must have until = 1.0.")
    for phase in recipe.phases:
        if phase.size % MULTIPLE:
            raise UsageError(f"{path}: size {phase.size} px is no multiple of {MULTIPLE}.")
    return recipe


def _check_words(recipe: Recipe, path: Path) -> None:
    choices = {
        "mode": MODES,
        "backbone": ("pretrained", "scratch"),
        "schedule": ("cosine", "constant"),
        "norms": ("learn", "all", "fixed"),
        "precision": ("fp32", "bf16"),
    }
    for name, words in choices.items():
        if (found := getattr(recipe, name)) not in words:
            raise UsageError(f"{path}: {name} = {found!r}: expected {' or '.join(words)}.")


def _check_samples(recipe: Recipe, path: Path) -> None:
    if not 0 < recipe.zone <= 1:
        raise UsageError(
            f"{path}: zone = {recipe.zone}: expected a share of the short side, above 0, up to 1."
        )
    scale = recipe.scale
    if scale is not None and not (len(scale) == 2 and 0 < scale[0] <= scale[1]):
        raise UsageError(f"{path}: scale = {list(scale)}: expected two numbers of px, the smaller one first.")
    if recipe.buffer < 1:
        raise UsageError(f"{path}: buffer = {recipe.buffer}: expected 1 photo or more.")
    if not 0 <= recipe.recolored <= 1:
        raise UsageError(f"{path}: recolored = {recipe.recolored}: expected a share of the samples, 0 to 1.")
    if unknown := sorted(set(recipe.damage) - set(SHARES)):
        raise UsageError(f"{path}: no such damage: {', '.join(unknown)}. There are: {', '.join(SHARES)}.")
