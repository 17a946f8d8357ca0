"""Trains the trunk on one large GPU for some minutes, on photos that arrive meanwhile. See README.md beside this."""

import argparse
import json
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import no_vips  # noqa: F401  # before what imports it
import numpy as np
import torch
from quick_convolutions import choose_way, forward
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from colorify.training.data.augment import degrade
from colorify.training.data.batches import Batch, Zones, as_batch, draw_hints
from colorify.training.data.device_dataset import DeviceDataset
from colorify.training.data.levels import normalize_luminance_batch
from colorify.training.data.mounts import add_mounts
from colorify.training.data.region_hints import add_region_hints
from colorify.training.distributed import Workers
from colorify.training.gan import GanTraining
from colorify.training.lab import rgb_to_lab_bytes
from colorify.training.losses import colorful_loss, gradient_loss
from colorify.training.network.ab_bins import Bins
from colorify.training.network.heads import AB_SCALE, BinsHead
from colorify.training.network.unet import ConvNorm, UNet
from colorify.training.recipe import Gan

PART_BYTES: Final = 15 * 2**20  # of what is fetched
LARGE: Final = "large_"  # begins the keys of photos of 300 px and more
PIXELS_AT_ONCE: Final = 2**24  # that are converted to Lab
HELD_OUT: Final = 400  # photos
HELD_OUT_A_FILE: Final = 50
HELD_OUT_SIDE: Final = 160  # px
BETAS: Final = (0.9, 0.99)  # AdamW
SMOOTHING: Final = 0.05  # of the loss that is reported, a step


@dataclass
class State:
    """Where a run stands."""

    step: int = 0
    samples: int = 0
    share: float = 0.0  # of the whole run, 0..1
    slowed: float = 1.0  # factor of the rates, after a loss that was no number
    loss: Tensor = field(default_factory=lambda: torch.zeros(()))


