"""The HTTP API, as a program meets it."""

import json
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import pyvips
from PIL import ExifTags, Image
from serving import Server, colorfulness, new_session, opened, picture, problem, running

from colorify.color import rgb_to_lab
from colorify.model.generator import BUILTIN_WEIGHTS
from colorify.server.download import list_notes
from colorify.server.settings import REFERENCE_HINTS
from waiting import wait_for

SAMPLES = Path(__file__).parents[2] / "samples"


def colorize(server: Server, data: bytes, name: str = "grandma.jpg", **fields: Any) -> httpx.Response:
    return server.client.post("/v1/colorize", files={"image": (name, data)}, data=fields)


def luminance(data: bytes) -> np.ndarray:
    return np.asarray(opened(data).extract_band(0, n=3).colourspace("lab").numpy())[:, :, 0]


def test_a_photo_comes_back_in_colour_with_its_luminance(server: Server) -> None:
    grey = picture(suffix=".png")
    answer = colorize(server, grey, "grandma.png")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert colorfulness(answer.content) > 5
    before = opened(grey)
    wide = before.bandjoin([before, before]).copy(interpretation="srgb").write_to_buffer(".png")
    difference = np.abs(luminance(answer.content) - luminance(wide))
    assert np.percentile(difference, 99) < 0.25  # half an 8-bit step is 0.2 L and more


def test_the_name_and_format_of_the_upload_are_kept(server: Server) -> None:
    answer = colorize(server, picture(suffix=".webp"), "Tante Änne.webp")
    assert answer.headers["content-type"] == "image/webp"
    assert "filename*=UTF-8''Tante%20%C3%84nne-color.webp" in answer.headers["content-disposition"]


@pytest.mark.skipif(find_spec("pillow_heif") is None, reason="pip install 'colorify-photo[heif]'")
def test_a_photo_of_a_phone_becomes_a_jpeg(server: Server) -> None:
    phone = (Path(__file__).parents[1] / "photos" / "phone.heic").read_bytes()
    answer = colorize(server, phone, "IMG_1.HEIC")
    assert answer.headers["content-type"] == "image/jpeg"
    assert 'filename="IMG_1-color.jpg"' in answer.headers["content-disposition"]
    assert opened(answer.content).width == opened(answer.content).height * 2 // 3
    assert "heic" in server.client.get("/v1/models").json()["limits"]["formats"]


def test_no_folder_of_the_client_gets_into_the_name(server: Server) -> None:
    answer = colorize(server, picture(), "../../etc/passwd.jpg")
    assert 'filename="passwd-color.jpg"' in answer.headers["content-disposition"]


@pytest.mark.parametrize(("format", "media"), [("png", "image/png"), ("avif", "image/avif")])
def test_another_format_can_be_asked_for(server: Server, format: str, media: str) -> None:
    answer = colorize(server, picture(), format=format)
    assert answer.headers["content-type"] == media
    assert f"grandma-color.{format}" in answer.headers["content-disposition"]
    assert opened(answer.content).width == 96


def test_sixteen_bits_stay_sixteen(server: Server) -> None:
    answer = colorize(server, picture(suffix=".png", depth=16), "scan.png")
    assert opened(answer.content).format == "ushort"


def test_strength_zero_is_grey(server: Server) -> None:
    assert colorfulness(colorize(server, picture(suffix=".png"), strength=0).content) < 0.5


@pytest.mark.parametrize("color", ["#ffcc00", "#fc0", "gold"])
def test_a_hint_is_followed_there_and_not_elsewhere(server: Server, color: str) -> None:
    grey = picture(suffix=".png")
    hints = json.dumps([{"x": 36, "y": 24, "color": color, "radius": 8}])
    plain, hinted = (
        opened(colorize(server, grey, hints=given).content).colourspace("lab") for given in ("[]", hints)
    )
    assert hinted(30, 20)[2] > plain(30, 20)[2] + 10
    assert hinted(90, 60)[1:] == pytest.approx(plain(90, 60)[1:], abs=1)


def test_a_rotated_photo_comes_back_upright(server: Server) -> None:
    image = opened(picture()).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    session = new_session(server, image.write_to_buffer(".jpg"))
    assert (session["width"], session["height"]) == (64, 96)


