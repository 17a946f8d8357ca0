"""Fill in what a release knows: version, addresses and digests of its files, in the templates of this folder.

python packaging/fill_in.py dist --repository OWNER/NAME --into filled

dist: what the jobs of .github/workflows/release.yml left: the source archive, for the Homebrew formula, whose
address is that of PyPI, which names files by the first character of the project (docs.pypi.org); and the zip
of the program for Windows, for the winget manifest, whose address is that of the release at GitHub.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TEMPLATES: Final = (
    "colorify.rb",
    "winget/Colorify.Colorify.yaml",
    "winget/Colorify.Colorify.locale.en-US.yaml",
    "winget/Colorify.Colorify.installer.yaml",
)
PROJECT: Final = "colorify_photo"
HOST: Final = "https://files.pythonhosted.org/packages/source/c"
ZIP: Final = "colorify-*-windows-x64.zip"


def read_release(dist: Path, repository: str) -> dict[str, str]:
    """Return what the templates ask for.

    Raises ValueError unless there is one source archive, and one zip of the same version.
    """
    archive = _find_one(dist, f"{PROJECT}-*.tar.gz")
    version = archive.name.removeprefix(f"{PROJECT}-").removesuffix(".tar.gz")
    program = _find_one(dist, ZIP.replace("*", version))
    return {
        "VERSION": version,
        "REPOSITORY": repository,
        "SDIST_URL": f"{HOST}/{PROJECT}/{archive.name}",
        "SDIST_SHA256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "ZIP_NAME": program.name,
        "ZIP_SHA256": hashlib.sha256(program.read_bytes()).hexdigest().upper(),
    }


def fill_in(text: str, values: dict[str, str]) -> str:
    """Return a template with its values. Raises KeyError for a name that is none."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", type=Path)
    parser.add_argument("--repository", required=True, metavar="OWNER/NAME")
    parser.add_argument("--into", type=Path, required=True)
    given = parser.parse_args(words)
    values = read_release(given.dist, given.repository)
    for name in TEMPLATES:
        target = given.into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill_in((HERE / name).read_text("utf-8"), values), encoding="utf-8")


def _find_one(dist: Path, pattern: str) -> Path:
    found = sorted(dist.glob(pattern))
    if len(found) != 1:
        raise ValueError(f"{dist}: expected one {pattern}, found {len(found)}.")
    return found[0]


if __name__ == "__main__":
    main(sys.argv[1:])
