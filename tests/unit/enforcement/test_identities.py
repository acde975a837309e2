"""Accounts that have keys in common: who is asked about whom, what only a person's word does, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import decode_entry
from events.ids import identity_entity, subject_entity
from events.ledger import CaseClosed, CaseOpened, Failed, KeyHeld, Refused, SanctionImposed, SanctionLifted
from events.policy import Policy
from events.signals import AccountChanged, Actor, Key, KeyShared
from services.enforcement.identity import IDENTITY
from services.enforcement.links import link_strength
from services.enforcement.partition import DECIDERS
from services.enforcement.state import KEYS_OF_KIND_MAX, AccountState, decode_state, encode_state
from services.replay.verify import fold, verify
from tests.support.policies import community
from tests.support.screening import KEY
from tests.support.signals import decided, signal
from tests.unit.enforcement.desk import Desk, outcomes

POLICY = community()
ONE = "one-account"


def key(kind: Any, name: str = "x", form: str = "") -> Key:
    """A key of a kind."""
    return Key(kind, f"k1:{kind}-{name}", form)


def newcomers() -> Desk:
    """A community in which nobody has registered."""
    return Desk(POLICY)


def seen(desk: Desk, account: str, *keys: Key, change: Any = "registered", **said: Any) -> None:
    """An account registers, or is otherwise seen, with these keys."""
    if change == "registered":
        said = {"account_kind": "person", **said}
    body = AccountChanged(account, change, keys=keys, **said)
    desk.send(signal(f"account:{account}", desk.event(), body, desk.at))


def state_of(desk: Desk, account: str) -> AccountState:
    """An account's state."""
    state: AccountState = desk.world.states[f"account:{account}"]
    return state


def asked(desk: Desk, account: str) -> list[str]:
    """The subjects of an account's open cases."""
    return [case.subject for case in state_of(desk, account).cases]


def decide(
    desk: Desk, account: str, decision: str, kind: str = "account", target: str = "", **more: Any
) -> Any:
    """A person decides about an account."""
    desk.account = account
    return desk.decide(decision, kind, target, **more)


def terminated(desk: Desk, account: str) -> None:
    """Two persons end an account's membership."""
    decide(desk, account, "propose_termination", guideline=ONE)
    decide(desk, account, "confirm_termination", by="mod-bea")
    assert desk.standing.terminated


def case_of(desk: Desk, account: str, prefix: str) -> Any:
    """The open case of an account whose subject begins so."""
    return next(r for r in desk.view.cases_of(account) if r.open and r.subject.startswith(prefix))


# --- links -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "strength"),
    [
        ((), "none"),
        (("email",), "none"),
        (("phone",), "none"),
        (("device", "payment", "address"), "none"),
        (("payment", "name"), "possible"),
        (("address", "name"), "none"),
        (("device", "name"), "possible"),
        (("phone", "address"), "possible"),
        (("phone", "device"), "probable"),
        (("email", "device"), "probable"),
        (("phone", "name"), "probable"),
    ],
)
def test_a_link_takes_two_keys_of_which_no_household_has_both(kinds: Sequence[str], strength: str) -> None:
    """However much people of one place share, it is one key."""
    assert link_strength(kinds, POLICY)[1] == strength


def test_two_keys_in_common_are_a_question_to_a_person_at_the_smaller_account() -> None:
    """And have no effect."""
    desk = newcomers()
    seen(desk, "bob", key("phone"), key("device"))
    seen(desk, "ann", key("phone"))
    assert asked(desk, "ann") == []
    seen(desk, "ann", key("device"), change="signed_in")
    assert asked(desk, "ann") == ["link:bob"]
    assert asked(desk, "bob") == []
    assert not state_of(desk, "ann").links
    assert not state_of(desk, "ann").sanctions


