"""What films can be written as: a table."""

from dataclasses import dataclass, field, replace
from typing import Final

from colorify.errors import UsageError


@dataclass(frozen=True)
class Codec:
    """One row: an encoder and how it is driven."""

    name: str
    encoder: str  # of FFmpeg
    formats: dict[int, str]  # pixel format by depth
    sampling: tuple[int, int]  # luma samples to a chroma sample, across and down
    options: dict[str, str]
    suffix: str  # of a file that is to hold it, if that of the source cannot
    crf: int | None = None  # constant quality; None: it has none
    keeps_full: bool = True  # it can say that its range is full
    odd_formats: dict[int, str] = field(default_factory=dict)  # for sizes that `formats` cannot have; 4:4:4

    def depth(self, wanted: int) -> int:
        """Return the least depth that holds `wanted` bits, else the greatest there is."""
        enough = [depth for depth in self.formats if depth >= wanted]
        return min(enough) if enough else max(self.formats)

    def for_size(self, width: int, height: int) -> "Codec":
        """Return the row as it is to be used for frames of a size, px."""
        if self.odd_formats and (width % self.sampling[0] or height % self.sampling[1]):
            return replace(self, formats=self.odd_formats, sampling=(1, 1))
        return self


# tune grain: keeps more of the grain than a lower CRF that gives as large a file; figures in docs/video.md
CODECS: Final = {
    row.name: row
    for row in (
        Codec(
            name="h264",
            encoder="libx264",
            formats={8: "yuv420p", 10: "yuv420p10le"},
            sampling=(2, 2),
            odd_formats={8: "yuv444p", 10: "yuv444p10le"},
            options={"preset": "fast", "tune": "grain"},
            suffix=".mkv",
            crf=19,
        ),
        Codec(
            name="ffv1",
            encoder="ffv1",
            formats={8: "yuv444p", 10: "yuv444p10le", 12: "yuv444p12le", 16: "yuv444p16le"},
            sampling=(1, 1),
            options={"level": "3", "slicecrc": "1", "slices": "4", "g": "1"},
            suffix=".mkv",
        ),
        Codec(
            name="prores",
            encoder="prores_ks",
            formats={10: "yuv422p10le"},
            sampling=(2, 1),
            options={"profile": "hq"},
            suffix=".mov",
            keeps_full=False,
        ),
    )
}
# for --frames: computed in 16 bits and full range, then brought to RGB by libswscale
PNG: Final = Codec(
    name="png", encoder="png", formats={16: "yuv444p16le"}, sampling=(1, 1), options={}, suffix=".png"
)


def codec_named(name: str) -> Codec:
    """Return a row by its name; raises UsageError."""
    if name not in CODECS:
        raise UsageError(f"codec {name!r}: expected one of {', '.join(CODECS)}.")
    return CODECS[name]
