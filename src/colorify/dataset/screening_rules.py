"""The rules of screening, as rows of a table: what a photo must be to teach colour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from colorify.dataset.image_stats import Measures


@dataclass(frozen=True)
class Thresholds:
    """Where the rules draw the line."""

    min_side: int = 256  # px, of the short side
    max_aspect: float = 3.0  # long side : short side
    min_color: float = 4.5  # Lab units of colour beyond a tint
    max_flat: float = 0.65  # share of pixels that differ from no neighbour
    min_entropy: float = 3.4  # bits of L; counts together with the next
    max_top_colors: float = 0.6  # share of the six commonest colours
    max_vivid: float = 0.17  # share of strongly coloured pixels at the edge of sRGB
    max_border: float = 0.01  # of a side
    twin_bits: int = 6  # of the 64 of the perceptual hash, 0..7


GREY_CHROMA: Final = 3.0  # Lab units; a colourless picture with more is called tinted


@dataclass(frozen=True)
class Rule:
    """One reason to leave a picture out."""

    name: str  # also names folders
    help: str
    breaks: Callable[[Measures, Thresholds], bool]
    says: Callable[[Measures, Thresholds], str]


RULES: Final = (
    Rule(
        "small",
        "short side too small",
        lambda m, t: min(m.width, m.height) < t.min_side,
        lambda m, t: f"short side {min(m.width, m.height)} px, expected at least {t.min_side}",
    ),
    Rule(
        "aspect",
        "extreme aspect",
        lambda m, t: _aspect(m) > t.max_aspect,
        lambda m, t: f"aspect {_aspect(m):.1f}, expected at most {t.max_aspect:g}",
    ),
    Rule(
        "grey",
        "no colour",
        lambda m, t: m.own_color < t.min_color and m.chroma < GREY_CHROMA,
        lambda m, t: f"colour {m.own_color:.1f} Lab units, expected at least {t.min_color:g}",
    ),
    Rule(
        "tinted",
        "one tint: sepia, toned, faded",
        lambda m, t: m.own_color < t.min_color and m.chroma >= GREY_CHROMA,
        lambda m, t: f"colour beyond its tint {m.own_color:.1f} Lab units, expected at least {t.min_color:g}",
    ),
    Rule(
        "drawing",
        "text, drawing, diagram",
        lambda m, t: m.flat > t.max_flat or (m.entropy < t.min_entropy and m.top_colors > t.max_top_colors),
        lambda m, t: (
            f"flat {m.flat:.0%}, six colours fill {m.top_colors:.0%}, entropy {m.entropy:.1f} bits; expected "
            f"at most {t.max_flat:.0%}, and at most {t.max_top_colors:.0%} or at least {t.min_entropy:g} bits"
        ),
    ),
    Rule(
        "saturated",
        "excessive saturation",
        lambda m, t: m.vivid > t.max_vivid,
        lambda m, t: f"{m.vivid:.0%} of it at the edge of sRGB, expected at most {t.max_vivid:.0%}",
    ),
    Rule(
        "border",
        "visible border",
        lambda m, t: m.border > t.max_border,
        lambda m, t: f"a border of {m.border:.1%} of a side, expected at most {t.max_border:.1%}",
    ),
)

# reasons that no measure shows
OTHER_REASONS: Final = {
    "broken": "cannot be decoded",
    "reserved": "its site reserves it",
    "twin": "a near-duplicate of a better one",
}


def _aspect(m: Measures) -> float:
    return max(m.width, m.height) / max(1, min(m.width, m.height))
