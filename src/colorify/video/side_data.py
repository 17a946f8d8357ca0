"""What a decoder hangs on a frame besides its picture: which way is up."""

import struct
from collections.abc import Mapping
from typing import Any, Final, cast

import av
from av.sidedata.sidedata import Type

# AVFrameSideDataType that FFmpeg may give and PyAV 18 has no name for, such as 31, EXIF
_NAMED: Final = max(int(cast(Any, one).value) for one in Type)
_ZERO_O_CLOCK: Final = (1 << 12).to_bytes(4, "little")  # MPEG-2, 6.2.2.6: all fields 0 but the marker bit
_NAMELESS: Final = range(_NAMED + 1, _NAMED + 16)


def read_turn(frame: av.VideoFrame) -> tuple[int, bool]:
    """Read the turn that makes a frame upright from its display matrix (ISO/IEC 14496-12, section 6.2.2).

    Returns quarter turns counter-clockwise, then whether left and right are swapped.
    """
    matrix = _side_data(frame).get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    x, y = (1 if a > 0 else -1, 0) if abs(a) > abs(b) else (0, 1 if b > 0 else -1)
    mirrored = a * d - b * c < 0
    # (x, y) is where the stored picture's right goes; y points down, so (0, 1) is a quarter turn clockwise
    if mirrored:
        x, y = -x, y  # undo the mirror, which is applied last
    return {(1, 0): 0, (0, -1): 1, (-1, 0): 2, (0, 1): 3}[x, y], mirrored


def side_data_names(frame: av.VideoFrame) -> set[str]:
    """Name the kinds of side data of a frame that PyAV has a name for, and that say anything."""
    said = list(cast(Any, _side_data(frame)))
    return {one.type.name for one in said if one.type != Type.GOP_TIMECODE or bytes(one)[:4] != _ZERO_O_CLOCK}


def _side_data(frame: av.VideoFrame) -> Mapping[str, Any]:
    """Return the side data of a frame, without that for which PyAV has no name: with it, PyAV gives none."""
    try:
        return cast(Mapping[str, Any], frame.side_data)
    except ValueError:
        return cast(Mapping[str, Any], _without_nameless(frame).side_data)


def _without_nameless(frame: av.VideoFrame) -> av.VideoFrame:
    graph = av.filter.Graph()
    last: Any = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    for kind in _NAMELESS:
        delete = graph.add("sidedata", f"mode=delete:type={kind}")
        last.link_to(delete)
        last = delete
    last.link_to(graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    return cast(av.VideoFrame, graph.pull())
