"""A place for files, local or remote, in which a file is whole or is not there."""

import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

from colorify.atomic import sweep, write_whole
from colorify.errors import PhotoError, SetupError
from colorify.extras import describe_extra
from colorify.file_faults import translate_address_errors

LOCAL: Final = ("file", "local")


@dataclass(frozen=True)
class Store:
    """Files below an address: a path, or what fsspec opens, such as s3://bucket/folder. Can be pickled."""

    address: str

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises PhotoError where it is not there or cannot be read."""
        path = self._path(name)
        try:
            content: bytes = self._files.cat_file(path)
        except Exception as error:  # every file system has errors of its own
            raise PhotoError(f"{self.locate(name)}: cannot be read ({describe(error)}).") from error
        return content

    def write(self, name: str, data: bytes) -> None:
        """Write a file, or replace it, whole. Raises PhotoError where that fails."""
        if self.is_local:
            write_whole(Path(self._path(name)), data, overwrite=True)
            return
        path = self._path(name)
        try:
            self._files.pipe_file(path, data)  # an object store shows it when it is whole
        except Exception as error:
            raise PhotoError(f"{self.locate(name)}: cannot be written ({describe(error)}).") from error

    def remove(self, name: str) -> None:
        """Remove a file that Colorify wrote; one that is gone already is no fault."""
        path = self._path(name)
        try:
            self._files.rm_file(path)
        except FileNotFoundError:
            pass
        except Exception as error:
            raise PhotoError(f"{self.locate(name)}: cannot be removed ({describe(error)}).") from error

    def sweep(self, folder: str = "") -> None:
        """Remove what killed processes left half-written in a folder, if it is one of this machine."""
        if self.is_local and Path(self._path(folder)).is_dir():
            sweep(Path(self._path(folder)))

    def exists(self, name: str) -> bool:
        """Whether there is such a file. Raises SetupError where the place cannot be asked."""
        path = self._path(name)
        try:
            return bool(self._files.isfile(path))
        except Exception as error:
            raise SetupError(f"{self.address}: cannot be reached ({describe(error)}).") from error

    def list_names(self, folder: str = "") -> list[str]:
        """Return the names of all files in `folder` and below, sorted: relative to the store, with /.

        Raises SetupError where the place cannot be listed.
        """
        path = self._path(folder)
        try:
            found = self._files.find(path)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise SetupError(f"{self.address}: cannot be listed ({describe(error)}).") from error
        return sorted(PurePosixPath(path).relative_to(self._root).as_posix() for path in found)

    def list_top(self) -> list[str]:
        """Return the names of the files and folders right in the store. Raises SetupError."""
        root = self._root
        try:
            found = self._files.ls(root, detail=False)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise SetupError(f"{self.address}: cannot be listed ({describe(error)}).") from error
        inside = (path.rstrip("/") for path in found)  # some stores list the folder itself, too
        return sorted(PurePosixPath(path).name for path in inside if path != root)

    def locate(self, name: str) -> str:
        """Return the address of a file, for people."""
        return f"{self.address.rstrip('/')}/{name}" if name else self.address

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self._protocol in LOCAL

    def _path(self, name: str) -> str:
        """Return the path of a file within its file system. Raises as `open_address`."""
        return f"{self._root}/{name}" if name else self._root

    @property
    def _protocol(self) -> str:
        return self.address.partition("://")[0] if "://" in self.address else LOCAL[0]

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        return open_address(self.address)

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1].rstrip("/")

    def __getstate__(self) -> dict[str, str]:
        return {"address": self.address}  # a connection belongs to its process

    def __setstate__(self, state: dict[str, str]) -> None:
        self.__dict__.update(state)


def open_address(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of an address, and the path within it.

    Raises SetupError where what opens it is not installed, UsageError where nothing does.
    """
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError as error:
        raise SetupError(f"fsspec is not installed. Type: {describe_extra('bulk')}") from error
    with translate_address_errors(address):
        files, path = fsspec.core.url_to_fs(address)
    return files, path


def describe(error: Exception) -> str:
    """Return one line of an error of a file system."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, OSError) else f"{type(error).__name__}: {text}"
