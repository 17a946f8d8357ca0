"""The node for a ComfyUI that does not have the V3 schema yet."""

from typing import Any, Final

from torch import Tensor

from .color_batch import color_batch
from .options import CATEGORY, DESCRIPTION, HINTS_TOOLTIP, MODEL_TOOLTIP, NODE_ID, SLIDERS, TITLE


class ColorifyNode:
    """An image batch in; the batch in colour, and a mask of confidence, out."""

    CATEGORY: Final = CATEGORY
    DESCRIPTION: Final = DESCRIPTION
    FUNCTION: Final = "execute"
    RETURN_TYPES: Final = ("IMAGE", "MASK")
    RETURN_NAMES: Final = ("images", "confidence")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:
        sliders = {
            slider.name: (
                "FLOAT",
                {
                    "default": slider.default,
                    "min": slider.lowest,
                    "max": slider.highest,
                    "step": slider.step,
                    "tooltip": slider.tooltip,
                },
            )
            for slider in SLIDERS
        }
        texts = {
            "hints": ("STRING", {"default": "", "multiline": True, "tooltip": HINTS_TOOLTIP}),
            "model": ("STRING", {"default": "", "tooltip": MODEL_TOOLTIP}),
        }
        return {"required": {"images": ("IMAGE",), **sliders}, "optional": texts}

    def execute(
        self, images: Tensor, strength: float, vividness: float, hints: str = "", model: str = ""
    ) -> tuple[Tensor, Tensor]:
        return color_batch(images, strength=strength, vividness=vividness, hints=hints, model=model)


NODE_CLASS_MAPPINGS: Final = {NODE_ID: ColorifyNode}
NODE_DISPLAY_NAME_MAPPINGS: Final = {NODE_ID: TITLE}