def test_a_possible_link_that_becomes_probable_is_asked_about_again() -> None:
    """Once more, in the case that is open or in a new one; and never for what it was asked about before."""
    desk = newcomers()
    seen(desk, "ann", key("device"), key("name", "ann"))
    seen(desk, "bob", key("device"), key("name", "ann"))
    (case,) = state_of(desk, "ann").cases
    decide(desk, "ann", "dismiss", "case", case.id)
    seen(desk, "bob", key("address"), change="signed_in")
    seen(desk, "ann", key("address"), change="signed_in")
    assert asked(desk, "ann") == []
    seen(desk, "ann", key("phone"), change="updated")
    seen(desk, "bob", key("phone"), change="updated")
    assert asked(desk, "ann") == ["link:bob"]


def test_a_person_links_both_accounts_and_unlinking_restores_them() -> None:
    """Whichever account the decision is about; the case closes, and nobody asks again after an unlinking."""
    desk = newcomers()
    seen(desk, "ann", key("phone"), key("device"))
    seen(desk, "bob", key("phone"), key("device"))
    (case,) = state_of(desk, "ann").cases
    (refused,) = outcomes(decide(desk, "ann", "confirm", "case", case.id), Refused)
    assert "`link`" in refused.remedy
    decide(desk, "bob", "link", other="ann")
    assert (state_of(desk, "ann").links, state_of(desk, "bob").links) == (("bob",), ("ann",))
    assert asked(desk, "ann") == []
    assert outcomes(decide(desk, "bob", "link", other="ann"), Refused)[0].code == "already_done"
    decide(desk, "ann", "unlink", other="bob")
    assert (state_of(desk, "ann").links, state_of(desk, "bob").links) == ((), ())
    seen(desk, "ann", key("email"), change="updated")
    seen(desk, "bob", key("email"), change="updated")
    assert asked(desk, "ann") == []


def test_a_link_with_oneself_or_nobody_is_refused() -> None:
    """There is nothing to say."""
    desk = newcomers()
    seen(desk, "ann", key("phone"))
    for other in (None, "ann"):
        assert outcomes(decide(desk, "ann", "link", other=other), Refused)[0].code == "invalid"


def test_a_key_that_too_many_have_says_nothing_and_takes_back_what_it_said() -> None:
    """An office's network makes nobody anybody else."""
    desk = newcomers()
    members = [f"m{n}" for n in range(8)]
    for member in members[:2]:
        seen(desk, member, key("phone"), key("device"))
    assert asked(desk, "m0") == ["link:m1"]
    for member in members[2:]:
        seen(desk, member, key("device"))
    identity = desk.world.states[identity_entity(key("device").digest)]
    assert identity.saturated_until is not None
    assert identity.holders == ()
    assert asked(desk, "m0") == []
    entries = len(desk.view.entries)
    seen(desk, "m9", key("device"))
    assert len(desk.view.entries) == entries + 1  # the account's own, none of the identity


def test_a_saturated_key_is_listened_to_again_after_its_time() -> None:
    """It expires as whatever is remembered."""
    desk = newcomers()
    for n in range(7):
        seen(desk, f"m{n}", key("device"))
    desk.clock(POLICY.identity.key_days + 1)
    for n in range(2):
        seen(desk, f"n{n}", key("device"), key("phone"))
    assert asked(desk, "n0") == ["link:n1"]


def test_a_key_not_seen_for_long_is_forgotten_and_the_question_with_it() -> None:
    """When somebody else is seen with it."""
    desk = newcomers()
    seen(desk, "ann", key("phone"), key("device"))
    seen(desk, "bob", key("phone"), key("device"))
    assert asked(desk, "ann") == ["link:bob"]
    desk.clock(POLICY.identity.key_days + 1)
    seen(desk, "cat", key("device"))
    assert asked(desk, "ann") == []
    assert [h.account for h in desk.world.states[identity_entity(key("device").digest)].holders] == ["cat"]


def test_an_erased_account_is_forgotten_by_every_identity() -> None:
    """And with it what it had in common with others."""
    desk = newcomers()
    seen(desk, "ann", key("phone"), key("device"))
    seen(desk, "bob", key("phone"), key("device"))
    seen(desk, "bob", change="erased")
    assert asked(desk, "ann") == []
    assert state_of(desk, "bob").keys == ()
    for kind in ("phone", "device"):
        holders = desk.world.states[identity_entity(key(kind).digest)].holders
        assert [holder.account for holder in holders] == ["ann"]


