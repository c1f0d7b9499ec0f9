"""Meters whose sums can be added: what several processes have measured, as if one had."""

from typing import Any, ClassVar, Protocol, runtime_checkable

from torch import Tensor

Sums = dict[str, Any]  # by attribute: tensors, numbers, lists and dicts of tensors, nested sums


@runtime_checkable
class Addable(Protocol):
    """A meter that another one of the same kind can take in."""

    def sums(self) -> Sums:
        """Everything that it holds, on the CPU."""

    def add_sums(self, sums: Sums) -> None:
        """Take in another meter's sums, whose images come after this one's."""


class Adding:
    """Adds by attribute: ``summed`` are added up, ``joined`` are lists, ``nested`` are meters."""

    summed: ClassVar[tuple[str, ...]] = ()  # numbers, tensors, dicts of tensors; or None
    joined: ClassVar[tuple[str, ...]] = ()
    nested: ClassVar[tuple[str, ...]] = ()

    def sums(self) -> Sums:
        """The attributes by name."""
        found = {name: _on_cpu(getattr(self, name)) for name in (*self.summed, *self.joined)}
        return found | {name: getattr(self, name).sums() for name in self.nested}

    def add_sums(self, sums: Sums) -> None:
        """Add another meter's attributes to this one's."""
        for name in (*self.summed, *self.joined):
            setattr(self, name, _plus(getattr(self, name), sums[name]))
        for name in self.nested:
            getattr(self, name).add_sums(sums[name])


def _on_cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, dict):
        return {key: _on_cpu(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_on_cpu, value))
    return [_on_cpu(each) for each in value] if isinstance(value, list) else value


def _plus(mine: Any, other: Any) -> Any:
    if mine is None or other is None:
        return other if mine is None else mine
    if isinstance(mine, dict):
        return {**mine, **{key: _plus(mine.get(key), each) for key, each in other.items()}}
    return mine + (other.to(mine.device) if isinstance(other, Tensor) else other)
