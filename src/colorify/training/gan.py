"""The other half of a GAN: teaches the discriminator, and lets it judge the generator.

The order is NoGAN's (Antic 2019, DeOldify): the generator comes trained; the discriminator learns alone until
its verdicts are of use; then both go on together, the discriminator at several times the generator's rate.
"""

from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from colorify.training.distributed import Workers
from colorify.training.losses import hinge_loss
from colorify.training.network.discriminator import Discriminator, LabDiscriminator, add_dither
from colorify.training.optimizer import resume_optimizer
from colorify.training.recipe import Gan

ACCURACY_DECAY: Final = 0.95  # of the moving average of the accuracy, a step
ACCURACY_EVERY_STEPS: Final = 20  # steps between two looks at the accuracy, as each makes a GPU wait


class GanTraining:
    """A discriminator in training."""

    def __init__(self, settings: Gan, device: torch.device, workers: Workers, *, half: bool = False) -> None:
        """`half`: the discriminator looks in bf16; its weights and its norms are fp32."""
        self.settings, self.half = settings, half
        network = LabDiscriminator() if settings.sees_L else Discriminator()
        convert: Any = network.to  # the stub of torch before 2.14 does not know of memory_format
        convert(memory_format=torch.channels_last)
        self.network = network.to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=settings.rate, betas=(0.0, 0.99))
        self.accuracy = torch.full((), 0.5, device=device)  # share of verdicts that are right, moving average
        self.steps = 0
        self.together = False  # whether its verdicts reach the generator yet
        self._workers = workers
        self._forward = workers.wrap(self.network)

    def train_discriminator(self, real: Tensor, fake: Tensor, L: Tensor, rng: torch.Generator) -> None:
        """Take one step on true and on generated ab of the same photos, both (N, 2, h, w), Lab."""
        self.network.train().requires_grad_(True)
        both = add_dither(torch.cat([real, fake.detach()]), rng)
        real_verdicts, fake_verdicts = self._verdicts(self._forward, both, torch.cat([L, L])).chunk(2)
        self.optimizer.zero_grad()
        hinge_loss(real_verdicts, fake_verdicts).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            right = torch.cat([real_verdicts > 0, fake_verdicts < 0]).float().mean()
            self.accuracy.lerp_(right, 1 - ACCURACY_DECAY)
        self.steps += 1
        if not self.together and (
            self.steps % ACCURACY_EVERY_STEPS == 0 or self.steps >= self.settings.alone
        ):
            useful = self._workers.broadcast(float(self.accuracy)) >= self.settings.useful
            self.together = useful or self.steps >= self.settings.alone

    def generator_loss(self, fake: Tensor, L: Tensor) -> Tensor:
        """The generator's side of the hinge loss, weighted, (). `fake`: (N, 2, h, w), Lab, with gradient."""
        self.network.eval().requires_grad_(False)  # eval: the norms' power iteration stays as it is
        return -self.settings.weight * self._verdicts(self.network, fake.float(), L).mean()

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "accuracy": self.accuracy,
            "steps": self.steps,
            "together": self.together,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint, by the recipe's rate. Raises ValueError if it is of another network."""
        known = {name: tensor.shape for name, tensor in self.network.state_dict().items()}
        if known != {name: tensor.shape for name, tensor in state["network"].items()}:
            raise ValueError("another discriminator")
        self.network.load_state_dict(state["network"])
        resume_optimizer(self.optimizer, state["optimizer"])
        self.accuracy.copy_(state["accuracy"])
        self.steps, self.together = state["steps"], state["together"]

    def _verdicts(self, network: torch.nn.Module, ab: Tensor, L: Tensor) -> Tensor:
        ab = ab.contiguous(memory_format=torch.channels_last)
        with parametrize.cached():
            self.network.touch()  # the spectral norms, before bf16 begins
            with torch.autocast(ab.device.type, torch.bfloat16, enabled=self.half):
                verdicts: Tensor = network(ab, L) if self.settings.sees_L else network(ab)
        return verdicts.float()
