"""Teach the network which cells a click means.

OMP_NUM_THREADS=1 python train.py CCP INTO SHARDS...    # CCP: a checkout of bearpaw/clothing-co-parsing

INTO/network.pt is the moving average, INTO/log.txt what it does with clicks on photos held out, beside the rule.
"""

import copy
import math
import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from evidence import open_generator
from network import ClickNetwork
from samples import Sample, make_sample, read_shard, work
from things import Mask, labeled_photos
from torch import Tensor
from torch.nn import functional as F

from colorify.model.hint_regions import connect

SKIN_WEIGHT: Final = 4.0  # of a cell of skin that does not belong
MIN_SIZE: Final = 60.0  # cells; smaller things count as if they had so many
KEPT, READY = (
    700,
    300,
)  # samples that are shown again, each twice in the mean; from so many on nobody waits for new ones
DECAY, CLIP, AVERAGE, FINAL = 0.01, 2.0, 0.9993, 0.02
WARMUP: Final = 100  # steps
LOOK_EVERY_S: Final = 420
HELD_OUT_LABELED, HELD_OUT_COLORED = 48, 60  # photos
SURE: Final = (-3.0, -2.5, -2.0, -1.5, -1.0, 0.0)  # logits from which on a cell belongs, each measured


def lose(logits: Tensor, sample: Sample) -> Tensor:
    """Return the loss of each click, (k,): cross-entropy, as much inside as outside, and overlap."""
    inside, judged, skin = (
        torch.from_numpy(mask.astype(np.float32))[:, None] for mask in (sample.inside, sample.judged, sample.skin)
    )
    sides, size = (1, 2, 3), inside.sum((1, 2, 3))
    each = F.binary_cross_entropy_with_logits(logits, inside, reduction="none")
    missing = (each * inside).sum(sides) / size.clamp_min(1)
    outside = judged * (1 - inside) * (1 + (SKIN_WEIGHT - 1) * skin)
    wrong = (each * outside).sum(sides) / size.clamp_min(MIN_SIZE)
    likely = torch.sigmoid(logits)
    both = (likely * inside).sum(sides)
    overlap = both / ((likely * judged).sum(sides) + size - both).clamp_min(1)
    return 0.5 * (missing + wrong.clamp_max(20)) + 1 - overlap


def run(network: ClickNetwork, sample: Sample) -> Tensor:
    """Return the logits of the clicks of a sample: (k, 1, h, w)."""
    whole = [torch.from_numpy(half.astype(np.float32)) for half in (sample.planes, *sample.features)]
    planes, *features = (plane[None] for plane in whole)
    regions = torch.from_numpy(sample.regions.astype(np.float32))[:, None]
    return network(planes, features, torch.from_numpy(sample.evidence.astype(np.float32)), regions)


def measure(regions: Mask, sample: Sample) -> list[tuple[float, ...]]:
    """Return of each click: filled, spilled, skin (nan: there is none), overlap."""
    rows = []
    for region, inside, judged, skin in zip(regions, sample.inside, sample.judged, sample.skin, strict=True):
        outside, both = judged & ~inside, (region & inside).sum()
        touched = (region & skin).sum() / skin.sum() if skin.sum() > 8 else math.nan
        union = ((region & judged) | inside).sum()
        rows.append((both / inside.sum(), (region & outside).sum() / outside.sum(), touched, both / union))
    return rows


def spell(rows: Sequence[tuple[float, ...]]) -> str:
    """Put the means of some clicks into words."""
    filled, spilled, skin, overlap = np.array(rows).T
    good = ((filled >= 0.85) & (spilled <= 0.03)).mean()
    touched = np.nanmean(skin) if np.isfinite(skin).any() else math.nan
    return f"{filled.mean():.3f} {spilled.mean():.3f} {touched:.3f} {overlap.mean():.3f} {good:.3f}"


