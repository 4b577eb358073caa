#include "sync/cases/case_event.h"

#include <algorithm>
#include <limits>

#include "platform/named.h"
#include "sync/log/payload_fields.h"

namespace awda::sync {

namespace {

constexpr std::string_view kIdentityTag = "AWDACIDN";
constexpr std::string_view kJoinedTag = "AWDACJOI";
constexpr std::string_view kMemberTag = "AWDACMEM";
constexpr std::string_view kMovedTag = "AWDACMOV";
constexpr std::string_view kSplitTag = "AWDACSPL";
constexpr std::string_view kMergedTag = "AWDACMRG";
constexpr std::string_view kUnmergedTag = "AWDACUNM";
constexpr std::string_view kDecidedTag = "AWDACDEC";
constexpr std::string_view kForeignTag = "AWDACFOR";
constexpr std::string_view kForeignCoveredTag = "AWDACFR2";
constexpr std::string_view kParentsTag = "AWDACRPA";
constexpr std::size_t kFormIdMax = 1024;
constexpr std::size_t kChoicePathMax = 4096;

// What stands in MemberChanged, as bits.
constexpr unsigned kHasPresence = 1;
constexpr unsigned kHasRelation = 2;
constexpr unsigned kHasHead = 4;
constexpr unsigned kHead = 8;
constexpr unsigned kHasLeft = 16;
constexpr unsigned kLeft = 32;
constexpr unsigned kMemberBits = 63;

void put_at(ByteWriter& out, const CaseAt& at) {
    out.raw(at.id.bytes());
    put_ids(out, at.parents);
}

CaseAt read_at(ByteReader& in) {
    CaseAt at;
    at.id = CaseId{in.fixed<16>()};
    if (at.id.empty()) in.fail();
    at.parents = read_ids<EventRef>(in, kCaseParentsMax);
    return at;
}

Bytes encode_two(std::string_view tag, const CaseAt& first, const CaseAt& second,
                 const InstanceId* root, std::string_view reason) {
    ByteWriter out;
    out.raw(tag);
    put_at(out, first);
    put_at(out, second);
    if (root != nullptr) out.raw(root->bytes());
    out.text(reason);
    return out.take();
}

Result<CaseChange> decode_joined(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kJoinedTag);
    CaseJoined event;
    event.from = read_at(in);
    event.to = read_at(in);
    event.root = InstanceId{in.fixed<16>()};
    event.reason = read_clean_text(in, kCaseReasonMax);
    if (event.root.empty() || event.from.id == event.to.id) in.fail();
    AWDA_CHECK(in.done());
    return CaseChange{std::move(event)};
}

Result<CaseChange> decode_member(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kMemberTag);
    MemberChanged event;
    event.at = read_at(in);
    event.member = MemberId{in.fixed<16>()};
    const unsigned bits = in.u8();
    if ((bits & ~kMemberBits) != 0 || ((bits & kHead) != 0 && (bits & kHasHead) == 0) ||
        ((bits & kLeft) != 0 && (bits & kHasLeft) == 0)) {
        in.fail();
    }
    if ((bits & (kHasPresence | kHasRelation | kHasHead | kHasLeft)) == 0) in.fail();
    if ((bits & kHasPresence) != 0) {
        const std::uint8_t presence = in.u8();
        if (presence == 0 || presence > kPresences.size()) in.fail();
        event.presence = static_cast<Presence>(presence);
    }
    if ((bits & kHasRelation) != 0) event.relation = read_clean_text(in, kRelationMax);
    if ((bits & kHasHead) != 0) event.head = (bits & kHead) != 0;
    if ((bits & kHasLeft) != 0) event.left = (bits & kLeft) != 0;
    event.reason = read_clean_text(in, kCaseReasonMax);
    if (event.member.empty()) in.fail();
    AWDA_CHECK(in.done());
    return CaseChange{std::move(event)};
}

Result<CaseChange> decode_moved(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kMovedTag);
    CaseMoved event;
    event.at = read_at(in);
    const std::uint8_t move = in.u8();
    event.office = OfficeId{in.fixed<16>()};
    event.reason = read_clean_text(in, kCaseReasonMax);
    // Merging has events of its own.
    if (move == 0 || move >= static_cast<std::uint8_t>(CaseMove::kMerge)) in.fail();
    AWDA_CHECK(in.done());
    event.move = static_cast<CaseMove>(move);
    const Transition& transition = transition_of(event.move);
    if (transition.needs_office == event.office.empty() ||
        (transition.needs_reason && event.reason.empty())) {
        return Error(Errc::kMalformed, "a case's move");
    }
    return CaseChange{std::move(event)};
}

