// What a log says of cases, byte by byte, and the number people read out.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "platform/codec.h"
#include "sync/cases/case_event.h"
#include "tests/sync/sample.h"

namespace awda::sync {

namespace {

CaseAt case_at(std::uint8_t fill, std::vector<std::uint8_t> parents = {}) {
    CaseAt at{sample::id<CaseId>(fill), {}};
    for (const std::uint8_t parent : parents) at.parents.push_back(sample::id<EventRef>(parent));
    return at;
}

std::vector<CaseChange> one_of_each() {
    MemberChanged member;
    member.at = case_at(1, {3, 9});
    member.member = sample::id<MemberId>(4);
    member.presence = Presence::kDetained;
    member.relation = "زوجة";
    member.head = false;
    member.left = true;
    member.reason = "kept at the border";
    MemberChanged head;
    head.at = case_at(1);
    head.member = sample::id<MemberId>(4);
    head.head = true;
    return {
        CaseJoined{case_at(1, {3}), case_at(2, {4, 5}), sample::id<InstanceId>(7), "same family"},
        member,
        head,
        CaseMoved{case_at(1, {3}), CaseMove::kOffer, sample::id<OfficeId>(8), ""},
        CaseMoved{case_at(1, {3}), CaseMove::kClose, {}, "reintegrated"},
        CaseSplit{case_at(1, {3}),
                  sample::id<CaseId>(2),
                  {sample::id<MemberId>(4)},
                  {sample::id<InstanceId>(5)},
                  "married"},
        CaseMerged{false, case_at(1, {3}), case_at(2), "registered twice"},
        CaseMerged{true, case_at(1, {3}), case_at(2), "two brothers after all"},
    };
}

Errc code_of(const auto& result) {
    return result.ok() ? Errc::kInternal : result.error().code;
}

}  // namespace

TEST_CASE("every change of a case comes back as it was written") {
    for (const CaseChange& change : one_of_each()) {
        const auto read = decode_case_change(event_type_of(change), encode(change));
        REQUIRE(read.ok());
        CHECK(*read == change);
    }
}

TEST_CASE("a change cut short, lengthened, or of another type is refused") {
    for (const CaseChange& change : one_of_each()) {
        const Bytes whole = encode(change);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK_FALSE(decode_case_change(event_type_of(change), cut).ok());
        }
        Bytes longer = whole;
        longer.push_back(0);
        CHECK_FALSE(decode_case_change(event_type_of(change), longer).ok());
        for (std::uint16_t type = 60; type < 70; ++type) {
            if (static_cast<EventType>(type) == event_type_of(change)) continue;
            CHECK_FALSE(decode_case_change(static_cast<EventType>(type), whole).ok());
        }
    }
}

TEST_CASE("any byte of a change may be any other without harm, and what is read is written alike") {
    for (const CaseChange& change : one_of_each()) {
        const Bytes whole = encode(change);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const unsigned flip : {1U, 0x80U, 0xffU}) {
                Bytes changed = whole;
                changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
                const auto read = decode_case_change(event_type_of(change), changed);
                if (read.ok()) CHECK(encode(*read) == changed);
            }
        }
    }
}

TEST_CASE("a move without the reason or office that its row of the table asks for is refused") {
    for (const Transition& transition : kTransitions) {
        if (transition.move >= CaseMove::kMerge) continue;
        CAPTURE(transition.name.view());
        CaseMoved move{case_at(1), transition.move, {}, "because"};
        if (transition.needs_office) move.office = sample::id<OfficeId>(8);
        CHECK(decode_case_change(EventType::kCaseMoved, encode(move)).ok());
        CaseMoved silent = move;
        silent.reason.clear();
        CHECK(decode_case_change(EventType::kCaseMoved, encode(silent)).ok() !=
              transition.needs_reason);
        CaseMoved other = move;
        other.office = transition.needs_office ? OfficeId{} : sample::id<OfficeId>(8);
        CHECK_FALSE(decode_case_change(EventType::kCaseMoved, encode(other)).ok());
    }
}