class Run:
    """One network, its average, its discriminator, and what they learn from."""

    def __init__(self, plan: dict[str, Any], start: Path, ready: Path, into: Path, device: torch.device) -> None:
        self.plan, self.ready, self.into, self.device = plan, ready, into, device
        self.rng = Generator(device).manual_seed(plan["seed"])
        self.state = State(loss=torch.zeros((), device=device))
        saved = torch.load(start, map_location="cpu", weights_only=True)
        bins = Bins(saved["centers"], saved["weights"])
        self.head = BinsHead(bins).to(device)
        self.network = make_network(saved["network"], len(bins)).to(device, memory_format=torch.channels_last)
        self.average = deepcopy(self.network).requires_grad_(False)
        both = zip(self.network.parameters(), self.average.parameters(), strict=True)
        learning = [(parameter, mean) for parameter, mean in both if parameter.requires_grad]
        self.parameters, self.means = [p for p, _ in learning], [m for _, m in learning]
        self.good = [parameter.detach().clone() for parameter in self.parameters]
        self.optimizer = self._make_optimizer()
        self.adversary = GanTraining(Gan(**plan["gan"]), device, Workers(), half=True)
        self.photos = DeviceDataset(plan["sets"], device)
        self.held_out: list[Tensor] = []

    def _make_optimizer(self) -> torch.optim.Optimizer:
        backbone = set(map(id, self.network.backbone.parameters()))
        groups = [
            {"params": [p for p in self.parameters if id(p) not in backbone], "highest": self.plan["rate"]},
            {"params": [p for p in self.parameters if id(p) in backbone], "highest": self.plan["backbone_rate"]},
        ]
        fused = self.device.type == "cuda"
        return torch.optim.AdamW(groups, lr=0.0, weight_decay=self.plan["decay"], betas=BETAS, fused=fused)

    def take_in(self) -> None:
        """Take in the next file of photos, if one has been decoded meanwhile."""
        for file in sorted(self.ready.glob("*.npz"))[:1]:
            missing = HELD_OUT - len(self.held_out) if LARGE not in file.name else 0
            self.held_out += self._take_file(file, hold_out=max(0, min(missing, HELD_OUT_A_FILE)))
            file.unlink()

    def _take_file(self, file: Path, *, hold_out: int) -> list[Tensor]:
        """Take in what `decode.py` wrote; return its first `hold_out` photos instead, (h, w, 3) Lab bytes."""
        with np.load(file) as arrays:
            rgb, sizes, keys = (arrays[name] for name in ("pixels", "sizes", "names"))
        parts = np.array_split(rgb, -(-len(rgb) // PIXELS_AT_ONCE))
        lab = torch.cat([rgb_to_lab_bytes(torch.from_numpy(part).to(self.device)) for part in parts])
        counts = sizes.prod(1)
        photos = lab.split(counts.tolist())[:hold_out]
        names = [key.removeprefix(LARGE) for key in keys[hold_out:].tolist()]
        self.photos.add_pixels(lab[counts[:hold_out].sum() :], torch.from_numpy(sizes[hold_out:]), names)
        return [photo.view(*map(int, size), 3) for photo, size in zip(photos, sizes, strict=False)]

    def wait_for_photos(self) -> None:
        while len(self.photos) < self.plan["min_photos"]:
            self.take_in()
            time.sleep(0.1)
        print(f"{len(self.photos)} photos to begin with", flush=True)

    def probe(self) -> Callable[[], Tensor]:
        """Return a step without chance that gives its gradient: for `choose_way`."""
        phase = self.plan["phases"][0]
        rng = Generator(self.device).manual_seed(1)
        batch = self.photos.draw_batch(phase["size"], phase["batch"], rng, Zones(phase["zone"]))
        L, hints = normalize_luminance_batch(batch.L), no_hints(batch.ab)

        def gradient() -> Tensor:
            self._forget_gradients()
            self.head.loss(self._infer(self.network, L, hints), batch.ab).backward()  # type: ignore[no-untyped-call]
            return torch.cat([p.grad.flatten() for p in self.parameters if p.grad is not None])

        return gradient

    def train(self) -> None:
        """Train until the seconds of the plan are over; a file `seconds` in the folder of the run changes them."""
        pending = list(self.plan["snapshots"])
        print(f"at first: {self.validate()}", flush=True)
        began = told = time.monotonic()
        told_samples = 0
        while self.state.share < 1:
            self.take_in()
            self.step()
            if self.state.step % self.plan["report"] == 0:
                rate = (self.state.samples - told_samples) / (time.monotonic() - told)
                told, told_samples = time.monotonic(), self.state.samples
                self.report(rate)
            self.state.share = self._share(time.monotonic() - began)
            if pending and self.state.share >= pending[0]:
                self.snapshot(f"ema-{round(100 * pending.pop(0)):03d}")
                if not pending:
                    self.save_trunk()
        self.snapshot("ema-100")
        (self.into / "done").touch()

    def step(self) -> None:
        phase = self._phase()
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * schedule(self.state.share, self.plan) * self.state.slowed
        batch = self.photos.draw_batch(
            phase["size"], phase["batch"], self.rng, Zones(phase["zone"]), least_px=phase.get("least_px", 0)
        )
        self._forget_gradients()
        loss = self.loss(batch, adversarial=phase.get("gan", False))
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, self.plan["clip"])
        self.optimizer.step()
        state = self.state
        kept = min(self.plan["average"], (1 + state.step) / (10 + state.step))  # young averages forget sooner
        torch._foreach_lerp_(self.means, [p.detach() for p in self.parameters], 1 - kept)
        state.loss = loss.detach() if state.step < 20 else torch.lerp(state.loss, loss.detach(), SMOOTHING)
        state.step += 1
        state.samples += len(batch.L)

    def loss(self, batch: Batch, *, adversarial: bool) -> Tensor:
        plan, rng = self.plan, self.rng
        batch = add_mounts(batch, plan["mounted"], rng)
        L = normalize_luminance_batch(degrade(batch.L, batch.ab_at_L, plan["aged"], rng, shares=plan["damage"]))
        batch, hints = add_region_hints(batch, draw_hints(batch.ab, plan["hinted"], rng), plan["recolored"], rng)
        ab = batch.ab
        output = self._infer(self.network, L, hints)
        made = self.head.ab(output.float(), plan["temperature"])
        loss = self.head.loss(output, ab)
        loss = loss + plan["distance"] * (made - ab).norm(dim=1).mean() / AB_SCALE
        loss = loss + plan["gradient"] * gradient_loss(made, ab) + plan["colorful"] * colorful_loss(made, ab)
        if adversarial:
            self.adversary.train_discriminator(ab, made.detach(), batch.L, rng)
            if self.adversary.together:
                loss = loss + self.adversary.generator_loss(made, batch.L)
        return loss

    def report(self, rate: float) -> None:
        """Say how the run stands; go back to the last good weights where the loss is no number any more."""
        state, loss = self.state, float(self.state.loss)
        print(
            f"{state.share:6.1%} step {state.step} samples {state.samples} {rate:.0f}/s loss {loss:.4f} "
            f"photos {len(self.photos)} discriminator right {float(self.adversary.accuracy):.2f}",
            flush=True,
        )
        with torch.no_grad():
            if math.isfinite(loss):
                torch._foreach_copy_(self.good, self.parameters)
                return
            state.slowed *= 0.5
            print(f"no number: back to the last good weights, rates times {state.slowed}", flush=True)
            torch._foreach_copy_(self.parameters, self.good)
            torch._foreach_copy_(self.means, self.good)
            self.optimizer.state.clear()
            state.loss = torch.zeros_like(state.loss)

    @torch.inference_mode()
    def validate(self) -> str:
        """Return the mean error of ab, Lab units, and the chroma of photos that are not learnt from."""
        batch = as_batch(torch.stack([central_square(lab, HELD_OUT_SIDE) for lab in self.held_out]))
        parts = zip(normalize_luminance_batch(batch.L).split(50), no_hints(batch.ab).split(50), strict=True)
        ab = torch.cat(
            [self.head.ab(self._infer(self.average, L, hints).float(), self.plan["temperature"]) for L, hints in parts]
        )
        error, chroma, truth = ((x.norm(dim=1).mean()) for x in (ab - batch.ab, ab, batch.ab))
        return f"{len(ab)} held out: ab error {error:.3f}, chroma {chroma:.2f} of {truth:.2f}"

    def snapshot(self, name: str) -> None:
        """Write the averaged weights, in half precision, as one file that can be fetched."""
        network = {key: t.half() if t.dim() == 4 else t for key, t in self.average.state_dict().items()}
        part = self.into / f"{name}.part"
        torch.save({"network": network, "samples": self.state.samples, "share": self.state.share}, part)
        part.rename(self.into / f"{name}.pt")
        print(f"{name}: {self.validate()}", flush=True)

    def save_trunk(self) -> None:
        """Write what the trunk needs to go on from here, in parts: join them with `cat trunk.?`."""
        moments = [self.optimizer.state[parameter] for parameter in self.parameters]
        whole = self.into / "trunk"
        torch.save(
            {
                "network": self.network.state_dict(),
                "exp_avg": [moment["exp_avg"].bfloat16() for moment in moments],
                "exp_avg_sq": [moment["exp_avg_sq"].bfloat16() for moment in moments],
                "samples": self.state.samples,
            },
            whole,
        )
        data = whole.read_bytes()
        for number, at in enumerate(range(0, len(data), PART_BYTES)):
            whole.with_name(f"trunk.{number}").write_bytes(data[at : at + PART_BYTES])
        whole.unlink()

    def _infer(self, network: nn.Module, L: Tensor, hints: Tensor) -> Tensor:
        L, hints = (x.contiguous(memory_format=torch.channels_last) for x in (L, hints))
        with torch.autocast(self.device.type, torch.bfloat16):
            logits: Tensor = network(L, hints)
        return logits

    def _forget_gradients(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def _phase(self) -> dict[str, Any]:
        phases: list[dict[str, Any]] = self.plan["phases"]
        return next((phase for phase in phases if self.state.share < phase["until"]), phases[-1])

    def _share(self, seconds: float) -> float:
        if "steps" in self.plan:
            return self.state.step / self.plan["steps"]
        changed = self.into / "seconds"
        return seconds / float(changed.read_text() if changed.exists() else self.plan["seconds"])


def make_network(weights: dict[str, Tensor], bins: int) -> UNet:
    """Make a network of weights whose norms only add their bias, and keep it so."""
    network = UNet(bins)
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in weights.items()})
    ConvNorm.forward = forward  # type: ignore[method-assign]
    for module in network.eval().modules():
        if isinstance(module, ConvNorm):
            module.norm.weight.requires_grad_(False)
    return network