def validate(network: ClickNetwork, samples: Sequence[Sample]) -> Iterator[str]:
    """Yield lines: filled, spilled, skin, overlap, clicks with 85 and 3 %; by the rule, and by the network."""
    with torch.no_grad():
        logits = [run(network, sample) for sample in samples]
        losses = [lose(made, sample).mean().item() for made, sample in zip(logits, samples, strict=True)]
    yield f"loss {np.mean(losses):.4f}"
    for labeled in (True, False):
        chosen = [pair for pair in zip(logits, samples, strict=True) if pair[1].labeled == labeled]
        kind = "labelled" if labeled else "coloured"
        yield f"  {kind}, rule: {spell([row for _, sample in chosen for row in measure(sample.regions, sample)])}"
        for sure in SURE:
            regions = [(connect(made[:, 0].numpy() > sure, sample.seeds), sample) for made, sample in chosen]
            yield f"  {kind}, {sure:4}: {spell([row for pair in regions for row in measure(*pair)])}"


def hold_out(folder: Path, shard: Path) -> list[Sample]:
    """Return clicks that nothing is learned from: the same at every run."""
    rng, generator, labeled = random.Random(5), open_generator(), labeled_photos(folder)
    made = [
        make_sample(generator, *labeled.read(number), folder, rng, aged=aged)
        for number in labeled.held_out[:HELD_OUT_LABELED]
        for aged in (0.0, 1.0)
    ]
    known = [sample for sample in made if sample is not None]
    for rgb in read_shard(shard, rng):
        sample = make_sample(generator, rgb, None, folder, rng, aged=0.5)
        known += [sample] if sample is not None else []
        if sum(not each.labeled for each in known) == HELD_OUT_COLORED:
            break
    return known


def draw(queue: Any, kept: list[Sample], rng: random.Random) -> Sample:
    """Return a new sample, or one that was shown before where none is ready."""
    if len(kept) >= READY and queue.qsize() < 4:
        return rng.choice(kept)
    new: Sample = queue.get()
    if len(kept) < KEPT:
        kept.append(new)
    else:
        kept[rng.randrange(KEPT)] = new
    return new


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.argument("into", type=click.Path(path_type=Path))
@click.argument("shards", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--minutes", default=90.0, show_default=True)
@click.option("--rate", default=2e-3, show_default=True, help="AdamW's, at most.")
@click.option("--from", "start", type=click.Path(path_type=Path, exists=True), help="A network.pt.")
@click.option("--workers", default=2, show_default=True)
def main(
    folder: Path, into: Path, shards: Sequence[Path], minutes: float, rate: float, start: Path | None, workers: int
) -> None:
    """Learn from photos of SHARDS but the first, which is held out, and of FOLDER."""
    into.mkdir(parents=True, exist_ok=True)
    log = (into / "log.txt").open("a", buffering=1)

    def say(*lines: str) -> None:
        print(*lines, sep="\n", flush=True)
        print(*lines, sep="\n", file=log)

    torch.set_num_threads(1)
    torch.manual_seed(1)
    known, rng = hold_out(folder, shards[0]), random.Random(1)
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue(24)
    for number in range(workers):
        context.Process(target=work, args=(queue, shards[1:], folder, time.time_ns() + number), daemon=True).start()
    network = ClickNetwork()
    if start is not None:
        network.load_state_dict(torch.load(start))
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=DECAY)
    say(f"{sum(part.numel() for part in network.parameters())} numbers", *validate(average, known))
    began = looked = time.monotonic()
    kept: list[Sample] = []
    step = clicks = 0
    while (passed := (time.monotonic() - began) / (60 * minutes)) < 1:
        fall = FINAL + (1 - FINAL) * (1 + math.cos(math.pi * passed)) / 2
        for group in optimizer.param_groups:
            group["lr"] = rate * fall * min(1, (step + 1) / WARMUP)
        sample = draw(queue, kept, rng)
        lose(run(network, sample), sample).mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, clicks = step + 1, clicks + len(sample.inside)
        share = 1 - min(AVERAGE, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, share)
        if time.monotonic() - looked > LOOK_EVERY_S:
            looked = time.monotonic()
            say(f"{passed:.0%}, {step} steps, {clicks} clicks", *validate(average, known))
            torch.save(average.state_dict(), into / "network.pt")
    say(f"the end, {step} steps, {clicks} clicks", *validate(average, known))
    torch.save(average.state_dict(), into / "network.pt")


if __name__ == "__main__":
    main()