TEST_CASE("merging is no move of its own") {
    for (const CaseMove move : {CaseMove::kMerge, CaseMove::kUnmerge}) {
        const CaseMoved moved{case_at(1), move, {}, "because"};
        CHECK_FALSE(decode_case_change(EventType::kCaseMoved, encode(moved)).ok());
    }
}

TEST_CASE("decisions, identity marks and further parents come back as they were written") {
    ConflictDecided decided;
    decided.root = sample::id<InstanceId>(1);
    decided.parents = {sample::id<InstanceId>(2).value, sample::id<InstanceId>(3).value};
    decided.choices = {{"family[2]/name", "سارة"}, {"family[3]", std::nullopt}, {"note", ""}};
    decided.reason = "seen the passport";
    const auto read = decode_conflict_decided(encode(decided));
    REQUIRE(read.ok());
    CHECK(*read == decided);
    decided.reason.clear();
    CHECK(code_of(decode_conflict_decided(encode(decided))) == Errc::kMalformed);

    const IdentityMarked marked{"returnee-intake", {"family/name", "person/name"}};
    REQUIRE(decode_identity_marked(encode(marked)).ok());
    CHECK(*decode_identity_marked(encode(marked)) == marked);
    const IdentityMarked unsorted{"returnee-intake", {"b", "a"}};
    CHECK(code_of(decode_identity_marked(encode(unsorted))) == Errc::kMalformed);

    const RevisionParents parents{sample::id<InstanceId>(1), {sample::id<InstanceId>(2).value}};
    REQUIRE(decode_revision_parents(encode(parents)).ok());
    CHECK(*decode_revision_parents(encode(parents)) == parents);
}

TEST_CASE("another device's event keeps its hash on the way, and holds no other") {
    ForeignEvent foreign;
    foreign.device = sample::id<DeviceId>(9);
    foreign.event.seq = 17;
    foreign.event.hlc.packed = 99;
    foreign.event.officer = sample::id<OfficerId>(2);
    foreign.event.office = sample::id<OfficeId>(3);
    foreign.event.type = EventType::kCaseMoved;
    foreign.event.prev.fill(5);
    foreign.event.salt = Salt{1, 2, 3};
    foreign.event.payload = to_bytes("payload");
    foreign.event.commitment = commit(*foreign.event.salt, *foreign.event.payload);
    const auto read = decode_foreign_event(encode(foreign));
    REQUIRE(read.ok());
    CHECK(event_hash(read->device, read->event) == event_hash(foreign.device, foreign.event));
    CHECK(event_ref(read->device, read->event) == event_ref(foreign.device, foreign.event));
    CHECK(read->cover == nullptr);
    sample::Log log;
    log.add_covered_record(1);
    log.add_checkpoint();
    const ForeignEvent covered{
        log.device, log.events[0],
        std::make_shared<const EventCover>(make_cover(log.events, log.key.pub).value())};
    const auto back = decode_foreign_event(encode(covered));
    REQUIRE(back.ok());
    REQUIRE(back->cover != nullptr);
    CHECK(verify_cover(back->device, back->event, *back->cover).ok());
    CHECK(encode(*back) == encode(covered));
    foreign.event.type = EventType::kForeignEvent;
    CHECK(code_of(decode_foreign_event(encode(foreign))) == Errc::kMalformed);
}

