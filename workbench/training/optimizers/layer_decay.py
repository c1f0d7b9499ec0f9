"""``optimizer.layer_decay``: a lower learning rate for each stage further from the head.

Howard & Ruder 2018 (arXiv:1801.06146) call it discriminative fine-tuning. A stage is a child of
the network, in the order of its definition; of a child that is a sequence each part is one.
"""

from typing import Any

from torch import Tensor, nn

SEQUENCES = (nn.Sequential, nn.ModuleList)


def stages(model: nn.Module) -> list[list[Tensor]]:
    """The parameters of each stage, from the images to the head; parameters of none come first."""
    parts: list[nn.Module] = []
    for child in model.children():
        parts += list(child.children()) if isinstance(child, SEQUENCES) else [child]
    found: list[list[Tensor]] = [list(part.parameters()) for part in parts]
    known = {parameter for stage in found for parameter in stage}
    rest: list[Tensor] = [parameter for parameter in model.parameters() if parameter not in known]
    return [stage for stage in (rest, *found) if stage]


def by_stage(groups: list[dict[str, Any]], model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """The groups, split by stage: ``lr_factor`` times ``decay`` for each stage to the head."""
    if decay == 1.0:
        return groups
    found = stages(model)
    place = {parameter: number for number, stage in enumerate(found) for parameter in stage}
    result = []
    for group in groups:
        for number in range(len(found)):
            chosen = [p for p in group["params"] if place[p] == number]
            factor = group["lr_factor"] * decay ** (len(found) - 1 - number)
            if chosen:
                result.append({**group, "params": chosen, "lr_factor": factor})
    return result
