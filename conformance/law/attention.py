"""Attention of several heads as NumPy defines it, and samples of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.sample import tensor

Arrays = dict[str, np.ndarray]

WIDTH, HEADS = 4, 2
QUERIES, KEYS, BATCH = 3, 5, 2
MASKS = ("none", "bool", "float", "bool of heads", "padding", "padding and bool", "float padding and float")
INPUTS = ("self", "same keys and values", "three")
ARRANGED = ("steps first", "batch first", "unbatched")


def drawn(rng: np.random.Generator, bound: float, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers between the bounds, rounded to float32."""
    return rng.uniform(-bound, bound, shape).astype(np.float32).astype(np.float64)


def weights_of(options: dict[str, Any], rng: np.random.Generator) -> Arrays:
    """Parameters by name, rounded to float32."""
    shapes: dict[str, tuple[int, ...]] = {"in_proj_weight": (3 * WIDTH, WIDTH)}
    if "kdim" in options or "vdim" in options:
        widths = {"q": WIDTH, "k": options.get("kdim", WIDTH), "v": options.get("vdim", WIDTH)}
        shapes = {f"{letter}_proj_weight": (WIDTH, width) for letter, width in widths.items()}
    if options.get("bias", True):
        shapes |= {"in_proj_bias": (3 * WIDTH,), "out_proj.bias": (WIDTH,)}
    if options.get("add_bias_kv"):
        shapes |= {"bias_k": (1, 1, WIDTH), "bias_v": (1, 1, WIDTH)}
    shapes["out_proj.weight"] = (WIDTH, WIDTH)
    return {name: drawn(rng, 1, shape) for name, shape in shapes.items()}


def attended(
    weights: Arrays, q: np.ndarray, k: np.ndarray, v: np.ndarray, lost: np.ndarray, zero: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The result `(L, N, E)`, and the weights `(N, heads, L, S)`, of queries `(L, N, E)`, keys and values `(S, N, *)`
    and of what is added to the scores, `(N, heads, L, S)`."""
    if "in_proj_weight" in weights:
        matrices = np.split(weights["in_proj_weight"], 3)
    else:
        matrices = [weights[f"{letter}_proj_weight"] for letter in "qkv"]
    biases = np.split(weights.get("in_proj_bias", np.zeros(3 * WIDTH)), 3)
    q, k, v = (t @ w.T + b for t, w, b in zip((q, k, v), matrices, biases, strict=True))
    if "bias_k" in weights:
        k, v = (np.concatenate([t, np.tile(weights[f"bias_{n}"], (1, t.shape[1], 1))]) for n, t in (("k", k), ("v", v)))
    if zero:
        k, v = (np.concatenate([t, np.zeros((1, *t.shape[1:]))]) for t in (k, v))
    lost = np.concatenate([lost, np.zeros((*lost.shape[:3], k.shape[0] - lost.shape[3]))], 3)
    q, k, v = (t.reshape(*t.shape[:2], HEADS, -1).transpose(1, 2, 0, 3) for t in (q, k, v))
    scores = q @ k.swapaxes(2, 3) / np.sqrt(q.shape[3]) + lost
    raised = np.exp(scores - scores.max(3, keepdims=True))
    shares = raised / raised.sum(3, keepdims=True)
    joined = (shares @ v).transpose(2, 0, 1, 3).reshape(q.shape[2], q.shape[0], WIDTH)
    return joined @ weights["out_proj.weight"].T + weights.get("out_proj.bias", 0), shares


@dataclass(frozen=True)
class Masks:
    """A pair of masks as the layer takes them, arrays or None, and what they add to the scores."""

    padding: np.ndarray | None
    mask: np.ndarray | None
    lost: np.ndarray


def masks_of(kind: str, keys: int, rng: np.random.Generator) -> Masks:
    """Masks of one kind; the first key takes part everywhere."""
    padding: np.ndarray | None = None
    mask: np.ndarray | None = None
    lost = np.zeros((BATCH, HEADS, QUERIES, keys))
    if "bool" in kind:
        shape = (BATCH * HEADS, QUERIES, keys) if "heads" in kind else (QUERIES, keys)
        mask = rng.uniform(size=shape) < 0.5
        mask[..., 0] = False
        mask[..., -1, 1] = True
        lost = lost + np.where(mask.reshape(-1, *((HEADS,) if "heads" in kind else (1,)), QUERIES, keys), -np.inf, 0)
    if kind.endswith("float"):
        mask = drawn(rng, 2, (QUERIES, keys))
        lost = lost + mask
    if "padding" in kind:
        marked = rng.uniform(size=(BATCH, keys)) < 0.4
        marked[:, 0], marked[1, -1] = False, True
        padding = np.where(marked, -np.inf, 0) if "float" in kind else marked
        lost = lost + np.where(marked, -np.inf, 0)[:, None, None]
    return Masks(padding, mask, lost)


def laid(trial: Trial, array: np.ndarray, arranged: str, dtype: str) -> Any:
    """An input `(L, N, *)` in an arrangement."""
    if arranged == "unbatched":
        return tensor(trial, array[:, 0], dtype)
    return tensor(trial, array.swapaxes(0, 1) if arranged == "batch first" else array, dtype)


def masked(trial: Trial, masks: Masks, arranged: str, dtype: str) -> dict[str, Any]:
    """The masks as arguments."""
    padding, mask = masks.padding, masks.mask
    if arranged == "unbatched":
        padding = None if padding is None else padding[0]
        mask = mask[:HEADS] if mask is not None and mask.ndim == 3 else mask
    given = {"key_padding_mask": padding, "attn_mask": mask}
    return {
        name: tensor(trial, array, "bool" if array.dtype == np.bool_ else dtype)
        for name, array in given.items()
        if array is not None
    }
