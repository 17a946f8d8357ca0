"""Weights files on the Hugging Face Hub: loaded once, checked, and from then on used without the network.

    hf:OWNER/NAME[@REVISION]        REVISION: a branch, a tag or a commit; main if left out

stands wherever a weights file can be named. Such a repository holds `config.json`, whose entry `colorify`
says which file is the generator and what its SHA-256 is, as `colorify export --hub` lays it out. Both come
from one commit. They stay in the cache of `huggingface_hub`, where other programs look, too; what is there is
used as it is, without the network: a branch that has moved on stays where it was on this machine, until a
newer tag or commit is named. Needs the extra `hub`, which is loaded where such an address is met.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from colorify.errors import SetupError, WeightsError, option
from colorify.extras import describe_extra

LoadProgress = Callable[[int, int | None], None]  # told the bytes that have come, and all, if known

SCHEME: Final = "hf:"
CONFIG: Final = "config.json"
CONFIG_KEY: Final = "colorify"  # of what CONFIG says of the generator
DEFAULT_REVISION: Final = "main"
MAX_CONFIG_BYTES: Final = 2**20
_ADDRESS: Final = re.compile(r"hf:([\w.-]{1,96})/([\w.-]{1,96})(?:@(\w[\w./-]*))?")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FILE: Final = re.compile(r"\w[\w.-]*\.onnx")  # a plain name: nothing that leads elsewhere


@dataclass(frozen=True)
class HubAddress:
    """A repository of the Hub, at a revision."""

    repository: str  # OWNER/NAME
    revision: str = DEFAULT_REVISION

    def __str__(self) -> str:
        return f"{SCHEME}{self.repository}@{self.revision}"


@dataclass(frozen=True)
class HubConfig:
    """What `config.json` says of the generator beside it."""

    file: str
    sha256: str  # 64 hexadecimal digits


def is_hub_address(weights: Path) -> bool:
    """Whether it names a repository of the Hub and no file."""
    return weights.as_posix().startswith(SCHEME)


def read_address(text: str) -> HubAddress:
    """Read `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION`. Raises WeightsError for anything else."""
    match = _ADDRESS.fullmatch(text)
    if match is None or ".." in text:
        raise WeightsError(f"{text}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION.")
    owner, name, revision = match.groups()
    return HubAddress(f"{owner}/{name}", revision or DEFAULT_REVISION)


def find_weights(weights: Path, *, progress: LoadProgress | None = None) -> Path:
    """Return the file that `weights` names: itself, or that of a repository, loaded if need be.

    `progress`: told how many bytes have come, and of how many, if that is known.
    Raises WeightsError, and SetupError where the extra `hub` is missing.
    """
    return _load(read_address(weights.as_posix()), progress)[1] if is_hub_address(weights) else weights


def pin_weights(weights: Path) -> Path:
    """Return what names the same weights for ever: of a repository its commit, and else `weights` itself.

    For work that takes long or is resumed, during which a branch may move on. Raises as `find_weights`.
    """
    return Path(str(_load(read_address(weights.as_posix()))[0])) if is_hub_address(weights) else weights


def read_config(path: Path, where: str) -> HubConfig:
    """Read `config.json` of a repository, which `where` names. Raises WeightsError."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ValueError(f"more than {MAX_CONFIG_BYTES} bytes")
        said = json.loads(path.read_text(encoding="utf-8"))[CONFIG_KEY]
        config = HubConfig(said["file"], said["sha256"])
        if not _FILE.fullmatch(config.file) or not _DIGEST.fullmatch(config.sha256):
            raise ValueError("no name of an ONNX file, or no SHA-256")
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # a JSONDecodeError is a ValueError
        raise WeightsError(
            f"{where}: no Colorify generator: expected `{CONFIG_KEY}` with `file` and `sha256` in {CONFIG} "
            f"({type(error).__name__}: {error}). `colorify export --hub FOLDER` lays out such a repository."
        ) from error
    return config


