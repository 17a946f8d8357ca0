"""Tags that go from a film to its result: what of them would be untrue there is left out, moved or marked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from colorify.images.metadata.transfer import FILM_MARK
from colorify.video.timecode import advance_timecode

COMMENT: Final = "comment"
TIMECODE: Final = "timecode"
# of files and tracks: how the source was written; some would be wrong for the result
_OF_THE_FILE: Final = (
    *("DURATION", "ENCODER", "MAJOR_BRAND", "MINOR_VERSION", "COMPATIBLE_BRANDS"),
    *("BPS", "NUMBER_OF_", "_STATISTICS_"),
    "ALPHA_MODE",  # that it is transparent, which the result is not
)


@dataclass
class TagKeeper:
    """Chooses the tags of a file and of its tracks that the result gets."""

    rate: Fraction  # frames a second
    before: int  # frames that the film has before the result begins
    notes: list[str] = field(default_factory=list)  # on tags that were left out

    def keep(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return the tags that are true of the result, too."""
        kept = {key: value for key, value in tags.items() if not key.upper().startswith(_OF_THE_FILE)}
        for key in [key for key in kept if self.before and key.lower() == TIMECODE]:
            moved = advance_timecode(kept.pop(key), self.before, self.rate)
            if moved is not None:
                kept[key] = moved
            else:
                self._note(f"left out: the timecode {tags[key]}, as it is that of the whole film")
        return kept

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def marked_comment(tags: Mapping[str, str], mark: str | None) -> str:
    """Return the comment of the result: the film's, and `mark` in place of the one of an earlier colouring.

    The name of the tag is in lower case or, from Matroska, in capitals.
    """
    comment = next((value for key, value in tags.items() if key.lower() == COMMENT), "")
    if mark is None:
        return comment
    return "\n".join([*unmarked_lines(comment), mark])


def unmarked_lines(comment: str) -> list[str]:
    """Return the lines of a comment that Colorify did not write."""
    return [line for line in comment.splitlines() if not line.startswith(FILM_MARK)]