def test_bots_have_no_keys_and_staff_only_names() -> None:
    """Many bots run on one machine."""
    desk = newcomers()
    seen(desk, "bot", key("device"), account_kind="bot")
    seen(desk, "sol", key("device"), key("name", "sol"), account_kind="staff")
    assert state_of(desk, "bot").keys == ()
    assert [held.kind for held in state_of(desk, "sol").keys] == ["name"]


def test_what_was_told_lately_is_not_told_again() -> None:
    """Signing in every day leaves nothing; after a month the identity is told once more."""
    desk = newcomers()
    seen(desk, "ann", key("device"))
    before = len(desk.view.entries)
    for _ in range(5):
        seen(desk, "ann", key("device"), change="signed_in")
    assert len(desk.view.entries) == before
    desk.clock(POLICY.identity.refresh_days + 1)
    seen(desk, "ann", key("device"), change="signed_in")
    assert len(desk.view.entries) == before + 2


KINDS: list[Any] = ["email", "phone", "device", "name"]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_registrations_changes_no_pair(data: st.DataObject) -> None:
    """Whatever keys accounts have, and in whatever order they are seen, saturated keys included."""
    members = [f"m{n}" for n in range(data.draw(st.integers(2, 7)))]
    names = st.sampled_from(["a", "b"])
    made = [
        (member, key(kind, data.draw(names)))
        for member in members
        for kind in data.draw(st.sets(st.sampled_from(KINDS), min_size=1))
    ]
    pairs = []
    for order in (made, data.draw(st.permutations(made))):
        desk = newcomers()
        for member, one in order:
            seen(desk, member, one, change="updated")
        pairs.append(
            {
                (member, pair.other): frozenset(pair.keys)
                for member in members
                for pair in state_of(desk, member).pairs
                if pair.keys
            }
        )
    assert pairs[0] == pairs[1]
    expected: dict[tuple[str, str], frozenset[tuple[Any, str]]] = {}
    for smaller, larger in combinations(members, 2):
        common = {k for m, k in made if m == smaller} & {k for m, k in made if m == larger}
        sharing = {k: sum(1 for _, other in made if other == k) for k in common}
        quiet = {k for k, count in sharing.items() if count > POLICY.identity.keys[k.kind].accounts_max}
        if common - quiet:
            expected[smaller, larger] = frozenset((k.kind, k.digest) for k in common - quiet)
    assert pairs[0] == expected


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(KINDS), st.integers(0, 30)), max_size=60))
@settings(max_examples=20, deadline=None)
def test_states_stay_bounded_and_come_back_from_the_changelog_as_they_were(made: list[Any]) -> None:
    """However many keys and accounts there are; and a ledger of it verifies."""
    desk = newcomers()
    for member, kind, name in made:
        seen(desk, f"m{member}", key(kind, str(name)), change="signed_in")
    for entity, state in desk.world.states.items():
        decider = DECIDERS[entity.partition(":")[0]]
        assert decider.decode(encode_state(state)) == state
        if entity.startswith("identity:"):
            assert len(state.holders) <= 15
        else:
            assert len(state.keys) <= KEYS_OF_KIND_MAX * len(POLICY.identity.keys)
    folded: dict[str, Any] = {}
    for entry in map(decode_entry, desk.world.ledger):
        decider = DECIDERS[entry.entity.partition(":")[0]]
        folded[entry.entity] = fold(decider, folded.get(entry.entity, decider.initial(entry.entity)), entry)
    assert folded == desk.world.states
    report = verify([(0, n, data) for n, data in enumerate(desk.world.ledger)], desk.world.policies, DECIDERS)
    assert report.fault is None, str(report.fault)


def test_a_signal_that_comes_twice_counts_once() -> None:
    """At an identity as everywhere."""
    desk = newcomers()
    body = KeyShared("ann", key("phone"))
    sent = signal(identity_entity(key("phone").digest), "e1", body, desk.at)
    assert len(desk.send(sent)) == 1
    assert desk.send(sent) == []


