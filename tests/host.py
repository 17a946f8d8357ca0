"""A program that imports Colorify: it takes stock of what is set in its process, before and after.

python host.py WEIGHTS FOLDER          # says in JSON what has changed: {name: [before, after]}
"""

import gc
import json
import locale
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime  # noqa: F401 - what a library sets when it is loaded is its own affair
import pyvips
import torch

Settings = dict[str, Any]


def take_stock() -> Settings:
    """Return all that a program may have set for itself."""
    vips, root = pyvips.vips_lib, logging.getLogger()
    return {
        "pyvips.functions": [
            {name: repr(value) for name, value in vars(module).items() if callable(value)}
            for module in (pyvips, pyvips.error, pyvips.vimage, pyvips.gvalue, pyvips.voperation)
        ],
        "pyvips.loaders": {name: is_open(name) for name in ("svgload", "rawload", "csvload", "ppmload")},
        "pyvips.cache": [vips.vips_cache_get_max(), vips.vips_cache_get_max_mem()],
        "pyvips.files": vips.vips_cache_get_max_files(),
        "cv2": [cv2.getNumThreads(), cv2.useOptimized(), cv2.ocl.useOpenCL()],
        "tempfile": tempfile.tempdir,
        "torch.random": torch.get_rng_state().tolist(),
        "torch.cudnn": [torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic],
        "torch.threads": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "torch.modes": [torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()],
        "torch.types": [str(torch.get_default_dtype()), torch.get_float32_matmul_precision()],
        "random": repr(random.getstate()),
        "numpy": [repr(np.random.get_state()), np.geterr(), np.get_printoptions()["precision"]],
        "signal": {str(number): repr(signal.getsignal(number)) for number in signal.valid_signals()},
        "logging": [root.level, list(map(repr, root.handlers)), logging.root.manager.disable],
        "loggers": {name: logging.getLogger(name).level for name in ("pyvips", "torch", "PIL", "libav")},
        "warnings": [repr(warnings.filters), repr(warnings.showwarning)],
        "locale": locale.setlocale(locale.LC_ALL),
        "environ": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - as the system has it
        "hooks": [repr(sys.excepthook), repr(threading.excepthook), repr(sys.stdout), repr(sys.stderr)],
        "gc": [gc.isenabled(), gc.get_threshold()],
        "switch": sys.getswitchinterval(),
    }


def is_open(loader: str) -> bool:
    """Tell whether libvips would read a file by one of its loaders."""
    try:
        pyvips.Operation.call(loader, __file__, *((1, 1, 1) if loader == "rawload" else ()))
    except pyvips.Error as error:
        return "blocked" not in str(error)
    return True


def color_array(weights: Path, folder: Path) -> None:
    from colorify import Colorizer

    Colorizer(weights, threads=1).colorize(np.full((40, 60), 120, np.uint8))


def color_file(weights: Path, folder: Path) -> None:
    from colorify import Colorizer

    pyvips.Image.black(60, 40).jpegsave(str(folder / "photo.jpg"))
    Colorizer(weights, threads=1).colorize_file(folder / "photo.jpg", folder / "colored.png")


def refuse_damaged(weights: Path, folder: Path) -> None:
    from colorify import ColorifyError, Colorizer

    (folder / "cut.jpg").write_bytes((folder / "photo.jpg").read_bytes()[:400])
    try:
        Colorizer(weights, threads=1).colorize(folder / "cut.jpg")
    except ColorifyError:
        return
    raise AssertionError("a damaged photo was coloured")


def train(weights: Path, folder: Path) -> None:
    from colorify.dataset.shard_reader import Sample
    from colorify.training.data.photo_source import source_of_samples
    from colorify.training.recipe import Phase, Recipe
    from colorify.training.trainer import Trainer

    codes = np.random.default_rng(0).integers(0, 256, (8, 48, 48, 3)).astype(np.uint8)
    samples = [Sample(f"made-{number}", lab) for number, lab in enumerate(codes)]
    recipe = Recipe(phases=(Phase(until=1.0, size=32, batch=2),), steps=2, backbone="random")
    Trainer(recipe, folder / "run", source_of_samples(samples)).run(lambda _: None)


def color_film(weights: Path, folder: Path) -> None:
    import av

    from colorify.video import colorize_film

    with av.open(str(folder / "film.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in (90, 140):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    colorize_film(folder / "film.mp4", folder / "colored.mp4", weights=weights)


WORK: dict[str, Callable[[Path, Path], None]] = {
    "array": color_array,
    "file": color_file,
    "damaged": refuse_damaged,
    "training": train,
    "film": color_film,
}


def main(weights: Path, folder: Path) -> None:
    """Do everything, and report what is no longer as it was."""
    tempfile.tempdir = str(folder)
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1).step()  # loads more of torch, which sets more
    random.seed(3)
    cv2.setNumThreads(3)
    before = take_stock()
    changed = {}
    for name, work in WORK.items():
        work(weights, folder)
        after = take_stock()
        changed |= {f"{name}: {key}": difference(before[key], after[key]) for key in before}
        before = after
    print(json.dumps({key: found for key, found in changed.items() if found}, default=repr))  # noqa: T201


def difference(one: Any, other: Any) -> Any:
    """Return what is not the same, or nothing."""
    if isinstance(one, dict):
        return {key: [one.get(key), other.get(key)] for key in one | other if one.get(key) != other.get(key)}
    return [] if one == other else [one, other]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
