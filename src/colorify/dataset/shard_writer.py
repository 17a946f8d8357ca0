"""`shard`: write screened photos into WebDataset shards, check what was written, and say where each is from.

Every shard appears whole, and its part file after it; a packing that was ended, by a kill -9 too, keeps the
shards whose part file agrees with them and writes the others.
"""

import hashlib
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyvips

from colorify.atomic import sweep, whole_file
from colorify.dataset.screen import read_kept
from colorify.dataset.shard_plan import Item, Packing, PackingPlan, ShardPlan, plan_shards
from colorify.dataset.shard_reader import read_shards
from colorify.dataset.sources import find_sources
from colorify.dataset.storage import write_whole
from colorify.errors import PhotoError, SetupError, UsageError
from colorify.folders import own_folder
from colorify.images.photo import open_photo
from colorify.images.sizes import shrink_size
from colorify.pixels import to_rgb8
from colorify.threads import map_in_order

MANIFEST: Final = "manifest.json"
SOURCES: Final = "sources.jsonl"
PLAN: Final = "plan.json"
PARTS: Final = "parts"
CHUNK: Final = 64  # photos encoded ahead; bounds the memory
MAX_PIXELS: Final = 200_000_000


@dataclass(frozen=True)
class PackingResult:
    """What a packing made."""

    manifest: Path
    photos: dict[str, int]  # split -> photos
    shards: int
    resumed: int  # shards that an earlier run had written
    failed: tuple[str, ...]  # why a photo could not be packed


def pack(
    folder: Path,
    into: Path,
    packing: Packing | None = None,
    *,
    threads: int = 2,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> PackingResult:
    """Pack what the screening of `folder` kept into shards below `into`.

    `report`: shards done, shards in all. Raises UsageError where `folder` is not screened, `into` is no
    folder of shards, has others, or is being packed into; SetupError where something cannot be written.
    """
    packing = packing or Packing()
    plan = _plan(folder, packing)
    parts, before = [], 0
    with own_folder(into, PLAN):
        _mark(into, plan, packing)
        sweep(into / PARTS)  # `own_folder` has swept its own folder alone
        for number, shard in enumerate(plan.shards):
            part = _read_part(into, shard)
            before += part is not None
            parts.append(part or _write_shard(into, shard, packing, threads))
            report(number + 1, len(plan.shards))
        return _write_manifest(into, packing, parts, before)


def _plan(folder: Path, packing: Packing) -> PackingPlan:
    kept = dict(read_kept(folder))
    sources = [source for source in find_sources(folder) if source.path in kept]
    missing = set(kept) - {source.path for source in sources}
    if missing:
        raise UsageError(
            f"{folder}: {len(missing)} pictures of the report are gone, {min(missing)} for one. Type: "
            f"colorify data screen {folder}"
        )
    return plan_shards(sources, [kept[source.path] for source in sources], packing)


def _mark(into: Path, plan: PackingPlan, packing: Packing) -> None:
    """Make `into` the folder of this plan, or find that it is."""
    path = into / PLAN
    if not path.exists():
        said = {"fingerprint": plan.fingerprint, "packing": asdict(packing)}
        write_whole(path, json.dumps(said, indent=1).encode())
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        fingerprint, options = found["fingerprint"], found["packing"]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{path}: expected what colorify wrote, found another file. Give another -o."
        ) from error
    if fingerprint != plan.fingerprint:
        raise UsageError(
            f"{into}: holds shards of other photos or options ({json.dumps(options)}). Give "
            "another folder with -o, or the same photos and options to go on."
        )


def _read_part(into: Path, shard: ShardPlan) -> dict[str, Any] | None:
    """Return what was noted of a shard, if the shard is there and as noted."""
    try:
        part: dict[str, Any] = json.loads((into / PARTS / f"{shard.name}.json").read_text(encoding="utf-8"))
        return part if part["sha256"] == _sha256(into / part["file"]) else None
    except FileNotFoundError:
        return None