Result<CaseChange> decode_split(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kSplitTag);
    CaseSplit event;
    event.at = read_at(in);
    event.into = CaseId{in.fixed<16>()};
    event.members = read_ids<MemberId>(in, kCaseListMax);
    event.roots = read_ids<InstanceId>(in, kCaseListMax);
    event.reason = read_clean_text(in, kCaseReasonMax);
    if (event.into.empty() || event.into == event.at.id || event.reason.empty()) in.fail();
    if (event.members.empty() && event.roots.empty()) in.fail();
    AWDA_CHECK(in.done());
    return CaseChange{std::move(event)};
}

Result<CaseChange> decode_merged(ByteView bytes, bool undone) {
    ByteReader in(bytes);
    in.domain(undone ? kUnmergedTag : kMergedTag);
    CaseMerged event;
    event.undone = undone;
    event.kept = read_at(in);
    event.absorbed = read_at(in);
    event.reason = read_clean_text(in, kCaseReasonMax);
    if (event.kept.id == event.absorbed.id || event.reason.empty()) in.fail();
    AWDA_CHECK(in.done());
    return CaseChange{std::move(event)};
}

}  // namespace

std::string_view presence_name(Presence presence) {
    switch (presence) {
        case Presence::kPresent: return "present";
        case Presence::kElsewhere: return "elsewhere";
        case Presence::kDetained: return "detained";
        case Presence::kMissing: return "missing";
        case Presence::kDead: return "dead";
    }
    return "unknown";
}

std::optional<Presence> parse_presence(std::string_view name) {
    return find_named(kPresences, name, presence_name);
}

Bytes encode(const IdentityMarked& event) {
    ByteWriter out;
    out.raw(kIdentityTag);
    out.text(event.form_id);
    out.u16(static_cast<std::uint16_t>(event.paths.size()));
    for (const std::string& path : event.paths) out.text(path);
    return out.take();
}

Bytes encode(const CaseJoined& event) {
    return encode_two(kJoinedTag, event.from, event.to, &event.root, event.reason);
}

Bytes encode(const MemberChanged& event) {
    ByteWriter out;
    out.raw(kMemberTag);
    put_at(out, event.at);
    out.raw(event.member.bytes());
    out.u8(static_cast<std::uint8_t>(
        (event.presence ? kHasPresence : 0U) | (event.relation ? kHasRelation : 0U) |
        (event.head ? kHasHead : 0U) | (event.head.value_or(false) ? kHead : 0U) |
        (event.left ? kHasLeft : 0U) | (event.left.value_or(false) ? kLeft : 0U)));
    if (event.presence) out.u8(static_cast<std::uint8_t>(*event.presence));
    if (event.relation) out.text(*event.relation);
    out.text(event.reason);
    return out.take();
}

Bytes encode(const CaseMoved& event) {
    ByteWriter out;
    out.raw(kMovedTag);
    put_at(out, event.at);
    out.u8(static_cast<std::uint8_t>(event.move));
    out.raw(event.office.bytes());
    out.text(event.reason);
    return out.take();
}

Bytes encode(const CaseSplit& event) {
    ByteWriter out;
    out.raw(kSplitTag);
    put_at(out, event.at);
    out.raw(event.into.bytes());
    put_ids(out, event.members);
    put_ids(out, event.roots);
    out.text(event.reason);
    return out.take();
}

Bytes encode(const CaseMerged& event) {
    return encode_two(event.undone ? kUnmergedTag : kMergedTag, event.kept, event.absorbed, nullptr,
                      event.reason);
}

Bytes encode(const ConflictDecided& event) {
    ByteWriter out;
    out.raw(kDecidedTag);
    out.raw(event.root.bytes());
    put_ids(out, event.parents);
    out.u16(static_cast<std::uint16_t>(event.choices.size()));
    for (const Choice& choice : event.choices) {
        out.text(choice.path);
        out.u8(choice.value ? 1 : 0);
        if (choice.value) out.text(*choice.value);
    }
    out.text(event.reason);
    return out.take();
}

Bytes encode(const ForeignEvent& event) {
    ByteWriter out;
    out.raw(event.cover ? kForeignCoveredTag : kForeignTag);
    put_whole_event(out, event.device, event.event);
    if (event.cover) put_cover(out, *event.cover);
    return out.take();
}

Bytes encode(const RevisionParents& event) {
    ByteWriter out;
    out.raw(kParentsTag);
    out.raw(event.instance.bytes());
    put_ids(out, event.others);
    return out.take();
}

Result<IdentityMarked> decode_identity_marked(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kIdentityTag);
    IdentityMarked event;
    event.form_id = read_clean_text(in, kFormIdMax);
    const std::size_t count = read_count(in, kCaseListMax, sizeof(std::uint32_t));
    for (std::size_t i = 0; i < count; ++i) {
        std::string path = read_clean_text(in, kChoicePathMax);
        if (path.empty() || (!event.paths.empty() && event.paths.back() >= path)) in.fail();
        event.paths.push_back(std::move(path));
    }
    if (event.form_id.empty()) in.fail();
    AWDA_CHECK(in.done());
    return event;
}

