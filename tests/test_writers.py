"""Files are written, renamed and removed in one module; whoever does so elsewhere has to argue it here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent.parent / "src" / "colorify"

# The rule: Colorify removes and replaces only names that it wrote itself and can recognise.
ALLOWED: Final = {
    "atomic._replace: replace": "what the caller may overwrite, or an empty file that took the name",
    "atomic.write_whole: write_bytes": "into the temporary file",
    "atomic._temporary: unlink": "the temporary file, whose name has 64 random bits",
    "atomic._temporary: open x": "that file, made anew or not at all",
    "atomic._refuse_full: open r+": "that file",
    "atomic.sweep: unlink": "names of ours alone, whose lock is free: their writer is dead",
    "atomic.open_lines: open r+": "a file that begins with our head; nothing but half a line is cut off",
    "atomic.open_lines: truncate": "likewise",
    "atomic.move_file: unlink": "the old name of a file that has its new one",
    "atomic._rename_to_free: link": "refuses a name that is taken",
    "atomic._rename_to_free: open x": "refuses a name that is taken",
    "atomic._rename_to_free: unlink": "that file",
    "locks._close: unlink": "the lock file that is held, or that was made here",
    "batch.bulk.sink.ShardSink.__init__: open w": "into memory; `Store` writes it whole",
    "images.save._save_tiff: open r+": "the temporary file that `whole_file` gave",
    "images.save._save_tiff: open w+": "the temporary file that `whole_file` gave",
    "images.save._save_through: open w": "the temporary file that `whole_file` gave",
    "dataset.screen._measure_all: open a": "measures.jsonl in a folder that `own_folder` holds",
    "dataset.shard_writer._write_shard: open w": "the temporary file that `whole_file` gave",
    "images.tile_cache.cache_tiles: TemporaryFile": "without a name, in TMPDIR",
    "server.film_folder.FilmFolder.__init__: TemporaryDirectory": "a film's own, which goes with it",
    "server.film_folder.remove_abandoned: rmtree": "one, by name and owner, whose lock is free",
    "server.films.Films.add: write_bytes": "into that folder",
    "training.checkpoint.save_whole: open w": "the temporary file that `whole_file` gave",
    "training.checkpoint.save_whole: torch.save": "into that file",
    "multipage._joined: open r+": "the temporary file that `whole_file` gave",
    "render.clip.encode_clip: open w": "into memory",
    "render.open_raster.save_open_raster: open w": "a member of the temporary file that `whole_file` gave",
    "video.encoders.FilmEncoder.__init__: open w": "the temporary file that `whole_file` gave",
    "video.encoders.PictureEncoder.write: write_bytes": "the temporary file that `whole_file` gave",
    "video.files.find_muxer: open w": "nothing: FFmpeg makes the file when something is written",
    "video.mux.mux_film: open w": "the file that `whole_file` gave, or a trial in the folder of the pieces",
    "video.targets._trial: open w": "into memory",
    "video.job._Job._tidy: unlink": "NAME.partial.EXT, which the folder of the pieces says is ours",
    "video.image_sequence.publish: replace": "a name that the list in the folder says is Colorify's",
    "video.image_sequence.publish: unlink": "likewise",
    "video.segments.Segments._remove_all_but: unlink": "pieces, in a folder that is ours by its job.json",
    "video.segments._bytes_of: np.savez": "into memory",
    "video.segments.Segments.remove: rmdir": "that folder, once it is empty",
    "video.trial.why_unfit: unlink": "two names of a trial, in that folder",
}

CALLS: Final = {"unlink", "rmdir", "rmtree", "removedirs", "rename", "renames", "move", "link", "symlink"} | {
    *("hardlink_to", "symlink_to", "write_text", "write_bytes", "truncate", "copy2", "copyfile", "copytree"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile"),
}
OF_MODULES: Final = {
    "os": {"remove", "replace"},
    "torch": {"save"},
    "onnx": {"save"},
    "np": {"save", "savez"},
}


def written(tree: ast.Module) -> Iterator[str]:
    """Name the calls in a module that write, rename or remove, each with the function that it is in."""

    def visit(node: ast.AST, place: str) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            place = f"{place}.{node.name}"
        if isinstance(node, ast.Call) and (call := name_of(node)):
            yield f"{place}: {call}"
        for child in ast.iter_child_nodes(node):
            yield from visit(child, place)

    return visit(tree, "")


def name_of(call: ast.Call) -> str | None:
    """Name what a call does to files, if it does anything: "unlink", "torch.save", "open w"."""
    function = call.func
    if isinstance(function, ast.Name):
        name, owner = function.id, None
    elif isinstance(function, ast.Attribute):
        name, owner = function.attr, function.value.id if isinstance(function.value, ast.Name) else ""
    else:
        return None
    if name in OF_MODULES.get(owner or "", ()):
        return f"{owner}.{name}"
    # a path has one new name; a string has an old and a new part; `dataclasses.replace` is no attribute
    if name in CALLS or (
        name == "replace" and owner is not None and len(call.args) == 1 and not call.keywords
    ):
        return name
    if name in ("open", "fdopen"):
        modes = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
        texts = [
            mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)
        ]
        found = [
            text.replace("b", "") for text in texts if set(text) <= set("rwaxbt+") and set(text) & set("wax+")
        ]
        return f"open {found[0]}" if found else None
    return None


def found_in_package() -> set[str]:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found |= {module + call for call in written(ast.parse(path.read_text(encoding="utf-8")))}
    return found


def test_files_are_written_renamed_and_removed_where_it_is_argued() -> None:
    found = found_in_package()
    assert found - ALLOWED.keys() == set(), (
        "call `atomic`, or say in ALLOWED why nothing of others can be lost"
    )
    assert ALLOWED.keys() - found == set(), "these are gone; take them out of ALLOWED"


def test_each_way_to_lose_a_file_is_seen() -> None:
    source = """
def lose(path, other):
    shutil.rmtree(path); path.unlink(); os.remove(path); path.rename(other); path.replace(other)
    os.replace(path, other); open(path, "wb"); path.open(mode="a"); path.write_text(""); torch.save({}, path)
    rmtree(path); np.savez(path)
def keep(path, text, job):
    text.replace("a", "b"); replace(job, target=path); response.replace(body=b""); names.remove("a")
    open(path); path.open("rb"); tarfile.open(path, mode="r|*"); image.remove("iptc"); av.open("x.wav")
"""
    assert sorted(written(ast.parse(source))) == [
        ".lose: np.savez",
        ".lose: open a",
        ".lose: open w",
        ".lose: os.remove",
        ".lose: os.replace",
        ".lose: rename",
        ".lose: replace",
        ".lose: rmtree",
        ".lose: rmtree",
        ".lose: torch.save",
        ".lose: unlink",
        ".lose: write_text",
    ]
