"""What an ONNX file says before it is loaded: of itself, and where it would read other files.

An ONNX model may keep its weights in files beside it ("external data"), named by paths that the file itself
gives. A weights file that a stranger made must not have any other file of this machine read, so such a model
is refused. Only the layout of protobuf is read here (https://protobuf.dev/programming-guides/encoding), as
far as tensors go; what the tensors hold is passed over. The numbers are those of onnx.proto3.
"""

from collections.abc import Iterator
from typing import Final

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # kinds of a field in protobuf
_FIXED: Final = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_DEEPEST: Final = 64  # messages within messages; branches within branches are all that nests

# message -> the fields in which tensors may be -> what they are
_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR = "model", "graph", "node", "attribute", "tensor"
_SPARSE, _FUNCTION, _TRAINING = "sparse tensor", "function", "training"
_PARTS: Final[dict[str, dict[int, str]]] = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
    _TENSOR: {},
}
_METADATA, _KEY, _VALUE = 14, 1, 2  # fields of a model, and of an entry of its metadata
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of a tensor; a location other than 0 is outside the file
_LOCATION: Final = b"location"  # key of what names the file that a tensor is in
_SMALL_BYTES: Final = 4096  # of a message that is searched as a whole, in less time than field by field


def has_external_data(model: memoryview) -> bool:
    """Tell whether a tensor of an ONNX model is in another file. Raises ValueError: it is no protobuf."""
    return _is_external(model, _MODEL, 0)


def read_entries(model: memoryview) -> dict[str, str]:
    """Return the metadata of an ONNX model, text by name. Raises ValueError for what is none."""
    entries = {}
    for field, entry in _fields(model):
        if field == _METADATA and isinstance(entry, memoryview):
            texts = {
                number: bytes(value) for number, value in _fields(entry) if isinstance(value, memoryview)
            }
            entries[texts.get(_KEY, b"").decode()] = texts.get(_VALUE, b"").decode()
    return entries


def _is_external(message: memoryview, kind: str, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} messages within each other")
    for field, value in _fields(message):
        if kind == _TENSOR and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value != 0)):
            return True
        part = _PARTS[kind].get(field)
        if part is None or not isinstance(value, memoryview) or _names_no_file(value, part):
            continue
        if _is_external(value, part, depth + 1):
            return True
    return False


def _names_no_file(message: memoryview, kind: str) -> bool:
    """Tell of a small node whether the name of another file cannot be in it: most of a file is such nodes."""
    return kind == _NODE and len(message) <= _SMALL_BYTES and _LOCATION not in bytes(message)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int | None]]:
    """Yield the number and the value of each field of a message; None for numbers of a fixed length."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield field, value
            continue
        if kind == _LENGTH:
            length, at = _varint(message, at)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + length > len(message):
            raise ValueError("cut short")
        yield field, message[at : at + length] if kind == _LENGTH else None
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where the next field begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("cut short")
