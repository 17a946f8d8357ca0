"""The pages and the code as text: lines that fit on a screen, and links that lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "bench",
    "demo",
    "docs",
    "examples",
    "integrations",
    "recipes",
    "research",
    "samples",
    "src",
    "tests",
)
CODE = (".py", ".toml")
WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))
WIDTH = 120  # characters of a line
PAGES = sorted(
    path for room in (".", *ROOMS) for path in (ROOT / room).glob("*.md" if room == "." else "**/*.md")
)


def wide_lines(path: Path) -> list[str]:
    """Name the lines that are too long. Tables of research/ hold what was measured once, and may be wider."""
    tables = path.is_relative_to(ROOT / "research") and path.suffix == ".md"
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for number, line in lines
        if len(line) > WIDTH and not (tables and line.startswith("|"))
    ]


def test_lines_of_prose_and_code_fit_on_a_screen() -> None:
    code = [
        path for room in ROOMS for end in ("py", "toml", "yml") for path in (ROOT / room).rglob(f"*.{end}")
    ]
    assert [
        line for path in (*PAGES, ROOT / "pyproject.toml", *WORKFLOWS, *code) for line in wide_lines(path)
    ] == []


def anchors(path: Path) -> set[str]:
    """Name the places of a page that a link can lead to, as GitHub makes them of headings."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"<!--.*?-->|```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.MULTILINE)
    for link in links:
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_where_to_add_what_names_files_that_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Where do I add")[2]
    names = re.findall(r"`([\w/]+(?:\.py|\.md|/))`", page)
    assert len(names) > 15
    assert [
        name for name in names if not any((room / name).exists() for room in (ROOT, ROOT / "src/colorify"))
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tables_have_a_cell_for_each_column(page: Path) -> None:
    """GitHub drops what is too much and leaves what is too little empty, without a word."""
    tables = re.findall(r"(?:^\|.*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE)
    counts = [{len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()} for table in tables]
    assert [table[:60] for table, found in zip(tables, counts, strict=True) if len(found) > 1] == []