def test_the_time_is_accounted_for(server: Server) -> None:
    timing = colorize(server, picture()).headers["server-timing"]
    names = [part.partition(";")[0] for part in timing.split(", ")]
    assert names == ["queue", "start", "decode", "generate", "paint"]


def with_gps() -> bytes:
    image = opened(picture()).copy()
    for name, value in {"exif-ifd3-GPSLatitude": "48/1 8/1 0/1", "exif-ifd3-GPSLatitudeRef": "N"}.items():
        image.set_type(pyvips.GValue.gstr_type, name, f"{value} ({value}, Rational, 3 components, 24 bytes)")
    image.set_type(
        pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Grandpa (Grandpa, ASCII, 8 components, 8 bytes)"
    )
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        b'exif:GPSLatitude="48,8.0N" exif:UserComment="kept">'
        b"<exif:GPSLongitude>11,34E</exif:GPSLongitude></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    return bytes(image.write_to_buffer(".jpg"))


def gps_fields(data: bytes) -> set[str]:
    return {name for name in opened(data).get_fields() if "GPS" in name and "Version" not in name}


def test_where_a_photo_was_taken_is_left_out_unless_asked_for(server: Server) -> None:
    located = with_gps()
    assert gps_fields(located)
    quiet, told = colorize(server, located).content, colorize(server, located, keep_location="true").content
    assert not gps_fields(quiet)
    assert b"GPS" not in opened(quiet).get("xmp-data")
    assert b'UserComment="kept"' in opened(quiet).get("xmp-data")
    assert "Grandpa" in opened(quiet).get("exif-ifd0-Artist")
    assert gps_fields(told) == gps_fields(located)
    assert b"GPSLongitude" in opened(told).get("xmp-data")


@pytest.mark.parametrize("format", ["png", "tiff", "webp", "avif"])
def test_no_format_tells_where_a_photo_was_taken(server: Server, format: str) -> None:
    made = colorize(server, with_gps(), format=format).content
    assert b"GPS" not in opened(made).get("xmp-data")
    exif = Image.open(BytesIO(made)).getexif()  # libvips reads none in TIFF
    assert exif.get_ifd(ExifTags.IFD.GPSInfo) == {}
    assert exif[ExifTags.Base.Artist] == "Grandpa"


def test_what_a_result_has_not_is_said(server: Server) -> None:
    """Of the photo, of its position, and of the format that was asked for."""
    image = opened(picture(suffix=".png")).copy()
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<exif:GPSLatitude>48")
    image.set_type(pyvips.GValue.gstr_type, "png-comment-0-Titel", "Großmutter")
    data = bytes(image.write_to_buffer(".png"))
    answer = colorize(server, data, format="jpeg")
    xmp, texts = json.loads(answer.headers["Colorify-Notes"])
    assert xmp.startswith("its XMP was left out, as it may say where it was taken")
    assert texts == "its texts were left out (Titel); PNG keeps them"
    assert "Colorify-Notes" not in colorize(server, picture()).headers


def test_no_list_of_notes_is_longer_than_a_header() -> None:
    assert list_notes(["Ж" * 300] * 9) == json.dumps(["Ж" * 300] * 2)
    assert list_notes(["x" * 9000]) == "[]"


def test_a_session_shows_the_colours_that_are_downloaded(server: Server) -> None:
    session = new_session(server, picture(2400, 1600, ".png"), "wide.png")
    assert (session["width"], session["preview"]["width"]) == (2400, 1600)
    path = f"/v1/sessions/{session['id']}/colorize"
    options = {"strength": 1.2, "hints": [{"x": 1200, "y": 1200, "color": "#00aa00", "radius": 60}]}
    preview, full = (
        server.client.post(path, json={**options, "scale": scale}) for scale in ("preview", "full")
    )
    assert opened(full.content).width == 2400
    assert "wide-color.png" in full.headers["content-disposition"]
    small = opened(full.content).resize(1600 / 2400).colourspace("lab")
    on_screen = opened(preview.content).colourspace("lab")
    assert (small - on_screen).abs().avg() < 1.5


