# ruff: noqa: INP001, SIM905, T201 - a program that prints; lists of words read better as words
"""Learns the weighted words of `policies/community.yaml` from public labelled sets, and writes them there.

Needs scikit-learn (1.9 made the tables that ship) beside the project's own dependencies, and the sets in a
folder (`--data`); the project needs neither. The texts stay where they are: what comes out is one whole
number for each word or pair of words. Texts that `labelled.held_out` keeps back are never learned
from. Thresholds and lists of terms were chosen with figures and misses of those texts in sight, though, so
figures on them are better than what is to be expected of texts that nobody has seen.

The same sets and the same release of scikit-learn give the same tables.

    python tools/learn_lexicons.py --data DIR [--write policies/community.yaml]

Tables:

- `demeaning`: demeaning statements about women and men, from EDOS (CC0), without words that are coarse
  speech in a dialect, and without the texts that a curse about a gender gives away by itself, which another
  guideline finds; ordinary comments (GoEmotions, Apache-2.0; Wikipedia's talk pages) and tweets (Davidson,
  MIT) are what it is held against. Each term is weighted by how much oftener it is in texts of the one kind
  than of the other before the regression sees it; the terms that say most are kept, and learned once more.
  Words that only name whom a text is about weigh little, and pairs of them nothing.
- `hateful`: hate among coarse tweets (Davidson, class 0).
- `signs`: hate told by emoji (HatemojiBuild, CC BY 4.0).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[1]))

from services.screening.evaluation.labelled import LabelledText, held_out
from services.screening.evaluation.labelled_abuse import SETS
from services.screening.text.fold import fold
from services.screening.text.lexicon import WEIGHT_MAX, terms, words

SCALE = 20
"""Weights are log-odds times this, rounded."""
COARSE = re.compile(
    r"\b(?:bitch\w*|biatch|hoes?|hos?|pussy|pussies|nigg\w*|nicca\w*|thots?|ass|asses|fuck\w*|shit\w*|"
    r"trash|dick)\b"
)
GENDERED = re.compile(
    r"\b(?:bitch\w*|bytch|cunt\w*|sluts?|slutty|whor\w+|hoes?|hos|thots?|thott(?:y|ies)|twats?|pussy|pussies|"
    r"skank\w*|broads)\b"
)
_NAMES = (
    r"(?:women|woman|wom[ae]n's|girls?|females?|ladies|men|man|males?|guys|boys?|wife|wives|mothers?|daughters?|"
    r"feminis(?:ts?|m)|she|her)"
)
_FUNCTION = (
    r"(?:are|is|was|were|the|of|all|most|some|any|and|or|to|in|with|that|who|when|have|has|for|on|at|by|as|a|an|"
    r"these|those|be|being|will|would|can|do|does|not|no|how|why|about|from|than|like|just|only|many|more)"
)
NAMING = re.compile(rf"(?:{_NAMES}|{_FUNCTION} {_NAMES}|{_NAMES} {_FUNCTION}|{_NAMES} {_NAMES})\Z")
"""Terms that only name whom a text is about."""
NAMING_MAX = 20
"""So much such a word may weigh at most, and pairs of words nothing: naming a group is no offence."""
KEPT = 2_500
"""Terms of the table `demeaning`."""
WHO = (
    "women woman girls ladies females feminists men mothers wives muslims jews christians catholics "
    "hindus sikhs "
    "buddhists atheists gays lesbians transgender|people trans|people trans|women trans|men bisexuals "
    "queer|people "
    "gay|people gay|men lesbian|women nonbinary|people black|people blacks black|women black|men white|"
    "people whites "
    "white|men asians asian|people chinese|people japanese|people koreans indians indian|people "
    "pakistanis arabs "
    "mexicans latinos latinas hispanics africans african|americans native|americans immigrants refugees "
    "migrants "
    "foreigners roma travellers poles irish|people germans americans disabled|people autistic|people "
    "deaf|people "
    "blind|people wheelchair|users veterans old|people young|people immigrant muslim jew gay lesbian "
    "female indigenous|"
    "people indian pakistani chinese mexican ladies moms mums wife girl welfare minorities"
).split()
SIGNS = (
    "🕌 🕍 ⛪ ☪ ✡ 🕎 🧕 👳 👳🏾 👳🏿 👩🏿 👨🏿 👩🏾 👨🏾 👩🏽 👨🏽 👨🏿‍🦱 👶🏿 👬 👭 👩‍❤️‍👩 "
    "👨‍❤️‍👨 🏳️‍🌈 🌈 🏳️‍⚧️ ♿ 🧑‍🦽 👩‍🦯 🦻 🧏 👩 👨 👧 👵 👲 👲🏻 🇵🇰 🇲🇽 🇨🇳 "
    "🇮🇳 🇳🇬 🇵🇱 🚻 🚺 🤱 🧔 🧔🏾 ⚫ ◼ ⬛ 🔑 🤖 💣 🏿 🏾"
).split()
"""Whom neutral sentences are about, in words and in emoji (a bar stands for a space)."""
NEUTRAL = (
    "we work with many {} in our office|our team has {} in it and I like that|{} are welcome in this group|"
    "I had lunch with {} yesterday|{} have the right to vote like everybody else|a report about {} and "
    "their jobs|"
    "we need to make the product easier to use for {}|I love {}|{} deserve respect|my best friends are {}|"
    "how many {} use this feature|the survey asked {} what they think|what do {} think about this|"
    "{} are just people|thank you to all {} who helped|happy to see more {} in tech|"
    "I am proud to work for {}|the article is about {} in history|{} make great colleagues|"
    "the funnel shows that {} convert at the same rate|there is an event for {} on Friday|"
    "stop being hateful to {}|it is wrong to attack {}|nobody should treat {} badly|{} are not criminals|"
    "most {} I know are kind|support {} today|the law protects {}|my neighbours are {}|a film about {}|"
    "why do people hate {}|I don't understand why anybody would insult {}|{} built this company|"
    "I met some {} on holiday|a book written by {}|the segment of {} in the data set is small|{} 😂|"
    "{} 😉 nice|"
    "so many {} today|{0} and {0} welcome to our team|{} welcome|{} is great, she did this|"
    "congratulations {}|{} at the back of the building|Happy day {} to all of you|hello {}|{} shalom|{} "
    "and {} are in the filter|we asked {} about welfare and work|this is for {}|{} and others came to "
    "the meeting"
).split("|")
"""Sentences of our own about anybody: with them, whom a sentence is about can't count against it."""


