"""What the depthwise convolutions of the backbone cost in training, beside PyTorch's own gradients.

python bench/depthwise.py

Forward and backward of the shapes that the recipe `refine` trains at 224 px: 6 photos, one
thread, channels-last.
"""

import torch
from clock import in_turn
from torch import Tensor
from torch.nn import functional as F

from colorify.training.network.depthwise import DepthwiseConv

SHAPES = (  # channels, kernel, stride, padding, side of the map
    (144, 5, 2, 0, 59),
    (288, 5, 1, 2, 28),
    (288, 3, 2, 0, 29),
    (528, 3, 1, 1, 14),
    (720, 5, 1, 2, 14),
    (720, 5, 2, 0, 17),
    (1248, 5, 1, 2, 7),
    (1248, 3, 1, 1, 7),
)
PHOTOS = 6
REPETITIONS = 15


def main() -> None:
    torch.set_num_threads(1)
    print("channels  kernel  stride  side   type    PyTorch, ms   here, ms   ratio")
    for dtype in (torch.float32, torch.bfloat16):
        for channels, kernel, stride, padding, side in SHAPES:
            layer = DepthwiseConv(channels, kernel, stride, padding).to(memory_format=torch.channels_last)
            x = torch.randn(PHOTOS, channels, side, side, dtype=dtype)
            x = x.to(memory_format=torch.channels_last).requires_grad_()

            def plain(x: Tensor = x, layer: DepthwiseConv = layer) -> None:
                weight = layer.weight.to(x.dtype)
                there_and_back(
                    F.conv2d(x, weight, None, layer.stride, int(layer.padding[0]), groups=layer.groups)
                )

            def ours(x: Tensor = x, layer: DepthwiseConv = layer) -> None:
                there_and_back(layer(x))

            times = in_turn({"PyTorch": plain, "here": ours}, repeat=REPETITIONS)
            torchs, own = (1000 * each.median for each in times.values())
            print(
                f"{channels:8}  {kernel:6}  {stride:6}  {side:4}   {str(dtype)[6:]:8}"
                f"{torchs:11.2f}{own:11.2f}{torchs / own:8.1f}"
            )


def there_and_back(y: Tensor) -> None:
    y.backward(torch.ones_like(y))


if __name__ == "__main__":
    main()
