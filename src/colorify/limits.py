"""What is refused for its size, by its header alone, before memory is touched."""

from colorify.errors import PhotoError, TooLargeError


def check_size(width: int, height: int, pages: int, name: str, max_pixels: int) -> None:
    """Raise PhotoError, naming the file `name`, for several pages; TooLargeError for too many pixels."""
    if pages > 1:
        raise PhotoError(f"{name}: expected one picture, found {pages} pages or frames. Split it first.")
    if width * height > max_pixels:
        raise TooLargeError(
            f"{name}: {width}x{height} is {width * height:,} pixels, "
            f"expected at most {max_pixels:,}. Allow more with --max-pixels.",
            width,
            height,
            max_pixels,
        )
