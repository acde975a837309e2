"""Public sets that measure the guidelines about words: clean language, hate, insults; and ordinary texts.

What counts as true differs from set to set, and is said here, beside each. No set measures a guideline as the
community reads it: each is somebody else's question, asked of other people's posts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from types import MappingProxyType
from typing import Final

from services.screening.evaluation.labelled import LabelledSet, LabelledText, Measure

NEUTRAL: Final = "27"
"""GoEmotions' number for a comment in which no emotion was seen."""
ANNOTATORS: Final = range(1, 9)
ABUSIVE_DEGREES: Final = ("-1", "-2", "-3")
SPOKEN_DEGREES: Final = ("1", "0", *ABUSIVE_DEGREES)

GROUP_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity:women": "women|woman|girls|female|females",
        "identity:men": "men|man|guys|male|males",
        "identity:black": "black people|black man|black woman|black men|black women|african american",
        "identity:white": "white people|white man|white woman|white men|white women",
        "identity:asian": "asian|asians|chinese|japanese|korean|indian|indians",
        "identity:latino": "latino|latina|latinos|hispanic|mexican|mexicans",
        "identity:muslim": "muslim|muslims|islam|islamic",
        "identity:jewish": "jew|jews|jewish|judaism",
        "identity:christian": "christian|christians|christianity|catholic",
        "identity:gay": "gay|gays|lesbian|lesbians|homosexual|queer|lgbt|lgbtq|bisexual",
        "identity:trans": "trans|transgender|nonbinary|non-binary",
        "identity:disabled": "disabled|disability|autistic|autism|deaf|blind|wheelchair",
        "identity:veteran": "veteran|veterans",
        "identity:immigrant": "immigrant|immigrants|refugee|refugees|migrants",
        "african-american-english": "finna|tryna|boutta|bouta|ion|gon|dat|dis|wit|dey|dem|aint|ain't|"
        "yall|y'all|"
        "talm|bruh|iono|ima|imma|den|sumn|errbody|nuttin|deadass|lowkey|brotha|sista|homie|naw|nah",
    }
)
"""Words by which parity tells groups apart. Crude, and the same for every set."""
_GROUPS: Final = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in GROUP_WORDS.items()}


def groups_of(text: str) -> tuple[str, ...]:
    """The groups that parity compares, of which a text has a word."""
    return tuple(name for name, words in _GROUPS.items() if words.search(text))


