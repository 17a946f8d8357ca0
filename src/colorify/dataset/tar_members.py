"""The files in a tar, one after another, from a stream; one that breaks off is said."""

import io
import tarfile
from collections.abc import Iterator
from typing import IO, Any, Final

from colorify.errors import PhotoError

END_OF_TAR: Final = bytes(1024)  # two empty blocks


def read_tar(file: IO[bytes], address: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Yield the files in a tar, each to be read before the next. `address`: what it is called in errors.

    Raises PhotoError where it is no tar, or a part of one, after what is whole.
    """
    try:
        with (
            io.BufferedReader(end := _EndKeeper(file)) as whole,
            tarfile.open(fileobj=whole, mode="r|") as tar,
        ):
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield member, content
            while whole.read(io.DEFAULT_BUFFER_SIZE):
                pass
            if end.kept != END_OF_TAR:  # tarfile takes one that ends between two members for a whole one
                raise PhotoError(f"{address}: expected a whole WebDataset tar, found one that breaks off.")
    except tarfile.TarError as error:
        raise PhotoError(
            f"{address}: expected a WebDataset tar, found something else or a part ({error})."
        ) from error
    except OSError as error:
        raise PhotoError(f"{address}: {error.strerror or error}.") from error


class _EndKeeper(io.RawIOBase):
    """A file that is read from its beginning, and the last bytes that were read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.kept = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.kept = (self.kept + data[-len(END_OF_TAR) :])[-len(END_OF_TAR) :]
        return len(data)
