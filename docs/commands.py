"""Write the table of commands into docs/commands.md: ``python docs/commands.py``."""

from pathlib import Path

from workbench.cli.console.reference import switches_table

PAGE = Path(__file__).with_suffix(".md")
MARK = "<!-- made by docs/commands.py -->\n"


def main() -> None:
    """Replace what stands below the mark."""
    above, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(above + mark + switches_table(), encoding="utf-8")


if __name__ == "__main__":
    main()
