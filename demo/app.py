"""A page for a Hugging Face Space, or any machine: drop a photo, see it in colour.

    pip install -r demo/requirements.txt && python demo/app.py

The page of Colorify itself, `colorify serve`, does more: colours given by clicks, references, full size.
This one is for places that run Gradio.
"""

from functools import cache
from pathlib import Path
from typing import Final

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from colorify import ColorifyError, Colorizer
from colorify.pixels import to_8_bits

Pixels = NDArray[np.uint8]  # (H, W, 3), sRGB

TITLE: Final = "Colorify"
INTRODUCTION: Final = """
# Colorify
Drop a black-and-white photograph. Its light and shade stay as they are; the colours are **guesses** of a
small network, good ones and bad ones.
"""
MAX_PIXELS: Final = 40_000_000  # of a photo; a Space has 16 GB for everybody
SAMPLE: Final = Path(__file__).parent.parent / "samples" / "camera.jpg"


@cache
def load_colorizer() -> Colorizer:
    """Load the embedded generator once."""
    return Colorizer()


def color_photo(path: str | None, strength: float, vividness: float) -> tuple[Pixels, Pixels] | None:
    """Return the photo before and after. Raises gr.Error with what Colorify says of it."""
    if path is None:
        return None
    try:
        session = load_colorizer().open(path, max_pixels=MAX_PIXELS)
        colored = session.colorize(strength=strength, vividness=vividness)
        grey = session.colorize(strength=0.0)
    except ColorifyError as error:
        raise gr.Error(str(error)) from error
    return to_8_bits(grey[:, :, :3]), to_8_bits(colored[:, :, :3])


def build_page() -> gr.Blocks:
    """Return the page."""
    with gr.Blocks(title=TITLE) as page:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column():
                photo = gr.Image(label="Photo", type="filepath", sources=["upload", "clipboard"])
                strength = gr.Slider(0, 2, 1, step=0.05, label="Strength: 0 is grey")
                vividness = gr.Slider(0, 2, 1, step=0.05, label="Vividness: 0 cautious, 2 bold")
                button = gr.Button("Colour it", variant="primary")
                if SAMPLE.exists():
                    gr.Examples([[str(SAMPLE)]], [photo])
            result = gr.ImageSlider(label="Before and after", type="numpy")
        button.click(color_photo, [photo, strength, vividness], result, api_name="colorize")
    return page


if __name__ == "__main__":
    build_page().launch(show_error=True)  # what Colorify says of a photo, to programs too
