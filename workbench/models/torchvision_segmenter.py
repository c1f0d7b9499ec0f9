"""torchvision's segmentation networks by their name, with new weights."""

from torch import Tensor, nn
from torchvision.models import get_model

from workbench.config.sections.segmentation_models import TorchvisionSegmenterModel


class TorchvisionSegmenter(nn.Module):
    """Float [N, channels, H, W] -> logits [N, classes, H, W]; grey images get equal channels."""

    def __init__(self, config: TorchvisionSegmenterModel, *, classes: int) -> None:
        super().__init__()
        self.segmenter = get_model(
            config.name, weights=None, weights_backbone=None, num_classes=classes
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.segmenter(images.expand(-1, 3, -1, -1))["out"]
        return logits


def build(
    config: TorchvisionSegmenterModel, *, channels: int, classes: int, size: int
) -> TorchvisionSegmenter:
    """Build the network for images of any size, grey or in colour."""
    return TorchvisionSegmenter(config, classes=classes)
