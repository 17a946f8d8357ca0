"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from colorify.dataset.shard_reader import Sample
from colorify.errors import ColorifyError, UsageError, shell_word
from colorify.evaluation.lpips import LpipsNet
from colorify.training.checkpoint import CHECKPOINT, Checkpoint, load_checkpoint, save_checkpoint
from colorify.training.data.augment import degrade
from colorify.training.data.batches import Batch, ab_histogram, draw_hints
from colorify.training.data.levels import normalize_luminance_batch
from colorify.training.data.loader import DAMAGE_RNG, GAN_RNG, make_loader
from colorify.training.data.mounts import add_mounts
from colorify.training.data.photo_source import PhotoSource
from colorify.training.data.photo_stream import Position
from colorify.training.data.region_hints import add_region_hints
from colorify.training.data.stream_state import describe_stream, find_position
from colorify.training.distillation import distillation_loss, make_teachers
from colorify.training.distributed import Workers
from colorify.training.early_stopping import EarlyStopping
from colorify.training.gan import GanTraining
from colorify.training.losses import Objective
from colorify.training.network.ab_bins import Bins
from colorify.training.network.heads import make_head
from colorify.training.network.pretrained_backbone import load_pretrained
from colorify.training.network.unet import UNet
from colorify.training.optimizer import (
    enter_training,
    freeze_backbone,
    make_optimizer,
    resume_optimizer,
    schedule,
)
from colorify.training.recipe import Phase, Recipe
from colorify.training.validation import Validation, validate
from colorify.training.warm_start import PretrainedGenerator

REPORT_EVERY: Final = 20  # steps
BIN_PHOTOS: Final = 4096  # photos whose colours the bins are weighted by
LOSS_BATCHES: Final = 100  # that the loss which is told is the mean of, about


@dataclass(frozen=True)
class TrainingProgress:
    """How a run stands."""

    share: float  # of the whole run, 0..1
    step: int
    photos: int
    loss: float  # of all terms, mean of some LOSS_BATCHES; nan until the generator has learnt something
    photos_per_second: float
    validation: Validation | None = None
    accuracy: float | None = None  # share of the discriminator's verdicts that are right


@dataclass(frozen=True)
class MetricNets:
    """Frozen nets that a run may be given."""

    metric: LpipsNet | None = None  # AlexNet, for the stop rule
    perceptual: LpipsNet | None = None  # VGG16, for the loss


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Draw the first weights of networks, on the CPU, from `seed`; torch's own generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


