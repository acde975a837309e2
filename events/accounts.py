"""Accounts: what becomes known of an account, and what the platform says it did about one.

Everything here goes to the topic `accounts`; `subject` and key are the account. Addresses and numbers stay in
this topic: what a rule needs of them goes on as a class or a keyed digest.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from events.dead_letters import DeadReason, Rejected
from events.envelope import EMAIL_CHARS_MAX, FREE_TEXT_CHARS_MAX, AccountId, Data, Event, Reference
from events.upcasts import read

PROFILE_CHARS_MAX: Final = 1_000
ADDRESS_CHARS_MAX: Final = 100
CODE_CHARS_MAX: Final = 64

ProfileText = Annotated[str, Field(max_length=PROFILE_CHARS_MAX)]


class Profile(Data):
    """What an account says of itself.

    A field that is left out stays as it was; null means that it is empty now.
    """

    handle: ProfileText | None = None
    """The name that others mention it by."""
    display_name: ProfileText | None = None
    """The name that others see."""
    company: ProfileText | None = None
    """The company it works for."""
    title: ProfileText | None = None
    """What it does there."""
    photo: bool | None = None
    """Whether it shows a photo."""
    business_address: Annotated[str, Field(max_length=EMAIL_CHARS_MAX)] | None = None
    """Its e-mail address at work."""
    phone: Annotated[str, Field(max_length=ADDRESS_CHARS_MAX)] | None = None
    """Its telephone number, best with `+` and country."""


class RegisteredData(Data):
    """A new account."""

    kind: Literal["person", "bot", "staff"] = "person"
    """Whose it is."""
    profile: Profile
    """What it says of itself."""


class ProfileUpdatedData(Data):
    """What changed; at least the profile, even if nothing in it did."""

    kind: Literal["person", "bot", "staff"] | None = None
    """Whose it is now; null: as before."""
    profile: Profile = Profile()
    """The fields that changed."""


class VerifiedData(Data):
    """Something that the platform has checked belongs to the account."""

    what: Literal["email", "phone", "domain", "identity", "payment"]
    """What was checked; `identity` is a document's or another service's, `payment` a means of paying."""
    value: str = Field(min_length=1, max_length=EMAIL_CHARS_MAX)
    """The address, number or domain; for the others what the platform calls it, always the same."""


class ClosedData(Data):
    """Nothing to say beside it."""


class SignedInData(Data):
    """From where; only keyed digests go on."""

    ip: str | None = Field(default=None, max_length=ADDRESS_CHARS_MAX)
    """The address it came from."""
    device: str | None = Field(default=None, max_length=PROFILE_CHARS_MAX)
    """The platform's name for the device."""


class BlockedData(Data):
    """One account doesn't want to hear from another."""

    account: AccountId
    """The account that is blocked."""
    blocked: bool = True
    """false: the block is taken back."""


class AppealFiledData(Data):
    """A complaint about one adverse outcome."""

    appeal: Reference
    """What the platform calls it; answers carry it as `filed_as`."""
    about: Reference
    """The strike, warning or sanction that it complains of; its id is in the event that told of it."""
    by: Literal["account", "platform"] = "account"
    """`platform`: filed for the account by somebody at the platform."""
    text: str = Field(min_length=1, max_length=FREE_TEXT_CHARS_MAX)
    """Why it is wrong, in the account's own words; spaces alone say nothing. It is kept with contents."""


class NoticeDeliveredData(Data):
    """The account has been told; `time` says when."""

    about: Reference
    """The strike or sanction that it was told of."""


class SanctionCarriedOutData(Data):
    """The platform did what was asked."""

    sanction: Reference
    """The sanction's id."""


class SanctionFailedData(Data):
    """The platform couldn't do what was asked."""

    sanction: Reference
    """The sanction's id."""
    code: str = Field(min_length=1, max_length=CODE_CHARS_MAX, pattern=r"^[a-z0-9_.-]+$")
    """Why, as a word of the platform's own: `account_not_found`. Not a sentence: it goes into the ledger."""


class AccountRegistered(Event):
    """An account was made."""

    type: Literal["goodstanding.account.registered.v1"] = "goodstanding.account.registered.v1"
    data: RegisteredData


class AccountProfileUpdated(Event):
    """An account's profile or kind changed."""

    type: Literal["goodstanding.account.profile_updated.v1"] = "goodstanding.account.profile_updated.v1"
    data: ProfileUpdatedData


class AccountVerified(Event):
    """An address, number or domain was shown to be the account's own."""

    type: Literal["goodstanding.account.verified.v1"] = "goodstanding.account.verified.v1"
    data: VerifiedData


class AccountClosed(Event):
    """Its holder closed the account. Its record stays."""

    type: Literal["goodstanding.account.closed.v1"] = "goodstanding.account.closed.v1"
    data: ClosedData


class AccountErased(Event):
    """All personal data of the account is to be erased. What was decided stays, without anything personal."""

    type: Literal["goodstanding.account.erased.v1"] = "goodstanding.account.erased.v1"
    data: ClosedData


class AccountSignedIn(Event):
    """The account was signed in to."""

    type: Literal["goodstanding.account.signed_in.v1"] = "goodstanding.account.signed_in.v1"
    data: SignedInData


class AccountBlocked(Event):
    """The subject blocked another account, or took that back."""

    type: Literal["goodstanding.account.blocked.v1"] = "goodstanding.account.blocked.v1"
    data: BlockedData


class AppealFiled(Event):
    """The subject complains about an adverse outcome; the topic `sanctions` answers."""

    type: Literal["goodstanding.appeal.filed.v1"] = "goodstanding.appeal.filed.v1"
    data: AppealFiledData


class NoticeDelivered(Event):
    """The platform told the account of a strike or sanction; the time to appeal counts from here."""

    type: Literal["goodstanding.notice.delivered.v1"] = "goodstanding.notice.delivered.v1"
    data: NoticeDeliveredData


class SanctionCarriedOut(Event):
    """The platform carried a sanction out."""

    type: Literal["goodstanding.sanction.carried_out.v1"] = "goodstanding.sanction.carried_out.v1"
    data: SanctionCarriedOutData


class SanctionFailed(Event):
    """The platform couldn't carry a sanction out."""

    type: Literal["goodstanding.sanction.failed.v1"] = "goodstanding.sanction.failed.v1"
    data: SanctionFailedData


AccountUnion = (
    AccountRegistered
    | AccountProfileUpdated
    | AccountVerified
    | AccountClosed
    | AccountErased
    | AccountSignedIn
    | AccountBlocked
    | AppealFiled
    | NoticeDelivered
    | SanctionCarriedOut
    | SanctionFailed
)
AccountEvent = Annotated[AccountUnion, Field(discriminator="type")]
"""Every event of the topic `accounts`."""

_adapter: Final[TypeAdapter[AccountUnion]] = TypeAdapter(AccountEvent)


def parse_account_event(value: bytes) -> AccountUnion:
    """An event of the topic `accounts` from its bytes.

    Raises:
        ValidationError: it keeps to no contract.
        Rejected: it is an appeal that says nothing.
    """
    event = read(_adapter, value)
    if isinstance(event, AppealFiled) and not event.data.text.strip():
        raise Rejected(_NOTHING_SAID)
    return event


_NOTHING_SAID: Final = DeadReason(
    "field_invalid",
    "data.text",
    "words that say why the outcome is wrong",
    "nothing but spaces",
    "have whoever appeals say why, and send that",
)