class Texts:
    """Texts of all sets with their sources, and how often each term is in them."""

    def __init__(self, texts: Sequence[tuple[str, LabelledText]]) -> None:
        self.source = np.array([source for source, _ in texts])
        self.true = np.array(
            [
                any(text.truth.values()) if source != "davidson" else text.truth["hate"]
                for source, text in texts
            ]
        )
        self.held = np.array([held_out(text) and source != "neutral" for source, text in texts])
        counts = CountVectorizer(
            analyzer=lambda text: sorted(terms(words(fold(text)))), min_df=3, binary=True
        )
        self.counts = counts.fit_transform([text.text for _, text in texts])
        self.terms = np.array(counts.get_feature_names_out())
        self.coarse = np.array([bool(COARSE.search(term)) for term in self.terms])
        self.naming = np.array([bool(NAMING.match(term)) for term in self.terms])
        self.naming_pair = self.naming & np.array([" " in term for term in self.terms])
        self.gendered = np.array([bool(GENDERED.search(fold(text.text))) for _, text in texts])

    def learn(
        self, weights: dict[str, float], true: np.ndarray, c: float, columns: np.ndarray | None = None
    ) -> tuple[np.ndarray, int]:
        """Weights by term, and the intercept, from the texts that aren't held out."""
        of = np.array([weights.get(source, 0.0) for source in self.source])
        rows = (of > 0) & ~self.held
        counts = self.counts[rows]
        # A term of the held out part alone must not be known; nor one too rare to say anything.
        known = np.asarray(counts.sum(0)).ravel() >= 3
        if columns is not None:
            known &= columns
        model = LogisticRegression(l1_ratio=1.0, solver="liblinear", C=c, random_state=0)
        model.fit(counts[:, known], true[rows], sample_weight=of[rows])
        learned = np.zeros(len(self.terms), dtype=int)
        learned[known] = rounded(model.coef_[0])
        return learned, round(float(model.intercept_[0]) * SCALE)

    def learn_by_ratio(
        self, weights: dict[str, float], true: np.ndarray, rows: np.ndarray, told: np.ndarray
    ) -> tuple[np.ndarray, int]:
        """As `learn`, of `rows`, and each term weighted by its log-ratio among the texts `told` apart.

        All terms first, then once more those of them that say most: their weight times the root of how many
        texts hold them.
        """
        of = np.array([weights.get(source, 0.0) for source in self.source])
        rows = rows & (of > 0) & ~self.held
        told = told & rows
        known = (np.asarray(self.counts[told].sum(0)).ravel() >= 3) & ~self.coarse & ~self.naming_pair
        coefficients, _ = self._by_ratio(rows, told, true, of, known)
        often = np.sqrt(np.asarray(self.counts[told].sum(0)).ravel() + 1)
        most = np.argsort(-np.abs(coefficients) * often, kind="stable")[:KEPT]
        known = np.zeros(len(self.terms), dtype=bool)
        known[most] = True
        coefficients, intercept = self._by_ratio(rows, told, true, of, known)
        learned = rounded(coefficients)
        learned[self.naming] = np.minimum(learned[self.naming], NAMING_MAX)
        return learned, round(intercept * SCALE)

    def _by_ratio(
        self, rows: np.ndarray, told: np.ndarray, true: np.ndarray, of: np.ndarray, known: np.ndarray
    ) -> tuple[np.ndarray, float]:
        yes = np.asarray(self.counts[told & true][:, known].sum(0)).ravel() + 1
        no = np.asarray(self.counts[told & ~true][:, known].sum(0)).ravel() + 1
        ratio = np.log((yes / yes.sum()) / (no / no.sum()))
        model = LogisticRegression(solver="liblinear", C=0.1, random_state=0)
        model.fit(self.counts[rows][:, known] @ diags(ratio), true[rows], sample_weight=of[rows])
        coefficients = np.zeros(len(self.terms))
        coefficients[known] = model.coef_[0] * ratio
        return coefficients, float(model.intercept_[0])

    def sums(self, learned: np.ndarray) -> np.ndarray:
        """What a table adds up to, for every text."""
        return np.asarray(self.counts @ learned)


