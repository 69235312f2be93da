"""Scenes for a fake camera: what they show can be read, or can't, as each of them says."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from foundation.problems import DomainProblem
from passes.symbols import read_symbol
from seeds import scenes
from seeds.scenes import Paper, View

VECTORS = Path(__file__).parents[1] / "vectors" / "credential.json"
TEXT: str = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"][0]["text"]


def read(frame: bytes) -> set[str]:
    """The texts in a frame, none if there is none."""
    try:
        return set(read_symbol(frame))
    except DomainProblem as problem:
        if problem.code != "photo.no_code":
            raise
        return set()


def test_frames_are_what_the_fake_camera_plays() -> None:
    frame = scenes.held(Paper(TEXT), 0.1)[0]
    image = Image.open(BytesIO(frame))
    assert (image.format, image.size, image.mode) == ("JPEG", (1280, 720), "RGB")


def test_a_held_paper_is_read_and_equal_arguments_give_equal_bytes() -> None:
    frames = scenes.held(Paper(TEXT), 0.5)
    assert len(frames) == 15
    assert read(frames[0]) == {TEXT}
    assert scenes.mjpeg(frames) == scenes.mjpeg(scenes.held(Paper(TEXT), 0.5))


def test_an_approach_begins_unreadable_and_ends_clear() -> None:
    frames = scenes.approach(Paper(TEXT), 0.2)
    assert len(frames) == 15 + 6
    assert read(frames[0]) == set()
    assert read(frames[7]) == set()
    assert read(frames[-1]) == {TEXT}


def test_a_series_shows_one_after_the_other_with_nothing_between() -> None:
    frames = scenes.series([TEXT, scenes.ADVERT], seconds=0.1, pause=0.1)
    seen = [read(frame) for frame in frames]
    assert seen[8] == {TEXT}
    assert seen[9:12] == [set()] * 3
    assert seen[20] == {scenes.ADVERT}


def test_two_codes_are_in_view_together() -> None:
    assert read(scenes.two_codes(TEXT, scenes.ADVERT, 0.1)[0]) == {TEXT, scenes.ADVERT}


def test_half_a_size_is_read() -> None:
    assert read(scenes.half_size(TEXT, 0.1)[-1]) == {TEXT}


def test_a_screen_shows_frame_after_frame() -> None:
    texts = [f"CT1:{number}/3:{'A7' * 90}" for number in range(3)]
    frames = scenes.on_a_screen(texts, each=0.1)
    assert [read(frame) for frame in frames[::3]] == [{text} for text in texts]


@pytest.mark.parametrize("view", [View(tilt=45), View(turn=170), View(aside=(40, -20)), View(distance=320)])
def test_a_paper_may_be_seen_from_anywhere(view: View) -> None:
    assert read(scenes.held(Paper(TEXT), 0.1, view)[0]) == {TEXT}


def test_another_scene_takes_the_place_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "camera.mjpeg"
    scenes.put(scenes.empty(0.1), path)
    held = path.open("rb")
    frames = scenes.held(Paper(TEXT), 0.1)
    scenes.put(frames, path)
    assert path.read_bytes() == scenes.mjpeg(frames)
    # Who still plays the first one keeps it.
    assert held.read() == scenes.mjpeg(scenes.empty(0.1))
    held.close()
