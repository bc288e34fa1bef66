"""The small mistakes that can be made in a module: a sign, a limit, a branch, a forgotten line."""

import ast
from collections.abc import Iterator
from pathlib import Path

SWAPS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {"min": "max", "minimum": "maximum", "any": "all", "argmin": "argmax", "ceil": "floor"}
NAMES |= {other: name for name, other in NAMES.items()} | {"rfind": "find", "vstack": "hstack"}


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    again = lambda **parts: type(node)(**{**dict(ast.iter_fields(node)), **parts})  # noqa: E731
    match node:
        case ast.Compare(ops=[op]) | ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
            swapped = SWAPS[type(op)]()
            yield again(ops=[swapped]) if isinstance(node, ast.Compare) else again(op=swapped)
            if type(op) in (ast.Lt, ast.LtE, ast.Gt, ast.GtE):
                yield ast.UnaryOp(ast.Not(), node)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield again(value=not value)
        case ast.Constant(value=int() | float() as value):
            yield again(value=value + 1)
            if value:
                yield ast.UnaryOp(ast.USub(), node)
            if value and isinstance(value, float):
                yield again(value=value * 1.5)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Return(value=value) if value and ast.unparse(value) != "None":
            yield again(value=ast.Constant(None))
        case ast.Call(func=ast.Attribute(attr="where"), args=[test, yes, no]):
            yield again(args=[test, no, yes])
        case ast.Call(func=ast.Name(id=name) as func) if name in NAMES:
            yield again(func=ast.Name(NAMES[name], func.ctx))
        case ast.Call(func=ast.Attribute(attr=name) as func) if name in NAMES:
            yield again(func=ast.Attribute(func.value, NAMES[name], func.ctx))
        case ast.If(test=test) | ast.While(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield again(test=ast.UnaryOp(ast.Not(), test))
        case ast.Continue() | ast.Break() | ast.AugAssign():
            yield ast.Pass()
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in {
            part.id for part in ast.walk(value) if isinstance(part, ast.Name)
        }:
            yield ast.Pass()


def mutants_of(package: Path, module: str) -> Iterator[tuple[dict[str, object], str]]:
    """A row and the changed source of every mutant of a module, in a set order."""
    tree = ast.parse((package / module).read_text(encoding="utf-8"))
    for owner, field, place, function in list(_places(tree, "")):
        value = getattr(owner, field)
        node = value if place is None else value[place]
        for changed in changes_of(node):
            before, after = ast.unparse(node), ast.unparse(changed)
            row = {"module": module, "line": getattr(node, "lineno", 0), "function": function}
            _put(owner, field, place, changed)
            whole = ast.unparse(ast.fix_missing_locations(tree))
            _put(owner, field, place, node)
            around = ast.unparse(owner).split("\n")[0] if len(before) < 20 and "body" not in field else before
            yield row | {"change": f"{before} -> {after}  in  {around}"}, whole


def _put(owner: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(owner, field, node)
    else:
        getattr(owner, field)[place] = node


def _places(owner: ast.AST, function: str) -> Iterator[tuple[ast.AST, str, int | None, str]]:
    """Where nodes that may change stand: no annotations, decorators, messages of errors."""
    for field, value in ast.iter_fields(owner):
        if field in ("annotation", "returns", "decorator_list", "op", "ops", "ctx", "exc", "bases"):
            continue
        for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            is_alias = isinstance(owner, ast.Module) and "NDArray" in ast.unparse(node)[:60]
            if isinstance(node, ast.keyword) and node.arg == "strict":  # only checks what holds
                continue
            if isinstance(owner, ast.Module) and isinstance(node, ast.AnnAssign):  # fitted weights, as tuned
                continue
            if not isinstance(node, ast.AST) or (is_alias and isinstance(node, ast.Assign)):
                continue
            yield owner, field, place, function
            yield from _places(node, node.name if isinstance(node, ast.FunctionDef) else function)
