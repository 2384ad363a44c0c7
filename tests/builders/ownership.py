"""Reads from source which queues have no bound, and which tasks and threads nobody owns."""

import ast
from collections.abc import Iterator
from typing import Final

SIZED: Final = {"Queue": "maxsize", "LifoQueue": "maxsize", "PriorityQueue": "maxsize", "deque": "maxlen"}
UNSIZED: Final = frozenset({"SimpleQueue", "ThreadPoolExecutor", "ProcessPoolExecutor"})
GROWING: Final = frozenset({"append", "appendleft", "extend", "insert"})
STARTING: Final = frozenset({"create_task", "ensure_future", "run_in_executor", "to_thread", "Thread"})
NAMED: Final = frozenset({"create_task", "Thread"})
ENDING: Final = frozenset({"cancel", "join"})

# Benches and rehearsals end after minutes, and their lists are what they measured; their tasks still have owners.
MEASURING: Final = ("bench/", "server/rehearsal/")

Parents = dict[ast.AST, ast.AST]


def parents_of(tree: ast.AST) -> Parents:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def above(node: ast.AST, parents: Parents) -> Iterator[ast.AST]:
    while (parent := parents.get(node)) is not None:
        yield parent
        node = parent


def scope(node: ast.AST, parents: Parents) -> str:
    """Return the class and function that a node stands in, as `Class.function`."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return ".".join(reversed([p.name for p in above(node, parents) if isinstance(p, kinds)])) or "module"


def class_of(node: ast.AST, parents: Parents) -> str:
    return next((p.name for p in above(node, parents) if isinstance(p, ast.ClassDef)), "module")


def called(node: ast.AST) -> str:
    """Return the last name of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def attribute(node: ast.AST) -> str:
    """Return `x` of `self.x`, `page.x` and `self.x[…]`."""
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else ""


def kept_as(call: ast.Call, parents: Parents) -> ast.expr | None:
    """Return what the value of a call is assigned to, alone or in a display."""
    for parent in above(call, parents):
        match parent:
            case ast.Assign(targets=[target]):
                return target
            case ast.AnnAssign(target=target):
                return target
            case ast.Tuple() | ast.List() | ast.Set() | ast.Lambda() | ast.Call() | ast.keyword():
                continue
            case _:
                return None
    return None


# Queues


def unbounded(file: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the name and the line of each queue without a bound."""
    parents = parents_of(tree)
    for node in ast.walk(tree):
        kind = called(node)
        if not isinstance(node, ast.Call):
            continue
        if kind in UNSIZED or (kind in SIZED and not sized(node, kind)):
            target = kept_as(node, parents)
            kept = (target and attribute(target)) or (target.id if isinstance(target, ast.Name) else kind)
            yield f"{file}: {class_of(node, parents)}.{kept}", node.lineno
    yield from growing_lists(file, tree, parents)


def sized(call: ast.Call, kind: str) -> bool:
    place = 1 if kind == "deque" else 0
    given = [word.value for word in call.keywords if word.arg == SIZED[kind]] or call.args[place : place + 1]
    return bool(given) and not (isinstance(given[0], ast.Constant) and not given[0].value)


def growing_lists(file: str, tree: ast.Module, parents: Parents) -> Iterator[tuple[str, int]]:
    """Yield each list that an object keeps and adds to: what waits there waits for somebody."""
    if file.startswith(MEASURING):
        return
    kept = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            kept |= {
                f"{class_of(node, parents)}.{attribute(target)}" for target in targets if attribute(target)
            }
    for node in ast.walk(tree):
        if called(node) in GROWING and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = f"{class_of(node, parents)}.{attribute(node.func.value)}"
            if name in kept:
                yield f"{file}: {name}", node.lineno


# Tasks and threads


def unowned(file: str, tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """Yield where a task or thread is begun without an owner or a name."""
    parents = parents_of(tree)
    for node in ast.walk(tree):
        kind = called(node)
        if not isinstance(node, ast.Call) or kind not in STARTING:
            continue
        place = f"{file}: {scope(node, parents)}"
        if kind in NAMED and "name" not in {word.arg for word in node.keywords}:
            yield place, node.lineno, "has no name"
        if not owned(node, tree, parents):
            yield place, node.lineno, "is kept by nobody who awaits, cancels or joins it"


def owned(call: ast.Call, tree: ast.Module, parents: Parents) -> bool:
    if any(isinstance(parent, ast.Await) for parent in above_expressions(call, parents)):
        return True
    function = next(
        (p for p in above(call, parents) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)), tree
    )
    if of_a_group(call, function):
        return True
    target = kept_as(call, parents)
    if isinstance(target, ast.Name):
        return ended(target.id, ast.Name, function) or handed_on(target.id, function, tree)
    return target is not None and bool(attribute(target)) and ended(attribute(target), ast.Attribute, tree)


def above_expressions(node: ast.AST, parents: Parents) -> Iterator[ast.AST]:
    for parent in above(node, parents):
        if isinstance(parent, ast.stmt):
            return
        yield parent


def of_a_group(call: ast.Call, function: ast.AST) -> bool:
    """Say whether a task belongs to a TaskGroup that this function waits for."""
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return False
    groups = {
        item.optional_vars.id
        for node in ast.walk(function)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if called(item.context_expr) == "TaskGroup" and isinstance(item.optional_vars, ast.Name)
    }
    return call.func.value.id in groups


def ended(name: str, kind: type[ast.expr], within: ast.AST) -> bool:
    """Say whether what has this name is awaited, cancelled or joined: itself, or each of it in a loop."""
    own: list[tuple[str, type[ast.expr]]] = [(name, kind)]
    own += [(one, ast.Name) for one in each_of(name, kind, within)]
    for node in ast.walk(within):
        ends = isinstance(node, ast.Await) or called(node) in ENDING
        if ends and any(mentions(node, one, of_kind) for one, of_kind in own):
            return True
    return False


def each_of(name: str, kind: type[ast.expr], within: ast.AST) -> set[str]:
    """Return what stands for one of a collection in loops over it."""
    loops = (node for node in ast.walk(within) if isinstance(node, ast.For | ast.comprehension))
    found = (node.target for node in loops if mentions(node.iter, name, kind))
    return {inner.id for target in found for inner in ast.walk(target) if isinstance(inner, ast.Name)}


def handed_on(name: str, function: ast.AST, tree: ast.Module) -> bool:
    """Say whether a task is put into a collection that lets go of it when done, and that somebody ends."""
    collections = set[str]()
    lets_go = False
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=kept, attr="add"), args=[ast.Name(id=given)]) if (
                given == name
            ):
                collections.add(attribute(kept))
            case ast.Assign(targets=[ast.Subscript() as kept], value=ast.Name(id=given)) if given == name:
                collections.add(attribute(kept))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=whose), attr="add_done_callback")) if (
                whose == name
            ):
                lets_go = any(word in ast.unparse(node) for word in (".discard", ".pop("))
            case _:
                pass
    return lets_go and any(ended(kept, ast.Attribute, tree) for kept in collections - {""})


def mentions(node: ast.AST, name: str, kind: type[ast.expr]) -> bool:
    return any(
        isinstance(inner, kind) and name in {getattr(inner, "attr", None), getattr(inner, "id", None)}
        for inner in ast.walk(node)
    )
