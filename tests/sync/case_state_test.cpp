// What a case is, from all that was said about it: any order of arrival gives the same, and nothing
// that was said is lost.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "sync/cases/case_state.h"
#include "sync/cases/causality.h"
#include "tests/sync/sample.h"

namespace awda::sync {

namespace {

const InstanceId kRoot = sample::id<InstanceId>(1);
const CaseId kCase = case_of_record(kRoot);
const OfficeId kEmbassy = sample::id<OfficeId>(10);
const OfficeId kBaghdad = sample::id<OfficeId>(20);
const OfficeId kBasra = sample::id<OfficeId>(30);
const MemberId kFather = member_of_row(kRoot.value, "");
const MemberId kDaughter = member_of_row(kRoot.value, "family[1]");

/// Devices that say things about a case and hear of each other when told to.
class World {
public:
    World() {
        CaseEntry first = frame(kEmbassy);
        first.what = kRoot;
        said.push_back(first);
    }

    /// What somebody says who knows all of `known`.
    EventRef say(const OfficeId& office, CaseChange change, const std::vector<CaseEntry>& known) {
        const CaseState state = fold_case(kCase, known).value();
        std::visit([&](auto& each) { put_parents(each, state.heads); }, change);
        CaseEntry entry = frame(office);
        entry.what = std::move(change);
        said.push_back(entry);
        return entry.ref;
    }
    EventRef say(const OfficeId& office, CaseChange change) {
        const std::vector<CaseEntry> all = said;
        return say(office, std::move(change), all);
    }
    [[nodiscard]] CaseState state() const { return fold_case(kCase, said).value(); }

    std::vector<CaseEntry> said;

private:
    static void put_parents(CaseJoined& change, const std::vector<EventRef>& heads) {
        (change.to.id == kCase ? change.to : change.from).parents = heads;
    }
    static void put_parents(MemberChanged& change, const std::vector<EventRef>& heads) {
        change.at.parents = heads;
    }
    static void put_parents(CaseMoved& change, const std::vector<EventRef>& heads) {
        change.at.parents = heads;
    }
    static void put_parents(CaseSplit& change, const std::vector<EventRef>& heads) {
        change.at.parents = heads;
    }
    static void put_parents(CaseMerged& change, const std::vector<EventRef>& heads) {
        (change.kept.id == kCase ? change.kept : change.absorbed).parents = heads;
    }

    CaseEntry frame(const OfficeId& office) {
        CaseEntry entry;
        const Hash32 hash = hash32(Bytes{static_cast<std::uint8_t>(++count_), 7});
        std::copy_n(hash.begin(), 16, entry.ref.value.begin());
        entry.office = office;
        entry.seq = count_;
        return entry;
    }
    std::uint64_t count_ = 0;
};

CaseChange move(CaseMove move, const OfficeId& to = {}) {
    return CaseMoved{{kCase, {}}, move, to, "because"};
}
CaseChange presence(const MemberId& member, Presence presence) {
    MemberChanged change;
    change.at.id = kCase;
    change.member = member;
    change.presence = presence;
    return change;
}
CaseChange head(const MemberId& member, bool is_head = true) {
    MemberChanged change;
    change.at.id = kCase;
    change.member = member;
    change.head = is_head;
    return change;
}

/// The table once more, written out by hand: what leads where.
constexpr std::string_view kExpected =
    "open submit in_review\n"
    "open offer offered\n"
    "open close closed\n"
    "open merge merged\n"
    "in_review resume open\n"
    "in_review offer offered\n"
    "in_review close closed\n"
    "in_review merge merged\n"
    "returned offer offered\n"
    "returned take_back open\n"
    "returned close closed\n"
    "returned merge merged\n"
    "offered withdraw open\n"
    "offered dispatch in_transit\n"
    "offered accept accepted\n"
    "offered return returned\n"
    "in_transit accept accepted\n"
    "in_transit return returned\n"
    "in_transit recall open\n"
    "accepted offer offered\n"
    "accepted begin open\n"
    "accepted close closed\n"
    "accepted merge merged\n"
    "closed reopen open\n"
    "closed merge merged\n"
    "merged unmerge open\n";

/// Brings a case of the embassy into a state. Who owns it then, and whom it is offered to.
struct Placed {
    World world;
    OfficeId owner = kEmbassy;
    OfficeId addressee = kBaghdad;
};
Placed placed(CaseStatus status) {
    Placed out;
    World& world = out.world;
    const auto absorb = [&](bool undone) {
        world.say(kEmbassy, CaseMerged{undone, {sample::id<CaseId>(77), {}}, {kCase, {}}, "twice"});
    };
    switch (status) {
        case CaseStatus::kOpen: break;
        case CaseStatus::kInReview: world.say(kEmbassy, move(CaseMove::kSubmit)); break;
        case CaseStatus::kReturned:
            world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad));
            world.say(kBaghdad, move(CaseMove::kReturn));
            break;
        case CaseStatus::kOffered: world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad)); break;
        case CaseStatus::kInTransit:
            world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad));
            world.say(kEmbassy, move(CaseMove::kDispatch));
            break;
        case CaseStatus::kAccepted:
            world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad));
            world.say(kBaghdad, move(CaseMove::kAccept));
            out.owner = kBaghdad;
            break;
        case CaseStatus::kClosed: world.say(kEmbassy, move(CaseMove::kClose)); break;
        case CaseStatus::kMerged: absorb(false); break;
    }
    REQUIRE(world.state().status == status);
    return out;
}