class Trainer:
    """One run in one folder. Its checkpoint is all it needs to go on."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        source: PhotoSource,
        *,
        decoders: int = 0,
        device: str = "cpu",
        start: PretrainedGenerator | None = None,
        teachers: Sequence[PretrainedGenerator] = (),
        backbone: dict[str, Tensor] | None = None,
        metric_nets: MetricNets | None = None,
        workers: Workers | None = None,
    ) -> None:
        """Begin a run, or take up the one in `folder` where it stopped.

        `source`: the photos to learn from, of all processes; `decoders`: processes that decode those of this
        one, 0: itself.
        `start`: a trained generator to go on from; `backbone`: weights for the backbone alone. Both are for
        the beginning: a run that is taken up has its own. `teachers`: for mode "taught", whenever it runs.
        Raises UsageError where they do not fit the recipe.
        """
        self.workers, self.metric_nets = workers or Workers(), metric_nets or MetricNets()
        self.folder, self.path, self.device = folder, folder / CHECKPOINT, torch.device(device)
        saved = load_checkpoint(self.path) if self.path.exists() else None
        if saved.recipe.norms == "fixed" if saved else start is not None and start.folded:
            recipe = replace(recipe, norms="fixed")
        self.recipe = recipe
        self._stream = describe_stream(source, recipe, self.workers)
        self.position, self.same_stream = Position(), True
        if saved is not None:
            self.position, self.same_stream = find_position(saved.stream, self._stream, self.workers.rank)
        self.supply = make_loader(
            recipe, source, self.device, self.workers, decoders=decoders, position=self.position
        )
        self.bins = self._choose_bins(saved or start or next(iter(teachers), None))
        self.head = make_head(self.bins).to(self.device)
        self.objective = Objective(recipe, self.head, self.metric_nets.perceptual)
        half = recipe.precision == "bf16"
        with own_randomness(recipe.seed):
            self.teachers = make_teachers(teachers, recipe, self.bins, self.device)
            self.network = self._make_network(saved, start, backbone)
            gan = recipe.gan
            self.adversary = GanTraining(gan, self.device, self.workers, half=half) if gan else None
        self.forward = self.workers.wrap(self.network)
        self._uncounted = (
            self.forward.no_sync if isinstance(self.forward, DistributedDataParallel) else nullcontext
        )
        moving = get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.network, multi_avg_fn=moving, use_buffers=True)
        self.optimizer = make_optimizer(self.network, recipe)
        self.watch, self.best = EarlyStopping(), None if saved is None else saved.best
        self.step = self.photos = 0
        self.seconds = 0.0
        self.loss, self._batches = torch.zeros((), device=self.device), 0
        self._finite = torch.ones((), dtype=torch.bool, device=self.device)  # all gradients so far
        if saved is not None:
            self._resume(saved)

    def run(
        self,
        report: Callable[[TrainingProgress], None],
        *,
        save_every: float = 300,
        validation: Sequence[Sample] = (),
        stopped: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Train to the end of the recipe, and say whether it was reached.

        `save_every`: seconds between checkpoints; `stopped`: asked after each step whether to end here. A run
        that is stopped has its checkpoint, and goes on exactly there.
        """
        with closing(self.supply):
            return self._run(report, save_every, validation, stopped)

    def _run(
        self,
        report: Callable[[TrainingProgress], None],
        save_every: float,
        validation: Sequence[Sample],
        stopped: Callable[[], bool],
    ) -> bool:
        phase = self.current_phase()
        batches = self.supply.batches(phase, self.step)  # waits for photos: the clock starts after that
        began, spent = time.monotonic(), self.seconds
        saved = spent
        if self.adversary is not None and self.step == 0:
            self._look(phase, validation)  # what it starts from is the first to beat
        while self._share() < 1 and not self.watch.stopped:
            if phase != self.current_phase():
                phase = self.current_phase()
                batches.close()
                batches = self.supply.batches(phase, self.step)
            batch = next(batches)
            self.train_step(batch.batches, self._share())
            self.position = batch.position
            self.seconds = self.workers.broadcast(spent + time.monotonic() - began)
            every = self.recipe.validate_every
            if self.step % every == 0 if every else self.seconds - saved > save_every:
                saved = self.seconds
                report(self._progress(self._look(phase, validation)))
                self.save()
            elif self.step % REPORT_EVERY == 0:
                self._require_finite_gradients()
                report(self._progress())
            if self.workers.broadcast(stopped()):
                self.save()
                return False
        batches.close()
        report(self._progress(self._look(phase, validation)))
        self.save()
        return True

    def train_step(self, batches: Sequence[Batch], share: float) -> None:
        """One step of the optimiser on the gradients of all `batches`."""
        enter_training(self.network, self.recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * schedule(share, self.recipe) * self.watch.factor
        self.optimizer.zero_grad()
        for number, batch in enumerate(batches):
            last = number == len(batches) - 1
            with nullcontext() if last else self._uncounted():
                self._learn_from(batch, number, len(batches))
            self.photos += len(batch.L) * self.workers.count
        self.step += 1
        if self._refines():
            norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
            self._finite &= norm.isfinite()
            self.optimizer.step()
            self.average.update_parameters(self.network)

    def validate(self, samples: Sequence[Sample], phase: Phase) -> Validation | None:
        """Look at the averaged network; None without samples."""
        if not samples:
            return None
        network, temperature = self.average.module, self.recipe.temperature
        assert isinstance(network, UNet)
        return validate(
            network, self.head, samples, phase, temperature=temperature, metric=self.metric_nets.metric
        )

    def save(self) -> None:
        """Write the checkpoint. All processes take part, and go on when it is there.

        Raises ColorifyError, and leaves the checkpoint as it was, where a gradient was not finite: then the
        weights are worth nothing.
        """
        self._require_finite_gradients()
        positions = self.workers.gather(self.position.to_numbers())
        if self.workers.is_main:
            save_checkpoint(self._describe(positions), self.path)
        self.workers.broadcast(self.step)

    def _describe(self, positions: list[list[int]]) -> Checkpoint:
        """Return all that a run needs to go on. `positions`: of every process in its photos."""
        return Checkpoint(
            recipe=self.recipe,
            bins=self.bins,
            network=self.network.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            step=self.step,
            photos=self.photos,
            seconds=self.seconds,
            watch=asdict(self.watch),
            best=self.best,
            adversary=None if self.adversary is None else self.adversary.state_dict(),
            stream={"of": self._stream, "positions": positions},
        )

    def current_phase(self) -> Phase:
        """Return the phase that the run is in."""
        share = self._share()
        return next((phase for phase in self.recipe.phases if share < phase.until), self.recipe.phases[-1])

    def _learn_from(self, batch: Batch, number: int, count: int) -> None:
        """Add the gradient of one of `count` batches, and let the discriminator, if any, learn from it."""
        rng = self.supply.rng(self.step, DAMAGE_RNG, number)
        fresh = batch
        batch = add_mounts(batch, self.recipe.mounted, rng)
        L = normalize_luminance_batch(
            degrade(batch.L, batch.ab_at_L, self.recipe.aged, rng, shares=self.recipe.damage)
        )
        batch, hints = add_region_hints(
            batch, draw_hints(batch.ab, self.recipe.hinted, rng), self.recipe.recolored, rng
        )
        with torch.set_grad_enabled(self._refines()), self._autocast():
            output = self.forward(L, hints)
        adversarial_loss = None
        if self.adversary is not None:
            refines = self._refines()
            fake = self.head.ab(output.detach().float(), self.recipe.temperature)
            self.adversary.train_discriminator(
                batch.ab, fake, batch.L, self.supply.rng(self.step, GAN_RNG, number)
            )
            if not refines:
                return  # the discriminator still learns alone
            adversarial_loss = partial(self.adversary.generator_loss, L=batch.L)
        if self.teachers is None:
            loss = self.objective(output, batch, adversarial_loss)
        else:
            with self._autocast():
                wanted = self.teachers(fresh, batch, hints)
            loss = distillation_loss(output, wanted)
        (loss / count).backward()  # type: ignore[no-untyped-call]
        self._batches += 1
        share = 1 / min(self._batches, LOSS_BATCHES)  # the first ones weigh alike: some have twice the loss
        self.loss = self.loss.lerp(loss.detach(), share)  # stays on the device until somebody asks

    def _require_finite_gradients(self) -> None:
        if not self._finite:
            raise ColorifyError(
                f"{self.folder}: the gradient is no longer a number, at step {self.step} or shortly before. "
                "What was saved before that stays: repeat the command with lower rates in the recipe "
                "(`rate`, `backbone_rate`)."
            )

    def _refines(self) -> bool:
        return self.adversary is None or self.adversary.together

    def _look(self, phase: Phase, samples: Sequence[Sample]) -> Validation | None:
        """Validate, draw the sheet, and do what the watch says; the main process looks, the others follow."""
        self._require_finite_gradients()
        seen = self.validate(samples, phase) if self.workers.is_main else None
        if seen is not None:
            seen.write_sheet(self.folder / "sheets" / f"{self.step:07d}.png")
            if self.watch.update(seen, self.recipe) and self.adversary is not None:
                self.best = {name: t.detach().clone() for name, t in self.average.module.state_dict().items()}
        self.watch.factor = self.workers.broadcast(self.watch.factor)
        self.watch.stopped = bool(self.workers.broadcast(self.watch.stopped))
        return seen

    def _choose_bins(self, given: Checkpoint | PretrainedGenerator | None) -> Bins:
        mode = self.recipe.mode
        if given is None:
            if mode == "gan":
                raise UsageError("a GAN refines a trained generator: name one with --from.")
            if mode == "regression":
                return Bins(torch.zeros(0, 2), torch.zeros(0))
            samples = self.supply.first_samples(BIN_PHOTOS // self.workers.count)
            return Bins.from_histogram(self.workers.all_reduce(ab_histogram(samples)))
        kind = make_head(given.bins).kind
        if {"gan": kind, "taught": "classification"}.get(mode, mode) != kind:
            raise UsageError(
                f"the recipe says {mode}, but the generator to start from was made by {kind}. "
                "Take over its backbone alone: --export-backbone, --import-backbone."
            )
        return given.bins

    def _make_network(
        self, saved: Checkpoint | None, start: PretrainedGenerator | None, backbone: dict[str, Tensor] | None
    ) -> UNet:
        network = UNet(self.head.outputs)
        if saved is None and start is not None:
            network.load_state_dict(start.network)
        elif saved is None and backbone is None and self.recipe.backbone == "pretrained":
            load_pretrained(network.backbone)
        if saved is None and backbone is not None:
            network.backbone.load_state_dict(backbone)
        freeze_backbone(network, self.recipe)
        convert: Any = network.to  # the stub of torch before 2.14 does not know of memory_format
        convert(memory_format=torch.channels_last)
        return network.to(self.device)

    def _resume(self, saved: Checkpoint) -> None:
        self.network.load_state_dict(saved.network)
        self.average.load_state_dict(saved.average)
        try:
            resume_optimizer(self.optimizer, saved.optimizer)
            if self.adversary is not None and saved.adversary is not None:
                self.adversary.load_state_dict(saved.adversary)
        except ValueError as error:
            raise UsageError(
                f"{self.folder}: by this recipe other parts of the networks learn than in the run so far. "
                "Leave `backbone`, `frozen_stages`, `norms` and `sees_L` as they were, or begin a new run: "
                f"--into ANOTHER --from {shell_word(str(self.folder))}"
            ) from error
        self.step, self.photos, self.seconds = saved.step, saved.photos, saved.seconds
        self.watch = EarlyStopping(**saved.watch)

    def _share(self) -> float:
        if self.recipe.steps:
            return self.step / self.recipe.steps
        return self.seconds / (60 * self.recipe.minutes)

    def _progress(self, validation: Validation | None = None) -> TrainingProgress:
        return TrainingProgress(
            share=min(1.0, self._share()),
            step=self.step,
            photos=self.photos,
            loss=float(self.loss) if self._batches else math.nan,
            photos_per_second=self.photos / max(self.seconds, 1e-9),
            validation=validation,
            accuracy=None if self.adversary is None else float(self.adversary.accuracy),
        )

    def _autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16")
