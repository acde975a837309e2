"""Labelled cases of our own for guideline 4, on both sides of each trap. They contain coarse language."""

from __future__ import annotations

import pytest

from tests.support.screening import cases_on, findings_on

GUIDELINE = "keep-it-clean"

STRONG = [
    "what the fuck is going on with this export",
    "this is bullshit, I have waited two weeks",
    "Holy shit, that is fast",
    "fucking finally",
    "my boss is an asshole",
    "This import is a total clusterfuck",
    "the docs are shitty",
]
AT_SOMEBODY = [
    "fuck you and your funnel",
    "Go fuck yourself",
    "you are such an asshole",
    "You stupid bitch, read the docs",
    "shut the fuck up",
    "@dana you fucking moron piece of shit",
    "ur a little bitch",
    "eat shit",
]
MILD = [
    "damn, it failed again",
    "this report is crap",
    "what the hell is a super property",
    "wtf happened here",
]
HARMLESS = [
    "We kill the query after 30 seconds",
    "how do I kill a zombie process without killing its parent",
    "cum_sum and cumsum give the same column",
    "the master branch has dead code in it",
    "Scunthorpe, Penistone and Lightwater are towns",
    "I analyse the assessment of our classes in Sussex and Essex",
    "push it to the analytics cluster, pass it to the class assembler",
    "Dick Cheney was vice president",
    "the cockpit shows a peacock",
    "a garden hoe and a rake",
    "tit for tat",
    "he graduated summa cum laude",
    "Today's hit rate of the cache is 93%",
    "we shoot for a release on Friday and want to crush our goals",
    "assign the assets to the association, as assumed",
    "the POS terminal sends an event",
    "you can grab the shuttle or bass guitar",
    "Hello, the title says it: 'therapist finder' funnel",
    "the script executes and then hangs",
    "x = a**2 + b*c*d, p*ss(3)",
    "a. b. c. d. are the options",
    "we saw 45% in v2.14.0 and i18n was k8s",
    "I live in Cockermouth near Clitheroe",
    "snigger at the niggardly matsushita bassist",
]
OBFUSCATED = [
    "f*ck this", "f**k this", "f u c k this", "f.u.c.k this", "f-u-c-k this", "f_u_c_k this",
    "fuuuuuck this", "FuCk this", "fvck this", "phuck this", "sh1t happens", "$hit happens",
    "5h1t happens", "sh!t happens", "s h i t happens", "shiiiiit", "bullsh1t", "a55hole",
    "@sshole", "assh0le", "b1tch", "f\u200bu\u200bc\u200bk this", "f\u00adu\u00adck this",
    "fuсk this", "ѕhit happens", "ｆｕｃｋ this", "𝐟𝐮𝐜𝐤 this", "𝓯𝓾𝓬𝓴 this", "ⓕⓤⓒⓚ this",
    "f̶u̶c̶k̶ this", "fùçk this", "ꜰᴜᴄᴋ this", "🅕🅤🅒🅚 this", "fuck\u0301 this", "sh\u0131t happens",
    "shi\u2060t",
]  # fmt: skip
THREATS = [
    "I will kill you",
    "I'm going to find you and hurt your family",
    "we'll beat you up after the meetup",
    "I know where you live",
    "watch your back",
    "i'll break your legs",
    "kill yourself",
]
NO_THREATS = [
    "I will kill the process and restart you know what",
    "this deadline will kill me",
    "my manager is going to kill me if the dashboard is late",
    "I would never hurt you",
    "I'll shoot you an email tomorrow",
    "we will kill them and restart the pods",
    "let's kill two birds with one stone",
    "I could kill for a coffee",
    "this feature slaps, it will knock you out",
    "I'll hit you up next week and ping him",
    "we're going to end the trial for everybody who signed up",
    "if I break your build I will kill you with kindness in the review of the build",
]


@pytest.mark.parametrize("text", STRONG)
def test_strong_cursing_is_enforced(text: str) -> None:
    """A strong curse at nobody is found and enforced, and isn't taken for cursing at somebody."""
    assert cases_on(text, GUIDELINE) == {"strong-cursing": "enforce"}


@pytest.mark.parametrize("text", AT_SOMEBODY)
def test_cursing_at_somebody_is_enforced(text: str) -> None:
    """A curse at whoever reads it is found as such."""
    assert cases_on(text, GUIDELINE)["cursing-at-somebody"] == "enforce"


