"""Benchmarks: small functions that any torch-like namespace can run, timed side by side with pytest-benchmark.

The modules called after a group (`overhead`, `autograd`, `functional`, `matmul`, `sequence`, `train`, `data`,
`throughput`, `rearrange`) hold the benchmarks; a public function there is one, and ``group.function`` is its name. The
rest times them: `task` finds them, `timing` measures in turn, `contest` checks and times one benchmark on every
backend, `plugin` and `suite` are the pytest side.
"""

from __future__ import annotations
