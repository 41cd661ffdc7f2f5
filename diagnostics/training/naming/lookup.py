"""Reading the reader's objects without running their code: no property, `__getattr__` or `__getitem__` of theirs."""

from __future__ import annotations

import ast
import contextlib
from types import MemberDescriptorType, ModuleType
from typing import Any

import torch

from diagnostics.training.naming.frames import Place

MISSING: Any = object()
"""What cannot be read without running code."""

_TABLES = ("_parameters", "_buffers", "_modules")


def attributes(value: object) -> dict[str, Any]:
    """The instance's own attributes, as stored."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return {}
    return found if type(found) is dict else {}


def slots(value: object) -> dict[str, Any]:
    """What the instance keeps in slots."""
    found = {}
    for kind in type(value).__mro__:
        for name, member in vars(kind).items():
            if type(member) is MemberDescriptorType:
                with contextlib.suppress(Exception):  # an empty slot
                    found[name] = member.__get__(value)
    return found


def attribute(value: Any, name: str) -> Any:
    """`value.name` where that is stored data; MISSING where reading it would run code."""
    if isinstance(value, torch.Tensor):
        return _of_tensor(value, name)
    own = attributes(value)
    if name in own:
        return own[name]
    if isinstance(value, torch.nn.Module):
        for table in _TABLES:
            if type(own.get(table)) is dict and name in own[table]:
                return own[table][name]
    if isinstance(value, (ModuleType, type)):
        return vars(value).get(name, MISSING)
    fields = getattr(type(value), "_fields", ()) if isinstance(value, tuple) else ()
    if isinstance(fields, tuple) and name in fields and len(fields) == tuple.__len__(value):
        return tuple.__getitem__(value, fields.index(name))
    return slots(value).get(name, MISSING)


def item(value: Any, key: Any) -> Any:
    """`value[key]` of a built-in container, or of one of torch's containers of modules; else MISSING."""
    if type(key) not in (int, str, bool):
        return MISSING
    if isinstance(value, dict):
        return dict.get(value, key, MISSING)
    if isinstance(value, (list, tuple)) and type(key) is int:
        kind: Any = list if isinstance(value, list) else tuple
        size = kind.__len__(value)
        return kind.__getitem__(value, key) if -size <= key < size else MISSING
    if isinstance(value, (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)):
        modules = attributes(value).get("_modules", {})
        if type(key) is int and key < 0:
            key += len(modules)
        return modules.get(str(key), MISSING)
    if isinstance(attributes(value).get("data"), dict):  # UserDict, and the batches of transformers
        return dict.get(attributes(value)["data"], key, MISSING)
    return MISSING


def resolve(node: ast.AST, place: Place) -> Any:
    """What a name, an attribute or a constant index stands for at the place; MISSING for all that would be computed."""
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        local = place.frame.f_locals
        return local[node.id] if node.id in local else place.frame.f_globals.get(node.id, MISSING)
    if isinstance(node, ast.Attribute):
        owner = resolve(node.value, place)
        return MISSING if owner is MISSING else attribute(owner, node.attr)
    if isinstance(node, ast.Subscript):
        owner, key = resolve(node.value, place), _index(node.slice, place)
        return MISSING if owner is MISSING or key is MISSING else item(owner, key)
    return MISSING


def _index(node: ast.AST, place: Place) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value if type(node.operand.value) is int else MISSING
    return resolve(node, place)


def _of_tensor(tensor: torch.Tensor, name: str) -> Any:
    # Reading .grad of a tensor that is no leaf warns, so only leaves are asked.
    if name == "grad" and tensor.is_leaf:
        return tensor.grad
    return attributes(tensor).get(name, MISSING)
