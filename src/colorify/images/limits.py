"""What is refused for its size, by its header alone, before memory is touched."""

from typing import Final

from colorify.errors import PhotoError, TooLargeError, option

MAX_WHOLE_BYTES: Final = (
    2**30
)  # bytes of a picture that has to be in memory as a whole; a WebP is never larger


def check_size(width: int, height: int, pages: int, name: str, max_pixels: int) -> None:
    """Raise PhotoError, naming the file `name`, for several pages; TooLargeError for too many pixels."""
    if pages > 1:
        raise PhotoError(f"{name}: expected one picture, found {pages} pages or frames. Split it first.")
    if width * height > max_pixels:
        raise TooLargeError(
            f"{name}: {width}x{height} is {width * height:,} pixels, "
            f"expected at most {max_pixels:,}. Allow more with {option('max_pixels')}.",
            width,
            height,
            max_pixels,
        )


def check_whole(width: int, height: int, size: int, what: str, name: str) -> None:
    """Raise PhotoError where `what`, a picture that cannot be read in parts, takes too many bytes, `size`."""
    if size > MAX_WHOLE_BYTES:
        raise PhotoError(
            f"{name}: {what} is read as a whole, and {width}x{height} would take {size / 1e9:.1f} GB of "
            f"memory, expected at most {MAX_WHOLE_BYTES / 1e9:.1f}. Convert it to a TIFF first."
        )
