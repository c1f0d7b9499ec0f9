"""Images in kitty's graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol/).

In an app an image is shown by "Unicode placeholders": cells with U+10EEEE, whose colour is the
image's id and whose diacritics are row and column. So it moves and is cut off as text is. On a
plain stream it is drawn at the cursor.
"""

import base64
import io
from collections.abc import Iterable

from PIL import Image

from workbench.ui.images.fitting import Pixels

CHUNK = 4096  # bytes of base64 in one command, at most
PLACEHOLDER = "\U0010eeee"
# The diacritic that means a row or column, by its number ("rowcolumn-diacritics.txt").
NUMBERS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357"
    "\u035b\u0363\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484"
)
MOST_CELLS = len(NUMBERS)  # rows or columns of an image


def transmitted(image_id: int, pixels: Pixels, columns: int, rows: int) -> str:
    """The codes that send an image, to be shown by ``columns`` × ``rows`` placeholders."""
    return _commands(f"a=T,U=1,i={image_id},c={columns},r={rows},f=100,q=2", pixels)


def at_cursor(pixels: Pixels, columns: int, rows: int) -> str:
    """The codes that draw an image over ``columns`` × ``rows`` cells at the cursor."""
    return _commands(f"a=T,c={columns},r={rows},f=100,q=2", pixels)


def placeholders(row: int, columns: int) -> str:
    """The placeholders of one row of an image."""
    return "".join(PLACEHOLDER + NUMBERS[row] + NUMBERS[column] for column in range(columns))


def colour_of(image_id: int) -> str:
    """The colour of an image's placeholders, as #rrggbb: the id has 24 bits."""
    return f"#{image_id:06x}"


def deleted(image_ids: Iterable[int]) -> str:
    """The codes that delete images from the terminal."""
    return "".join(f"\x1b_Ga=d,d=I,i={image_id},q=2\x1b\\" for image_id in image_ids)


def _commands(control: str, pixels: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    parts = []
    for number, chunk in enumerate(chunks, start=1):
        keys = control if number == 1 else "q=2"
        parts.append(f"\x1b_G{keys},m={int(number < len(chunks))};{chunk}\x1b\\")
    return "".join(parts)
