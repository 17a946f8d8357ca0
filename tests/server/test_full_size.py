"""A TIFF of several pages goes to the server, and comes back with every page in colour."""

import io
import json

import httpx
import numpy as np
import pytest
from PIL import Image
from serving import Server, colorfulness, new_session, opened, pages_of, picture, problem, running, several

from colorify.images.photo import PhotoHeader

SIZES = ((96, 64), (64, 96), (48, 48))


def colorize(server: Server, data: bytes, **fields: object) -> httpx.Response:
    return server.client.post("/v1/colorize", files={"image": ("album.tif", data)}, data=fields)


def luminance(data: bytes) -> np.ndarray:
    image = opened(data).extract_band(0, n=3) if opened(data).bands >= 3 else opened(data)
    grey = image if image.bands == 3 else image.bandjoin([image, image]).copy(interpretation="srgb")
    return np.asarray(grey.colourspace("lab").numpy())[:, :, 0]


def test_every_page_comes_back_in_colour_with_its_luminance(server: Server) -> None:
    source = several(*SIZES)
    answer = colorize(server, source)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/tiff"
    assert 'filename="album-color.tif"' in answer.headers["content-disposition"]
    assert json.loads(answer.headers["Colorify-Notes"])[0] == "3 pages"
    made = pages_of(answer.content)
    for number, (before, after) in enumerate(zip(pages_of(source), made, strict=True)):
        assert (opened(after).width, opened(after).height) == SIZES[number]
        assert colorfulness(after) > 5
        assert np.percentile(np.abs(luminance(after) - luminance(before)), 99) < 0.25
    with Image.open(io.BytesIO(answer.content)) as file:
        for number in range(3):
            file.seek(number)
            assert file.tag_v2[270] == f"sheet {number + 1}"  # type: ignore[attr-defined]


def test_each_page_is_as_it_would_be_alone(server: Server) -> None:
    made = pages_of(colorize(server, several(*SIZES)).content)
    for page, size in zip(made, SIZES, strict=True):
        alone = pages_of(colorize(server, several(size)).content)
        assert page == alone[0]


def test_a_session_shows_the_first_and_downloads_all(server: Server) -> None:
    session = new_session(server, several(*SIZES), "album.tif")
    assert (session["width"], session["height"]) == SIZES[0]
    assert session["notes"][0] == "It has 3 pages: the first is shown, the download has all of them."
    path = f"/v1/sessions/{session['id']}/colorize"
    preview = server.client.post(path, json={"scale": "preview"})
    assert opened(preview.content).width == 96
    for _ in range(2):  # a session can be asked again
        full = server.client.post(path, json={"scale": "full"})
        assert pages_of(full.content) == pages_of(colorize(server, several(*SIZES)).content)


def test_hints_are_of_the_page_that_is_shown(server: Server) -> None:
    hints = json.dumps([{"x": 36, "y": 24, "color": "#ffcc00", "radius": 8}])
    plain, hinted = (pages_of(colorize(server, several(*SIZES), hints=h).content) for h in ("[]", hints))
    assert plain[0] != hinted[0]
    assert plain[1:] == hinted[1:]


def test_where_any_page_was_taken_is_left_out(server: Server) -> None:
    answer = colorize(server, several(*SIZES[:2], located=True))
    assert answer.status_code == 200, answer.text
    assert b"GPSLatitude" not in answer.content


def test_a_layer_has_all_pages_too(server: Server) -> None:
    answer = colorize(server, several(*SIZES), layer="true")
    assert [opened(page).bands for page in pages_of(answer.content)] == [4, 4, 4]


def test_a_format_without_pages_is_refused(server: Server) -> None:
    detail = problem(colorize(server, several(*SIZES), format="png"), 422, "bad-photo")
    assert detail == "the photo: has 3 pages, which a TIFF alone can hold. Choose format tiff."


def test_one_page_can_be_asked_for_in_any_format(server: Server) -> None:
    source = several(*SIZES)
    whole = pages_of(colorize(server, source).content)
    for number, size in enumerate(SIZES, 1):
        answer = colorize(server, source, page=number, format="png")
        assert (opened(answer.content).width, opened(answer.content).height) == size
        assert np.array_equal(opened(answer.content).numpy(), opened(whole[number - 1]).numpy())
    assert problem(colorize(server, source, page=4), 422, "bad-value") == "page 4: expected 1 to 3."
    alone = {"files": {"image": ("a.jpg", picture())}, "data": {"page": 2}}
    assert problem(server.client.post("/v1/colorize", **alone), 422, "bad-value")


def test_a_page_that_is_damaged_is_named(server: Server) -> None:
    data = several(*SIZES)
    with Image.open(io.BytesIO(data)) as file:
        file.seek(1)
        strip = file.tag_v2[273][0]  # type: ignore[attr-defined]
    at = data.index(int(strip).to_bytes(4, "little"), 8)
    broken = data[:at] + (2**31 - 16).to_bytes(4, "little") + data[at + 4 :]
    assert "page 2 of 3" in problem(colorize(server, broken), 422, "bad-photo")


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (((96, 64), (2000, 1000)), "found 2000x1000, 2 million"),
        (((900, 900), (900, 900)), "found 2 million in 2 pages"),
    ],
)
def test_all_pages_together_are_held_to_the_limit_of_one(
    tiny_weights: "object", sizes: tuple[tuple[int, int], ...], said: str
) -> None:
    with running(tiny_weights, "--max-megapixels", "1") as server:  # type: ignore[arg-type]
        answer = colorize(server, several(*sizes))
        assert said in problem(answer, 413, "too-many-pixels")


def test_pages_are_read_when_it_is_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header of a page takes memory, and a file may have 999 of them."""
    from colorify.multipage import read_pages

    turned: list[int] = []
    turn = PhotoHeader.turn_to

    def count(header: PhotoHeader, number: int, *, max_pixels: int) -> PhotoHeader:
        turned.append(number)
        return turn(header, number, max_pixels=max_pixels)

    monkeypatch.setattr(PhotoHeader, "turn_to", count)
    pages = iter(read_pages(several(*SIZES), max_pixels=10**6))
    assert turned == []
    next(pages)
    next(pages)
    assert turned == [1]
