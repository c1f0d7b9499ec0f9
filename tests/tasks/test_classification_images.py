import torch

from workbench.config.sections.task import ClassificationTask
from workbench.tasks.classification import Classification

CLASSES = ("a", "b", "c")
LABELS = torch.tensor([0, 1, 2, 0])
# Right, wrong and unsure, wrong and sure, right.
SCORES = torch.tensor([[5.0, 0, 0], [0.1, 0, 0], [9.0, 0, 0], [0.2, 0, 0]])


class Fixed(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return SCORES


def task() -> Classification:
    return Classification(ClassificationTask(), CLASSES, None)


def test_the_worst_are_wrong_and_the_surest_of_them_first() -> None:
    meter = task().test_meter()
    for _ in range(2):
        meter.update(SCORES, {"label": LABELS}, {"loss": torch.tensor(1.0)})

    assert meter.worst()[:2] in ([2, 6], [6, 2]) and sorted(meter.worst()) == [1, 2, 5, 6]


def test_images_say_truth_and_answer() -> None:
    raw = torch.zeros(4, 8, 8, 1, dtype=torch.uint8)

    shown = task().images(Fixed(), torch.zeros(4, 1, 8, 8), raw, {"label": LABELS})

    assert [(p.truth, p.answer, p.is_right) for p in shown] == [
        ("a", "a", True), ("b", "a", False), ("c", "a", False), ("a", "a", True)
    ]  # fmt: skip
    assert shown[2].note == "100 %"
