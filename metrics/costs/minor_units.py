"""How many decimals a currency's amounts have, by ISO 4217.

Only currencies whose minor unit is not a hundredth are listed. Of the reporting currency the home says it itself.
"""

from __future__ import annotations

from typing import Final

USUAL_DIGITS: Final = 2

MINOR_UNIT_DIGITS: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
         "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
