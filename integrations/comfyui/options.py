"""What a person sets on the node: one table for both of ComfyUI's schemas."""

from dataclasses import dataclass
from typing import Final

CATEGORY: Final = "image/color"
NODE_ID: Final = "ColorifyColorize"  # saved in workflows: never change it
TITLE: Final = "Colorify"
DESCRIPTION: Final = (
    "Colours black-and-white photographs on the CPU. Their luminance stays as it is. "
    "The mask says how sure each colour is: black is unsure."
)


@dataclass(frozen=True)
class Slider:
    """A number that a person sets."""

    name: str
    default: float
    tooltip: str
    lowest: float = 0.0
    highest: float = 2.0
    step: float = 0.05


SLIDERS: Final = (
    Slider("strength", 1.0, "Of the colours: 0 is grey, 1 as generated, 2 twice that."),
    Slider("vividness", 1.0, "0 is cautious, 1 as trained, 2 bold."),
)
HINTS_TOOLTIP: Final = (
    "Colours that you know, one a line: X,Y,COLOR[,RADIUS][,+REACH], in px or percent; 50%,30%,#7a1f2b"
)
MODEL_TOOLTIP: Final = "Path of a weights file of Colorify; empty: the one that comes with it."