Result<ConflictDecided> decode_conflict_decided(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kDecidedTag);
    ConflictDecided event;
    event.root = InstanceId{in.fixed<16>()};
    event.parents = read_ids<Id16>(in, kCaseParentsMax);
    const std::size_t count = read_count(in, kCaseListMax, sizeof(std::uint32_t) + 1);
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        Choice choice;
        choice.path = read_clean_text(in, kChoicePathMax);
        const std::uint8_t has = in.u8();
        if (has > 1 || choice.path.empty()) in.fail();
        if (has == 1) choice.value = read_clean_text(in, kRecordBytesMax);
        event.choices.push_back(std::move(choice));
    }
    event.reason = read_clean_text(in, kCaseReasonMax);
    if (event.root.empty() || event.parents.empty() || event.choices.empty() ||
        event.reason.empty()) {
        in.fail();
    }
    AWDA_CHECK(in.done());
    return event;
}

Result<ForeignEvent> decode_foreign_event(ByteView bytes) {
    if (bytes.size() > kProofBytesMax) return Error(Errc::kTooLarge, "another device's event");
    const bool covered = bytes.size() >= kForeignCoveredTag.size() &&
                         as_text(bytes.first(kForeignCoveredTag.size())) == kForeignCoveredTag;
    ByteReader in(bytes);
    in.domain(covered ? kForeignCoveredTag : kForeignTag);
    ForeignEvent foreign;
    foreign.event = read_whole_event(in, foreign.device);
    if (covered) foreign.cover = std::make_shared<const EventCover>(AWDA_TRY(read_cover(in)));
    AWDA_CHECK(in.done());
    // One that holds another would have no end.
    if (foreign.event.type == EventType::kForeignEvent) {
        return Error(Errc::kMalformed, "another device's event in another");
    }
    return foreign;
}

Result<RevisionParents> decode_revision_parents(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kParentsTag);
    RevisionParents event;
    event.instance = InstanceId{in.fixed<16>()};
    event.others = read_ids<Id16>(in, kCaseParentsMax);
    if (event.instance.empty() || event.others.empty()) in.fail();
    AWDA_CHECK(in.done());
    return event;
}

bool is_case_change(EventType type) {
    return type >= EventType::kCaseJoined && type <= EventType::kCaseUnmerged;
}

EventType event_type_of(const CaseChange& change) {
    struct Visitor {
        EventType operator()(const CaseJoined&) const { return EventType::kCaseJoined; }
        EventType operator()(const MemberChanged&) const { return EventType::kCaseMemberChanged; }
        EventType operator()(const CaseMoved&) const { return EventType::kCaseMoved; }
        EventType operator()(const CaseSplit&) const { return EventType::kCaseSplit; }
        EventType operator()(const CaseMerged& event) const {
            return event.undone ? EventType::kCaseUnmerged : EventType::kCaseMerged;
        }
    };
    return std::visit(Visitor{}, change);
}

Bytes encode(const CaseChange& change) {
    return std::visit([](const auto& event) { return encode(event); }, change);
}

Result<CaseChange> decode_case_change(EventType type, ByteView bytes) {
    switch (type) {
        case EventType::kCaseJoined: return decode_joined(bytes);
        case EventType::kCaseMemberChanged: return decode_member(bytes);
        case EventType::kCaseMoved: return decode_moved(bytes);
        case EventType::kCaseSplit: return decode_split(bytes);
        case EventType::kCaseMerged: return decode_merged(bytes, false);
        case EventType::kCaseUnmerged: return decode_merged(bytes, true);
        default: return Error(Errc::kMalformed, "not about a case");
    }
}

namespace {

/// The sides of a change: each case it is about, with what the author knew of it.
std::vector<CaseAt> sides(const CaseChange& change) {
    struct Visitor {
        std::vector<CaseAt> operator()(const CaseJoined& event) const {
            return {event.from, event.to};
        }
        std::vector<CaseAt> operator()(const MemberChanged& event) const { return {event.at}; }
        std::vector<CaseAt> operator()(const CaseMoved& event) const { return {event.at}; }
        std::vector<CaseAt> operator()(const CaseSplit& event) const {
            return {event.at, CaseAt{event.into, {}}};
        }
        std::vector<CaseAt> operator()(const CaseMerged& event) const {
            return {event.kept, event.absorbed};
        }
    };
    return std::visit(Visitor{}, change);
}

}  // namespace

std::vector<CaseId> cases_of(const CaseChange& change) {
    std::vector<CaseId> ids;
    for (const CaseAt& side : sides(change)) ids.push_back(side.id);
    return ids;
}

std::vector<EventRef> parents_in(const CaseChange& change, const CaseId& id) {
    for (CaseAt& side : sides(change)) {
        if (side.id == id) return std::move(side.parents);
    }
    return {};
}

}  // namespace awda::sync
