"""What is public says what it is, and its examples are true."""
import doctest
import importlib
import inspect
import pkgutil

import pytest

import roundoff as ro

MODULES = ["roundoff"] + [f"roundoff.{module.name}" for module in pkgutil.iter_modules(ro.__path__) if not module.name.startswith("_")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    module = importlib.import_module(name)
    names = vars(ro) if name == "roundoff.commands" else {}
    result = doctest.testmod(module, extraglobs={**vars(module), **names} if names else None)
    assert result.failed == 0
    assert result.attempted > 0 or name == "roundoff.kept"


def test_all_that_is_public_is_described():
    for name in ro.__all__:
        thing = getattr(ro, name)
        if not callable(thing) or name == "FormatLike":
            continue
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing):
            for attribute, value in vars(thing).items():
                if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                    assert inspect.getdoc(value), f"{name}.{attribute}"


def test_names_are_listed_once():
    assert len(ro.__all__) == len(set(ro.__all__))
    for name in ro.__all__:
        assert hasattr(ro, name), name