def test_a_session_has_the_photo_as_it_came(server: Server) -> None:
    id = new_session(server)["id"]
    answer = server.client.get(f"/v1/sessions/{id}/original")
    assert answer.headers["content-type"] == "image/jpeg"
    assert opened(answer.content).width == 96
    assert colorfulness(answer.content) < 1


def test_confidence_is_a_small_grey_picture(server: Server) -> None:
    id = new_session(server)["id"]
    answer = server.client.post(f"/v1/sessions/{id}/confidence", json={})
    map = opened(answer.content)
    assert map.bands == 1
    assert map(map.width - 1, 1)[0] > map(0, 1)[0] + 50  # the tiny generator is surest where it is bright


def test_suggestions_differ_and_the_likeliest_come_first(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/suggest"
    where = {"x": 90, "y": 5}
    answer = server.client.post(path, json=where).json()
    colors, chances = zip(*((row["color"], row["probability"]) for row in answer["suggestions"]), strict=True)
    assert 1 < len(set(colors)) == len(colors) <= 5
    assert list(chances) == sorted(chances, reverse=True)
    assert 0 < sum(chances) < 1.001
    grey = np.asarray(opened(picture()).colourspace("lab").numpy())[5, 90, 0]
    assert answer["lightness"] == pytest.approx(grey, abs=3)
    for color in colors:
        rgb = np.frombuffer(bytes.fromhex(color[1:]), np.uint8).astype(np.float32) / np.float32(255)
        assert rgb_to_lab(rgb)[0] == pytest.approx(answer["lightness"], abs=1)
    outside = server.client.post(path, json={**where, "x": 96})
    assert "96" in problem(outside, 422, "bad-value")


def test_the_reach_of_a_hint_is_taken(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/colorize"
    least, most = (
        server.client.post(path, json={"hints": [{"x": 60, "y": 40, "color": "#2040c0", "reach": reach}]})
        for reach in (-1, 1)
    )
    assert least.status_code == most.status_code == 200
    assert least.content != most.content
    hint = {"x": 60, "y": 40, "color": "#2040c0", "reach": 1.1}
    problem(server.client.post(path, json={"hints": [hint]}), 422, "bad-value")


def test_percent_is_of_the_photo(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}"  # of 96 x 64 px
    px = {"x": 48, "y": 16, "color": "#2040c0", "radius": 8}
    shares = {"x": "50%", "y": "25%", "color": "#2040c0", "radius": "12.5%"}
    one, other = (server.client.post(f"{path}/colorize", json={"hints": [hint]}) for hint in (px, shares))
    assert one.status_code == other.status_code == 200
    assert one.content == other.content
    one, other = (
        server.client.post(f"{path}/suggest", json={"x": hint["x"], "y": hint["y"]}) for hint in (px, shares)
    )
    assert one.json() == other.json()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (picture(suffix=".jpg")[:600], "the photo: damaged or cut short (the file ends early)."),
        (b"BM" + bytes(64), "found a BMP. Convert it first: magick PHOTO OUT.png"),
    ],
)
def test_a_refusal_names_no_file_that_nobody_has(server: Server, data: bytes, says: str) -> None:
    answer = server.client.post("/v1/colorize", files={"image": ("cut.jpg", data)})
    assert answer.status_code in (415, 422)
    assert answer.json()["detail"].endswith(says)