TEST_CASE("a case's number is found again as anybody types it, and one slip is seen") {
    fakes::SeededRandom random(4711);
    for (int round = 0; round < 200; ++round) {
        CaseId id;
        random.fill(id.value);
        const std::string number = case_reference(id);
        REQUIRE(number.size() == kReferenceDigits);
        CHECK(parse_reference(number).value() == number);
        CHECK(parse_reference(spaced_reference(number)).value() == number);
        std::string arabic = "\u200f";
        std::string persian;
        for (const char digit : number) {
            arabic += std::string("\xd9") + static_cast<char>(0xa0 + (digit - '0'));
            persian += std::string("\xdb") + static_cast<char>(0xb0 + (digit - '0'));
        }
        CHECK(parse_reference(arabic).value() == number);
        CHECK(parse_reference(persian).value() == number);
        for (std::size_t at = 0; at < number.size(); ++at) {
            for (char digit = '0'; digit <= '9'; ++digit) {
                if (digit == number[at]) continue;
                std::string wrong = number;
                wrong[at] = digit;
                CHECK(code_of(parse_reference(wrong)) == Errc::kMalformed);
            }
            if (at == 0 || number[at] == number[at - 1]) continue;
            std::string swapped = number;
            std::swap(swapped[at], swapped[at - 1]);
            CHECK(code_of(parse_reference(swapped)) == Errc::kMalformed);
        }
    }
    for (const char* typed :
         {"", " ", "12", "123456789012345", "1234567890123x", "\xd9", "\xdb\xff"}) {
        CHECK(code_of(parse_reference(typed)) == Errc::kMalformed);
    }
}

TEST_CASE("a case and its members are named by what began them, each differently") {
    std::set<Id16> seen;
    for (std::uint8_t fill = 1; fill < 50; ++fill) {
        const InstanceId root = sample::id<InstanceId>(fill);
        CHECK(case_of_record(root) == case_of_record(root));
        CHECK(seen.insert(case_of_record(root).value).second);
        for (const char* path : {"", "family[1]", "family[2]"}) {
            CHECK(seen.insert(member_of_row(root.value, path).value).second);
        }
    }
    const Id16 id = case_of_record(sample::id<InstanceId>(1)).value;
    CHECK((id[6] & 0xf0U) == 0x80U);
    CHECK((id[8] & 0xc0U) == 0x80U);
}

// Inputs that the fuzz target of case events begins with ---------------------------------------

namespace {

/// The sample's changes, each behind its length: a history for `fold_case`.
Bytes all_changes() {
    ByteWriter out;
    for (const CaseChange& change : one_of_each()) {
        const Bytes payload = encode(change);
        out.u16(static_cast<std::uint16_t>(payload.size()));
        out.raw(payload);
    }
    return out.take();
}

std::vector<std::pair<std::string, Bytes>> fuzz_seeds() {
    std::vector<std::pair<std::string, Bytes>> out = {{"history", all_changes()}};
    const std::vector<CaseChange> changes = one_of_each();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        out.emplace_back("change_" + std::to_string(i), encode(changes[i]));
    }
    const Id16 two = sample::id<InstanceId>(2).value;
    const ConflictDecided decided{
        sample::id<InstanceId>(1), {two}, {{"note", ""}, {"family[3]", std::nullopt}}, "seen"};
    out.emplace_back("decided", encode(decided));
    out.emplace_back("marked", encode(IdentityMarked{"intake", {"family/name", "name"}}));
    out.emplace_back("parents", encode(RevisionParents{sample::id<InstanceId>(1), {two}}));
    return out;
}

}  // namespace

TEST_CASE("the seeds of the fuzz target are what this version writes") {
    const std::filesystem::path folder =
        std::filesystem::path(AWDA_GOLDEN_FOLDER) / "../../fuzz/corpus/fuzz_case_event";
    for (const auto& [name, bytes] : fuzz_seeds()) {
        CAPTURE(name);
        if (std::getenv("AWDA_WRITE_GOLDEN") != nullptr) {
            std::filesystem::create_directories(folder);
            std::ofstream(folder / name, std::ios::binary) << as_text(bytes);
        }
        std::ifstream file(folder / name, std::ios::binary);
        const std::string kept((std::istreambuf_iterator<char>(file)), {});
        CHECK(kept == as_text(bytes));
    }
}

}  // namespace awda::sync
