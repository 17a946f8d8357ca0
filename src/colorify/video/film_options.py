"""What a person can ask of a film, and what is said about it while and after it is made."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from colorify.errors import UsageError
from colorify.options import ColorOptions, check_ranges
from colorify.video.codecs import codec_named
from colorify.video.hint_tracking import TimedHint
from colorify.video.reader import DecodeFailure


@dataclass(frozen=True)
class FilmOptions:
    """How a film is to be coloured and written."""

    colors: ColorOptions = field(default_factory=ColorOptions)  # but hints, which have a time here
    hints: tuple[TimedHint, ...] = ()
    chroma_blur: float = 0.0  # px of the frame, standard deviation of a Gaussian over the chroma
    codec: str = "h264"  # a name from codecs.CODECS
    crf: int | None = None  # constant quality of H.264, 0 (lossless) to 51; None: the codec's
    start: float = 0.0  # s
    end: float | None = None  # s
    dual_view: bool = False  # the grey film on the left, the coloured one on the right
    rate: Fraction | None = None  # frames a second of a folder of pictures; None: 24
    mark: bool = True  # say in the metadata that the colours were generated
    overwrite: bool = False

    def __post_init__(self) -> None:
        codec = codec_named(self.codec)
        if self.colors.hints or self.colors.alternative != 1:
            raise UsageError("colors of a film: expected no hints without a time, and alternative 1.")
        check_ranges(self)
        if self.crf is not None and codec.crf is None:
            raise UsageError(f"crf: {codec.name} has no such setting; leave it out.")
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise UsageError(f"from {self.start:g} s to {self.end} s: expected an end after the start.")


@dataclass(frozen=True)
class FilmProgress:
    """How far a job is."""

    frames: int  # done, those of an earlier run included
    total: int | None  # as far as the file says
    rate: float  # frames a second in this run
    left: float | None  # s


@dataclass(frozen=True)
class FilmReport:
    """What was done to one film."""

    source: Path
    target: Path
    frames: int
    resumed: int  # of them, made by an earlier run
    width: int  # px, upright
    height: int
    seconds: float
    was_colored: bool
    fault: DecodeFailure | None  # where the source breaks; the film ends there
    interrupted: bool  # somebody asked to stop; the target ends there
    notes: tuple[str, ...] = ()
