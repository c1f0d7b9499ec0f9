"""What every network's section shares: where its weights come from, and which of them stay."""

from workbench.config.sections.base import Section, per_item, setting


class ModelSection(Section):
    """The keys of every network, beside its own."""

    weights: str = setting(
        "",
        "Where weights come from: empty for new ones, a .safetensors or .pth file, run:RUN, or "
        "pretrained for the package's own.",
    )
    freeze: list[str] = per_item(
        'Modules that stay as they are, by name or first part of it, as in ["blocks"]; their '
        "batch norms are in evaluation mode.",
        default=[],
    )
