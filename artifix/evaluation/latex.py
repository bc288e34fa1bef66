"""Words for LaTeX."""

# What LaTeX would take for something else.
_SPECIAL = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
)


def in_latex(text: str) -> str:
    """The text as LaTeX shows it letter by letter."""
    return text.translate(_SPECIAL)
