"""Films over HTTP: sent, asked about, fetched, forgotten."""

import multiprocessing
import os
import signal
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from serving import Server, opened, picture, problem

from colorify.color import rgb_to_lab
from colorify.errors import ColorifyError
from colorify.options import ColorOptions
from colorify.server.film_folder import LOCK, PREFIX, FilmFolder
from colorify.server.films import FilmJob, Films, JobProgress, film_suffix, render_frame
from colorify.server.problems import RefusalError
from colorify.server.settings import Settings
from waiting import PATIENCE, wait_for

av = pytest.importorskip("av", reason="pip install 'colorify-photo[video]'")
pytest.importorskip("cv2", reason="pip install 'colorify-photo[video]'")
from colorify.video import colorize_film  # noqa: E402
from colorify.video.yuv import Planes  # noqa: E402


def film(path: Path, frames: int = 8) -> bytes:
    """Return a small grey film, in which a dark square moves."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(frames):
            view = np.tile(np.linspace(60, 220, 96), (64, 1)).astype(np.uint8)
            view[20:40, 10 + number : 30 + number] = 20
            for packet in stream.encode(
                av.VideoFrame.from_ndarray(view, format="gray").reformat(format="yuv420p")
            ):
                out.mux(packet)
        out.mux(stream.encode())
    return path.read_bytes()


def test_a_film_is_sent_asked_about_fetched_and_forgotten(server: Server, tmp_path: Path) -> None:
    assert server.client.get("/v1/models").json()["limits"]["films"] is True
    files = {"image": ("Hochzeit.mp4", film(tmp_path / "a.mp4"))}
    sent = server.client.post("/v1/films", files=files, data={"strength": "1.2"})
    assert sent.status_code == 201, sent.text
    path = f"/v1/films/{sent.json()['id']}"
    wait_for(lambda: server.client.get(path).json()["state"] in ("done", "failed"))
    status = server.client.get(path).json()
    assert (status["state"], status["error"], status["frames"]) == ("done", "", 8)
    answer = server.client.get(f"{path}/result")
    assert "Hochzeit-color.mp4" in answer.headers["content-disposition"]
    (tmp_path / "result.mp4").write_bytes(answer.content)
    with av.open(str(tmp_path / "result.mp4")) as made:
        shown = [frame.to_ndarray(format="rgb24") for frame in made.decode(video=0)]
    assert len(shown) == 8
    assert np.abs(rgb_to_lab((shown[4] / 255).astype(np.float32))[:, :, 1:]).mean() > 3
    assert server.client.delete(path).status_code == 204
    problem(server.client.get(path), 404, "no-such-session")


def test_what_is_no_film_is_refused(server: Server) -> None:
    for data in (picture(), b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile '/etc/passwd'\n"):
        answer = server.client.post("/v1/films", files={"image": ("a.mp4", data)})
        problem(answer, 415, "not-a-film")
    answer = server.client.post("/v1/films", files={"image": ("a.mp4", picture())}, data={"strength": "9"})
    assert "strength" in problem(answer, 422, "bad-value")
    problem(server.client.get("/v1/films/none"), 404, "no-such-session")


def test_a_film_that_is_damaged_says_so_without_our_folders(server: Server, tmp_path: Path) -> None:
    files = {"image": ("b.mp4", film(tmp_path / "a.mp4")[:200])}
    path = f"/v1/films/{server.client.post('/v1/films', files=files).json()['id']}"
    wait_for(lambda: server.client.get(path).json()["state"] == "failed")
    error = server.client.get(path).json()["error"]
    assert error.startswith("b.mp4: ")
    assert "colorify-film" not in error
    problem(server.client.get(f"{path}/result"), 404, "not-found")
    assert server.client.get(f"{path}/frame").status_code == 204
    server.client.delete(path)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_films_go_when_nobody_asks_about_them(tiny_weights: Path, tmp_path: Path) -> None:
    clock = Clock()
    films = Films(Settings(weights=tiny_weights), clock=clock)
    data = film(tmp_path / "a.mp4")
    jobs = [films.add("a.mp4", data, ColorOptions()) for _ in range(4)]
    with pytest.raises(RefusalError, match="4 films"):
        films.add("a.mp4", data, ColorOptions())
    wait_for(lambda: all(job.progress.state == "done" for job in jobs))
    assert all(job.source.exists() for job in jobs)
    clock.now = 1799.0
    films.get(jobs[0].id)
    clock.now = 1801.0
    films.expire()
    assert [job.source.exists() for job in jobs] == [True, False, False, False]
    with pytest.raises(ColorifyError):
        films.get(jobs[1].id)
    films.close()
    assert not jobs[0].source.exists()


def test_a_film_at_work_goes_sooner_as_others_wait(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(Films, "_work", lambda films, job: None)  # it never ends
    films = Films(Settings(weights=tiny_weights), clock=clock)
    job = films.add("a.mp4", film(tmp_path / "a.mp4"), ColorOptions())
    clock.now = 301.0
    films.expire()
    assert job.is_given_up()
    films.close()


def test_a_film_runs_on_the_device_of_the_server_and_on_no_other(tiny_weights: Path, tmp_path: Path) -> None:
    films = Films(Settings(weights=tiny_weights, device="coreml"))  # which this machine has not
    job = films.add("a.mp4", film(tmp_path / "a.mp4"), ColorOptions())
    wait_for(lambda: job.progress.state == "failed")
    assert "coreml" in job.progress.error
    films.close()


def test_a_film_that_is_given_up_leaves_nothing(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = threading.Event()

    def show(job: FilmJob, frame: Planes) -> None:
        """Stay at the first frame until nobody wants it: a quick machine would be done too soon."""
        at_work.set()
        wait_for(job.is_given_up)

    monkeypatch.setattr(FilmJob, "show", show)
    films = Films(Settings(weights=tiny_weights))
    jobs = [films.add("a.mp4", film(tmp_path / "a.mp4", 200), ColorOptions()) for _ in range(2)]
    assert at_work.wait(PATIENCE)
    assert jobs[0].progress.state == "working"
    films.close()
    wait_for(lambda: not any(job.folder.path.exists() for job in jobs))
    assert jobs[0].progress.frames < 200, "it was stopped, not coloured to its end"


def test_a_film_that_waits_goes_at_once_and_one_at_work_when_its_thread_ends(tmp_path: Path) -> None:
    waiting, working = (FilmJob("a.mp4", tmp_path, FilmFolder(), ColorOptions()) for _ in range(2))
    assert working.begin()
    waiting.give_up()
    working.give_up()
    assert not waiting.folder.path.exists()
    assert not waiting.begin(), "nobody begins what is gone"
    assert working.folder.path.exists(), "its thread reads it"
    working.fail("stopped")
    assert not working.folder.path.exists()


def test_what_is_said_of_a_film_is_of_one_moment(tmp_path: Path) -> None:
    job = FilmJob("a.mp4", tmp_path, FilmFolder(), ColorOptions())
    job.begin()
    ends = threading.Event()
    torn: list[JobProgress] = []

    def ask() -> None:
        while not ends.is_set():
            progress = job.progress
            if progress.frames != (progress.total or 0) or (progress.state == "done") != (
                progress.target is not None
            ):
                torn.append(progress)

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(2000):
        job.advance(number, number, 0.0)
    job.finish(1999, tmp_path / "a-color.mp4", ())
    ends.set()
    asking.join()
    assert not torn
    job.give_up()


def test_the_frame_that_is_shown_is_that_of_the_result(tiny_weights: Path, tmp_path: Path) -> None:
    job = FilmJob("a.mp4", tmp_path, FilmFolder(), ColorOptions())
    assert render_frame(job) is None
    job.begin()
    (tmp_path / "a.mp4").write_bytes(film(tmp_path / "b.mp4"))
    shown: list[Planes] = []
    report = colorize_film(tmp_path / "a.mp4", weights=tiny_weights, preview=shown.append)
    assert len(shown) == report.frames == 8
    job.show(shown[-1])
    picture = opened(render_frame(job) or b"").numpy().astype(np.float32)
    with av.open(str(report.target)) as made:
        last = [frame.to_ndarray(format="rgb24") for frame in made.decode(video=0)][-1].astype(np.float32)
    assert picture.shape == last.shape == (64, 96, 3)
    assert np.abs(picture - last).mean() < 4, "but for what H.264 and JPEG change"
    assert np.abs(picture[:, :, 0] - picture[:, :, 2]).mean() > 3, "it has colours"
    job.fail("")
    assert render_frame(job) is None
    job.give_up()


def test_a_film_is_told_by_its_content() -> None:
    assert film_suffix(b"\x00\x00\x00\x20ftypisom") == ".mp4"
    assert film_suffix(b"\x1a\x45\xdf\xa3") == ".mkv"
    with pytest.raises(RefusalError):
        film_suffix(b"")


def leave_behind_in(place: str) -> None:
    """Be a server that gets a film and is killed."""
    tempfile.tempdir = place
    folder = FilmFolder()
    (folder.path / "film.mp4").write_bytes(b"a film")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_film_that_a_killed_server_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = multiprocessing.get_context("spawn").Process(target=leave_behind_in, args=(str(tmp_path),))
    killed.start()
    killed.join()
    (left,) = tmp_path.iterdir()
    used, young, foreign = FilmFolder(), FilmFolder(), tmp_path / f"{PREFIX}holiday"
    foreign.mkdir()  # no lock in it: not ours
    for path in (left, used.path, foreign):
        os.utime(path, (0, 0))
    Films(Settings())
    assert not left.exists()
    assert all(path.exists() for path in (used.path, young.path, foreign))
    for folder in (used, young):
        folder.remove()
    assert [path.name for path in tmp_path.iterdir()] == [foreign.name]


def test_a_name_that_leads_elsewhere_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    album = tmp_path / "album"
    album.mkdir()
    (album / LOCK).touch()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / f"{PREFIX}x").symlink_to(album)
    os.utime(album, (0, 0))
    Films(Settings())
    assert album.exists()
