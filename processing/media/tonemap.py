"""HDR pictures (PQ or HLG, BT.2020) made viewable on ordinary screens, in numpy on pictures already scaled down.

PyAV's FFmpeg has no `zscale`, and tone-mapping 4K frames before scaling would cost more than decoding them.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from processing.media.colors import HLG, PQ

# Entries of the lookup tables: 12 bits of the 16-bit samples, finer than the 10 bits that HDR files carry.
TABLE_BITS = 12
TABLE_SIZE = 1 << TABLE_BITS
# BT.2408: diffuse white of HDR material, in cd/m2. It becomes the white point that SDR screens show just below full.
REFERENCE_WHITE_NITS = 203.0
# HDR10 material is mostly mastered to 1000 cd/m2; brighter light is rolled off to white.
PEAK_NITS = 1000.0
# BT.2100 table 5: nominal peak and system gamma of an HLG display.
HLG_PEAK_NITS = 1000.0
HLG_GAMMA = 1.2
# BT.2087 (inverse direction): linear BT.2020 RGB to linear BT.709 RGB.
BT2020_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
# BT.2020 luminance of linear R, G, B.
BT2020_LUMA = (0.2627, 0.6780, 0.0593)


def tone_map(picture: NDArray[np.uint16], transfer: str) -> NDArray[np.uint8]:
    """Map (h, w, 3) uint16 R'G'B' in full range, BT.2020 with PQ or HLG transfer, to (h, w, 3) uint8 sRGB.

    `transfer` is FFmpeg's name, `smpte2084` or `arib-std-b67`; any other raises KeyError. Hue is kept: each pixel is
    scaled by what the roll-off does to its largest component, then brought into the BT.709 gamut by clipping.
    """
    light = _light_table(transfer)[picture >> (16 - TABLE_BITS)]
    if transfer == HLG:
        # BT.2100: the OOTF raises scene luminance to the system gamma, scaling all components alike.
        luma = np.maximum(_weighted(light, BT2020_LUMA), 1e-6)[..., np.newaxis]
        light = light * luma ** (HLG_GAMMA - 1.0) * (HLG_PEAK_NITS / REFERENCE_WHITE_NITS)
    largest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    rolled_off = light * (_roll_off(largest) / largest)
    linear = np.stack([_weighted(rolled_off, weights) for weights in BT2020_TO_BT709], axis=2).clip(0.0, 1.0)
    encoded = _srgb_table()[(linear * (TABLE_SIZE - 1) + 0.5).astype(np.uint16)]
    return np.asarray(encoded, dtype=np.uint8)


def _weighted(light: NDArray[np.float32], weights: tuple[float, float, float]) -> NDArray[np.float32]:
    """(h, w, 3) to (h, w). No matrix product: BLAS threads would take the core the decoder needs."""
    red, green, blue = weights
    total = light[..., 0] * np.float32(red) + light[..., 1] * np.float32(green) + light[..., 2] * np.float32(blue)
    return np.asarray(total, dtype=np.float32)


def _roll_off(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Extended Reinhard curve (Reinhard et al. 2002, equation 4): linear in the shadows, the peak becomes 1.0."""
    peak = PEAK_NITS / REFERENCE_WHITE_NITS
    return np.asarray(np.minimum(light * (1.0 + light / peak**2) / (1.0 + light), 1.0), dtype=np.float32)


@lru_cache(maxsize=2)
def _light_table(transfer: str) -> NDArray[np.float32]:
    """Signal to linear light: multiples of reference white for PQ, scene light 0..1 for HLG."""
    signal = np.linspace(0.0, 1.0, TABLE_SIZE)
    curve = {PQ: _pq_light, HLG: _hlg_light}[transfer]
    return curve(signal).astype(np.float32)


def _pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084 EOTF, in multiples of reference white."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    nits = 10000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)
    return np.asarray(nits / REFERENCE_WHITE_NITS)


def _hlg_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """BT.2100 inverse OETF of HLG, scene light 0..1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0)


@lru_cache(maxsize=1)
def _srgb_table() -> NDArray[np.uint8]:
    """IEC 61966-2-1: linear light 0..1 to an 8-bit signal."""
    linear = np.linspace(0.0, 1.0, TABLE_SIZE)
    signal = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(signal * 255.0), dtype=np.uint8)
