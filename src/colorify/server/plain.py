"""Text of a client made harmless for an answer or a log: no line breaks, escapes or halves of characters."""


def plain(text: str) -> str:
    """Return `text` with everything that cannot be printed written out, as Python does: a line feed as \\n."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )
