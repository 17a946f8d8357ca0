"""Text that a person writes and Colorify reads, hints and recipes, whatever editor it comes from."""

import codecs
from pathlib import Path
from typing import Final

from colorify.errors import UsageError
from colorify.file_faults import describe_fault

MAX_BYTES: Final = 2**24  # of a file that somebody typed: far more than anybody would
# what some editors put in front -> how the rest is encoded. Notepad has all of the first three.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path) -> str:
    """Read a file of UTF-8, with or without a byte order mark, or of UTF-16 or UTF-32 with one.

    Raises UsageError where it cannot be read, is something else, or has more than MOST_BYTES.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {describe_fault(error, path)}") from error
    except ValueError as error:  # a NUL in its name
        raise UsageError(f"{path}: {error}.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: expected a text of at most {MAX_BYTES // 2**20} MB.")
    mark, encoding = next((row for row in BYTE_ORDER_MARKS if data.startswith(row[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: expected text in UTF-8, found other bytes. Save it as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