def test_a_fault_at_an_identity_is_an_outcome_and_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at an account; what comes after it is decided."""

    def broken(*_: Any) -> Any:
        raise RuntimeError

    desk = newcomers()
    with monkeypatch.context() as patched:
        patched.setattr("services.enforcement.identity._shared", broken)
        seen(desk, "ann", key("phone"))
    (entry,) = [e for e in desk.view.entries if e.entity.startswith("identity:")]
    assert [type(o) for o in entry.outcomes][:2] == [Failed, CaseOpened]
    seen(desk, "bob", key("phone"))
    identity = desk.world.states[identity_entity(key("phone").digest)]
    assert [holder.account for holder in identity.holders] == ["bob"]
    (case,) = identity.cases
    subject = identity.entity

    def answer(decision: str, version: int) -> list[Any]:
        body = decided(subject, decision, "case", case.id, version)
        actor = Actor("person", "mod-ann")
        return outcomes(desk.send(signal(subject, desk.event(), body, desk.at, actor=actor)), object)

    assert [o.code for o in answer("redecide", 9)] == ["stale"]
    assert [o.code for o in answer("confirm", case.version)] == ["not_allowed"]
    assert [type(o) for o in answer("redecide", case.version)][:2] == [KeyHeld, CaseClosed]
    assert [o.code for o in answer("dismiss", case.version)] == ["unknown_target"]
    identity = desk.world.states[subject]
    assert {holder.account for holder in identity.holders} == {"ann", "bob"}


def test_a_decision_names_an_identity_by_its_whole_name() -> None:
    """And an account by its id, whatever that looks like."""
    name = identity_entity(KEY.digest("phone", "+14158675309"))
    assert subject_entity(name) == name
    assert subject_entity("identity:ann") == "account:identity:ann"


def test_an_identity_of_another_schema_is_refused() -> None:
    """Rather than misread."""
    state = IDENTITY.initial("identity:k1:a")
    with pytest.raises(ValueError, match="schema 9"):
        IDENTITY.decode(encode_state(type(state)(state.entity, schema=9)))
    assert decode_state(encode_state(AccountState("account:ann"))) == AccountState("account:ann")


# --- bars --------------------------------------------------------------------------------------------------


def returning(desk: Desk, *kinds: Any) -> None:
    """Ann is terminated, and Bob registers with keys of hers."""
    seen(desk, "ann", key("email"), key("phone"), key("device"))
    terminated(desk, "ann")
    desk.clock(1)
    seen(desk, "bob", *(key(kind) for kind in kinds))


def restrictions(desk: Desk, account: str) -> tuple[str, ...]:
    """What an account may not do."""
    return tuple(desk.view.standing(account).restrictions)


def test_a_registration_by_a_barred_identity_is_held_until_a_person_has_looked() -> None:
    """Its case is urgent, names whose keys they are, and lets go when it is dismissed."""
    desk = newcomers()
    returning(desk, "email", "phone")
    assert restrictions(desk, "bob") == ("posting_restriction",)
    (case,) = state_of(desk, "bob").cases
    assert case.urgent
    (imposed,) = outcomes(desk.view.of("bob"), SanctionImposed)
    assert (imposed.content_action, imposed.ends_at) == ("held", None)
    decide(desk, "bob", "dismiss", "case", case.id)
    assert restrictions(desk, "bob") == ()
    seen(desk, "bob", key("device"), change="signed_in")
    assert asked(desk, "bob") == []
    assert restrictions(desk, "bob") == ()


@pytest.mark.parametrize("kinds", [("phone",), ("device",), ("device", "address"), ("name",)])
def test_one_key_of_a_terminated_account_holds_nobody(kinds: Sequence[str]) -> None:
    """A number is given to somebody else, and a household shares its devices."""
    desk = newcomers()
    returning(desk, *kinds)
    assert restrictions(desk, "bob") == ()
    assert asked(desk, "bob") == []


def test_the_same_mailbox_alone_is_a_question_and_holds_nothing() -> None:
    """Two keys are needed for more; then the same case has it held."""
    desk = newcomers()
    returning(desk, "email")
    assert restrictions(desk, "bob") == ()
    assert len(asked(desk, "bob")) == 1
    seen(desk, "bob", key("device"), change="signed_in")
    assert restrictions(desk, "bob") == ("posting_restriction",)
    assert len(asked(desk, "bob")) == 1


def test_who_was_here_before_the_termination_is_not_held() -> None:
    """A case about the link is enough."""
    desk = newcomers()
    seen(desk, "bob", key("email"), key("phone"))
    desk.clock(1)
    seen(desk, "ann", key("email"), key("phone"))
    terminated(desk, "ann")
    assert restrictions(desk, "bob") == ()


def test_a_confirmed_return_proposes_termination() -> None:
    """An s4, once a person stands behind it."""
    desk = newcomers()
    returning(desk, "email", "phone")
    decide(desk, "bob", "confirm", "case", case_of(desk, "bob", "barred:").id)
    standing = desk.view.standing("bob")
    assert standing.termination_proposed
    assert standing.restrictions == ()


def test_reversing_a_termination_unbars_and_closes_what_followed() -> None:
    """Case and hold; and the strike, where a person had confirmed it."""
    for confirmed in (False, True):
        desk = newcomers()
        returning(desk, "email", "phone")
        if confirmed:
            decide(desk, "bob", "confirm", "case", case_of(desk, "bob", "barred:").id)
        held = next(s for s in state_of(desk, "ann").sanctions if s.kind == "termination")
        decide(desk, "ann", "overturn", "sanction", held.id)
        standing = desk.view.standing("bob")
        assert (standing.restrictions, standing.open_cases) == ((), 0)
        assert not standing.termination_proposed
        assert not standing.suspended
        assert standing.total_strikes == 0
        for kind in ("email", "phone", "device"):
            assert desk.world.states[identity_entity(key(kind).digest)].bars == ()
        seen(desk, "cat", key("email"), key("phone"))
        assert restrictions(desk, "cat") == ()


def test_a_return_that_was_terminated_itself_is_put_before_a_person() -> None:
    """Undoing it would bar and unbar others in turn."""
    desk = newcomers()
    returning(desk, "email", "phone")
    decide(desk, "bob", "confirm", "case", case_of(desk, "bob", "barred:").id)
    decide(desk, "bob", "confirm_termination", by="mod-bea")
    held = next(s for s in state_of(desk, "ann").sanctions if s.kind == "termination")
    decide(desk, "ann", "overturn", "sanction", held.id)
    assert desk.view.standing("bob").terminated
    assert asked(desk, "bob")[0].startswith("barred:")


def test_keys_of_a_terminated_account_that_become_known_later_are_barred_too() -> None:
    """It tries to sign in from a new device."""
    desk = newcomers()
    seen(desk, "ann", key("email"))
    terminated(desk, "ann")
    seen(desk, "ann", key("device"), change="signed_in")
    desk.clock(1)
    seen(desk, "bob", key("email"), key("device"))
    assert restrictions(desk, "bob") == ("posting_restriction",)


def test_erasing_a_terminated_account_leaves_the_bar_and_no_name() -> None:
    """Barred identities keep the bar and nothing else; it can still be taken back."""
    desk = newcomers()
    seen(desk, "ann", key("email"), key("phone"))
    terminated(desk, "ann")
    seen(desk, "ann", change="erased")
    identity = desk.world.states[identity_entity(key("email").digest)]
    assert [bar.account for bar in identity.bars] == [""]
    assert identity.holders == ()
    desk.clock(1)
    seen(desk, "bob", key("email"), key("phone"))
    assert restrictions(desk, "bob") == ("posting_restriction",)
    held = next(s for s in state_of(desk, "ann").sanctions if s.kind == "termination")
    decide(desk, "ann", "overturn", "sanction", held.id)
    assert restrictions(desk, "bob") == ()


def test_a_bar_that_comes_after_the_registration_holds_all_the_same() -> None:
    """Signals between partitions overtake each other."""
    desk = newcomers()
    seen(desk, "ann", key("email"), key("phone"))
    terminated(desk, "ann")
    entries = [e for e in desk.view.entries if e.entity == "account:ann"]
    bars = [s for s in entries[-1].emitted if s.entity.startswith("identity:")]
    late = newcomers()
    late.clock(1)
    seen(late, "bob", key("email"), key("phone"))
    late.send(*bars)
    assert restrictions(late, "bob") == ("posting_restriction",)


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("staff_first", [True, False])
def test_a_name_like_that_of_staff_is_held_and_put_before_a_person(staff_first: bool) -> None:
    """Whoever came first; staff itself isn't asked."""
    desk = newcomers()
    both = [("sol", "staff", "plain"), ("eve", "person", "alike")]
    for account, kind, form in both if staff_first else both[::-1]:
        seen(desk, account, key("name", "sol", form), account_kind=kind)
    assert asked(desk, "eve") == ["name:sol"]
    assert restrictions(desk, "eve") == ("posting_restriction",)
    assert asked(desk, "sol") == []
    decide(desk, "eve", "confirm", "case", case_of(desk, "eve", "name:").id)
    assert desk.view.standing("eve").confirmed_points == POLICY.price(3).points
    assert "posting_restriction" not in restrictions(desk, "eve")


