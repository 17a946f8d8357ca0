"""What a site says about machines that learn: noai, noimageai, and the TDM Reservation Protocol.

Sources: the X-Robots-Tag and meta values `noai` and `noimageai` (DeviantArt, 2022; img2dataset honours the
same); TDM Reservation Protocol, W3C Community Group final report of 10 May 2024. Where a page, a header and
the file at the origin disagree, the strictest of them counts: nobody is harmed by a photo that is not taken.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

NO_IMAGES: Final = frozenset({"noai", "noimageai", "noimageindex"})
NO_LINKS: Final = frozenset({"nofollow", "none"})
AGENT: Final = "colorify"  # as robots.txt and robots headers call this crawler
# directives that have a value after a colon, which is how a header that names an agent looks, too
VALUED: Final = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


def read_directives(values: Iterable[str]) -> frozenset[str]:
    """Return the robots directives, in lower case, of X-Robots-Tag headers or of robots meta elements.

    A header may be for one agent alone ("googlebot: noai"); those for another agent than us do not count.
    """
    found: set[str] = set()
    for value in values:
        agent, colon, rest = value.partition(":")
        named = bool(colon) and "," not in agent and agent.strip().lower() not in VALUED
        if named and agent.strip().lower() not in {AGENT, "*"}:
            continue
        found.update(part.strip().lower() for part in (rest if named else value).split(","))
    return frozenset(found - {""})


def find_opt_out(robots: frozenset[str], tdm_reservation: str | None) -> str | None:
    """Name the signal that forbids to take images, or return None where there is none."""
    if tdm_reservation is not None and tdm_reservation.strip() == "1":
        return "tdm-reservation: 1"
    words = sorted(robots & NO_IMAGES)
    return words[0] if words else None


@dataclass(frozen=True)
class TdmRule:
    """One rule of tdmrep.json: a path prefix; `*` is anything, a final `$` the end (as in RFC 9309)."""

    location: str
    reserved: bool

    def matches(self, path: str) -> bool:
        # by hand, not by a regular expression: a hostile location must not be able to make it slow
        to_end = self.location.endswith("$")
        first, *rest = self.location.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        position = len(first)
        for part in rest[:-1] if to_end else rest:
            found = path.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        if not to_end:
            return True
        return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= position if rest else path == first


@dataclass(frozen=True)
class OriginRules:
    """The rules of one origin's /.well-known/tdmrep.json. The first that matches a path decides."""

    rules: tuple[TdmRule, ...] = ()

    def reserve(self, url: str) -> bool:
        """Say whether text and data mining of `url` is reserved."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return next((rule.reserved for rule in self.rules if rule.matches(path)), False)


def read_origin_rules(text: str) -> OriginRules:
    """Read tdmrep.json. What is no such file has no rules: many servers answer with a page of their own."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return OriginRules()
    return OriginRules(
        tuple(
            TdmRule(entry["location"], str(entry.get("tdm-reservation")) == "1")
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and isinstance(entry.get("location"), str)
        )
    )
