"""The help of a verb: its options in groups, and what one would type, three times."""

from typing import Final

import click

# what an option is about, by its name in Python; the rest are of the run
GROUPS: Final = {
    "Colours": (
        *("strength", "vividness", "hints", "neutrals", "kept_hints", "reference", "size", "detail"),
        *("alternatives", "chroma_blur", "weights"),
    ),
    "What is written": (
        *("output", "pictures", "format_", "quality", "depth", "profile", "codec", "crf", "start", "end"),
        *("dual_view", "fps", "confidence", "layer", "compare", "no_mark", "strip", "force"),
    ),
}
REST: Final = "The run"
# by the words of the command, without `colorify`; the verb of photos needs none
EXAMPLES: Final = {
    "": (
        "colorify grandma.jpg",
        "colorify album -o album-color --format jpg",
        "colorify grandma.jpg --hint 50%,30%,navy -f",
    ),
    "video": (
        "colorify video film.mp4",
        "colorify video film.mkv -o archive.mov --codec prores",
        "colorify video film.mp4 --start 1:23 --end 1:40 --dual-view -o look.mp4",
    ),
    "bulk": (
        "colorify bulk scans scans-color",
        "colorify bulk scans.txt shards --into shards --workers 8",
        "colorify bulk s3://archive/scans s3://archive/color --engine ray",
    ),
    "train": (
        "colorify train --from shipped --photos my-photos --into runs/tuned -o tuned.onnx",
        "colorify train shards/train-*.tar --recipe recipes/cpu.toml --into runs/mine",
        "colorify train shards/train-*.tar --from runs/mine --into runs/longer --minutes 60",
    ),
    "export": (
        "colorify export runs/mine -o mine.onnx",
        "colorify export runs/mine -o mine.onnx --name mine --version 2 -f",
        "colorify export runs/tuned shipped -o mean.onnx",
    ),
    "models": ("colorify models", "colorify models mine.onnx", "colorify models --json"),
    "evaluate": (
        "colorify evaluate color-photos",
        "colorify evaluate color-photos -m mine.onnx --sheet sheet.png",
        "colorify evaluate color-photos --hints 0,1,10 --json",
    ),
    "serve": (
        "colorify serve",
        "colorify serve --port 0 --no-open",
        "colorify serve --host 0.0.0.0 --token new",
    ),
    "help": ("colorify help", "colorify help video", "colorify help data crawl"),
    "data": (
        "colorify data crawl https://photos.example.org/ --into photos --contact you@example.org",
        "colorify data screen photos",
        "colorify data shard photos -o shards",
    ),
    "data crawl": (
        "colorify data crawl https://photos.example.org/ --into photos --contact you@example.org",
        "colorify data crawl https://a.example.org/ --into photos --contact you@example.org "
        "--domain b.example.org",
        "colorify help data import",
    ),
    "data import": (
        "colorify data import urls.parquet --into photos --contact you@example.org",
        "colorify data crawl https://photos.example.org/ --into photos --contact you@example.org",
        "colorify data screen photos",
    ),
    "data export": (
        "colorify data export photos -o photos.parquet",
        "colorify data export photos -o all.parquet --all",
        "colorify data export photos -o photos.parquet -f",
    ),
    "data screen": (
        "colorify data screen photos",
        "colorify data screen photos --min-side 512 -j 8",
        "colorify data screen photos --move-rejected",
    ),
    "data shard": (
        "colorify data shard photos -o shards",
        "colorify data stats shards",
        "colorify train shards/train-*.tar --recipe recipes/cpu.toml --into runs/mine",
    ),
    "data stats": (
        "colorify data stats shards",
        "colorify data stats shards --into numbers",
        "colorify data shard photos -o shards",
    ),
}


class VerbCommand(click.Command):
    """A command whose help page has groups and examples."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, rows in group_options(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(spell_command(ctx), formatter)


class VerbGroupCommand(click.Group):
    """A verb with commands of its own, whose help page ends with examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(spell_command(ctx), formatter)


def group_options(ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
    """Return the options under their headings, each as it is typed and what it does; few need no headings."""
    group_of = {name: heading for heading, names in GROUPS.items() for name in names}
    rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*GROUPS, REST)}
    for param in ctx.command.get_params(ctx):
        row = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if row is not None:
            rows[group_of.get(param.name or "", REST)].append(row)
    if all(rows.values()):
        return rows
    return {"Options": [row for found in rows.values() for row in found]}


def spell_command(ctx: click.Context) -> str:
    """Return the words of a command, without `colorify` and without the verb that may be left out."""
    return " ".join(word for word in ctx.command_path.split()[1:] if word != "colorize")


def write_examples(command: str, formatter: click.HelpFormatter) -> None:
    """Write what one would type; each on a line, so that it can be copied."""
    with formatter.section("Examples"):
        for example in EXAMPLES[command]:
            formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