CaseChange change_for(const Transition& transition) {
    if (transition.move == CaseMove::kMerge || transition.move == CaseMove::kUnmerge) {
        return CaseMerged{transition.move == CaseMove::kUnmerge,
                          {sample::id<CaseId>(77), {}},
                          {kCase, {}},
                          "twice"};
    }
    return move(transition.move, transition.needs_office ? kBaghdad : OfficeId{});
}

/// Who knew of what, of all that was said.
Causality causality_of(const std::vector<CaseEntry>& said) {
    std::vector<Link> links;
    for (const CaseEntry& each : said) {
        Link link{each.ref.value, {}};
        if (const auto* change = std::get_if<CaseChange>(&each.what)) {
            for (const EventRef& parent : parents_in(*change, kCase)) {
                link.parents.push_back(parent.value);
            }
        }
        links.push_back(link);
    }
    return Causality(links);
}

const MemberChanged* presence_said(const CaseEntry& entry) {
    const auto* change = std::get_if<CaseChange>(&entry.what);
    const auto* said = change != nullptr ? std::get_if<MemberChanged>(change) : nullptr;
    return said != nullptr && said->presence ? said : nullptr;
}

/// The presence is shown, or stands among the claims of a dispute.
bool is_listed(const CaseState& state, const CaseEntry& entry, const MemberChanged& said) {
    if (state.members.at(said.member).presence == said.presence) return true;
    return std::ranges::any_of(state.disputes, [&](const CaseDispute& dispute) {
        return dispute.fact == CaseFact::kPresence && dispute.subject == said.member.value &&
               std::ranges::count(dispute.claims, entry.ref, &CaseClaim::event) > 0;
    });
}

/// A presence is overtaken only by one whose author knew of it; else it is listed.
void check_nothing_disappeared(const World& world, const CaseState& state) {
    const Causality causality = causality_of(world.said);
    for (std::size_t mine = 0; mine < world.said.size(); ++mine) {
        const MemberChanged* said = presence_said(world.said[mine]);
        if (said == nullptr) continue;
        bool overtaken = false;
        for (std::size_t other = 0; other < world.said.size(); ++other) {
            const MemberChanged* again = presence_said(world.said[other]);
            overtaken = overtaken || (again != nullptr && again->member == said->member &&
                                      causality.knew(other, mine));
        }
        CHECK((overtaken || is_listed(state, world.said[mine], *said)));
    }
}

/// One thing that somebody may say, allowed or not.
CaseChange random_change(std::mt19937& random) {
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::array members = {kFather, kDaughter};
    const std::array offices = {kEmbassy, kBaghdad, kBasra};
    if (pick(2) == 0) {
        const Transition& transition = kTransitions.at(pick(12));
        return move(transition.move, transition.needs_office ? offices.at(pick(3)) : OfficeId{});
    }
    if (pick(3) == 0) return head(members.at(pick(2)), pick(2) == 0);
    return presence(members.at(pick(2)), kPresences.at(pick(5)));
}

}  // namespace

TEST_CASE("the moves of the table stand in the order of their numbers") {
    for (std::size_t i = 0; i < kTransitions.size(); ++i) {
        CHECK(static_cast<std::size_t>(kTransitions.at(i).move) == i + 1);
        CHECK(parse_case_move(kTransitions.at(i).name.view()) == kTransitions.at(i).move);
    }
    for (const CaseStatus status : kCaseStatuses) {
        CHECK(parse_case_status(case_status_name(status)) == status);
    }
}

TEST_CASE("from each state each move leads where the table says, or is refused and seen") {
    std::string found;
    for (const CaseStatus status : kCaseStatuses) {
        for (const Transition& transition : kTransitions) {
            CAPTURE(case_status_name(status));
            CAPTURE(transition.name.view());
            Placed at = placed(status);
            const OfficeId mover = transition.party == CaseParty::kOwner ? at.owner : at.addressee;
            const EventRef ref = at.world.say(mover, change_for(transition));
            const CaseState after = at.world.state();
            const bool refused = std::ranges::count(after.refused, ref) > 0;
            CHECK(refused != leads_from(transition, status));
            CHECK(after.status == (refused ? status : transition.to));
            if (refused) continue;
            found += std::string(case_status_name(status)) + ' ' +
                     std::string(transition.name.view()) + ' ' +
                     std::string(case_status_name(after.status)) + '\n';
        }
    }
    CHECK(found == kExpected);
}

