"""The short-time Fourier transform and its inverse: compositions, whose gradients are those of their parts."""

from __future__ import annotations

import warnings

import numpy as np

from .complex import view_as_real
from .dtype import int64
from .fft import fft, ifft, irfft, resized, rfft
from .op import operation
from .stride import unfold
from .tensor import Tensor, wrap

NO_WINDOW = (
    "A window was not provided. A rectangular window will be applied. To suppress this warning and use a rectangular "
    "window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
)
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""How the signal continues at its ends, and NumPy's word for it."""


def _padded(x: Tensor, count: int, mode: str) -> Tensor:
    """The last dimension, `count` elements longer at both ends."""
    size, last = x._array.shape[-1], x.ndim - 1
    if mode == "constant":
        return resized(resized(x.flip(last), (last,), (size + count,)).flip(last), (last,), (size + 2 * count,))
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if mode == "reflect" and count >= size:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
            f"({count}, {count}) at dimension 2 of input {[1] * (3 - x.ndim) + list(x._array.shape)}"
        )
    at = np.pad(np.arange(size), count, MODES[mode])  # type: ignore[call-overload]
    result: Tensor = x.index_select(last, wrap(at, int64, x._device))
    return result


def _window(window: Tensor | None, like: Tensor, n_fft: int, win_length: int) -> Tensor:
    """The window between zeros, n_fft elements long; one of ones, with a warning, where none is given."""
    if window is None:
        warnings.warn(NO_WINDOW, UserWarning, stacklevel=4)
        window = wrap(np.ones(win_length, like._dtype.to_real().numpy), like._dtype.to_real(), like._device)
    left = (n_fft - win_length) // 2
    return resized(resized(window.flip(0), (0,), (left + win_length,)).flip(0), (0,), (n_fft,))


def _check(name: str, told: str, holds: bool, words: str) -> None:
    if not holds:
        raise RuntimeError(f"{name}({told}) : {words}")


def _told(x: Tensor, n_fft: int, hop: int, win: int) -> str:
    return f"torch.{x._dtype.word}Tensor{list(x._array.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={win}"


def _check_stft(x: Tensor, n_fft: int, hop: int, win: int, window: Tensor | None) -> None:
    told, size = _told(x, n_fft, hop, win), x._array.shape[-1] if x.ndim else 0
    for holds, words in (
        (x._dtype.differentiable, "expected a tensor of floating point or complex values"),
        (x.ndim in (1, 2), "expected a 1D or 2D tensor"),
        (0 < n_fft <= size, f"expected 0 < n_fft < {size}, but got n_fft={n_fft}"),
        (hop > 0, f"expected hop_length > 0, but got hop_length={hop}"),
        (0 < win <= n_fft, f"expected 0 < win_length <= n_fft, but got win_length={win}"),
    ):
        _check("stft", told, holds, words)
    if window is not None and window._array.shape != (win,):
        found = list(window._array.shape)
        words = f"expected a 1D window tensor of size equal to win_length={win}, but got window with size {found}"
        _check("stft", told, False, words)


@operation(out=False)
def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
) -> Tensor:
    """The transforms of windows of a signal, hop_length apart: frequencies by frames, after a batch dimension if the
    signal has one. RuntimeError for a real signal without `return_complex`, and for sizes and windows that do not go
    together."""
    hop = n_fft // 4 if hop_length is None else hop_length
    win = n_fft if win_length is None else win_length
    x = _padded(input, n_fft // 2, pad_mode) if center else input
    _check_stft(x, n_fft, hop, win, window)
    whole = x._dtype.is_complex or (window is not None and window._dtype.is_complex)
    if onesided and whole:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if return_complex is None and not whole:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will further require that "
            "return_complex=True in a future PyTorch release."
        )
    frames = unfold(x, -1, n_fft, hop) * _window(window, x, n_fft, win)
    run = fft if whole or onesided is False else rfft
    result: Tensor = run(frames, norm="ortho" if normalized else "backward").transpose(-2, -1)
    if return_complex is False:
        warnings.warn("stft with return_complex=False is deprecated.", UserWarning, stacklevel=2)
        return view_as_real(result)
    return result


def _check_istft(x: Tensor, n_fft: int, hop: int, win: int, window: Tensor | None, onesided: bool) -> None:
    if not x._dtype.is_complex:
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    told, bins = _told(x, n_fft, hop, win), n_fft // 2 + 1 if onesided else n_fft
    size = f"n_fft{' / 2 + 1' if onesided else ''} when onesided={onesided}"
    for holds, words in (
        (x._array.size > 0, "input tensor cannot be empty."),
        (x.ndim in (2, 3), f"expected a tensor with 3 or 4 dimensions, but got {x.ndim + 1}"),
        (
            x.ndim < 2 or x._array.shape[-2] == bins,
            f"expected the frequency dimension (3rd to the last) of the input tensor to match {size}, but got "
            f"{x._array.shape[-2] if x.ndim > 1 else 0}",
        ),
        (0 < hop <= win, "expected 0 < hop_length <= win_length"),
        (0 < win <= n_fft, "expected 0 < win_length <= n_fft"),
        (
            window is None or window._array.shape == (win,),
            "Invalid window shape. window has to be 1D and length of `win_length`",
        ),
    ):
        _check("istft", told, holds, words)


def _check_complex(return_complex: bool, onesided: bool, window: Tensor | None) -> None:
    if return_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if not return_complex and window is not None and window._dtype.is_complex:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """Frames laid `hop` elements apart over each other, and added up."""
    *lead, count, size = frames._array.shape
    at = (np.arange(count)[:, None] * hop + np.arange(size)).reshape(-1)
    zeros = wrap(np.zeros((*lead, size + hop * (count - 1)), frames._array.dtype), frames._dtype, frames._device)
    flat = frames.reshape(*lead, count * size)
    result: Tensor = zeros.index_add(len(lead), wrap(at, int64, frames._device), flat)
    return result


@operation(out=False)
def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal whose `stft` this is, of `length` elements if that is given. RuntimeError where the squares of the
    windows do not add up to more than zero everywhere, and for sizes that do not go together."""
    hop = n_fft // 4 if hop_length is None else hop_length
    win = n_fft if win_length is None else win_length
    bins = input._array.shape[-2] if input.ndim > 1 else 0
    half = bins != n_fft if onesided is None else onesided
    _check_istft(input, n_fft, hop, win, window, half)
    _check_complex(return_complex, half, window)
    shape, spectra = _window(window, input, n_fft, win), input.transpose(-2, -1)
    norm = "ortho" if normalized else "backward"
    frames = ifft(spectra, norm=norm) if return_complex else irfft(spectra, n_fft, norm=norm)
    signal = _overlapped(frames * shape, hop)
    envelope = _overlapped((shape * shape).expand(input._array.shape[-1], n_fft), hop)
    start, size = n_fft // 2 if center else 0, signal._array.shape[-1]
    end = start + length if length is not None else size - start
    signal, envelope = signal[..., start:end], envelope[start:end]
    if not envelope._array.size or np.abs(envelope._array).min() < 1e-11:
        _check("istft", _told(input, n_fft, hop, win), False, "window overlap add min: 1")
    signal = signal / envelope
    if end <= size:
        return signal
    warnings.warn(
        "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail.",
        UserWarning,
        stacklevel=2,
    )
    return resized(signal, (signal.ndim - 1,), (end - start,))
