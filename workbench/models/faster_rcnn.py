"""Faster R-CNN on a small base (study 5; Ren et al. 2015, arXiv:1506.01497), trained end to end.

The regions are cut out of the base's last features by a spatial transformer (or by RoIAlign),
and classified by one convolution over the whole region and a linear layer.
"""

from torch import Tensor, nn

from workbench.config.sections.models import FasterRcnnModel
from workbench.detection.boxes import STRIDE
from workbench.models.common.blocks import activation, full_precision, initialise
from workbench.models.common.crops import CROPS
from workbench.models.rpn import Detections, Rpn, check_size


class FasterRcnn(Rpn):
    """Float [N, channels, S, S] -> :class:`workbench.models.rpn.Detections`."""

    def __init__(self, config: FasterRcnnModel, *, channels: int, classes: int) -> None:
        super().__init__(config, channels=channels)
        self.crop = CROPS[config.crop](config.crop_size)
        self.regions = RegionHead(config, classes)
        initialise(self.regions)

    def forward(self, images: Tensor, boxes: Tensor | None = None) -> Detections:
        """Propose boxes; classify ``boxes`` [N, M, 3] and, in evaluation, the best proposals.

        In training ``boxes`` are the true ones, so that the classifier learns from the first
        step on; no gradient goes through them.
        """
        features = self.base(images)
        found = self.propose(features)
        if boxes is not None:
            found = found._replace(logits_given=self.classify(features, boxes))
        if found.boxes is not None:
            found = found._replace(logits=self.classify(features, found.boxes))
        return found

    def classify(self, features: Tensor, boxes: Tensor) -> Tensor:
        """Logits [N, M, classes] of the squares [N, M, 3]."""
        count, places = boxes.shape[:2]
        side = float(features.shape[-1] * STRIDE)
        maps = features.repeat_interleave(places, dim=0) if places > 1 else features
        # In float32: eight bits of a position are a third of a pixel.
        with full_precision(features):
            crops = self.crop(maps.float(), boxes.flatten(0, 1), side)
        logits: Tensor = self.regions(crops)
        return logits.view(count, places, -1)


class RegionHead(nn.Module):
    """Convolution over the whole region ("fully convolutional"), norm, activation, linear."""

    def __init__(self, config: FasterRcnnModel, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            config.channels[-1], config.region_channels, config.crop_size, bias=False
        )
        self.norm = nn.BatchNorm2d(config.region_channels)
        self.act = activation(config.activation)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(config.region_channels, classes)

    def forward(self, regions: Tensor) -> Tensor:
        """[N, C, crop_size, crop_size] -> logits [N, classes]."""
        x = self.act(self.norm(self.conv(regions)))
        logits: Tensor = self.linear(self.flatten(x))
        return logits


def build(config: FasterRcnnModel, *, channels: int, classes: int, size: int) -> FasterRcnn:
    """Build the detector; it takes square images whose side is a multiple of 8."""
    check_size(config, size)
    return FasterRcnn(config, channels=channels, classes=classes)
