"""The section ``[augment]``: augmentation of training images, and crops of test images."""

from typing import Literal, Self

from pydantic import model_validator

from workbench.config.sections.base import Section, setting


class AugmentConfig(Section):
    """Augmentations, applied to whole batches on the device in this order; off by default."""

    pad: int = setting(0, "Border added on each side before the random crop.", unit="px", ge=0)
    pad_mode: Literal["zero", "reflect"] = setting("zero", "What the border is filled with.")
    crop: int = setting(
        0, "Side of the random training crop; 0: the data's own size.", unit="px", ge=0
    )
    test_crop: int = setting(
        0,
        "Side of the centre crop for validation and test, zero-padded where larger than the "
        "image; 0: the same as the training crop.",
        unit="px",
        ge=0,
    )
    resized_crop: float = setting(
        0.0,
        "Smallest share of the area that a random resized crop takes (0.08 is usual on "
        "ImageNet), in place of pad and random crop; 0: none.",
        ge=0,
        le=1,
    )
    hflip: float = setting(0.0, "Probability of a horizontal flip.", ge=0, le=1)
    hflip_mode: Literal["random", "alternating"] = setting(
        "random",
        "random: a coin for each image and epoch. alternating: a coin for each image in the "
        "first epoch, the other side in every next one (Jordan 2024, arXiv:2404.00498).",
    )
    vflip: float = setting(0.0, "Probability of a vertical flip.", ge=0, le=1)
    brightness: float = setting(0.0, "Largest change of brightness, as a share.", ge=0, le=1)
    contrast: float = setting(0.0, "Largest change of contrast, as a share.", ge=0, le=1)
    saturation: float = setting(0.0, "Largest change of saturation, as a share.", ge=0, le=1)
    hue: float = setting(
        0.0, "Largest change of hue, as a share of the colour circle.", ge=0, le=0.5
    )
    policy: Literal["none", "randaugment", "trivialaugment"] = setting(
        "none",
        "Random operations on each image: RandAugment (Cubuk et al. 2019) or TrivialAugment "
        "(Müller & Hutter 2021).",
    )
    policy_ops: int = setting(2, "Operations an image (RandAugment).", ge=1, le=10)
    policy_magnitude: int = setting(9, "Strength of the operations (RandAugment).", ge=0, le=30)
    cutout: int = setting(
        0,
        "Side of a square of each image that is blanked (DeVries & Taylor 2017).",
        unit="px",
        ge=0,
    )
    mixup: float = setting(
        0.0,
        "Alpha of mixup: blend each image with another (Zhang et al. 2017); 0: none.",
        ge=0,
        le=10,
    )
    cutmix: float = setting(
        0.0,
        "Alpha of CutMix: paste a box of another image (Yun et al. 2019); 0: none. With mixup "
        "too, each image gets one or the other.",
        ge=0,
        le=10,
    )
    test_flip: bool = setting(
        False,
        "Evaluate by the mean of the logits of an image and of its mirror image (classification).",
    )
    test_shift: int = setting(
        0,
        "Evaluate images moved by this much along both diagonals too, which count for a half in "
        "the mean of the logits (classification); 0: no.",
        unit="px",
        ge=0,
        le=32,
    )

    @model_validator(mode="after")
    def _alternates(self) -> Self:
        if self.hflip_mode == "alternating" and self.hflip != 0.5:
            raise ValueError(
                f"hflip_mode alternating mirrors every second time: set hflip to 0.5 "
                f"(got {self.hflip:g})"
            )
        return self
