"""The graphics protocol's bytes, checked against what its specification demands.

https://sw.kovidgoyal.net/kitty/graphics-protocol/: "The graphics escape code",
"Remote client" (chunks), "Unicode placeholders", "Deleting images".
"""

import base64
import io
import re
import unicodedata

import numpy as np
import pytest
from PIL import Image

from workbench.ui.images import kitty
from workbench.ui.images.fitting import on_glass

COMMAND = re.compile(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")
NOISE = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)


def commands(text: str) -> list[tuple[dict[str, str], str]]:
    """Keys and payload of every command; there is nothing between them."""
    found = list(COMMAND.finditer(text))
    assert "".join(m[0] for m in found) == text
    return [(dict(key.split("=") for key in m[1].split(",")), m[2] or "") for m in found]


@pytest.mark.parametrize("side", [1, 80])
def test_a_image_is_sent_whole_in_chunks(side: int) -> None:
    canvas = on_glass(NOISE[:side, :side], 100, 100)
    first, *rest = commands(kitty.transmitted(0x012345, canvas, 10, 5))
    assert {k: v for k, v in first[0].items() if k != "m"} == {
        "a": "T", "U": "1", "i": str(0x012345), "c": "10", "r": "5", "f": "100", "q": "2",
    }  # fmt: skip
    assert all(set(keys) == {"m", "q"} for keys, _ in rest)
    assert all(keys["q"] == "2" for keys, _ in rest)  # an answer would be read as keys
    more = [keys["m"] for keys, _ in (first, *rest)]
    assert more == ["1"] * (len(more) - 1) + ["0"]
    payloads = [payload for _, payload in (first, *rest)]
    assert all(len(payload) <= 4096 for payload in payloads)
    assert all(len(payload) % 4 == 0 for payload in payloads[:-1])
    assert (len(payloads) > 1) == (side > 1)
    image = Image.open(io.BytesIO(base64.b64decode("".join(payloads), validate=True)))
    assert image.format == "PNG" and np.array_equal(np.asarray(image), canvas)


def test_placeholders_name_row_and_column() -> None:
    text = kitty.placeholders(2, 4)
    cells = re.findall("\U0010eeee(.)(.)", text)
    assert "".join(f"\U0010eeee{row}{column}" for row, column in cells) == text
    assert cells == [("\u030e", column) for column in "\u0305\u030d\u030e\u0310"]


def test_numbers_are_the_diacritics_of_the_specification() -> None:
    # "class 230 … without decomposition", as gen/rowcolumn-diacritics.txt says, in their order
    assert len(set(kitty.NUMBERS)) == kitty.MOST_CELLS == 32
    assert list(kitty.NUMBERS) == sorted(kitty.NUMBERS)
    for letter in kitty.NUMBERS:
        assert unicodedata.combining(letter) == 230 and not unicodedata.decomposition(letter)


def test_the_colour_is_the_number_of_the_image() -> None:
    assert kitty.colour_of(0x00A1FF) == "#00a1ff"


def test_images_and_their_data_are_deleted_by_number() -> None:
    found = commands(kitty.deleted([7, 9]))
    assert found == [({"a": "d", "d": "I", "i": str(n), "q": "2"}, "") for n in (7, 9)]


def test_at_the_cursor_a_image_has_no_number() -> None:
    ((keys, _),) = commands(kitty.at_cursor(on_glass(NOISE[:2, :2], 4, 4), 3, 2))
    assert keys == {"a": "T", "c": "3", "r": "2", "f": "100", "q": "2", "m": "0"}
