"""Fill in what a release knows: version, addresses and digests of its files, in the templates of this folder.

python packaging/fill_in.py dist --into filled      # dist: what .ci/package left there

The templates hold {{SDIST_URL}} and {{SDIST_SHA256}}. The address is that of PyPI, which names files by the
first character of the project (docs.pypi.org), so that the release has to be there before they are used.
winget takes an installer of Windows, which is not built, and so it has no manifest here.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TEMPLATES: Final = ("colorify.rb",)
PROJECT: Final = "colorify_photo"
HOST: Final = "https://files.pythonhosted.org/packages/source/c"


def read_release(dist: Path) -> dict[str, str]:
    """Return what the templates ask for. Raises ValueError unless there is one source archive."""
    archives = sorted(dist.glob(f"{PROJECT}-*.tar.gz"))
    if len(archives) != 1:
        raise ValueError(f"{dist}: expected one {PROJECT}-VERSION.tar.gz, found {len(archives)}.")
    (archive,) = archives
    return {
        "SDIST_URL": f"{HOST}/{PROJECT}/{archive.name}",
        "SDIST_SHA256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }


def fill_in(text: str, values: dict[str, str]) -> str:
    """Return a template with its values. Raises KeyError for a name that is none."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", type=Path)
    parser.add_argument("--into", type=Path, required=True)
    given = parser.parse_args(words)
    values = read_release(given.dist)
    given.into.mkdir(parents=True, exist_ok=True)
    for name in TEMPLATES:
        (given.into / name).write_text(fill_in((HERE / name).read_text("utf-8"), values), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