def test_two_people_of_one_name_are_nobody_else() -> None:
    """Only a name that looks the same and is written otherwise is worth a look."""
    desk = newcomers()
    seen(desk, "ann", key("name", "smith", "plain"))
    seen(desk, "bob", key("name", "smith", "plain"))
    assert (asked(desk, "ann"), asked(desk, "bob")) == ([], [])
    seen(desk, "eve", key("name", "smith", "alike"))
    assert asked(desk, "eve") == ["name:ann"]


def test_a_name_that_is_the_communitys_own_is_nobody_elses() -> None:
    """Asked about once."""
    desk = newcomers()
    seen(desk, "eve", name_reserved=True)
    assert asked(desk, "eve") == ["name:"]
    decide(desk, "eve", "dismiss", "case", case_of(desk, "eve", "name:").id)
    seen(desk, "eve", change="updated", name_reserved=True)
    assert asked(desk, "eve") == []
    assert [o.because for o in outcomes(desk.view.of("eve"), SanctionLifted)] == ["dismissed"]


def test_an_account_that_turns_out_to_be_staff_has_its_name_kept() -> None:
    """From then on, and against who is here already."""
    desk = newcomers()
    seen(desk, "sol", key("name", "sol", "plain"))
    seen(desk, "eve", key("name", "sol", "plain"))
    assert asked(desk, "eve") == []
    seen(desk, "sol", change="updated", account_kind="staff")
    assert asked(desk, "eve") == ["name:sol"]