@pytest.mark.parametrize("text", MILD)
def test_mild_expletives_stay_in_the_shadow(text: str) -> None:
    """A mild expletive is recorded and has no effect."""
    assert cases_on(text, GUIDELINE) == {"mild-expletive": "shadow"}


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_words_are_not_flagged(text: str) -> None:
    """Words that contain a curse, names, and technical talk are nothing."""
    assert cases_on(text, GUIDELINE) == {}


@pytest.mark.parametrize("text", OBFUSCATED)
def test_tricks_hide_nothing(text: str) -> None:
    """Look-alikes, signs for letters, invisible characters, letters apart or held: all are seen through."""
    assert "enforce" in cases_on(text, GUIDELINE).values()


@pytest.mark.parametrize("text", THREATS)
def test_threats_go_to_a_person(text: str) -> None:
    """A threat goes to review, however severe it is."""
    assert cases_on(text, GUIDELINE).get("threat-of-violence") == "review"


@pytest.mark.parametrize("text", NO_THREATS)
def test_figures_of_speech_are_no_threats(text: str) -> None:
    """Killing processes, being killed by deadlines and sending e-mails threatens nobody."""
    assert "threat-of-violence" not in cases_on(text, GUIDELINE)


@pytest.mark.parametrize(
    "text", ["I want to kill myself", "I don't want to live any more", "some days I wish I were dead"]
)
def test_cries_for_help_open_a_case(text: str) -> None:
    """Somebody who may hurt themselves is a case for a person, with no severity."""
    (finding,) = [f for f in findings_on(text, GUIDELINE) if f.case == "self-harm-risk"]
    assert (finding.mode, finding.severity) == ("review", 0)


def test_a_quotation_counts_against_nobody_but_its_author() -> None:
    """What the platform says is somebody else's is left out; quoting oneself isn't."""
    body = "fuck you\nis no way to answer"
    assert cases_on(body, GUIDELINE, quotes=[{"start": 0, "end": 8, "author": "bob"}]) == {}
    assert cases_on(body, GUIDELINE, quotes=[{"start": 0, "end": 8}]) == {}
    assert "cursing-at-somebody" in cases_on(
        body, GUIDELINE, quotes=[{"start": 0, "end": 8, "author": "ada"}]
    )


def test_what_anybody_can_mark_as_quoted_is_recorded_without_effect() -> None:
    """A `>` before a line is no proof that somebody else wrote it."""
    assert set(cases_on("> fuck you\nplease be kind", GUIDELINE).values()) == {"shadow"}


def test_words_within_quotation_marks_go_to_a_person() -> None:
    """Perhaps they are somebody else's, perhaps not."""
    assert set(cases_on('he said "fuck you" to me', GUIDELINE).values()) == {"review"}


@pytest.mark.parametrize(
    "text", ["`fuck` is a branch name", "```\nassert fuck == shit\n```", "see https://example.org/fuck/off"]
)
def test_code_and_addresses_are_not_speech(text: str) -> None:
    """Words in code and addresses aren't said to anybody."""
    assert cases_on(text, GUIDELINE) == {}


def test_evidence_points_at_what_was_written() -> None:
    """Spans are code points of the original, whatever was folded away before them."""
    body = "Ｈｅｌｌｏ… ﬁne, ﬀ\u200b \u0301 f\u200bu\u200bc\u200bk this"
    (finding,) = findings_on(body, GUIDELINE)
    (span,) = finding.spans
    assert body[span.start : span.end] == "f\u200bu\u200bc\u200bk"


def test_a_curse_about_a_gender_has_a_class_of_its_own() -> None:
    """Sets about sexism are measured by it; a part of the body is no gender."""
    classes = {
        text: [found.term_class for found in findings_on(text, GUIDELINE)]
        for text in ("what a cunt", "what a dickhead", "show your tits")
    }
    assert classes["what a cunt"] == ["curse-gendered"]
    assert not any("gendered" in name for text in list(classes)[1:] for name in classes[text])


def test_a_field_of_an_exported_table_is_no_quotation() -> None:
    """Marks around all of it are the table's; what is doubled in it quotes."""
    assert cases_on('"fuck this import, says ""nobody"" here"', GUIDELINE) == {"strong-cursing": "enforce"}
    quoted = '"he wrote ""I do not want to see this fucking import again"" to me"'
    assert cases_on(quoted, GUIDELINE) == {"strong-cursing": "review"}


def test_the_title_is_read_too() -> None:
    """A curse in a heading is found there."""
    (finding,) = findings_on("hello", GUIDELINE, title="what the fuck")
    assert (finding.spans[0].field, finding.spans[0].start) == ("title", 9)