def _rows(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(StringIO(text, newline=""))


def _davidson(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Tweets found by slurs and curses. Class 0: hate; 1: offensive; 2: neither."""
    for file in files.values():
        for row in _rows(file):
            kind = row["class"]
            yield LabelledText(
                f"davidson-{row['']}",
                row["tweet"],
                {"abusive": kind != "2", "hate": kind == "0"},
                groups=groups_of(row["tweet"]),
            )


def _edos(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Posts of Reddit and Gab, each seen by three people."""
    for file in files.values():
        for row in _rows(file):
            sexist = row["label_sexist"] == "sexist"
            yield LabelledText(row["rewire_id"], row["text"], {"sexist": sexist, "sexist-wide": sexist})


def _hatemoji(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Sentences written to deceive a model, with emoji; half of them hate."""
    for file in files.values():
        for row in _rows(file):
            yield LabelledText(f"hatemoji-{row['entry_id']}", row["text"], {"hate": row["label_gold"] == "1"})


def _convabuse(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """What people say to conversational agents. True where most annotators saw abuse."""
    for file in files.values():
        for row in _rows(file):
            degrees = [
                degree
                for annotator in ANNOTATORS
                for degree in SPOKEN_DEGREES
                if row.get(f"Annotator{annotator}_is_abuse.{degree}", "").startswith("1")
            ]
            abusive = sum(degree in ABUSIVE_DEGREES for degree in degrees)
            yield LabelledText(
                f"convabuse-{row['example_id']}", row["user"], {"abuse": abusive * 2 > len(degrees)}
            )


def _toxic_spans(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Comments of a news site that somebody called toxic; true where a span of them was marked."""
    for file in files.values():
        for number, row in enumerate(_rows(file)):
            yield LabelledText(f"toxic-spans-{number}", row["text"], {"toxic": row["spans"] != "[]"})


def _jigsaw(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Comments of Wikipedia's talk pages."""
    for file in files.values():
        for row in _rows(file):
            truth = {name: row[name] == "1" for name in ("toxic", "obscene", "insult", "identity_hate")}
            yield LabelledText(f"jigsaw-{row['id']}", row["comment_text"], truth)


def _talk(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Wikipedia's talk pages as they are: ordinary argument, one comment in a hundred toxic."""
    for file in files.values():
        for row in _rows(file):
            toxic = row["label"] == "1"
            yield LabelledText(
                f"talk-{row['id']}",
                row["text"],
                {"toxic": toxic},
                groups=groups_of(row["text"]),
                ordinary=None if toxic else "wikipedia",
            )


def _goemotions(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Comments of Reddit; ordinary where no emotion was seen. They are not labelled for abuse."""
    for file in files.values():
        for line in file.splitlines():
            text, emotions, name = line.split("\t")
            yield LabelledText(
                f"goemotions-{name}",
                text,
                groups=groups_of(text),
                ordinary="goemotions" if emotions == NEUTRAL else None,
            )


_ABOUT_A_GENDER: Final = frozenset({"slur-gendered", "dehumanising-gendered", "demeaning-gendered"})
"""Classes of findings that say sexist; what is said of other groups is another question than that set's."""
_AT_NOBODY: Final = frozenset({"strong-cursing"})
_NOT_ASKED: Final = (
    "Cursing at nobody is enforced for what it is, which this set doesn't ask: not counted as enforced here"
)
_WORDS: Final = ("keep-it-clean", "no-bullying", "no-hate")

SETS: Final = (
    LabelledSet(
        "davidson",
        "Hate and offensive language on Twitter",
        "t-davidson/hate-speech-and-offensive-language",
        "MIT",
        ("davidson/labeled_data.csv",),
        _davidson,
        (
            Measure("abusive", _WORDS, precision=95, f1=97, note="classes 0 and 1"),
            Measure("hate", ("no-hate",), f1=45, note="class 0, in which 18 % is unanimous"),
        ),
    ),
    LabelledSet(
        "edos",
        "Explainable detection of online sexism",
        "rewire-online/edos",
        "CC0",
        ("edos/edos_labelled_aggregated.csv",),
        _edos,
        (
            Measure(
                "sexist",
                ("no-hate",),
                classes=_ABOUT_A_GENDER,
                note="about a gender; without the words that are ordinary speech in a dialect",
            ),
            Measure(
                "sexist-wide",
                ("no-hate", "keep-it-clean"),
                classes=_ABOUT_A_GENDER | {"curse-gendered", "curse-at-gendered"},
                f1=63,
                note="with curses about a gender, which `keep-it-clean` enforces and names as such",
            ),
        ),
    ),
    LabelledSet(
        "hatemoji",
        "HatemojiBuild",
        "HannahKirk/Hatemoji",
        "CC BY 4.0",
        ("hatemoji/HatemojiBuild_train.csv", "hatemoji/HatemojiBuild_test.csv"),
        _hatemoji,
        (Measure("hate", ("no-hate",), precision=95, f1=60),),
    ),
    LabelledSet(
        "convabuse",
        "Abuse of conversational agents",
        "amandacurry/convabuse",
        "CC BY 4.0",
        ("convabuse/ConvAbuseEMNLPtrain.csv",),
        _convabuse,
        (
            Measure(
                "abuse",
                _WORDS,
                f1=80,
                note="most annotators say so; sexual advances among it. " + _NOT_ASKED,
                aside=_AT_NOBODY,
            ),
        ),
    ),
    LabelledSet(
        "toxic-spans",
        "Toxic spans in comments on news",
        "ipavlopoulos/toxic_spans",
        "CC0",
        ("toxic_spans/tsd_train.csv",),
        _toxic_spans,
        (Measure("toxic", _WORDS, note="every comment was called toxic by somebody: precision says little"),),
    ),
    LabelledSet(
        "jigsaw",
        "Toxic comments on Wikipedia's talk pages, a sample",
        "kaushaltrivedi/fast-bert",
        "CC0 labels, CC BY-SA text",
        ("jigsaw_sample/train_sample.csv",),
        _jigsaw,
        (
            Measure("toxic", _WORDS, precision=95, note=_NOT_ASKED, aside=_AT_NOBODY),
            Measure("insult", _WORDS, note="48 in a thousand. " + _NOT_ASKED, aside=_AT_NOBODY),
        ),
    ),
    LabelledSet(
        "wikipedia-talk",
        "Wikipedia's talk pages, ordinary argument",
        "ipavlopoulos/context_toxicity",
        "CC BY-SA text",
        ("context_toxicity/gn.csv",),
        _talk,
        (Measure("toxic", _WORDS, note="59 in ten thousand"),),
    ),
    LabelledSet(
        "goemotions",
        "Reddit comments",
        "GoEmotions (train)",
        "Apache-2.0",
        ("goemotions/train.tsv",),
        _goemotions,
    ),
)
