"""What age does to a photograph, done to L alone: the colours to learn stay clean.

Every function takes and returns L as (N, 1, H, W) float32, 0..100, and draws its strength for each photo
from `rng`, so that a batch holds everything from new to ruined. `rng` may be of the device of L, so that
nothing has to cross to it, or of the CPU.
"""

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

STAIN_CELLS: Final = (2, 4, 9)  # knots a side
REACH: Final = 6  # px of the blur to each side
# quantisation of luminance, ITU-T T.81 table K.1
LUMINANCE: Final = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)


def uniform(L: Tensor, low: float, high: float, rng: Generator) -> Tensor:
    """One number a photo, shaped to broadcast over it."""
    return low + (high - low) * chance(L[:, :, :1, :1], rng)


def chance(like: Tensor, rng: Generator) -> Tensor:
    """Uniform numbers, 0..1, in the shape of `like`."""
    return torch.rand(like.shape, generator=rng, device=rng.device).to(like.device)


def noise(L: Tensor, rng: Generator) -> Tensor:
    """Standard normal noise in the shape of L."""
    return torch.randn(L.shape, generator=rng, device=rng.device).to(L.device)


def emulsion(L: Tensor, ab: Tensor, rng: Generator) -> Tensor:
    """Other sensitivities than the eye's: orthochromatic film saw reds dark and blues bright."""
    a, b = ab[:, :1], ab[:, 1:]
    return L - uniform(L, -0.1, 0.35, rng) * a - uniform(L, -0.1, 0.3, rng) * b


def contrast(L: Tensor, rng: Generator) -> Tensor:
    """A hard print, or a copy of a copy: darks and lights lose their detail, at once or along a curve."""
    black, white = uniform(L, -5, 35, rng), uniform(L, 60, 105, rng)
    clipped = ((L - black) / (white - black)).clamp(0, 1)
    curved = clipped * clipped * (3 - 2 * clipped)
    return 100 * torch.lerp(clipped, curved, uniform(L, 0, 1, rng))


def tone(L: Tensor, rng: Generator) -> Tensor:
    """Gamma, then a black that has faded and a white that has yellowed."""
    curve = (L / 100).clamp(0, 1) ** uniform(L, 0.65, 1.5, rng)
    black, white = uniform(L, 0, 22, rng), uniform(L, 78, 100, rng)
    return black + (white - black) * curve


def blur(L: Tensor, rng: Generator) -> Tensor:
    """A soft lens, or an enlargement: a Gaussian of 0.4 to 2.5 px."""
    return _smoothed(L, uniform(L, 0.4, 2.5, rng))


def _smoothed(L: Tensor, sigma: Tensor) -> Tensor:
    """Convolve each photo with a Gaussian of its own, of `sigma` px, (N, 1, 1, 1)."""
    ticks = torch.arange(-REACH, REACH + 1, device=L.device)
    weights = torch.softmax(-(ticks**2) / (2 * sigma**2), dim=-1)  # (N, 1, 1, K)
    count = len(L)
    x = F.pad(L.transpose(0, 1), [REACH] * 4, mode="replicate")  # photos as channels: each has its own kernel
    x = F.conv2d(F.conv2d(x, weights, groups=count), weights.mT, groups=count)
    return x.transpose(0, 1)


def grain(L: Tensor, rng: Generator) -> Tensor:
    """Silver grain, fine and coarse, strongest in the midtones."""
    coarse = F.avg_pool2d(noise(L, rng), 3, 1, 1) * 3
    mix = uniform(L, 0, 1, rng)
    midtones = 0.4 + 0.6 * (1 - (L / 50 - 1) ** 2)
    return L + uniform(L, 0, 7, rng) * midtones * (mix * coarse + (1 - mix) * noise(L, rng))


def scratches(L: Tensor, rng: Generator) -> Tensor:
    """Upright lines through the whole picture, and dust."""
    columns = chance(L[:, :, :1], rng) < 0.012
    dust = chance(L, rng) < 0.002
    return L + (columns | dust) * uniform(L, -40, 50, rng)


def stains(L: Tensor, rng: Generator) -> Tensor:
    """Clouds and tide lines of damp, tarnish and bad retouching: wide, soft, on backdrop and person alike."""
    clouds = torch.zeros_like(L)
    for cells in STAIN_CELLS:
        field = torch.randn((len(L), 1, cells, cells), generator=rng, device=rng.device).to(L.device)
        wide = F.interpolate(field, size=L.shape[2:], mode="bicubic", align_corners=False)
        clouds = clouds + uniform(L, 0, 1, rng) * wide
    sharp = uniform(L, 0.5, 6, rng)  # from a cloud to a spot with an edge
    return L + uniform(L, 2, 14, rng) * torch.tanh(clouds * sharp) / sharp.clamp(max=1.5)


