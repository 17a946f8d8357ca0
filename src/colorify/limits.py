"""What is refused for its size, by its header alone, before memory is touched."""

from colorify.errors import PhotoError


def check_size(width: int, height: int, pages: int, name: str, max_pixels: int) -> None:
    """Raise PhotoError, naming the file `name`, for several pages or more than `max_pixels` pixels."""
    if pages > 1:
        raise PhotoError(f"{name}: expected one picture, found {pages} pages or frames. Split it first.")
    if width * height > max_pixels:
        raise PhotoError(
            f"{name}: {width}x{height} is {width * height:,} pixels, "
            f"expected at most {max_pixels:,}. Allow more with --max-pixels."
        )
