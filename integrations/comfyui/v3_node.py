"""The node in ComfyUI's V3 schema."""

from comfy_api.latest import ComfyExtension, io
from torch import Tensor

from .color_batch import color_batch
from .options import CATEGORY, DESCRIPTION, HINTS_TOOLTIP, MODEL_TOOLTIP, NODE_ID, SLIDERS, TITLE


class ColorifyNode(io.ComfyNode):
    """An image batch in; the batch in colour, and a mask of confidence, out."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        sliders = [
            io.Float.Input(
                slider.name,
                default=slider.default,
                min=slider.lowest,
                max=slider.highest,
                step=slider.step,
                tooltip=slider.tooltip,
            )
            for slider in SLIDERS
        ]
        return io.Schema(
            node_id=NODE_ID,
            display_name=TITLE,
            category=CATEGORY,
            description=DESCRIPTION,
            inputs=[
                io.Image.Input("images"),
                *sliders,
                io.String.Input("hints", default="", multiline=True, tooltip=HINTS_TOOLTIP),
                io.String.Input("model", default="", tooltip=MODEL_TOOLTIP),
            ],
            outputs=[io.Image.Output(display_name="images"), io.Mask.Output(display_name="confidence")],
        )

    @classmethod
    def execute(
        cls, images: Tensor, strength: float, vividness: float, hints: str = "", model: str = ""
    ) -> io.NodeOutput:
        return io.NodeOutput(
            *color_batch(images, strength=strength, vividness=vividness, hints=hints, model=model)
        )


class ColorifyExtension(ComfyExtension):
    """The nodes of this folder."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [ColorifyNode]


async def comfy_entrypoint() -> ColorifyExtension:
    """Return what ComfyUI registers."""
    return ColorifyExtension()
