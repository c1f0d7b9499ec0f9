"""Presets by family, with a filter above them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static, Tree

from workbench.config.presets import PresetInfo


class PresetList(Tree[str]):
    """The tree; a leaf's data is its preset's name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", id="presets.start",
                tooltip="Start training the preset under the cursor, as edited"),
        Binding("e,l,right", "edit", "Edit", id="presets.edit", key_display="e",
                tooltip="Go to the form and edit this preset"),
        Binding("j", "cursor_down", "Down", id="presets.down", show=False),
        Binding("k", "cursor_up", "Up", id="presets.up", show=False),
        Binding("h,left", "fold", "Fold", id="presets.fold", show=False,
                tooltip="Fold the family that the cursor is in"),
        Binding("g,home", "scroll_home", "Top", id="presets.top", show=False),
    ]  # fmt: skip

    def action_start(self) -> None:
        """Fold or unfold a family; start a preset (not by a click)."""
        node = self.cursor_node
        if node is not None and node.data is None:
            node.toggle()
        elif node is not None:
            self.post_message(PresetTree.StartAsked())

    def action_edit(self) -> None:
        """Unfold a family; go to the form of a preset."""
        node = self.cursor_node
        if node is not None and node.data is None:
            node.expand()
        elif node is not None:
            self.post_message(PresetTree.EditAsked())

    def action_fold(self) -> None:
        """Fold the family, and put the cursor on it."""
        node = self.cursor_node
        family = node.parent if node is not None and node.data is not None else node
        if family is not None and family is not self.root:
            family.collapse()
            self.move_cursor(family)


class PresetTree(Vertical):
    """Filter and tree; posts which preset is under the cursor."""

    @dataclass
    class Chosen(Message):
        """The cursor came to a preset."""

        name: str

        def can_replace(self, message: Message) -> bool:
            """Only the newest matters."""
            return isinstance(message, PresetTree.Chosen)

    class StartAsked(Message):
        """Enter was pressed on a preset."""

    class EditAsked(Message):
        """The person wants to edit the preset."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", id="presets.clear", show=False),
    ]

    def __init__(self, presets: Sequence[PresetInfo], chosen: str) -> None:
        super().__init__(id="tree")
        self._presets = list(presets)
        self._edited: frozenset[str] = frozenset()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The filter, the tree, and a hint if nothing matches."""
        yield Input(placeholder="/ filter", compact=True, id="filter")
        tree = PresetList("presets", id="preset-list")
        tree.show_root = False
        tree.guide_depth = 2
        tree.show_guides = False
        yield tree
        yield Static(id="no-preset", markup=False)

    def on_mount(self) -> None:
        """Fill the tree."""
        self._fill()

    def show(self, presets: Sequence[PresetInfo], chosen: str) -> None:
        """Show presets, with the cursor on ``chosen``."""
        self._presets = list(presets)
        self._chosen = chosen
        self._fill()

    def mark_edited(self, names: Collection[str]) -> None:
        """Mark the presets that have unsaved changes."""
        if frozenset(names) != self._edited:
            self._edited = frozenset(names)
            for family in self._list.root.children:
                for leaf in family.children:
                    leaf.set_label(self._label(str(leaf.data)))

    def focus_list(self) -> None:
        """Put the cursor into the tree."""
        self._list.focus()

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.query_one("#filter", Input).focus()

    @property
    def _list(self) -> PresetList:
        return self.query_one(PresetList)

    def _fill(self) -> None:
        words = self.query_one("#filter", Input).value.lower().split()
        shown = [info for info in self._presets if all(word in _haystack(info) for word in words)]
        tree = self._list
        tree.clear()
        families: dict[str, list[PresetInfo]] = {}
        for info in shown:
            families.setdefault(info.family, []).append(info)
        target = None
        for family, infos in families.items():
            node = tree.root.add(Text(family), expand=True)
            for info in infos:
                leaf = node.add_leaf(self._label(info.name), data=info.name)
                if info.name == self._chosen or target is None:
                    target = leaf
        if target is not None:
            self.call_after_refresh(tree.move_cursor, target)
            self._choose(str(target.data))  # the cursor may come to the same line as before
        tree.display = bool(shown)
        self.query_one("#no-preset", Static).display = not shown
        self.query_one("#no-preset", Static).update(
            "No preset matches. esc clears the filter."
            if words
            else "No preset found. `workbench doctor` shows where they are looked for."
        )

    def _label(self, name: str) -> Text:
        own = any(info.name == name and info.own for info in self._presets)
        mark = "•" if name in self._edited else " "
        return Text(f"{mark}{name.partition('/')[2]}{' (own)' if own else ''}")

    @on(Tree.NodeHighlighted)
    def _moved(self, event: Tree.NodeHighlighted[str]) -> None:
        event.stop()
        if event.node.data is not None:
            self._choose(event.node.data)

    def _choose(self, name: str) -> None:
        if name != self._chosen:
            self._chosen = name
            self.post_message(self.Chosen(name))

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    @on(Input.Submitted)
    def _to_the_tree(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_list()

    def action_clear(self) -> None:
        """Clear the filter."""
        self.query_one("#filter", Input).value = ""
        self.focus_list()


def _haystack(info: PresetInfo) -> str:
    return f"{info.name} {info.title} {info.dataset} {info.task}".lower()
