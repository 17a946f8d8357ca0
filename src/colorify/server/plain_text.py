"""Text of a client made harmless for an answer or a log: no line breaks, escapes or halves of characters."""


def escape_unprintable(text: str) -> str:
    """Return `text` with all that cannot be printed written out, as Python does: a line feed as \\n."""
    # by `ascii`: a codec is a file that is opened when it is first used, of which a server may have too many
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
