"""Opens the menu for a run and does what is chosen there; for the Run and the Runs screen."""

from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.content import Content
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.runs.live.status import read_status
from workbench.runs.places.config import read_places
from workbench.runs.store.folder import RunFolder
from workbench.ui.actions.background import BackgroundCommand
from workbench.ui.actions.catalogue import RunAction, actions
from workbench.ui.actions.menu import ActionMenu
from workbench.ui.dialogs import Ask, Reader
from workbench.ui.messages import EditRun
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.refusal import say_refusal

END = "end "  # the name of the action that ends a command begins so

if TYPE_CHECKING:
    Base = Screen[Any]
else:
    Base = object


def run_actions(screen: Screen[Any], folder: RunFolder) -> list[RunAction]:
    """What can be done with a run now."""
    try:
        places = tuple(read_places())
    except WorkbenchError as error:
        say_refusal(screen.app, error)
        places = ()
    return actions(read_status(folder).name, places)


class Acting(Base):
    """A screen with a run that the menu is for."""

    behind: ClassVar[list[BackgroundCommand]] = []  # those that run now, of every screen

    def acted_on(self) -> RunFolder | None:
        """The run, if there is one."""
        raise NotImplementedError

    @work
    async def action_menu(self) -> None:
        """Choose what to do with the run, and do it."""
        folder = self.acted_on()
        if folder is None:
            return
        offered = [*_endings(self.behind), *run_actions(self, folder)]
        chosen = await self.app.push_screen_wait(ActionMenu(folder.id, offered))
        if chosen is not None:
            await self.act(folder, chosen)

    async def act(self, folder: RunFolder, action: RunAction) -> None:
        """Do one action: a key of this screen's, a question first, or a command behind."""
        if action.name.startswith(END):
            for command in self.behind:
                if f"{END}{command.title}" == action.name:
                    command.stop()
        elif action.name == "edit":
            self.post_message(EditRun(folder))
        elif action.by_screen:
            await self.run_action(action.name)
        else:
            answer = ""
            if action.asks:
                ask = Ask(f"{action.title}: {action.asks}", action.example, _refuse_nothing)
                given = await self.app.push_screen_wait(ask)
                if not given:
                    return
                answer = given
            self._behind(folder, action, answer)

    @work(group="behind")
    async def _behind(self, folder: RunFolder, action: RunAction, answer: str) -> None:
        """Run its command in the background; its output is shown at the end."""
        words = action.words(str(folder.path), answer)
        command = BackgroundCommand(action.title, words, folder.path.parent)
        self.notify(f"{action.title}: in the background.", markup=False)
        self.behind.append(command)
        try:
            await command.run()
        finally:
            self.behind.remove(command)
        text = "\n".join(map(clean, command.output.strip().splitlines())) or "Done."
        title = f"{action.title}, {folder.id}" + _ended(command)
        await self.app.push_screen_wait(Reader(title, Content(text)))


def _endings(commands: list[BackgroundCommand]) -> list[RunAction]:
    """An action that ends each command that runs in the background."""
    return [
        RunAction(f"{END}{command.title}", f"End: {command.title}", (), by_screen=True)
        for command in commands
    ]


def _ended(command: BackgroundCommand) -> str:
    if command.stopped:
        return ": ended"
    return " failed" if command.status else ""


def _refuse_nothing(text: str) -> str:
    return "" if text else "write something, or esc"
