"""How training pictures are varied, and what a test picture looks like."""

from typing import Literal

from workbench.config.base import Section, setting


class AugmentConfig(Section):
    """Applied to whole batches on the device, in the order of the fields."""

    pad: int = setting(0, "Border added on each side before the random crop.", unit="px", ge=0)
    pad_mode: Literal["zero", "reflect"] = setting("zero", "What the border is filled with.")
    crop: int = setting(
        0, "Side of the random training crop; 0: the data's own size.", unit="px", ge=0
    )
    test_crop: int = setting(
        0,
        "Side of the centre crop for validation and test, zero-padded where larger than the "
        "picture; 0: the same as the training crop.",
        unit="px",
        ge=0,
    )
    hflip: float = setting(0.0, "Probability of a horizontal flip.", ge=0, le=1)
    vflip: float = setting(0.0, "Probability of a vertical flip.", ge=0, le=1)
