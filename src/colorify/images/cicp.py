"""Colours that a file names by number, as PNG, AVIF and HEIC do: coding-independent code points.

Sources: ITU-T H.273, tables 2 and 3; ISO/IEC 14496-12, section 12.1.5 (colr).
"""

from typing import BinaryIO, Final

from colorify.images.rgb_space import standard_profile

_SRGB, _P3 = (
    frozenset({1, 2, 5, 6, 7}),
    frozenset({12}),
)  # primaries; 2: not said; 5 to 7, of old video, are near
_USUAL: Final = frozenset({1, 2, 6, 13, 14, 15})  # transfers that stills are shown by as by that of sRGB
_HDR: Final = {8: "linear light", 16: "PQ (HDR)", 18: "HLG (HDR)"}
_WITHIN: Final = {b"meta": 4, b"iprp": 0, b"ipco": 0}  # boxes to look into: bytes before their first one
_MOST_BOXES: Final = 1000


class StrangeColorsError(Exception):
    """The colours of a file are of a kind that cannot be converted; its words say which."""


def profile_of_numbers(primaries: int, transfer: int, kind: str) -> bytes | None:
    """Return the ICC profile that code points amount to, None for sRGB; `kind`: of file, for the message.

    Raises StrangeColorsError.
    """
    if transfer in _USUAL and primaries in _SRGB:
        return None
    if transfer in _USUAL and primaries in _P3:
        return standard_profile("p3")
    words = _HDR.get(transfer, f"primaries {primaries} and transfer {transfer} of H.273")
    raise StrangeColorsError(f"{kind} with colours of {words}")


def read_nclx(file: BinaryIO) -> tuple[int, int] | None:
    """Return the primaries and the transfer of an AVIF that has no ICC profile; None where it names none."""
    at, codes = 0, None
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(18)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if kind == b"colr" and head[8:12] != b"nclx":
            return None
        if kind == b"colr" and codes is None and len(head) >= 16:
            codes = int.from_bytes(head[12:14], "big"), int.from_bytes(head[14:16], "big")
        if kind in _WITHIN:
            at += 8 + _WITHIN[kind]
        elif size < 8:
            break
        else:
            at += size
    return codes
