"""`screen`: tell the pictures that can teach colour from the rest. Nothing is deleted, ever.

What takes long, the measuring, is kept line by line in screen/measures.jsonl, so that a screening that was
ended, by a kill -9 too, goes on where it was. The report is made from it at the end and appears whole.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from colorify.atomic import make_folder, move_file
from colorify.dataset.contact_sheets import write_contact_sheet
from colorify.dataset.image_stats import Measures, measure_photo
from colorify.dataset.near_duplicates import find_near_duplicates
from colorify.dataset.screening_rules import RULES, Thresholds
from colorify.dataset.sources import REJECTED, SCREEN, Source, find_sources
from colorify.dataset.storage import disk_errors, write_whole
from colorify.errors import PhotoError, SetupError, UsageError
from colorify.folders import own_folder
from colorify.images.photo import open_photo

MEASURES: Final = "measures.jsonl"
REPORT: Final = "report.jsonl"
MAX_PIXELS: Final = 200_000_000
CHUNK: Final = 64  # pictures given to the threads at a time
FORMAT: Final = 1  # of measures.jsonl; counts up when the measures change their meaning


@dataclass(frozen=True)
class Verdict:
    """What screening says of one picture."""

    source: Source
    reasons: dict[str, str]  # rule -> what was found and expected; empty: it is kept
    measures: Measures | None  # None: broken
    twin_of: str = ""  # path of the better one

    @property
    def passes(self) -> bool:
        return not self.reasons


def screen(
    folder: Path,
    thresholds: Thresholds | None = None,
    *,
    move_rejected: bool = False,
    threads: int = 2,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> list[Verdict]:
    """Screen the pictures below `folder`; write the report and contact sheets into `folder`/screen.

    With `move_rejected`, rejected files move to `folder`/rejected/REASON/. `report`: pictures done, and in
    all. Raises UsageError where there are no pictures, `folder`/screen is somebody else's or another
    screening is at work there; SetupError where something cannot be written.
    """
    sources = find_sources(folder)
    with own_folder(folder / SCREEN, MEASURES):
        measured = _measure_all(folder, sources, threads, report)
        verdicts = judge(sources, measured, thresholds or Thresholds())
        _write_report(folder, verdicts)
        _write_sheets(folder, verdicts)
        if move_rejected:
            for verdict in verdicts:
                if not verdict.passes:
                    _move(folder, verdict)
    return verdicts


def judge(
    sources: Sequence[Source], measured: Sequence[Measures | str], thresholds: Thresholds
) -> list[Verdict]:
    """Apply the rules to what was measured; a string is why a picture could not be."""
    verdicts = [_judge_one(*pair, thresholds) for pair in zip(sources, measured, strict=True)]
    kept = [i for i, verdict in enumerate(verdicts) if verdict.passes]
    found = [measures for i in kept if (measures := verdicts[i].measures)]
    # the largest of its kind stays; the path decides between equals, so that every run says the same
    order = sorted(
        range(len(found)), key=lambda k: (-found[k].width * found[k].height, verdicts[kept[k]].source.path)
    )
    twin_of = find_near_duplicates([measures.phash for measures in found], order, bits=thresholds.twin_bits)
    for i, other in zip(kept, twin_of, strict=True):
        if other is not None:
            path = verdicts[kept[other]].source.path
            verdicts[i] = Verdict(
                sources[i], {"twin": f"near-duplicate of {path}"}, verdicts[i].measures, path
            )
    return verdicts


def _judge_one(source: Source, measured: Measures | str, thresholds: Thresholds) -> Verdict:
    reserved = {"reserved": "its site reserves it since"} if source.reserved else {}
    if isinstance(measured, str):
        return Verdict(source, {**reserved, "broken": measured}, None)
    broken = {row.name: row.says(measured, thresholds) for row in RULES if row.breaks(measured, thresholds)}
    return Verdict(source, {**reserved, **broken}, measured)


def read_kept(folder: Path) -> list[tuple[str, int]]:
    """Return path and perceptual hash of what the report in `folder` keeps. Raises UsageError without one."""
    path = folder / SCREEN / REPORT
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise UsageError(f"{folder}: not screened yet. Type: colorify data screen {folder}") from error
    entries = map(json.loads, lines)
    return [(entry["path"], int(entry["phash"], 16)) for entry in entries if entry["kept"]]


def _measure_all(
    folder: Path, sources: Sequence[Source], threads: int, report: Callable[[int, int], None]
) -> list[Measures | str]:
    """Measure what is not measured yet, and write it down as it comes."""
    path = folder / SCREEN / MEASURES
    known = dict(_read_measures(path))
    stamps = [_stamp(source) for source in sources]
    todo = [i for i, stamp in enumerate(stamps) if stamp not in known]
    with disk_errors(path), path.open("a", encoding="utf-8") as file, ThreadPoolExecutor(threads) as pool:
        if path.stat().st_size and not _ends_whole(path):
            file.write("\n")  # a kill cut the last line short: it stays, unread
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            for i, result in zip(chunk, pool.map(_measure_one, [sources[i] for i in chunk]), strict=True):
                known[stamps[i]] = result
                value = result if isinstance(result, str) else asdict(result)
                file.write(json.dumps({"stamp": stamps[i], "found": value}) + "\n")
            file.flush()
            report(len(sources) - len(todo) + start + len(chunk), len(sources))
    return [known[stamp] for stamp in stamps]


def _measure_one(source: Source) -> Measures | str:
    try:
        return measure_photo(open_photo(source.file, max_pixels=MAX_PIXELS))
    except PhotoError as error:
        return str(error).removeprefix(f"{source.file}: ")


def _stamp(source: Source) -> str:
    """Name a file and its state: one that changes is measured again, one that moves is not."""
    try:
        stat = source.file.stat()
    except OSError as error:
        return f"{source.path}|{FORMAT}|{error.strerror}"
    return f"{source.path}|{FORMAT}|{stat.st_size}|{stat.st_mtime_ns}"


def _read_measures(path: Path) -> Iterator[tuple[str, Measures | str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
                found = entry["found"]
                yield entry["stamp"], found if isinstance(found, str) else Measures(**found)
            except (ValueError, KeyError, TypeError):
                continue  # a line that a kill cut short; its picture is measured again


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _write_report(folder: Path, verdicts: Iterable[Verdict]) -> None:
    lines = [json.dumps(_entry(verdict), ensure_ascii=False) for verdict in verdicts]
    write_whole(folder / SCREEN / REPORT, "".join(f"{line}\n" for line in lines).encode())


def _entry(verdict: Verdict) -> dict[str, Any]:
    measures = asdict(verdict.measures) if verdict.measures else {}
    if measures:
        measures["phash"] = f"{measures['phash']:016x}"
    return {
        "path": verdict.source.path,
        "kept": verdict.passes,
        "reasons": verdict.reasons,
        "twin_of": verdict.twin_of,
        "url": verdict.source.url,
        **measures,
    }


def count_reasons(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Count the pictures each reason rejected; one with several counts under its first."""
    return Counter(next(iter(verdict.reasons)) for verdict in verdicts if not verdict.passes)


def _write_sheets(folder: Path, verdicts: Sequence[Verdict]) -> None:
    def first_reason(verdict: Verdict) -> str:
        return next(iter(verdict.reasons), "")

    ordered = sorted(verdicts, key=first_reason)
    for reason, group in itertools.groupby(ordered, key=first_reason):
        if reason != "broken":
            name = f"rejected-{reason}.jpg" if reason else "kept.jpg"
            write_contact_sheet(folder / SCREEN / name, [verdict.source.file for verdict in group])


def _move(folder: Path, verdict: Verdict) -> None:
    source = verdict.source
    target = folder / REJECTED / next(iter(verdict.reasons)) / source.path
    if (folder / REJECTED) in source.file.parents:
        return  # moved before, whatever the reason was then
    if target.exists():
        raise PhotoError(
            f"{target}: exists already, so {source.file} was not moved there. Move one of them away."
        )
    make_folder(target.parent, kind=SetupError)
    move_file(source.file, target, kind=SetupError)