TEST_CASE("only the owner moves a case, and only the office it is offered to answers") {
    World world;
    const EventRef stranger = world.say(kBasra, move(CaseMove::kClose));
    CHECK(world.state().refused == std::vector{stranger});
    world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad));
    CHECK(world.state().addressee == kBaghdad);
    world.say(kBasra, move(CaseMove::kAccept));
    CHECK(world.state().status == CaseStatus::kOffered);
    world.say(kEmbassy, move(CaseMove::kDispatch));
    CHECK(world.state().addressee == kBaghdad);
    world.say(kBaghdad, move(CaseMove::kAccept));
    CHECK(world.state().owner == kBaghdad);
    CHECK(world.state().addressee.empty());
    world.say(kEmbassy, move(CaseMove::kClose));
    CHECK(world.state().status == CaseStatus::kAccepted);
    CHECK(world.state().refused.size() == 3);
}

TEST_CASE(
    "a case that one office closes while another takes it is open to both sides and disputed") {
    World world;
    world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad));
    world.say(kEmbassy, move(CaseMove::kDispatch));
    const std::vector<CaseEntry> then = world.said;
    world.say(kBaghdad, move(CaseMove::kAccept), then);
    world.say(kEmbassy, move(CaseMove::kRecall), then);
    const CaseState state = world.state();
    CHECK(state.status == CaseStatus::kOpen);  // the less final of the two
    CHECK(state.owner == kBaghdad);
    REQUIRE(state.disputes.size() == 1);
    CHECK(state.disputes[0].fact == CaseFact::kStatus);
    CHECK(state.disputes[0].claims.size() == 2);
    CHECK(state.disputes[0].claims[0].value == "open");
    // Whoever knows both may go on from either.
    world.say(kBaghdad, move(CaseMove::kBegin));
    CHECK(world.state().disputes.empty());
    CHECK(world.state().status == CaseStatus::kOpen);
}

TEST_CASE("two offers made apart are both kept until the owner takes one back") {
    World world;
    const std::vector<CaseEntry> then = world.said;
    world.say(kEmbassy, move(CaseMove::kOffer, kBaghdad), then);
    world.say(kEmbassy, move(CaseMove::kOffer, kBasra), then);
    REQUIRE(world.state().disputes.size() == 1);
    CHECK(world.state().disputes[0].claims[0].office != world.state().disputes[0].claims[1].office);
    // Either may accept: the case goes to who did.
    world.say(kBasra, move(CaseMove::kAccept));
    CHECK(world.state().owner == kBasra);
    CHECK(world.state().disputes.empty());
}

TEST_CASE("what is said of members apart is kept apart, and the same twice is no dispute") {
    World world;
    const std::vector<CaseEntry> then = world.said;
    world.say(kEmbassy, presence(kFather, Presence::kDetained), then);
    world.say(kBaghdad, presence(kFather, Presence::kMissing), then);
    world.say(kBaghdad, presence(kDaughter, Presence::kPresent), then);
    world.say(kBasra, presence(kDaughter, Presence::kPresent), then);
    const CaseState state = world.state();
    REQUIRE(state.disputes.size() == 1);
    CHECK(state.disputes[0].subject == kFather.value);
    CHECK(state.members.at(kDaughter).presence == Presence::kPresent);
    world.say(kEmbassy, presence(kFather, Presence::kDetained));
    CHECK(world.state().disputes.empty());
    CHECK(world.state().members.at(kFather).presence == Presence::kDetained);
}

TEST_CASE("a family without its head has none until somebody says who is") {
    World world;
    CHECK_FALSE(world.state().head.has_value());
    world.say(kEmbassy, head(kFather));
    CHECK(world.state().head == kFather);
    world.say(kEmbassy, presence(kFather, Presence::kDetained));
    CHECK(world.state().head == kFather);  // detained, and still the head
    world.say(kEmbassy, head(kFather, false));
    CHECK_FALSE(world.state().head.has_value());
    world.say(kEmbassy, head(kDaughter));
    CHECK(world.state().head == kDaughter);
}

