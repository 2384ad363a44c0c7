"""A mutant that no longer fits the program, or names a test that is gone, shows at once and not in a long run."""

import ast
from collections import Counter

import pytest

from tests.builders.house import PACKAGES, ROOT
from tests.mutants.catalogue import IN_TESTS, MUTANTS
from tests.mutants.mutant import ByTests, Mutant


def test_each_mutant_has_a_name_of_its_own() -> None:
    assert max(Counter(mutant.name for mutant in MUTANTS).values()) == 1


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_passage_and_leaves_a_program(mutant: Mutant) -> None:
    assert mutant.file.split("/")[0] in PACKAGES
    text = (ROOT / mutant.file).read_text()
    assert text.count(mutant.before) == 1
    assert mutant.after != mutant.before
    ast.parse(text.replace(mutant.before, mutant.after))


@pytest.mark.parametrize("mutant", IN_TESTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_must_notice_are_there(mutant: Mutant) -> None:
    assert isinstance(mutant.proof, ByTests)
    for id_ in mutant.proof.ids:
        file, name = id_.split("::")
        tree = ast.parse((ROOT / file).read_text())
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in tree.body if isinstance(node, functions)}
