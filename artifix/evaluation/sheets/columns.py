"""What the columns of a figure may show, and figures with a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from artifix.errors import UsageError
from artifix.setting_names import setting

View = Literal["whole", "zoom", "inset"]
OURS, OTHERS, TRUTH = "ours", "others", "truth"
OF_THE_IMAGE = ("image", "artifact", "mask", OURS, TRUTH)  # in its frame, as are all methods
OF_THE_REFERENCE = ("correspondence", "region", "reference")
_TITLES = {
    "image": "Input and mask",
    "artifact": "Input",
    "mask": "Mask",
    "correspondence": "Correspondence",
    "region": "Matched region",
    "reference": "Reference",
    OURS: "Ours",
    TRUTH: "Ground truth",
}
_VIEWS: Mapping[str, View] = {":zoom": "zoom", "+zoom": "inset"}
_FORM = (
    f"known are {', '.join((*OF_THE_IMAGE, *OF_THE_REFERENCE, OTHERS))} and names of {setting('method')}; "
    "each may end in :zoom or +zoom"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    shows: str  # one of `OF_THE_IMAGE`, `OF_THE_REFERENCE`, or the name of a method
    title: str
    view: View = (
        "whole"  # all of it; the masked or matched part alone; or all, with that enlarged in a corner
    )

    @property
    def of_reference(self) -> bool:
        """Whether it is in the frame of the reference, and not of the image."""
        return self.shows in OF_THE_REFERENCE


@dataclass(frozen=True, slots=True)
class Layout:
    """A figure with a name: what it shows where the command line does not say."""

    columns: str
    about: str
    across: int = 1  # cases beside each other
    named: bool = False  # the rows are
    told: bool = False  # how sure each repair is


# What the paper's figures show is known by their captions' subjects only: their columns are our choice.
LAYOUTS = {
    "fig5": Layout("reference,image,others+zoom,ours+zoom", "qualitative comparison by task"),
    "fig6": Layout("image,reference,artifact:zoom,others:zoom,ours:zoom", "comparison with other methods"),
    "fig12": Layout("image,reference,correspondence,region:zoom,ours:zoom", "correspondence maps"),
    "fig14": Layout("image,region,ours", "more results", across=2),
    "fig15": Layout("image,region,artifact:zoom,ours:zoom", "failures", named=True, told=True),
}


def columns_of(text: str, methods: Sequence[str], titles: Sequence[str] = ()) -> list[Column]:
    """The columns that a list with commas names.

    Args:
        text: such as image,reference,ours:zoom; others stands for all methods.
        methods: names of other methods, in their order, and "ours" where a folder has that too.
        titles: of the columns; of none each has its own.

    Raises:
        UsageError: a name is not known, there is none, or not a title for each.
    """
    columns = [column for word in text.split(",") for column in _columns(word.strip(), methods)]
    if not columns:
        raise UsageError(f"{setting('columns')} {text}: leaves no column", f"give one at least; {_FORM}")
    if titles and len(titles) != len(columns):
        raise UsageError(
            f"{setting('titles')}: {len(titles)} titles for {len(columns)} columns",
            f"give one for each of: {', '.join(column.title for column in columns)}",
        )
    if not titles:
        return columns
    return [Column(one.shows, title, one.view) for one, title in zip(columns, titles, strict=True)]


def check_methods(names: Sequence[str]) -> None:
    """Raise UsageError if a method has no name of its own; "ours" may have a folder too."""
    for number, name in enumerate(names):
        if (
            (name in _TITLES and name != OURS)
            or name == OTHERS
            or not name
            or any(sign in name for sign in ",:+")
        ):
            raise UsageError(
                f"{setting('method')} {name}=...: is no name for a method",
                f"choose one without , : + that is none of {', '.join((*_TITLES, OTHERS))}",
            )
        if name in names[:number]:
            raise UsageError(f"{setting('method')} {name}: is given twice", "give each method its own name")


def _columns(word: str, methods: Sequence[str]) -> list[Column]:
    view: View = "whole"
    shows = word
    for ending, meant in _VIEWS.items():
        if word.endswith(ending):
            shows, view = word.removesuffix(ending), meant
    names = [method for method in methods if method != OURS] if shows == OTHERS else [shows]
    for name in names:
        if name not in _TITLES and name not in methods:
            raise UsageError(f"{setting('columns')}: unknown column {word or '(no name)'}", _FORM)
    return [Column(name, _title(name, view), view) for name in names]


def _title(name: str, view: View) -> str:
    title = _TITLES.get(name, name)
    return f"{title} (detail)" if view == "zoom" else title