def schedule(share: float, plan: dict[str, Any]) -> float:
    """Return the rates as a share of the highest: a line up, constant, a cosine down. `share`: of the run."""
    if share < plan["warmup"]:
        return share / plan["warmup"]
    fallen = min(1.0, max(0.0, share - plan["constant"]) / (1 - plan["constant"]))
    return plan["final"] + (1 - plan["final"]) * 0.5 * (1 + math.cos(math.pi * fallen))


def no_hints(ab: Tensor) -> Tensor:
    return torch.zeros_like(torch.cat([ab, ab[:, :1]], dim=1))


def central_square(lab: Tensor, side: int) -> Tensor:
    """Cut (h, w, 3) bytes to the largest square in the middle, and resize: (3, side, side) float32."""
    short = min(lab.shape[:2])
    top, left = (lab.shape[0] - short) // 2, (lab.shape[1] - short) // 2
    square = lab[top : top + short, left : left + short].permute(2, 0, 1)[None].float()
    return F.interpolate(square, size=(side, side), mode="bilinear", antialias=True)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ready", type=Path, required=True, help="folder that decode.py writes into")
    parser.add_argument("--start", type=Path, required=True, help="weights that start.py wrote")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    plan = json.loads(options.plan.read_text())
    options.into.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan["seed"])
    torch.backends.cudnn.benchmark = True
    run = Run(plan, options.start, options.ready, options.into, torch.device(options.device))
    run.wait_for_photos()
    choose_way(run.probe(), run.device)
    run.train()


if __name__ == "__main__":
    main()