def test_suggestions_know_of_the_hints_that_are_set(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/suggest"
    hint = {"x": 60, "y": 40, "color": "#2040c0", "radius": 8}
    alone, beside = (
        server.client.post(path, json={"x": 62, "y": 42, "hints": hints}).json()["suggestions"]
        for hints in ([], [hint])
    )
    assert alone != beside
    problem(server.client.post(path, json={"x": 1, "y": 1, "hints": [{"x": 1}]}), 422, "bad-value")


def test_a_hint_is_nothing_that_the_generator_could_be_unsure_of(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/confidence"
    hint = {"x": 36, "y": 24, "color": "#2040c0"}
    before, after = (
        opened(server.client.post(path, json={"hints": hints}).content) for hints in ([], [hint])
    )
    there = (before.width * 36 // 96, before.height * 24 // 64)
    assert before(*there)[0] < 200
    assert after(*there)[0] == 255


@pytest.mark.skipif(not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet")
def test_a_reference_gives_hints_where_both_show_the_same() -> None:
    grey, colored = (astronaut(saturation) for saturation in (0, 1))
    with running(BUILTIN_WEIGHTS) as server:
        path = f"/v1/sessions/{new_session(server, grey)['id']}"
        hints = server.client.post(f"{path}/match", files={"image": ("b.png", colored)}).json()["hints"]
        assert 20 < len(hints) <= REFERENCE_HINTS
        assert len({hint["color"] for hint in hints}) > 10
        made = server.client.post(f"{path}/colorize", json={"hints": hints})
        assert made.status_code == 200
        answer = server.client.post(f"{path}/match", files={"image": ("b.jpg", grey)})
        assert "no colour" in problem(answer, 422, "bad-photo")
        problem(
            server.client.post(f"{path}/match", files={"image": ("b.txt", b"text")}), 415, "not-a-picture"
        )


def astronaut(saturation: float) -> bytes:
    """Return the sample photograph, grey or tinted by where one looks."""
    photo = pyvips.Image.new_from_file(str(SAMPLES / "astronaut.jpg")).colourspace("lab")
    where = pyvips.Image.xyz(photo.width, photo.height) / photo.width * 60 - 30
    return bytes(photo[0].bandjoin(where * saturation).copy(interpretation="lab").pngsave_buffer())


def test_a_generator_without_features_says_so(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/match"
    answer = server.client.post(path, files={"image": ("b.png", astronaut(1))})
    assert "features" in problem(answer, 422, "bad-value")


def test_detail_is_one_of_three(server: Server) -> None:
    answers = [
        server.client.post("/v1/sessions", files={"image": ("a", picture())}, data={"detail": detail})
        for detail in ("fine", "fast", "finest")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert "detail" in problem(answers[2], 422, "bad-value")
    assert colorize(server, picture(), detail="fine").status_code == 200


def test_a_layer_is_the_colour_alone(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/colorize"
    answer = server.client.post(path, json={"scale": "full", "layer": True})
    layer = opened(answer.content)
    assert (answer.headers["content-type"], layer.bands) == ("image/png", 4)
    assert "grandma-color.png" in answer.headers["content-disposition"]
    refused = server.client.post(path, json={"scale": "full", "layer": True, "format": "jpeg"})
    assert "JPEG" in problem(refused, 422, "bad-value")


def test_a_session_downloads_what_one_request_gives(server: Server) -> None:
    data = picture(2000, 900, ".png")
    id = new_session(server, data)["id"]
    options = {"vividness": 1.5, "hints": [{"x": 1500, "y": 500, "color": "#00aa00", "radius": 40}]}
    kept = server.client.post(f"/v1/sessions/{id}/colorize", json={**options, "scale": "full"})
    once = colorize(server, data, vividness=1.5, hints=json.dumps(options["hints"]))
    assert (opened(kept.content) - opened(once.content)).abs().max() == 0


def test_alternatives_are_counted_and_differ(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}"
    count = server.client.post(f"{path}/alternatives", json={}).json()["count"]
    assert count > 1
    shown = [
        opened(server.client.post(f"{path}/colorize", json={"alternative": number}).content)
        for number in range(1, count + 1)
    ]
    for number, other in enumerate(shown[1:]):
        assert all((other - earlier).abs().avg() > 1 for earlier in shown[: number + 1])
    problem(server.client.post(f"{path}/colorize", json={"alternative": 99}), 422, "bad-value")


def test_memory_comes_back_when_sessions_are_gone(server: Server) -> None:
    """Of thirty photos that somebody works on: they hold 60 MB, and some 20 MB more are free by then."""
    data, held = picture(2400, 1600), server.figure("session_bytes")  # of the tests before
    ids = [new_session(server, data)["id"] for _ in range(30)]
    for id in ids:
        assert server.client.post(f"/v1/sessions/{id}/colorize", json={}).status_code == 200
    most = server.memory_mb
    assert server.figure("session_bytes") > held + 30 * 2**20
    for id in ids:
        assert server.client.delete(f"/v1/sessions/{id}").status_code == 204
    assert server.figure("session_bytes") <= held  # there is room for so many: some of the older went
    # not compared with what was before: that is less where free memory has just been given back
    wait_for(lambda: server.memory_mb < most - 40)


def test_a_closed_session_is_gone(server: Server) -> None:
    id = new_session(server)["id"]
    assert server.client.delete(f"/v1/sessions/{id}").status_code == 204
    problem(server.client.get(f"/v1/sessions/{id}/original"), 404, "no-such-session")
    for route, body in (("suggest", {"x": 1, "y": 1}), ("confidence", {})):
        problem(server.client.post(f"/v1/sessions/{id}/{route}", json=body), 404, "no-such-session")


def test_models_and_limits_are_told(server: Server) -> None:
    answer = server.client.get("/v1/models").json()
    assert (answer["models"][0]["name"], answer["models"][0]["device"]) == ("tiny", "cpu")
    assert answer["limits"]["max_bytes"] == 64 * 2**20


def test_health_and_metrics(server: Server) -> None:
    assert server.client.get("/healthz").text == "ok\n"
    assert server.client.get("/readyz").text == "ready\n"
    colorize(server, picture())
    text = server.client.get("/metrics").text
    assert 'colorify_requests_total{route="/v1/colorize",method="POST",status="200"}' in text
    # a page that was closed before may still be let go of
    wait_for(lambda: "colorify_queue_in_use 0\n" in server.client.get("/metrics").text)


def test_the_documentation_needs_nobody_else(server: Server) -> None:
    page = server.client.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    paths = server.client.get("/openapi.json").json()["paths"]
    session = "/v1/sessions/{id}"
    expected = {"/v1/colorize", "/v1/sessions", f"{session}/colorize", f"{session}/suggest", "/v1/models"}
    assert expected <= set(paths)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"strength": "3"}, "strength"),
        ({"strength": "very"}, "strength"),
        ({"hints": "{"}, "hints"),
        ({"hints": '[{"x": 1, "y": 1, "color": "redd"}]'}, "color"),
        ({"hints": '[{"x": 500, "y": 1, "color": "#ff0000"}]'}, "hint at 500,1"),
        *(
            (
                {"hints": json.dumps([{"x": length, "y": 1, "color": "red"}])},
                "hints.0.x: Value error, expected 0 to",
            )
            for length in ("101%", "50", -1, True, None, 2e6, 10**400)
        ),
        ({"hints": "[" * 5000}, "hints"),
        ({"hints": '[{"x": 1, "y": 1, "color": "#ff0000", "radius": 1e300}]'}, "radius"),
        ({"format": "gif"}, "format"),
        ({"colour": "1"}, "colour"),
    ],
)
def test_a_value_without_sense_is_a_422_that_names_it(
    server: Server, fields: dict[str, str], says: str
) -> None:
    assert says in problem(colorize(server, picture(), **fields), 422, "bad-value")


def test_a_body_that_is_no_json_is_a_400(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/colorize"
    answer = server.client.post(path, content=b"{", headers={"Content-Type": "application/json"})
    problem(answer, 400, "bad-request")


def test_a_form_without_a_photo_is_a_422(server: Server) -> None:
    answer = server.client.post("/v1/colorize", files={"picture": ("a.jpg", picture())})
    problem(answer, 422, "bad-value")


def test_a_broken_form_is_a_400(server: Server) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(server.client.post("/v1/colorize", content=b"no form", headers=headers), 400, "bad-request")
    headers = {"Content-Type": "multipart/form-data"}
    problem(server.client.post("/v1/colorize", content=b"no form", headers=headers), 400, "bad-request")


def test_a_body_of_another_kind_is_a_415(server: Server) -> None:
    problem(server.client.post("/v1/colorize", json={}), 415, "wrong-media-type")


def test_what_is_not_there_is_a_problem_too(server: Server) -> None:
    problem(server.client.get("/v1/nothing"), 404, "not-found")
    problem(server.client.put("/v1/colorize", content=b""), 405, "method-not-allowed")
