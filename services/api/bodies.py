"""What a request to decide holds: the fields of the decision's contract, less what path and key say.

Made from `events/decisions.py`, so that the API takes what the log takes, and nothing else. A field that is
not known is refused: a decision that silently leaves something out is another decision.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from events import decisions as contracts
from events.decisions import DecisionData, Text
from events.envelope import AccountId, Reference

BULK_MAX: Final = 100
"""How many decisions are taken at once."""

LEFT_OUT: Final = frozenset({"actor", "target", "version", "reason", "appeal"})
"""What the key or the path says, or what every body has."""

About = Literal["account", "case", "strike", "sanction", "appeal"]

VERBS: Final[Mapping[About, Mapping[str, type[DecisionData]]]] = MappingProxyType(
    {
        "account": {
            "strike": contracts.StrikeData,
            "sanction": contracts.SanctionData,
            "note": contracts.NoteData,
            "link": contracts.OtherAccountData,
            "unlink": contracts.OtherAccountData,
            "merge": contracts.OtherAccountData,
            "mute_reporter": contracts.MuteReporterData,
            "unmute_reporter": contracts.AccountDecisionData,
            "restore": contracts.RestoreData,
            "propose_termination": contracts.ProposeTerminationData,
            "confirm_termination": contracts.AccountDecisionData,
        },
        "case": {
            "confirm": contracts.ConfirmData,
            "dismiss": contracts.DismissData,
            "escalate": contracts.EscalateData,
            "note": contracts.NoteData,
            "redecide": contracts.RedecideData,
            "propose_referral": contracts.ReferralData,
            "confirm_referral": contracts.ConfirmReferralData,
        },
        "strike": {
            "confirm": contracts.ConfirmData,
            "overturn": contracts.OverturnData,
            "reduce": contracts.ReduceData,
            "waive": contracts.WaiveData,
            "reclassify": contracts.ReclassifyData,
        },
        "sanction": {
            "overturn": contracts.OverturnData,
            "reduce": contracts.ReduceData,
            "waive": contracts.WaiveData,
            "lift": contracts.LiftData,
            "extend": contracts.ExtendData,
        },
        "appeal": {"decide_appeal": contracts.DecideAppealData},
    }
)
"""What can be decided about what, and the contract of each."""


class Body(BaseModel):
    """What every decision names: the verb, the version that was seen, and why."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    verb: str
    """What is decided."""
    version: int = Field(ge=0)
    """The version of what it is about that was seen; for a decision about the account itself, that of its
    standing, and 0 where nothing is on record about it yet."""
    reason: Text
    """Why, in your own words; kept apart from the ledger. The account may get to read it."""

    def data(self) -> dict[str, Any]:
        """What the contract has beside version, actor and target; what wasn't said is None."""
        return self.model_dump(exclude={"verb", "version"})


class AppealBody(BaseModel):
    """An appeal that is filed on an account's behalf."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    account: AccountId
    """Whose appeal it is."""
    about: Reference
    """The strike, warning or sanction that it complains of."""
    text: Text
    """Why it is wrong."""
    by: Literal["account", "platform"] = "account"
    """`platform`: filed for the account by somebody at the platform."""
    appeal: Reference | None = None
    """An id of the platform's own; null: the decision's."""


class Item(BaseModel):
    """One of several decisions: what it is about, and what is decided."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    about: About
    """What kind of thing it is about."""
    id: str = Field(min_length=1, max_length=140)
    """Its id."""
    decision: dict[str, Any]
    """As the body of that thing's `decisions`: verb, version, reason, and what the verb has beside."""


class Bulk(BaseModel):
    """Several decisions, each taken or refused on its own."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    decisions: tuple[Item, ...] = Field(min_length=1, max_length=BULK_MAX)
    """In the order in which they are sent."""


def _body(name: str, verb: str, data: type[DecisionData], said: Any) -> type[Body]:
    """The body of a verb; `said` is its field, with a default where the path says the verb already."""
    fields: dict[str, Any] = {
        field: (described.annotation, copy.copy(described))
        for field, described in data.model_fields.items()
        if field not in LEFT_OUT
    }
    if verb == "restore":
        fields["post"] = (Reference, Field(description="The post to show again."))
    name += "".join(part.capitalize() for part in verb.split("_"))
    fields["verb"] = (Literal[verb], said)
    return create_model(name, __base__=Body, __doc__=data.__doc__, **fields)


def _of(about: About, verb: str) -> type[Body]:
    """The body of a verb that the path says."""
    said = Field(default=verb, description="What is decided; the path says it already.")
    return _body("", verb, VERBS[about][verb], said)


def _either(about: About) -> Any:
    """The body of any verb about something, told apart by `verb`."""
    said = Field(description="What is decided.")
    bodies = tuple(_body(about.capitalize(), verb, data, said) for verb, data in VERBS[about].items())
    return bodies[0] if len(bodies) == 1 else Annotated[Union[bodies], Field(discriminator="verb")]  # noqa: UP007 - made while the program runs


ABOUT: Final[Mapping[About, Any]] = MappingProxyType({about: _either(about) for about in VERBS})
"""The body of a decision about each kind of thing."""
_ADAPTERS: Final[Mapping[About, TypeAdapter[Body]]] = MappingProxyType(
    {about: TypeAdapter(either) for about, either in ABOUT.items()}
)

if TYPE_CHECKING:  # made from the contracts while the program runs; a checker knows what all of them have
    AccountBody: TypeAlias = Body
    CaseBody: TypeAlias = Body
    StrikeBody: TypeAlias = Body
    SanctionBody: TypeAlias = Body
    ImposeBody: TypeAlias = Body
    OverturnBody: TypeAlias = Body
    LiftBody: TypeAlias = Body
    AnswerBody: TypeAlias = Body
else:
    AccountBody, CaseBody = ABOUT["account"], ABOUT["case"]
    StrikeBody, SanctionBody = ABOUT["strike"], ABOUT["sanction"]
    ImposeBody = _of("account", "sanction")
    OverturnBody = _of("strike", "overturn")
    LiftBody = _of("sanction", "lift")
    AnswerBody = _of("appeal", "decide_appeal")


def body_of(about: About, decision: Mapping[str, Any]) -> Body:
    """The body of one of several decisions. Raises pydantic's `ValidationError`."""
    return _ADAPTERS[about].validate_python(decision)
