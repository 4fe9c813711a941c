"""The bilevel problems of the suite, by name."""

from importlib import import_module

PROBLEMS = {
    "logreg": "LogReg",
    "multinomial_logreg": "MultinomialLogReg",
    "quadratic": "Quadratic",
    "ridge": "Ridge",
    "lasso": "Lasso",
    "dictionary_learning": "DictionaryLearning",
    "data_cleaning": "DataCleaning",
    "data_augmentation": "DataAugmentation",
    "representation": "Representation",
}


def get_problem(name):
    """The class of a problem, by its name, one of ``PROBLEMS``."""
    return getattr(import_module(f"benchmark_utils.problems.{name}"), PROBLEMS[name])
