"""What data cleaning can reach: the test accuracy of models that know which labels are wrong.

    python scripts/cleaning_limits.py [TASK]               data_cleaning_fashion by default

scikit-learn fits softmax regressions, with several values of ``ridge`` as in ``data_cleaning``, to
all training labels, to those that are right, and to the validation samples only. Weights that tell
right from wrong labels reach the second. A method that reports a theta which F moved as well, as
penalty methods have one, may reach the third with weights of no use.
"""

import sys

import pandas as pd
from sklearn.linear_model import LogisticRegression
from suite import parts_of, problem_of

RIDGES = 0.01, 0.001, 0.0001


def accuracy(X, y, X_test, y_test, ridge, intercept):
    """The test accuracy, in per cent, of a softmax regression with ridge/2 ||W||^2."""
    model = LogisticRegression(
        C=1 / (ridge * len(y)), fit_intercept=intercept, max_iter=5000, tol=1e-5
    )
    return round(100 * model.fit(X, y).score(X_test, y_test), 2)


def limits(problem):
    """A table with a row for each ridge, with an intercept and without."""
    X, y, *validation = problem.data
    right, test = ~problem.corrupted, problem.scored["test"]
    parts = {
        "all labels": (X, y),
        "right labels": (X[right], y[right]),
        "validation": validation,
    }
    return pd.DataFrame(
        {"ridge": ridge, "intercept": intercept}
        | {name: accuracy(*part, *test, ridge, intercept) for name, part in parts.items()}
        for ridge in RIDGES
        for intercept in (False, True)
    )


def main(task="data_cleaning_fashion"):
    print(limits(problem_of(*parts_of(task))).to_string(index=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