def list_cached() -> Iterator[tuple[HubAddress, Path]]:
    """Name the generators of the cache, and the file of each; none without the extra `hub`.

    The models of other programs are passed over. Raises WeightsError where the cache cannot be read.
    """
    if find_spec("huggingface_hub") is None:
        return
    import huggingface_hub.constants
    import huggingface_hub.errors

    try:
        # named, as its own default is fixed when it is imported
        repositories = huggingface_hub.scan_cache_dir(huggingface_hub.constants.HF_HUB_CACHE).repos
    except huggingface_hub.errors.CacheNotFound:
        return  # nothing has been loaded yet
    except (OSError, ValueError) as error:
        raise WeightsError(f"the cache of the Hub cannot be read ({error}). Type `hf cache ls`.") from error
    for repository in sorted(repositories, key=lambda each: each.repo_id):
        for revision in sorted(repository.revisions, key=lambda each: each.commit_hash):
            address = HubAddress(repository.repo_id, revision.commit_hash)
            try:
                config = read_config(revision.snapshot_path / CONFIG, str(address))
            except WeightsError:
                continue  # another program's
            yield address, revision.snapshot_path / config.file


def measure_digest(path: Path) -> str:
    """Return the SHA-256 of a file. Raises WeightsError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}).") from error


def _load(address: HubAddress, progress: LoadProgress | None = None) -> tuple[HubAddress, Path]:
    """Return an address with its commit, and the weights file there, whose digest is the one expected."""
    config = _fetch(address, CONFIG)
    pinned = replace(address, revision=config.parent.name)  # the cache names folders by their commit
    expected = read_config(config, str(address))
    weights = _fetch(pinned, expected.file, progress)
    digest = measure_digest(weights)
    if digest != expected.sha256:
        raise WeightsError(
            f"{pinned}: {expected.file} is damaged: expected SHA-256 {expected.sha256}, found {digest}. "
            f"Type `hf cache rm model/{address.repository}`, then repeat the command."
        )
    return pinned, weights


def _fetch(address: HubAddress, file: str, progress: LoadProgress | None = None) -> Path:
    """Return a file of a repository, from the cache if it is there."""
    hub = _import_hub(address)
    cached = hub.try_to_load_from_cache(address.repository, file, revision=address.revision)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # says at once what is wrong; the download would try again for half a minute, and log each try
        hub.get_hf_file_metadata(hub.hf_hub_url(address.repository, file, revision=address.revision))
        return _download(hub, address, file, progress)
    except Exception as error:  # its own errors, those of its HTTP library, and the system's
        raise WeightsError(f"{address}: {_describe(hub.errors, error, address, file)}") from error


def _download(hub: Any, address: HubAddress, file: str, progress: LoadProgress | None) -> Path:
    class SilentBar(hub.utils.tqdm):  # type: ignore[misc]  # a library never prints
        def __init__(self, *_args: object, **options: Any) -> None:
            super().__init__(disable=True)
            self._done, self._whole = int(options.get("initial") or 0), options.get("total")

        def update(self, n: float | None = 1) -> bool | None:
            self._done += int(n or 0)
            if progress is not None:
                progress(self._done, self._whole)
            return None

    path: str = hub.hf_hub_download(
        address.repository,
        file,
        revision=address.revision,
        library_name="colorify",
        tqdm_class=SilentBar,
    )
    return Path(path)


def _describe(errors: Any, error: Exception, address: HubAddress, file: str) -> str:
    """Say why a file could not be had, and what to do about it."""
    if isinstance(error, errors.GatedRepoError):
        return "its owner lets only some read it. Ask for access on its page, then type `hf auth login`."
    if isinstance(error, errors.RepositoryNotFoundError):
        return "no such repository, or a private one. Check its name; for a private one type `hf auth login`."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"no revision {address.revision}. Type {SCHEME}{address.repository} for the newest."
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return (
            f"no Colorify generator in it: expected {CONFIG} and an ONNX file, found no {file}. "
            "`colorify export --hub FOLDER` lays out such a repository."
        )
    reason = (str(error).splitlines() or [""])[0] or type(error).__name__
    if isinstance(error, errors.HfHubHTTPError):
        return f"the Hub does not give it out ({reason}). Repeat the command later."
    return (
        f"not on this computer yet, and the Hub cannot be reached ({reason}). Connect to the internet and "
        f"repeat the command: once loaded, it needs no network. Or leave out {option('weights')}."
    )


def _import_hub(address: HubAddress) -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ModuleNotFoundError as error:
        raise SetupError(
            f"{address}: the Hugging Face Hub needs the package {error.name}, which is not installed. "
            f"Type: {describe_extra('hub')}"
        ) from error
    return huggingface_hub