def test_of_two_cases_about_who_somebody_is_the_last_lets_go() -> None:
    """The hold stays as long as one is open."""
    desk = newcomers()
    returning(desk, "email", "phone")
    seen(desk, "bob", change="updated", name_reserved=True)
    for _ in range(2):
        assert restrictions(desk, "bob") == ("posting_restriction",)
        decide(desk, "bob", "dismiss", "case", state_of(desk, "bob").cases[0].id)
    assert restrictions(desk, "bob") == ()


def test_every_order_of_keys_comes_to_the_same_hold() -> None:
    """One key at a time, in any order."""
    for order in permutations(("email", "phone", "device")):
        desk = newcomers()
        returning(desk)
        for kind in order:
            seen(desk, "bob", key(kind), change="signed_in")
        assert restrictions(desk, "bob") == ("posting_restriction",)


def test_a_policy_without_the_cases_asks_nobody() -> None:
    """What the policy doesn't know has no effect."""
    policy: Policy = POLICY.model_copy(
        update={
            "guidelines": tuple(
                g.model_copy(update={"cases": ()}) if g.id == ONE else g for g in POLICY.guidelines
            )
        }
    )
    desk = Desk(Policy.model_validate(policy.model_dump()))
    seen(desk, "ann", key("email"), key("phone"), name_reserved=True)
    seen(desk, "bob", key("email"), key("phone"))
    assert (asked(desk, "ann"), asked(desk, "bob")) == ([], [])
