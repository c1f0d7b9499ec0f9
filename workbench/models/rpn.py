"""Region proposals (Ren et al. 2015, arXiv:1506.01497) on a small base of stride 8 (study 5)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from workbench.config.sections.models import FasterRcnnModel, RpnModel, SmallNetModel
from workbench.detection.boxes import STRIDE, anchor_grid, corners, decode
from workbench.errors import ConfigError
from workbench.models.common.blocks import activation, full_precision, initialise, same_conv
from workbench.models.smallnet import stages


class Detections(NamedTuple):
    """The outputs of a detector for N images, with A anchors a cell and K boxes kept.

    ``logits_given`` are the class logits of the boxes given to the network; fields that were
    not computed are None.
    """

    scores: Tensor  # [N, A, cells, cells]: logits of "an object is here"
    deltas: Tensor  # [N, A, cells, cells, 3]: boxes relative to the anchors
    boxes: Tensor | None = None  # [N, K, 3]: x, y, w in pixels, the surest first
    confidence: Tensor | None = None  # [N, K], 0 to 1; 0 where fewer boxes were left
    logits: Tensor | None = None  # [N, K, classes]
    logits_given: Tensor | None = None  # [N, M, classes]


class Rpn(nn.Module):
    """Float [N, channels, S, S] -> scores and boxes at every cell; in evaluation the best boxes."""

    def __init__(self, config: RpnModel, *, channels: int) -> None:
        super().__init__()
        self.config = config
        small = SmallNetModel(
            unit=config.unit, channels=config.channels, activation=config.activation
        )
        self.base = nn.Sequential(stages(small, channels))
        self.proposals = ProposalHead(config)
        initialise(self)
        for layer in (self.proposals.score, self.proposals.box):
            nn.init.normal_(layer.weight, std=0.01)  # as the paper: at first no box is moved

    def forward(self, images: Tensor, boxes: Tensor | None = None) -> Detections:
        """Propose boxes; ``boxes`` is ignored (a detector classifies them)."""
        return self.propose(self.base(images))

    def propose(self, features: Tensor) -> Detections:
        """Scores and deltas of features [N, C, cells, cells]; in evaluation the best boxes too."""
        scores, deltas = self.proposals(features)
        if self.training:
            return Detections(scores, deltas)
        boxes, confidence = self.proposals.best(scores, deltas)
        return Detections(scores, deltas, boxes, confidence)


class ProposalHead(nn.Module):
    """Conv 3×3, norm, activation; then 1×1 a score and 1×1 a box for each anchor of a cell."""

    def __init__(self, config: RpnModel) -> None:
        super().__init__()
        self.config = config
        width, anchors = config.proposal_channels, len(config.anchors)
        self.conv = same_conv(config.channels[-1], width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.act = activation(config.activation)
        self.score = nn.Conv2d(width, anchors, 1)
        self.box = nn.Conv2d(width, 3 * anchors, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, C, cells, cells] -> logits [N, A, cells, cells], deltas [N, A, cells, cells, 3]."""
        x = self.act(self.norm(self.conv(features)))
        # In float32: eight bits of a position are a third of a pixel.
        with full_precision(x):
            x = x.float()
            scores, deltas = self.score(x), self.box(x)
        count, anchors, cells, _ = scores.shape
        return scores, deltas.view(count, anchors, 3, cells, cells).permute(0, 1, 3, 4, 2)

    def best(self, scores: Tensor, deltas: Tensor) -> tuple[Tensor, Tensor]:
        """The ``keep`` best boxes [N, K, 3] after non-maximum suppression, and their confidence."""
        anchors = anchor_grid(self.config.anchors, scores.shape[-1], deltas)
        boxes = decode(deltas, anchors).flatten(1, 3)
        confidence = scores.sigmoid().flatten(1)
        if self.config.keep == 1:  # the best box suppresses no other
            best = confidence.argmax(dim=1, keepdim=True)
        else:
            best, confidence = suppressed(boxes, confidence, self.config)
        rows = best[..., None].expand(-1, -1, 3)
        return boxes.gather(1, rows), confidence.gather(1, best)


def suppressed(boxes: Tensor, confidence: Tensor, config: RpnModel) -> tuple[Tensor, Tensor]:
    """Indices of the boxes kept [N, K], and their confidence; 0 for dropped ones."""
    from torchvision.ops import batched_nms  # costs more than a second: only where it is used

    count, places = confidence.shape
    image = torch.arange(count, device=boxes.device).repeat_interleave(places)
    kept = batched_nms(corners(boxes).flatten(0, 1), confidence.flatten(), image, config.nms)
    alive = torch.zeros_like(confidence).flatten()
    alive[kept] = 1
    confidence = confidence * alive.view_as(confidence)
    return confidence.topk(min(config.keep, places), dim=1).indices, confidence


def check_size(config: RpnModel | FasterRcnnModel, size: int) -> None:
    """Raise :class:`ConfigError` for a size that is no multiple of the cells' 8 pixels."""
    if size % STRIDE:
        raise ConfigError(
            {"data.size": f"must be a multiple of {STRIDE} for {config.kind} (got {size})"}
        )


def build(config: RpnModel, *, channels: int, classes: int, size: int) -> Rpn:
    """Build the network; it takes square images whose side is a multiple of 8."""
    check_size(config, size)
    return Rpn(config, channels=channels)
