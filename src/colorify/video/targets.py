"""Where a film is written, and whether such a file can hold it: known before the long work."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import av

from colorify.errors import FilmError
from colorify.images.output_names import OUTPUT_MARK, mark_name
from colorify.video.codecs import Codec
from colorify.video.files import exists, film_stem, find_muxer, open_film_file
from colorify.video.mux import CARRIED, reason_of
from colorify.video.reader import Film

MATROSKA: Final = ".mkv"  # holds everything that FFmpeg knows, but for a few kinds of subtitles
OWN_SUFFIXES: Final = (".mp4", ".mov", ".m4v", ".mkv")  # of sources whose kind of file the result keeps
OTHER_THAN_MATROSKA: Final = ".mov"
TIMES_LOST: Final = "in it the times of the frames get lost"  # a reason why a kind of file cannot hold a film
# kinds of file that hold a film only under a condition that films here do not keep
UNFIT_MUXERS: Final = {"avi": "AVI says no time for each frame"}
# by kind of track: what it is called, and what makes it fit into Matroska
KINDS: Final = {"audio": ("sound", "-c:a flac"), "subtitle": ("subtitles", "-c:s srt")}


def choose_target(film: Film, codec: Codec, folder: Path | None = None) -> Path:
    """Choose what a film is written as where a person has not: NAME-color beside it, or NAME in `folder`.

    Its kind of file is that of the source, where that can hold it, else Matroska.
    """
    source = film.path
    kept = source.suffix.lower() in OWN_SUFFIXES and not source.is_dir()
    first = source.suffix if kept and codec.name == "h264" else codec.suffix
    stem = film_stem(source)
    named = [
        (source.with_name(mark_name(stem, suffix)) if folder is None else folder / f"{stem}{suffix}")
        for suffix in (first, MATROSKA)
    ]
    return next((one for one in named if refusal(film, one, codec) is None), named[-1])


def check_target(film: Film, target: Path, codec: Codec) -> str:
    """Make sure that `target` can be the result; returns what FFmpeg calls its kind. Raises FilmError."""
    source = film.path
    if exists(target) and exists(source) and target.resolve() == source.resolve():
        raise FilmError(f"{target}: would overwrite the film itself. Choose another name with -o.")
    if target.is_dir():
        raise FilmError(f"{target}: expected the name of a film, found a folder.")
    if not target.suffix:
        raise FilmError(
            f"{target}: its suffix is to say what kind of file it is. Try -o {target.name}{MATROSKA}; "
            "--frames writes pictures into a folder."
        )
    reason = refusal(film, target, codec)
    if reason is not None:
        raise make_refusal(film, target, codec, reason)
    muxer = find_muxer(target)
    assert muxer is not None
    return muxer


def make_refusal(film: Film, target: Path, codec: Codec, reason: str) -> FilmError:
    """Return what to raise where a kind of file cannot hold a film."""
    kinds = [] if reason == TIMES_LOST else _unfit_kinds(film, codec)
    if target.suffix.lower() != MATROSKA:
        cure = f"Try -o {_free_name(film, target, MATROSKA)}."
    elif kinds:
        cure = _conversion(film, kinds)
    else:
        cure = f"Try -o {_free_name(film, target, OTHER_THAN_MATROSKA)}."
    return FilmError(f"{target}: such a file cannot hold this film ({reason}). {cure}")


def refusal(film: Film, target: Path, codec: Codec) -> str | None:
    """Tell why a file of this suffix cannot hold the picture, sound and subtitles of a film; None: it can."""
    muxer = find_muxer(target)
    if muxer is None:
        return f"FFmpeg knows no kind of film that ends in {target.suffix}"
    if muxer in UNFIT_MUXERS:
        return UNFIT_MUXERS[muxer]
    reason = _trial(film, muxer, codec, None)
    misfits = _misfits(film, muxer, codec) if reason is not None else {}
    names = [f"its {KINDS[kind][0]}, {name}" for kind, found in misfits.items() for name in found]
    return f"{' and '.join(names)}: {reason}" if names else reason


def _misfits(film: Film, muxer: str, codec: Codec) -> dict[str, list[str]]:
    """Return the codecs of the tracks, by kind, that such a file cannot hold."""
    found: dict[str, list[str]] = {}
    if not film.path.is_file():
        return found
    with open_film_file(film.path) as source:
        tracks = [one for one in source.streams if one.type in CARRIED]
        for track in tracks:
            if _trial(film, muxer, codec, track.index) is not None:
                name = track.codec_context.name if track.codec_context is not None else "of an unknown codec"
                found.setdefault(track.type, []).append(name)
    return found


def _trial(film: Film, muxer: str, codec: Codec, only: int | None) -> str | None:
    """Begin such a file in memory, with all tracks or with one; return why that cannot be done."""
    try:
        with av.open(io.BytesIO(), "w", format=muxer) as out:
            picture: Any = out.add_stream(codec.encoder, rate=24)
            picture.pix_fmt = next(iter(codec.formats.values()))
            if film.path.is_file():
                with open_film_file(film.path) as source:
                    for stream in source.streams:
                        if stream.type in CARRIED and only in (None, stream.index):
                            out.add_stream_from_template(stream)
                    out.start_encoding()
    except (av.FFmpegError, ValueError) as error:
        return reason_of(error)
    return None


def _unfit_kinds(film: Film, codec: Codec) -> list[str]:
    """Return the kinds of tracks that Matroska cannot hold; where it refuses no track alone, all kinds."""
    if not film.path.is_file():
        return []
    with open_film_file(film.path) as source:
        there = {stream.type for stream in source.streams}
    return list(_misfits(film, "matroska", codec)) or [kind for kind in KINDS if kind in there]


def _conversion(film: Film, kinds: Sequence[str]) -> str:
    """Say how to convert tracks into what Matroska can hold."""
    what = " and its ".join(KINDS[kind][0] for kind in kinds)
    options = " ".join(KINDS[kind][1] for kind in kinds)
    copy = f"{film_stem(film.path)}-2{MATROSKA}"
    return f"Convert its {what} first: ffmpeg -i {film.path.name} -map 0 -c copy {options} {copy}"


def _free_name(film: Film, target: Path, suffix: str) -> Path:
    """Return a name for another kind of file that is not taken, by the source least of all."""
    stem = film_stem(target)
    names = [target.with_name(f"{stem}{end}{suffix}") for end in ("", OUTPUT_MARK, f"{OUTPUT_MARK}-2")]
    return next((name for name in names if not name.exists() and name != film.path), names[-1])
