"""A program that imports Colorify keeps its own settings, and no file is opened by a loader of chance."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import colorify
from colorify.errors import PhotoError
from colorify.images.photo import open_photo

SOURCE = Path(colorify.__file__).parent
CHOOSERS = {
    "new_from_file", "new_from_buffer", "new_from_source", "thumbnail", "thumbnail_buffer", "findload",
}  # fmt: skip
# what sets something for the whole process; `cli` and `server.process` have one to themselves
SETTERS = {
    "block_untrusted_set", "operation_block_set", "cache_set_max", "cache_set_max_mem", "setNumThreads",
    "cache_set_max_files", "setUseOptimized", "set_num_threads", "set_num_interop_threads", "manual_seed",
    "use_deterministic_algorithms", "set_float32_matmul_precision", "set_start_method", "setlocale", "seterr",
    "mallopt", "setswitchinterval", "setrecursionlimit", "umask", "chdir", "basicConfig",
}  # fmt: skip
OWN_PROCESS = ("cli/", "server/process.py")


def attributes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_a_host_keeps_its_settings(tiny_weights: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("host.py")), str(tiny_weights), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_the_command_and_the_server_set_something_for_the_process(path: Path) -> None:
    place = path.relative_to(SOURCE).as_posix()
    found = attributes(path)
    if not place.startswith(OWN_PROCESS):
        # of a generator of its own, `manual_seed` is nobody else's
        own = {"manual_seed"} if "Generator" in path.read_text(encoding="utf-8") else set()
        assert found & SETTERS - own == set()
    assert found & CHOOSERS == set(), "libvips would choose the loader"


def test_no_loader_is_open_to_a_file_that_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "thing.jpg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
    with pytest.raises(PhotoError, match="expected"):
        open_photo(tmp_path / "thing.jpg")