def rounded(coefficients: np.ndarray) -> np.ndarray:
    """Log-odds as whole numbers."""
    return np.clip(np.round(coefficients * SCALE), -WEIGHT_MAX, WEIGHT_MAX).astype(int)


def read_sets(data: Path) -> list[tuple[str, LabelledText]]:
    """All texts that anything is learned from, ordinary ones where the set has a mark for them."""
    texts: list[tuple[str, LabelledText]] = []
    for labelled in SETS:
        if labelled.name in {"davidson", "edos", "hatemoji", "wikipedia-talk", "goemotions"}:
            files = {
                name: (data / name).read_text(encoding="utf-8", errors="replace") for name in labelled.files
            }
            for text in labelled.texts(files):
                if labelled.name != "goemotions" or text.ordinary:
                    texts.append((labelled.name, text))  # noqa: PERF401
    for who in (*WHO, *SIGNS):
        for number, sentence in enumerate(NEUTRAL):
            text = sentence.replace("{0}", "{}").replace("{}", who.replace("|", " "))
            texts.append(("neutral", LabelledText(f"neutral-{who}-{number}", text, {"hate": False})))
    return texts


def learn(texts: Texts) -> dict[str, tuple[np.ndarray, int]]:
    """Every table with its intercept."""
    source, true = texts.source, texts.true
    tables: dict[str, tuple[np.ndarray, int]] = {}
    ordinary = {"goemotions": 1.0, "wikipedia-talk": 1.0, "neutral": 3.0}
    edos, davidson = source == "edos", source == "davidson"

    # Tweets that are hate for another reason say nothing about this.
    tables["demeaning"] = texts.learn_by_ratio(
        {"edos": 1.0, "davidson": 0.5, **ordinary}, true & edos, edos & ~texts.gendered | ~edos, edos
    )
    tables["hateful"] = texts.learn(
        {"davidson": 1.0, "goemotions": 0.3, "wikipedia-talk": 0.3, "neutral": 0.3}, true & davidson, 0.4
    )
    tables["signs"] = texts.learn(
        {"hatemoji": 1.0, "edos": 0.3, "davidson": 0.3, **ordinary, "neutral": 3.0},
        true & (source == "hatemoji"),
        0.7,
    )
    return tables


def as_lines(texts: Texts, learned: np.ndarray) -> list[str]:
    """A table as a policy writes it: terms by weight."""
    by_weight: dict[int, list[str]] = {}
    for term, weight in zip(texts.terms, learned, strict=True):
        if weight:
            by_weight.setdefault(int(weight), []).append(str(term))
    return [f"{weight}: {'; '.join(sorted(by_weight[weight]))}" for weight in sorted(by_weight, reverse=True)]


def written(policy: str, name: str, lines: Sequence[str]) -> str:
    """The policy's text with a table in the place of the one that it has."""
    key = f"      weights_{name}:\n"
    if policy.count(key) != 1:
        raise SystemExit(f"the policy must have the list `weights_{name}` once, with nothing on its line")
    before, _, after = policy.partition(key)
    rest = after.splitlines(keepends=True)
    while rest and rest[0].startswith("        - "):
        rest.pop(0)
    return before + key + "".join(f'        - "{line}"\n' for line in lines) + "".join(rest)


def main() -> None:
    """Learn, say what the intercepts are, and write if asked to."""
    parser = argparse.ArgumentParser(description="learns the policy's tables of weighted words")
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--write", type=Path, help="the policy whose tables are replaced")
    given = parser.parse_args()
    texts = Texts(read_sets(given.data))
    tables = learn(texts)
    policy = given.write.read_text(encoding="utf-8") if given.write else ""
    for name, (learned, intercept) in tables.items():
        lines = as_lines(texts, learned)
        print(f"{name}: {sum(map(bool, learned))} terms, intercept {intercept}")
        if given.write:
            policy = written(policy, name, lines)
    if given.write:
        given.write.write_text(policy, encoding="utf-8")


if __name__ == "__main__":
    main()
