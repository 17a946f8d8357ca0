"""`colorify data`: from the web to shards. The group; `data_crawl` and `data_shards` hold its commands."""

import click

from colorify.cli.data_crawl import crawl, export, import_
from colorify.cli.data_shards import screen, shard, stats
from colorify.cli.help_page import VerbGroupCommand


@click.group(
    cls=VerbGroupCommand, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
def data() -> None:
    """Gather photos to train on: crawl sites, screen what came, pack it into shards."""


for _command in (crawl, import_, export, screen, shard, stats):
    data.add_command(_command)