TEST_CASE("who is split off goes on in the new case and has left the old one") {
    World world;
    const CaseId fresh = sample::id<CaseId>(55);
    world.say(kEmbassy, CaseSplit{{kCase, {}}, fresh, {kDaughter}, {}, "married"});
    const CaseState old_case = world.state();
    CHECK(old_case.members.at(kDaughter).moved_to == fresh);
    CHECK(old_case.members.at(kDaughter).left);
    CHECK(old_case.records == std::set{kRoot});
    const CaseState new_case = fold_case(fresh, world.said).value();
    CHECK(new_case.founded);
    CHECK(new_case.owner == kEmbassy);
    CHECK(new_case.status == CaseStatus::kOpen);
    CHECK(new_case.members.at(kDaughter).joined);
    CHECK(new_case.records.empty());
}

TEST_CASE("a merge is undone, and what happened in between stays") {
    World world;
    const CaseId other = sample::id<CaseId>(77);
    world.say(kEmbassy, CaseMerged{false, {kCase, {}}, {other, {}}, "registered twice"});
    CHECK(world.state().absorbed == std::set{other});
    world.say(kEmbassy, presence(kFather, Presence::kPresent));
    world.say(kEmbassy, CaseMerged{true, {kCase, {}}, {other, {}}, "two brothers"});
    CHECK(world.state().absorbed.empty());
    CHECK(world.state().members.at(kFather).presence == Presence::kPresent);
}

TEST_CASE("a record that joins another case belongs to it alone") {
    World world;
    const InstanceId follow_up = sample::id<InstanceId>(2);
    world.say(kEmbassy,
              CaseJoined{{case_of_record(follow_up), {}}, {kCase, {}}, follow_up, "a visit"});
    CHECK(world.state().records == std::set{kRoot, follow_up});
    std::vector<CaseEntry> with_it = world.said;
    CaseEntry begun = world.said.front();
    begun.ref = sample::id<EventRef>(99);
    begun.what = follow_up;
    with_it.push_back(begun);
    // Its own case knew of the beginning when it was joined elsewhere.
    for (CaseEntry& entry : with_it) {
        if (auto* change = std::get_if<CaseChange>(&entry.what)) {
            std::get<CaseJoined>(*change).from.parents = {begun.ref};
        }
    }
    CHECK(fold_case(case_of_record(follow_up), with_it).value().records.empty());
}

TEST_CASE("an event whose past has not arrived waits, and counts when it has") {
    World world;
    world.say(kEmbassy, move(CaseMove::kSubmit));
    world.say(kEmbassy, move(CaseMove::kClose));
    std::vector<CaseEntry> torn = {world.said[0], world.said[2]};
    CaseState state = fold_case(kCase, torn).value();
    CHECK(state.status == CaseStatus::kOpen);
    CHECK(state.waiting == std::vector{world.said[2].ref});
    torn.push_back(world.said[1]);
    state = fold_case(kCase, torn).value();
    CHECK(state.status == CaseStatus::kClosed);
    CHECK(state.waiting.empty());
}

TEST_CASE("events that build upon each other in a ring wait and harm nobody") {
    World world;
    world.say(kEmbassy, move(CaseMove::kSubmit));
    world.say(kEmbassy, move(CaseMove::kClose));
    auto& first = std::get<CaseMoved>(std::get<CaseChange>(world.said[1].what));
    first.at.parents = {world.said[2].ref};
    const CaseState state = world.state();
    CHECK(state.status == CaseStatus::kOpen);
    CHECK(state.waiting.size() == 2);
}

TEST_CASE("any order of arrival, any number of times, gives one state, and no claim disappears") {
    const std::uint32_t seed = 20'261'126;
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::array offices = {kEmbassy, kBaghdad, kBasra};
    std::size_t disputed = 0;
    for (int round = 0; round < 400; ++round) {
        World world;
        std::array<std::vector<CaseEntry>, 3> known;
        known.fill(world.said);
        const std::size_t steps = 3 + pick(10);
        for (std::size_t step = 0; step < steps; ++step) {
            const std::size_t who = pick(3);
            world.say(offices.at(who), random_change(random), known.at(who));
            known.at(who).push_back(world.said.back());
            // Now and then somebody hears from somebody.
            const std::vector<CaseEntry> heard =
                pick(3) == 0 ? known.at(pick(3)) : std::vector<CaseEntry>();
            known.at(who).insert(known.at(who).end(), heard.begin(), heard.end());
        }
        const CaseState expected = world.state();
        disputed += expected.disputes.size();
        CHECK(expected.waiting.empty());
        CHECK(expected.history.size() == world.said.size());
        for (int shuffle = 0; shuffle < 8; ++shuffle) {
            std::vector<CaseEntry> arrived = world.said;
            arrived.push_back(arrived.at(pick(arrived.size())));
            std::ranges::shuffle(arrived, random);
            CHECK(fold_case(kCase, arrived).value() == expected);
        }
        check_nothing_disappeared(world, expected);
    }
    CHECK(disputed > 100);  // or this shows nothing
}

}  // namespace awda::sync