def _write_shard(into: Path, shard: ShardPlan, packing: Packing, threads: int) -> dict[str, Any]:
    target = into / f"{shard.name}.tar"
    entries: list[dict[str, Any]] = []
    failed: list[str] = []
    # over one that a killed run left without its part file, or that was damaged since
    with whole_file(target, overwrite=True, kind=SetupError) as temporary:
        with tarfile.open(temporary, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for item, result in _encoded(shard, packing, threads):
                if isinstance(result, str):
                    failed.append(result)
                    continue
                data, width, height = result
                _add(tar, f"{item.key}.{packing.format}", data)
                entries.append(_entry(shard, item, data, width, height))
        _verify(temporary, entries)
    part = {
        "file": target.name,
        "split": shard.split,
        "photos": len(entries),
        "bytes": target.stat().st_size,
        "sha256": _sha256(target),
        "failed": failed,
        "entries": entries,
    }
    write_whole(into / PARTS / f"{shard.name}.json", json.dumps(part).encode())
    return part


def _encoded(
    shard: ShardPlan, packing: Packing, threads: int
) -> Iterator[tuple[Item, tuple[bytes, int, int] | str]]:
    def encode(item: Item) -> tuple[Item, tuple[bytes, int, int] | str]:
        return item, _encode_one(item, packing)

    return map_in_order(iter(shard.items), encode, threads=threads, ahead=CHUNK)


def _encode_one(item: Item, packing: Packing) -> tuple[bytes, int, int] | str:
    try:
        return encode_small(item.source.file, packing)
    except PhotoError as error:
        return str(error)  # reported with its shard; the others go on


def encode_small(file: Path, packing: Packing) -> tuple[bytes, int, int]:
    """Return the photo in `file`, shrunk and encoded, with its width and height. Raises PhotoError."""
    photo = open_photo(file, max_pixels=MAX_PIXELS)
    width, height = shrink_size(photo.size, short=packing.short_side)
    pixels = to_rgb8(photo.shrink(width, height))
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    if packing.format == "webp":
        return bytes(image.webpsave_buffer(Q=packing.quality, smart_subsample=True)), width, height
    return bytes(image.jpegsave_buffer(Q=packing.quality, subsample_mode="off")), width, height


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)  # no time, no owner: the same photos make the same bytes
    member.size, member.mode = len(data), 0o644
    tar.addfile(member, io.BytesIO(data))


def _entry(shard: ShardPlan, item: Item, data: bytes, width: int, height: int) -> dict[str, Any]:
    source = item.source
    return {
        "key": item.key,
        "shard": f"{shard.name}.tar",
        "split": shard.split,
        "width": width,
        "height": height,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "path": source.path,
        "url": source.url,
        "page_url": source.page_url,
        "alt": source.alt,
        "license": source.license,
        "license_scope": source.license_scope,
    }


def _verify(path: Path, entries: list[dict[str, Any]]) -> None:
    """Read a shard as a training reads it, and compare."""
    found = [(sample.key, sample.lab.shape[:2]) for sample in read_shards([str(path)])]
    expected = [(entry["key"], (entry["height"], entry["width"])) for entry in entries]
    if found != expected:
        raise PhotoError(
            f"{path}: expected {len(expected)} photos as written, found others. Is the disk full?"
        )


def _write_manifest(into: Path, packing: Packing, parts: list[dict[str, Any]], before: int) -> PackingResult:
    entries = [entry for part in parts for entry in part["entries"]]
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries).encode()
    write_whole(into / SOURCES, lines)
    photos = Counter(entry["split"] for entry in entries)
    manifest = {
        "format": 1,
        "packing": asdict(packing),
        "photos": dict(photos),
        "licenses": dict(Counter(entry["license"] or "unknown" for entry in entries).most_common()),
        "shards": [
            {name: part[name] for name in ("file", "split", "photos", "bytes", "sha256")} for part in parts
        ],
        "sources": {"file": SOURCES, "sha256": hashlib.sha256(lines).hexdigest()},
    }
    write_whole(into / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
    failed = tuple(reason for part in parts for reason in part["failed"])
    return PackingResult(into / MANIFEST, dict(photos), len(parts), before, failed)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
