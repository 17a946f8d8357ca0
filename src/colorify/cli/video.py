"""`colorify video FILM`: colour films. Also what runs when a film is given without a verb."""

import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.command_options import (
    DEVICE,
    SIZE,
    STRENGTH,
    VIVIDNESS,
    WEIGHTS,
    read_photo_hints,
    real_in,
    whole_in,
)
from colorify.cli.film_lines import FilmReporter, film_bar
from colorify.cli.help_page import VerbCommand
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.report_file import FilmTableReporter, open_film_report
from colorify.cli.signals import stop_on_signals
from colorify.cli.wording import describe_error
from colorify.errors import ExitCode, FilmError, UsageError
from colorify.options import ColorOptions

if TYPE_CHECKING:
    from colorify.hints import Hint
    from colorify.model.generator import Generator
    from colorify.video import FilmOptions

FILE = click.Path(dir_okay=False, path_type=Path)
CODEC_NAMES: Final = (
    "h264",
    "ffv1",
    "prores",
)  # of video.codecs.CODECS, which is too heavy to load for a help text
ShowFilms = FilmReporter | FilmTableReporter
TIME: Final = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


def read_time(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    """Read a time: seconds, M:SS or H:MM:SS, with a fraction or without."""
    if text is None:
        return None
    match = TIME.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no time; write it like 83.5, 1:23.5 or 0:01:23.5.", ctx, param)
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def read_timed_hints(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> "tuple[tuple[Hint, float], ...]":
    """Read colours at places of frames, as of a photo, and `@TIME` behind each that is not at the start.

    Without it, the place is one of the first frame that is coloured.
    """
    found = []
    for text in texts:
        place, at, time = text.partition("@")
        (hint,) = read_photo_hints(ctx, param, (place,))
        found.append((hint, read_time(ctx, param, time if at else "0") or 0.0))
    return tuple(found)


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "films", metavar="FILM...", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="The film to write; its suffix is its format. Or a folder/.  [default: NAME-color.EXT]",
)
@click.option(
    "--frames",
    "pictures",
    metavar="FOLDER",
    help="Write numbered PNG pictures into this folder instead; it is to be empty, or is made.",
)
@STRENGTH
@VIVIDNESS
@click.option(
    "--hint",
    "hints",
    metavar="X,Y,COLOR[,RADIUS][,+REACH][@TIME]",
    multiple=True,
    callback=read_timed_hints,
    help="A colour you know, at a pixel or at 50%,30%, followed through its shot; without @TIME: of the "
    "first frame.",
)
@SIZE
@click.option(
    "--chroma-blur", type=real_in("chroma_blur"), default=0.0, help="Blur of the colours alone, in pixels."
)
@click.option(
    "--codec",
    type=click.Choice(CODEC_NAMES),
    default=CODEC_NAMES[0],
    show_default=True,
    help="ffv1 and prores are for archives.",
)
@click.option("--crf", type=whole_in("crf"), help="Quality of h264, 0 is lossless.  [default: 19]")
@click.option("--start", metavar="TIME", callback=read_time, help="Begin here: 83.5, 1:23.5 or 0:01:23.5.")
@click.option("--end", metavar="TIME", callback=read_time, help="End before this time.")
@click.option("--dual-view", is_flag=True, help="The grey film on the left, the coloured one on the right.")
@click.option(
    "--fps",
    metavar="keep|RATE",
    default="keep",
    show_default=True,
    help="Of a folder of pictures given as FILM. A film keeps the time of every frame.",
)
@WEIGHTS
@DEVICE
@click.option("-f", "--force", is_flag=True, help="Overwrite results, and files that you name.")
@click.option(
    "--no-mark", is_flag=True, help="Do not write into the metadata that the colours are generated."
)
@click.option(
    "--report", type=FILE, metavar="FILE.csv", help="Also write a table: a line a film, as it is finished."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a film on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors alone.")
def video(
    films: tuple[Path, ...],
    output: str | None,
    pictures: str | None,
    strength: float,
    vividness: float,
    hints: "tuple[tuple[Hint, float], ...]",
    size: int | None,
    chroma_blur: float,
    codec: str,
    crf: int | None,
    start: float | None,
    end: float | None,
    dual_view: bool,
    fps: str,
    weights: Path | None,
    device: str,
    force: bool,
    no_mark: bool,
    report: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Turn black-and-white films into colour ones.

    FILM is anything that FFmpeg reads, or a folder of pictures. Sound, subtitles, chapters and the time of
    every frame are kept. Ctrl-C leaves a film that can be watched; the same command again goes on where it
    was.
    """
    from colorify.video import FilmOptions, TimedHint, load_film_generator

    if output is not None and pictures is not None:
        raise UsageError("-o and --frames: give one of them.")
    if len(films) > 1 and pictures is not None:
        raise UsageError("--frames is for one FILM; leave it out to write NAME-color beside each.")
    options = FilmOptions(
        colors=ColorOptions(strength, vividness, size),
        hints=tuple(TimedHint(hint, time) for hint, time in hints),
        chroma_blur=chroma_blur,
        codec=codec,
        crf=crf,
        start=start or 0.0,
        end=end,
        dual_view=dual_view,
        rate=_rate(fps, films),
        mark=not no_mark,
        overwrite=force,
    )
    plain = FilmReporter(as_json=as_json, quiet=quiet)
    with (
        nullcontext(plain) if report is None else open_film_report(report, plain) as show,
        stop_on_signals() as stopped,
    ):

        @cache  # once for all films, and for none in vain
        def load() -> "Generator":
            load_weights_of_hub(weights, quiet=quiet)
            generator = load_film_generator(weights, device=device)
            show.loaded(generator)
            return generator

        if pictures is not None:
            return _color(films[0], None, options, load, show, stopped, pictures=Path(pictures))
        return _color_all(films, output, options, load, show, stopped)


def _color_all(
    films: tuple[Path, ...],
    output: str | None,
    options: "FilmOptions",
    load: "Callable[[], Generator]",
    show: ShowFilms,
    stopped: Callable[[], bool],
) -> int:
    """Colour films, one after the other, each with its line; return the exit code."""
    from colorify.video.film_plan import plan_films

    plan = plan_films(films, _output(output, films), options)
    for source, note in plan.passed_over:
        show.passed_over(source, note)
    for source, reason in plan.refused:
        show.failed(source, reason)
    code: int = ExitCode.FAILED if plan.refused else ExitCode.DONE
    for source, target in plan.jobs:
        if stopped():
            return ExitCode.INTERRUPTED
        ended = _color(source, target, options, load, show, stopped)
        if ended == ExitCode.INTERRUPTED:
            return ended
        code = max(code, ended)
    return code


def _output(text: str | None, films: tuple[Path, ...]) -> "Path | None":
    """Read -o: a film, or a folder that is there or ends in /, which is then made."""
    if text is None:
        return None
    if text == "-":
        raise UsageError("-o -: a film cannot go to stdout, as its beginning is written last; name a file.")
    folder = text.endswith(("/", os.sep)) or Path(text).is_dir()
    if folder:
        path = Path(text)
        if os.path.lexists(path) and not path.is_dir():
            raise UsageError(f"-o {text}: expected a folder, found a file.")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"-o {text}: cannot make this folder ({error.strerror}).") from error
        return path
    if len(films) > 1:
        raise UsageError(f"-o {text}: for several films give a folder, such as {text}/, or leave it out.")
    if not Path(text).suffix:
        raise UsageError(
            f"-o {text}: its suffix is to say what kind of film it is, such as {text}.mkv; "
            f"{text}/ is a folder for it, and --frames {text} writes pictures."
        )
    return Path(text)


def _color(
    film: Path,
    target: Path | None,
    options: "FilmOptions",
    load: "Callable[[], Generator]",
    show: ShowFilms,
    stopped: Callable[[], bool],
    *,
    pictures: Path | None = None,
) -> int:
    import cv2

    from colorify.video import colorize_film

    cv2.setNumThreads(1)  # the work is spread over threads already; those of OpenCV would be in their way
    try:
        with film_bar(hidden=show.quiet) as progress:
            report = colorize_film(
                film,
                target,
                pictures=pictures,
                generator=load,
                options=options,
                progress=progress,
                stopped=stopped,
            )
    except FilmError as error:
        show.failed(film, describe_error(error))
        return ExitCode.FAILED
    show.report(report)
    if report.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if report.fault is None else ExitCode.FAILED


def _rate(text: str, films: tuple[Path, ...]) -> Fraction | None:
    if text == "keep":
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise UsageError(f"--fps {text}: expected keep, or a rate such as 16, 23.976 or 24000/1001.")
    if not all(film.is_dir() for film in films):
        raise UsageError("--fps: a film keeps the time of every frame; a rate is for a folder of pictures.")
    return rate
