"""Which tasks, networks and data sets belong together, and which augmentations a task bears."""

from workbench.config import RunConfig, plugins
from workbench.config.sections.augment import AugmentConfig

# What the targets of a data set are; one class an image where nothing is said.
BOXES = frozenset(("scenes", "coco", "voc", "yolo"))
MASKS = frozenset(("shapes", "maskfolder", "cocomasks"))
# The networks that a task can train; classification and multilabel take all others.
NETWORKS = {
    "proposals": ("rpn",),
    "detection": ("faster_rcnn", "torchvision_detector"),
    "segmentation": ("unet", "torchvision_segmenter"),
}
ANY = "python"  # a network of the user's own may be for any task
WHOLE_IMAGE = ("classification", "multilabel")
# Augmentations that change where an object is, or how much of it there is.
MOVING = (
    *("pad", "crop", "test_crop", "resized_crop", "hflip", "vflip"),
    *("policy", "cutout", "mixup", "cutmix", "test_flip", "test_shift"),
)
# What a mask does not follow, or what mixes the classes of two images.
NOT_WITH_MASKS = ("resized_crop", "policy", "mixup", "cutmix", "test_flip", "test_shift")
MIXING = ("mixup", "cutmix")


def find_mismatch(config: RunConfig) -> dict[str, str]:
    """Where task, network and data do not belong together: key and why; {} if they do."""
    task, model = config.task.kind, config.model.kind
    if model in plugins.loaded("model"):
        return {}  # a package's own networks: it says what they are for
    if model == ANY:
        return _data_mismatch(task, config.data.name)
    if task not in WHOLE_IMAGE and model not in NETWORKS.get(task, (model,)):
        return {"model.kind": f"{model} does no {task}; there are {', '.join(NETWORKS[task])}"}
    if task in WHOLE_IMAGE:
        other = next((name for name, kinds in NETWORKS.items() if model in kinds), None)
        if other:
            gives = "a class for each pixel" if other == "segmentation" else "boxes"
            return {"model.kind": f"{model} gives {gives}: set task.kind to {other}"}
    return _data_mismatch(task, config.data.name)


def _data_mismatch(task: str, data: str) -> dict[str, str]:
    if task in plugins.loaded("task") or data in plugins.loaded("data"):
        return {}
    if task == "classification" and data in BOXES:
        return {"data.name": f"{data} has boxes: set task.kind to proposals or detection"}
    if task in WHOLE_IMAGE and data in MASKS:
        return {"data.name": f"{data} has masks: set task.kind to segmentation"}
    if task == "segmentation" and data not in MASKS:
        return {
            "data.name": f"segmentation needs masks, which {data} has not: use maskfolder or "
            "cocomasks"
        }
    if task == "multilabel" and data not in BOXES | {"table"}:
        return {
            "data.name": f"multilabel needs several labels an image, which {data} has not: use "
            f"a table, coco, or scenes with data.source={data}"
        }
    if task in ("proposals", "detection") and data not in BOXES:
        return {
            "data.name": f"{task} needs boxes, which {data} has not: use coco, or scenes with "
            f"data.source={data}"
        }
    return {}


def find_unfit_split(config: RunConfig) -> dict[str, str]:
    """Folds and balance where an image has no class of its own: key and why."""
    data, task = config.data, config.task.kind
    own = task in plugins.loaded("task") or data.name in plugins.loaded("data")
    if own or (task == "classification" and data.name not in BOXES | MASKS):
        return {}
    why = f"needs one class an image, which {data.name} ({task}) has not: leave it out"
    asked = {"data.folds": data.folds > 0, "data.balance": data.balance != "none"}
    return {key: why for key, wanted in asked.items() if wanted}


def find_unfit_augmentation(config: RunConfig) -> dict[str, str]:
    """What is asked for that the task's targets cannot follow: key and why."""
    task, augment = config.task.kind, config.augment
    off = AugmentConfig(crop=config.data.size, test_crop=config.data.size)
    keys, why = {
        "classification": ((), ""),
        "multilabel": (MIXING, "mixes the labels of two images"),
        "segmentation": (NOT_WITH_MASKS, "does not move the masks with the images"),
    }.get(task, (MOVING, "moves images but not their boxes"))
    problems = {
        f"augment.{key}": f"{why}: leave it out ({task})"
        for key in keys
        if getattr(augment, key) not in (getattr(off, key), 0)
    }
    seen = augment.test_crop or augment.crop or config.data.size
    if task == "segmentation" and seen != config.data.size:
        problems["augment.test_crop"] = (
            f"a mask is compared whole: set it to data.size ({config.data.size})"
        )
    return problems