def sharpen(L: Tensor, rng: Generator) -> Tensor:
    """What scanners and restorers do to excess: an unsharp mask, with its halos."""
    return L + uniform(L, 0.5, 2.5, rng) * (L - _smoothed(L, uniform(L, 0.6, 1.6, rng)))


def halftone(L: Tensor, rng: Generator) -> Tensor:
    """A newspaper's screen: dots of black on white, seen by a scanner that is a little soft."""
    angle, period = uniform(L, 0, torch.pi, rng), uniform(L, 2.5, 6, rng)
    u, v = _turned(L, angle)
    threshold = 50 + 50 * torch.sin(2 * torch.pi / period * u) * torch.sin(2 * torch.pi / period * v)
    return _smoothed(100 * (threshold < L).to(L.dtype), uniform(L, 0.5, 1.6, rng))


def weave(L: Tensor, rng: Generator) -> Tensor:
    """Canvas, or silk paper: threads over and under."""
    angle, period = uniform(L, 0, torch.pi, rng), uniform(L, 2.5, 8, rng)
    u, v = _turned(L, angle)
    threads = torch.sin(2 * torch.pi / period * u) * torch.sin(2 * torch.pi / period * v)
    return L + uniform(L, 1, 8, rng) * threads.sign()


def _turned(L: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates in px along two axes at right angles, turned by `angle`, (N, 1, 1, 1)."""
    x = torch.arange(L.shape[-1], device=L.device)
    y = torch.arange(L.shape[-2], device=L.device)[:, None]
    return x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()


def vignette(L: Tensor, rng: Generator) -> Tensor:
    """Corners darker, or bleached."""
    ticks = torch.linspace(-1, 1, L.shape[-1], device=L.device)
    radius = ticks[None] ** 2 + ticks[:, None] ** 2
    return L + uniform(L, -18, 10, rng) * radius / 2


def jpeg(L: Tensor, rng: Generator) -> Tensor:
    """Blocks of a bad JPEG: the cosine transform of each 8x8 px, rounded (ITU-T T.81, annex K)."""
    count, _, height, width = L.shape
    cosines, table = _cosines().to(L.device), torch.tensor(LUMINANCE, dtype=torch.float32).to(L.device)
    steps = (table.view(8, 8) * uniform(L, 0.5, 5, rng)).view(count, 1, 1, 8, 8)
    blocks = (L * 2.55 - 128).reshape(count, height // 8, 8, width // 8, 8).transpose(2, 3)
    coefficients = ((cosines @ blocks @ cosines.T) / steps).round() * steps
    pixels = (cosines.T @ coefficients @ cosines).transpose(2, 3).reshape(L.shape)
    return (pixels + 128) / 2.55


def _cosines() -> Tensor:
    """The orthonormal DCT-II of 8 ticks, (8, 8)."""
    ticks = torch.arange(8)
    waves = torch.cos(torch.pi / 8 * (ticks + 0.5) * ticks[:, None])
    scale = torch.full((8, 1), 0.5)
    scale[0] = 0.125**0.5
    return waves * scale


# name, share of the aged photos that it happens to, in the order in which it happens
DAMAGE: Final[tuple[tuple[Callable[[Tensor, Generator], Tensor], float], ...]] = (
    (contrast, 0.35),
    (tone, 0.6),
    (stains, 0.3),
    (vignette, 0.3),
    (blur, 0.35),
    (grain, 0.5),
    (scratches, 0.12),
    (weave, 0.12),
    (sharpen, 0.2),
    (halftone, 0.08),
    (jpeg, 0.25),
)
EMULSION_SHARE: Final = 0.6
# the same by name; a recipe's table `damage` may say otherwise
SHARES: Final[Mapping[str, float]] = {
    emulsion.__name__: EMULSION_SHARE,
    **{damage.__name__: share for damage, share in DAMAGE},
}


def degrade(
    L: Tensor, ab: Tensor, share: float, rng: Generator, *, shares: Mapping[str, float] | None = None
) -> Tensor:
    """Age a `share` of the photos, each in its own way.

    `L`: (N, 1, H, W), 0..100, sides a multiple of 8; `ab`: (N, 2, H, W), the true colours that the emulsion
    saw; `shares`: of the aged photos, by name of the damage; those of `SHARES` where it has none. Returns L.
    """
    wanted = {**SHARES, **(shares or {})}

    def some(old: Tensor, new: Tensor, probability: float) -> Tensor:
        chosen = chance(L[:, :, :1, :1], rng) < probability
        return torch.where(chosen, new.clamp(0, 100), old)

    aged = some(L, emulsion(L, ab, rng), wanted[emulsion.__name__])
    for damage, _ in DAMAGE:
        aged = some(aged, damage(aged, rng), wanted[damage.__name__])
    return some(L, aged, share)
