"""The rows a_i = y_i x_i of a binary classification, without a copy of the data."""

import numpy as np
from scipy.sparse import csr_array, issparse
from scipy.sparse.linalg import svds

from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.minibatches.csr_blocks import make_csr_blocks
from benchmark_utils.minibatches.moved_rows import MovedRows, can_move

# Up to this number of features a dense matrix of their products is no burden.
DENSE_DIM = 1000
# Samples of which intermediate results may be in memory at a time.
CHUNK = 2**17


class SignedRows:
    """All samples as the columns of a matrix, which oracles multiply as they do one block.

    Parameters
    ----------
    X : array or sparse array, (n_samples, n_features)
        Dense ones and compressed sparse rows are kept as they are.
    y : array, (n_samples,) or ()
        Labels in {-1, 1}.

    Attributes
    ----------
    shape : tuple
        (n_features, n_samples).
    is_sparse : bool
    """

    # NumPy leaves products with an array on the left to this class.
    __array_ufunc__ = None

    def __init__(self, X, y):
        self._X, self.y = csr_array(X) if issparse(X) else X, y
        self.shape = X.shape[::-1]
        self.is_sparse = issparse(X)
        self._lent = None

    @property
    def X(self):
        """All samples without their signs; a copy while they are lent."""
        return self._X if self._lent is None else self._lent.take(slice(None))

    def _samples(self, samples):
        return self._X[samples] if self._lent is None else self._lent.take(samples)

    def __rmatmul__(self, inner_var):
        """The margins <a_i, inner_var>, (n_samples,)."""
        return self.y * (self.X @ inner_var)

    def __matmul__(self, weights):
        """The sum of the rows with these weights, (n_features,)."""
        return self.X.T @ (self.y * weights)

    def __getitem__(self, index):
        """Some samples, as ``rows[:, samples]``."""
        _, samples = index
        return SignedRows(self._samples(samples), self.y[samples])

    def __array__(self, dtype=None, copy=None):
        X = self.X.toarray() if self.is_sparse else self.X
        return np.asarray(X.T * self.y, dtype)

    def chunks(self, size=CHUNK):
        """The samples, at most ``size`` at a time; their order is another while they are lent."""
        n_samples = self.shape[1]
        if self._lent is not None:
            for rows in self._lent.chunks():
                yield SignedRows(rows, 1.0)
        elif n_samples <= size:
            yield self
        else:
            for start in range(0, n_samples, size):
                yield self[:, start : start + size]

    def gram(self, weights):
        """The sum of the rows' outer products with these weights, (n_features, n_features)."""
        if self.is_sparse:
            return (self.X.T @ self._scaled(weights)).toarray()
        return (self.X.T * weights) @ self.X

    def squares(self, weights):
        """The sum of the rows' entrywise squares with these weights, (n_features,)."""
        if self.is_sparse:
            return self.X.power(2).T @ weights
        return np.einsum("ik,ik,i->k", self.X, self.X, weights)

    def norm(self):
        """The largest singular value."""
        if self.shape[0] <= DENSE_DIM:
            gram = sum(rows.X.T @ rows.X for rows in self.chunks())
            return np.sqrt(np.linalg.norm(gram.toarray() if issparse(gram) else gram, 2))
        X = self.X.astype(float, copy=False)
        return svds(X, k=1, return_singular_vectors=False, rng=0)[0]

    def blocks(self, batch_size, dtype, rng, lend=False):
        """Shuffled blocks of one minibatch each, and the scale of a block's sum.

        Returns what :func:`make_csr_blocks` does if the data are sparse, else :func:`make_blocks`.
        With ``lend``, large samples are not copied but moved there, until :meth:`take_back`.
        """
        if self.is_sparse:
            return make_csr_blocks(self._scaled(self.y), batch_size, dtype, rng)
        if lend and self._lent is None and can_move(self._X, self.y, batch_size, dtype):
            self._lent = MovedRows(self._X, self.y, batch_size, rng)
            blocks = self._lent.blocks
            return blocks, blocks.dtype.type(len(blocks) / self.shape[1])
        return make_blocks(self, batch_size, dtype, rng)

    def take_back(self, blocks):
        """Move lent samples back, if these are the blocks that they are in."""
        if self._lent is not None and self._lent.blocks is blocks:
            self._lent.move_back()
            self._lent = None

    def overlaps(self, other):
        """Whether two sets of dense samples have memory in common."""
        return not (self.is_sparse or other.is_sparse) and np.may_share_memory(self._X, other._X)

    def _scaled(self, weights):
        """The sparse samples, each times a weight; the entries' places are shared."""
        values = self.X.data * np.repeat(weights, np.diff(self.X.indptr))
        return csr_array((values, self.X.indices, self.X.indptr), self.X.shape)
