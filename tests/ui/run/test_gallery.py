from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.ui.harness import ScreenApp, settle, text_of
from tests.ui.recorded import Recording, record_run
from workbench.runs.store.gallery import Gallery, GalleryImage, ImageBox, write_gallery
from workbench.ui.images.gallery_settings import GallerySettings
from workbench.ui.images.gallery_tiles import gallery_lines
from workbench.ui.images.half_blocks import UPPER, half_blocks, scaled, with_boxes
from workbench.ui.run.classes import ClassesPanel
from workbench.ui.run.confusion import ConfusionPanel
from workbench.ui.run.gallery import GalleryPanel
from workbench.ui.run.screen import TITLES
from workbench.ui.widgets.lines import plain

BLACK = np.zeros((48, 48, 3), dtype=np.uint8)
RED = np.zeros((22, 22, 3), dtype=np.uint8) + np.array([255, 0, 0], dtype=np.uint8)
BOX = (ImageBox(0.25, 0.25, 0.75, 0.75, "true"),)
RIGHT = GalleryImage(BLACK, "cat", "cat", True, "IoU 0.91", BOX, RED)
WRONG = GalleryImage(BLACK, "[bold]dog", "cat", False, "IoU 0.40", BOX, RED)
GALLERY = Gallery((RIGHT, RIGHT, WRONG, RIGHT), 3, "validation")


def test_two_pixels_make_a_cell() -> None:
    image = np.array([[[255, 0, 0]], [[0, 0, 16]]], dtype=np.uint8)

    assert half_blocks(image) == [[(UPPER, "#ff0000 on #000010")]]


@pytest.mark.parametrize(("rows", "columns"), [(48, 48), (30, 60), (60, 30), (1, 90)])
def test_scaling_keeps_the_shape_and_fits(rows: int, columns: int) -> None:
    found = scaled(np.zeros((rows, columns, 3), dtype=np.uint8), 24, 24)

    assert max(found.shape[:2]) == 24 and found.shape[0] % 2 == 0
    assert abs(found.shape[0] - 24 * rows / max(rows, columns)) <= 2


def test_boxes_are_drawn_where_they_are_and_stay_inside() -> None:
    image = with_boxes(BLACK, [(ImageBox(0.25, 0.5, 0.75, 1.4, "true"), (9, 8, 7))])

    drawn = (image == [9, 8, 7]).all(axis=2)
    assert drawn[24, 12:37].all() and drawn[24:, 12].all() and drawn[47, 12:37].all()
    assert drawn.sum() == 25 * 2 + 22 * 2 and not (BLACK != 0).any()


def test_images_stand_beside_each_other_with_their_answers() -> None:
    lines = gallery_lines(GALLERY, GallerySettings(), 110, 20)
    text = [plain(line) for line in lines]

    assert "validation images, epoch 3" in text[0] and "1 wrong" in text[0]
    assert text[1].count(UPPER) == 3 * 32  # 20 lines: 32 pixels of height each
    assert text[17].count("✓ cat") == 2 and "✗ [bold]dog → cat" in text[17]
    assert all(len(line) <= 110 for line in text)


def test_wrong_answers_only() -> None:
    text = [
        plain(line) for line in gallery_lines(GALLERY, GallerySettings(wrong_only=True), 110, 20)
    ]

    assert "wrong only" in text[0]

    assert sum("→" in line for line in text) == 1 and not any("✓" in line for line in text)


def test_no_wrong_answer_is_said() -> None:
    text = [
        plain(line)
        for line in gallery_lines(Gallery((RIGHT,)), GallerySettings(wrong_only=True), 80, 20)
    ]

    assert "none of these images is wrong" in text[2]


def test_what_is_cut_out_takes_the_place_of_the_images() -> None:
    lines = gallery_lines(GALLERY, GallerySettings(crops=True), 110, 20)

    assert {role for _, role in lines[3] if role.startswith("#")} == {"#ff0000 on #ff0000"}


def test_a_narrow_screen_has_one_image_a_row() -> None:
    lines = gallery_lines(GALLERY, GallerySettings(), 24, 10)

    assert all(len(plain(line)) <= 24 for line in lines[1:])


async def test_keys_choose_which_images_are_seen(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(steps_per_epoch=20))
    write_gallery(folder.gallery(), GALLERY)
    app = ScreenApp(tmp_path, folder)

    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        assert not app.screen.query_one(GalleryPanel).display
        await pilot.press(str(TITLES.index(GalleryPanel.title) + 1))
        await pilot.pause(0.05)
        panel = app.screen.query_one(GalleryPanel)
        everything = text_of(panel)
        await pilot.press("w")
        wrong = text_of(panel)
        await pilot.press("b")
        cut_out = panel.lines[2]
        await pilot.press("w", "b")

        assert everything.count("✓ cat") == 3 and "✗ [bold]dog → cat" in everything
        assert "✓" not in wrong and "✗ [bold]dog → cat" in wrong
        assert "#ff0000 on #ff0000" in {role for _, role in cut_out}
        assert text_of(panel) == everything


async def test_a_run_without_images_says_so(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(steps_per_epoch=20))
    app = ScreenApp(tmp_path, folder)

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(str(TITLES.index(GalleryPanel.title) + 1))
        await pilot.pause(0.05)

        assert "validation images appear after" in text_of(app.screen.query_one(GalleryPanel))
        await pilot.press("w", "b")
        assert len(app.screen.query_one(GalleryPanel).lines) == 1


def test_a_small_image_takes_little_room() -> None:
    digit = GalleryImage(np.zeros((8, 8, 3), dtype=np.uint8), "3", "3", True)
    lines = [
        plain(line) for line in gallery_lines(Gallery((digit,) * 24), GallerySettings(), 80, 20)
    ]

    assert lines[1].count(UPPER) == 4 * 16  # enlarged to 16 columns: four beside each other
    assert len(lines) == 1 + 6 * 10


async def test_a_key_swaps_the_test_and_the_validation_images(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(epochs=2, steps_per_epoch=4, status="finished"))
    write_gallery(folder.gallery(), GALLERY)
    write_gallery(folder.gallery("test"), replace(GALLERY, split="test", epoch=2))
    app = ScreenApp(tmp_path, folder)

    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        panels = [
            app.screen.query_one(kind) for kind in (ClassesPanel, ConfusionPanel, GalleryPanel)
        ]

        async def firsts() -> list[str]:
            found = []
            for panel in panels:
                await pilot.press(str(TITLES.index(panel.title) + 1))
                await settle(pilot)
                found.append(plain(panel.lines[0]).split()[0])
            return found

        assert await firsts() == ["test"] * 3
        await pilot.press("e")
        assert await firsts() == ["validation"] * 3
        await pilot.press("e")
        assert await firsts() == ["test"] * 3


async def test_a_run_of_an_earlier_version_shows_the_test_images_that_it_kept(
    tmp_path: Path,
) -> None:
    folder = record_run(tmp_path, Recording(epochs=2, steps_per_epoch=4, status="finished"))
    write_gallery(folder.gallery(), replace(GALLERY, split="test"))
    app = ScreenApp(tmp_path, folder)

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(str(TITLES.index(GalleryPanel.title) + 1))
        await settle(pilot)
        panel = app.screen.query_one(GalleryPanel)
        assert plain(panel.lines[0]).startswith(" test images")
        await pilot.press("e")
        await settle(pilot)
        assert plain(panel.lines[0]) == " validation images were not kept"
