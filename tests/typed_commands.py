"""The commands that the README and the pages of docs/ show, and by which test each is typed.

A block of commands that a test types has a comment above it, `<!-- KIND: which test -->`; what no test can
type as it stands has its reason in ELSEWHERE. tests/test_readme.py checks that there is nothing else.
"""

import re
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parent.parent
PAGES: Final = {
    path.name: path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
BLOCK: Final = re.compile(r"(?:<!-- ([^\n]*) -->\n)?```sh\n(.*?)```", re.DOTALL)
KINDS: Final = ("commands", "typed", "films", "bulk", "training", "road", "rehearsed", "clients")
# by how a line begins: who runs it, or why nobody can
ELSEWHERE: Final = {
    "python3 -m venv": "the set-up: .ci/run types it word for word, in a copy of this tree",
    "pip install": "needs an index",
    "colorify serve": "tests/server starts it, on a free port, and would wait for ever for its end",
    "colorify bulk s3://": "tests/batch/bulk: test_store_s3 has the bucket, test_engines_ray the cluster",
    "img2dataset": "another program, which loads from the internet",
}
GPU_PAGE: Final = "gpu.md"  # all of its blocks are typed by tests/training/test_gpu_page.py


def split_lines(block: str) -> list[str]:
    """Return the commands of a block, without what is said of them."""
    lines = block.replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.strip()]


def typed_lines(mark: str, page: str | None = None) -> list[str]:
    """List the commands of the blocks whose mark begins so (a pattern), on all pages or on one."""
    texts = PAGES.values() if page is None else [PAGES[page]]
    found = [block for text in texts for said, block in BLOCK.findall(text) if re.match(mark, said)]
    assert found, mark
    return [line for block in found for line in split_lines(block) if not line.startswith("pip install")]


def untyped_lines() -> list[str]:
    """List the commands of blocks that no test types, and that ELSEWHERE does not speak of."""
    return [
        f"{page}: {line}"
        for page, text in PAGES.items()
        for said, block in BLOCK.findall(text)
        for line in split_lines(block)
        if page != GPU_PAGE and not said.startswith(KINDS) and not line.startswith(tuple(ELSEWHERE))
    ]
