// The commands about cases: files of persons and families.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/case_changes.h"
#include "agent/vault/cases.h"

namespace awda::cli {

namespace {

using sync::CaseId;

std::string status_text(sync::CaseStatus status, Language language) {
    switch (status) {
        case sync::CaseStatus::kOpen: return say(Text::kStatusOpen, language);
        case sync::CaseStatus::kInReview: return say(Text::kStatusInReview, language);
        case sync::CaseStatus::kReturned: return say(Text::kStatusReturned, language);
        case sync::CaseStatus::kOffered: return say(Text::kStatusOffered, language);
        case sync::CaseStatus::kInTransit: return say(Text::kStatusInTransit, language);
        case sync::CaseStatus::kAccepted: return say(Text::kStatusAccepted, language);
        case sync::CaseStatus::kClosed: return say(Text::kStatusClosed, language);
        case sync::CaseStatus::kMerged: return say(Text::kStatusMerged, language);
    }
    return "";
}

std::string presence_text(std::optional<sync::Presence> presence, Language language) {
    if (!presence) return "";
    switch (*presence) {
        case sync::Presence::kPresent: return say(Text::kPresencePresent, language);
        case sync::Presence::kElsewhere: return say(Text::kPresenceElsewhere, language);
        case sync::Presence::kDetained: return say(Text::kPresenceDetained, language);
        case sync::Presence::kMissing: return say(Text::kPresenceMissing, language);
        case sync::Presence::kDead: return say(Text::kPresenceDead, language);
    }
    return "";
}

/// The one case that was meant. Several of one number are listed, for the officer to choose.
Result<CaseId> find_one(Context& context, agent::Session& session, const std::string& typed) {
    const std::vector<CaseId> ids = AWDA_TRY(agent::find_cases(session, typed));
    if (ids.size() == 1) return ids.front();
    context.out.warning(Text::kCaseManyOfNumber);
    for (const CaseId& id : ids) context.out.warning(to_text(id));
    return Error(Errc::kUsage, "a number of several cases");
}

nlohmann::json to_json(const agent::CaseRow& row) {
    return {{"case", to_text(row.id)},
            {"reference", row.reference},
            {"state", sync::case_status_name(row.status)},
            {"title", row.title},
            {"ours", row.ours},
            {"disputes", row.disputes},
            {"changed", to_iso_utc(row.changed_ms)}};
}

nlohmann::json to_json(const agent::CaseMember& member) {
    nlohmann::json out = {{"member", to_text(member.id)}, {"record", to_text(member.root)},
                          {"path", member.path},          {"label", member.label},
                          {"head", member.head},          {"left", member.state.left}};
    if (member.state.presence) out["presence"] = sync::presence_name(*member.state.presence);
    if (member.state.relation) out["relation"] = *member.state.relation;
    return out;
}

std::string_view kind_name(sync::DisputeKind kind) {
    switch (kind) {
        case sync::DisputeKind::kValue: return "value";
        case sync::DisputeKind::kIdentity: return "identity";
        case sync::DisputeKind::kRow: return "row";
        case sync::DisputeKind::kTwins: return "twins";
    }
    return "unknown";
}

nlohmann::json to_json(const sync::Dispute& dispute) {
    nlohmann::json sides = nlohmann::json::array();
    for (const sync::Side& side : dispute.sides) {
        nlohmann::json one = {{"revision", to_uuid_text(side.revision)}};
        one["value"] = side.value ? nlohmann::json(*side.value) : nlohmann::json();
        sides.push_back(std::move(one));
    }
    nlohmann::json out = {
        {"kind", kind_name(dispute.kind)}, {"path", dispute.path}, {"sides", std::move(sides)}};
    if (!dispute.other.empty()) out["other"] = dispute.other;
    return out;
}

nlohmann::json to_json(const agent::StoredDocument& document) {
    nlohmann::json disputes = nlohmann::json::array();
    for (const sync::Dispute& dispute : document.merged.disputes) {
        disputes.push_back(to_json(dispute));
    }
    nlohmann::json answers = nlohmann::json::array();
    for (const sync::Field& field : document.merged.fields) {
        answers.push_back({{"path", field.path}, {"value", field.value}});
    }
    return {{"record", to_text(document.root)}, {"form", document.form_id},
            {"version", document.form_version}, {"revisions", document.sources.size()},
            {"erased", document.erased},        {"answers", std::move(answers)},
            {"disputes", std::move(disputes)}};
}

nlohmann::json to_json(const agent::CaseLine& line) {
    return {{"time", to_iso_utc(line.at_ms)}, {"event", sync::event_type_name(line.what)},
            {"detail", line.detail},          {"officer", line.officer_name},
            {"reason", line.reason},          {"refused", line.refused}};
}

nlohmann::json to_json(const agent::ShownCase& shown) {
    nlohmann::json out = to_json(shown.row);
    out["members"] = nlohmann::json::array();
    for (const agent::CaseMember& member : shown.members) out["members"].push_back(to_json(member));
    out["records"] = nlohmann::json::array();
    for (const agent::StoredDocument& each : shown.documents)
        out["records"].push_back(to_json(each));
    out["history"] = nlohmann::json::array();
    for (const agent::CaseLine& line : shown.history) out["history"].push_back(to_json(line));
    if (shown.state.merged_into) out["merged_into"] = to_text(*shown.state.merged_into);
    if (!shown.state.addressee.empty()) out["offered_to"] = to_text(shown.state.addressee);
    return out;
}

std::string side_text(const sync::Side& side, sync::DisputeKind kind, Language language) {
    if (!side.value) return say(Text::kSideGone, language);
    const bool row = kind == sync::DisputeKind::kRow || kind == sync::DisputeKind::kTwins;
    return row ? say(Text::kSideKept, language) : harmless(*side.value);
}

/// Who says so: revisions by the number they have, else "before".
std::string speaker(const agent::StoredDocument& document, const sync::Side& side,
                    Language language) {
    for (const agent::RevisionSource& source : document.sources) {
        if (source.id != side.revision) continue;
        return to_iso_utc(source.at_ms).substr(0, 10) + " " +
               (source.foreign ? say(Text::kCaseOther, language) : say(Text::kCaseOurs, language));
    }
    return say(Text::kSideBefore, language);
}

void print_disputes(Context& context, const agent::ShownCase& shown) {
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    for (const agent::StoredDocument& document : shown.documents) {
        for (const sync::Dispute& dispute : document.merged.disputes) {
            for (std::size_t i = 0; i < dispute.sides.size(); ++i) {
                const sync::Side& side = dispute.sides[i];
                rows.push_back({i == 0 ? harmless(dispute.path) : std::string(),
                                std::to_string(i + 1), side_text(side, dispute.kind, language),
                                speaker(document, side, language)});
            }
        }
    }
    if (rows.empty()) return;
    context.out.line(Text::kCaseDisputes);
    context.out.table({say(Text::kColQuestion, language), say(Text::kColSide, language),
                       say(Text::kColAnswer, language), say(Text::kColOfficer, language)},
                      rows);
}

void print_members(Context& context, const agent::ShownCase& shown) {
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    for (const agent::CaseMember& member : shown.members) {
        std::string relation = harmless(member.state.relation.value_or(""));
        if (member.head) relation = say(Text::kCaseHead, language);
        if (member.state.left) relation = say(Text::kCaseLeft, language);
        rows.push_back({to_text(member.id), harmless(member.label), relation,
                        presence_text(member.state.presence, language)});
    }
    if (rows.empty()) return;
    context.out.line(Text::kCaseMembers);
    context.out.table({say(Text::kColMember, language), say(Text::kColName, language),
                       say(Text::kColRelation, language), say(Text::kColPresence, language)},
                      rows);
}

void print_records(Context& context, const agent::ShownCase& shown) {
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    for (const agent::StoredDocument& document : shown.documents) {
        rows.push_back({to_text(document.root), document.form_id,
                        std::to_string(document.sources.size()),
                        std::to_string(document.merged.disputes.size())});
    }
    context.out.line(Text::kCaseRecords);
    context.out.table({say(Text::kColInstance, language), say(Text::kColForm, language),
                       say(Text::kColRevision, language), say(Text::kColDisputes, language)},
                      rows);
    if (std::ranges::any_of(shown.documents, &agent::StoredDocument::erased)) {
        context.out.line(Text::kCaseErased);
    }
}

void print_history(Context& context, const agent::ShownCase& shown) {
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    for (const agent::CaseLine& line : shown.history) {
        std::string what(sync::event_type_name(line.what));
        if (!line.detail.empty()) what += " " + line.detail;
        if (line.refused) what += " " + say(Text::kCaseRefused, language);
        rows.push_back(
            {to_iso_utc(line.at_ms), what,
             line.other_office ? say(Text::kCaseOther, language) : harmless(line.officer_name),
             harmless(line.reason)});
    }
    context.out.line(Text::kCaseHistory);
    context.out.table({say(Text::kColTime, language), say(Text::kColEvent, language),
                       say(Text::kColOfficer, language), say(Text::kColReason, language)},
                      rows);
}

/// What a change led to.
Outcome report(Context& context, agent::Session& session, const CaseId& id, Text text) {
    const sync::CaseState state = AWDA_TRY(agent::read_case(session.db, id));
    const std::string reference = sync::spaced_reference(sync::case_reference(id));
    context.out.line(text, {reference, status_text(state.status, context.out.language)});
    context.out.document({{"case", to_text(id)},
                          {"reference", sync::case_reference(id)},
                          {"state", sync::case_status_name(state.status)},
                          {"disputes", state.disputes.size()}});
    return 0;
}

template <typename Name>
Result<std::vector<Name>> parse_ids(const std::vector<std::string>& texts) {
    std::vector<Name> ids;
    for (const std::string& text : texts) {
        const auto id = parse_uuid(text);
        if (!id.ok()) return Error(Errc::kUsage, "reading an id");
        ids.push_back(Name{*id});
    }
    return ids;
}

/// "path=2": which side of which dispute.
struct Taken {
    std::string path;
    std::size_t side = 0;  ///< from 1
};
Result<Taken> parse_taken(const std::string& text) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0) return Error(Errc::kUsage, "a side to take");
    Taken taken{text.substr(0, equals), 0};
    const std::string number = text.substr(equals + 1);
    if (number.empty() || number.size() > 3 ||
        number.find_first_not_of("0123456789") != std::string::npos) {
        return Error(Errc::kUsage, "the number of a side");
    }
    taken.side = static_cast<std::size_t>(std::stoul(number));
    return taken;
}

/// The choice that `taken` means in this document, if it has such a dispute.
std::optional<sync::Choice> choice_in(const agent::StoredDocument& document, const Taken& taken) {
    for (const sync::Dispute& dispute : document.merged.disputes) {
        if (dispute.path != taken.path) continue;
        if (taken.side == 0 || taken.side > dispute.sides.size()) continue;
        return sync::Choice{dispute.path, dispute.sides[taken.side - 1].value};
    }
    return std::nullopt;
}

/// Each of `wanted` in the one record that disputes it; `only` names a record if not empty. All of
/// them or an error: half of what was asked for is worse than nothing.
using Choices = std::map<InstanceId, std::vector<sync::Choice>>;
Result<Choices> find_choices(const agent::ShownCase& shown, const std::vector<Taken>& wanted,
                             const InstanceId& only) {
    Choices choices;
    for (const Taken& each : wanted) {
        std::size_t found = 0;
        for (const agent::StoredDocument& document : shown.documents) {
            if (!only.empty() && document.root != only) continue;
            auto choice = choice_in(document, each);
            if (!choice) continue;
            ++found;
            choices[document.root].push_back(*std::move(choice));
        }
        if (found == 0) return Error(Errc::kNotFound, "a side of a dispute");
        if (found > 1) return Error(Errc::kUsage, "an answer that several records dispute");
    }
    return choices;
}

}  // namespace

Outcome case_list(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::CaseQuery query;
    query.limit = context.options.limit;
    query.offset = context.options.offset;
    query.disputed = context.options.disputed;
    query.status = sync::parse_case_status(context.options.state);
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const agent::CaseRow& row :
         AWDA_TRY(agent::list_cases(*AWDA_TRY(vault->session()), query))) {
        rows.push_back({sync::spaced_reference(row.reference), harmless(row.title),
                        status_text(row.status, language), std::to_string(row.disputes),
                        say(row.ours ? Text::kCaseOurs : Text::kCaseOther, language),
                        to_iso_utc(row.changed_ms)});
        list.push_back(to_json(row));
    }
    if (rows.empty()) {
        context.out.line(Text::kCaseNone);
    } else {
        context.out.table({say(Text::kColCase, language), say(Text::kColTitle, language),
                           say(Text::kColState, language), say(Text::kColDisputes, language),
                           say(Text::kColOffice, language), say(Text::kColUpdated, language)},
                          rows);
    }
    context.out.document({{"cases", std::move(list)}});
    return 0;
}

Outcome case_show(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    const agent::ShownCase shown = AWDA_TRY(agent::show_case(session, id));
    context.out.line(sync::spaced_reference(shown.row.reference) + "  " +
                     harmless(shown.row.title) + "  " +
                     status_text(shown.row.status, context.out.language));
    print_members(context, shown);
    print_records(context, shown);
    print_disputes(context, shown);
    print_history(context, shown);
    context.out.document(to_json(shown));
    return 0;
}

Outcome case_move(Context& context) {
    OfficeId office;
    if (!context.options.office.empty()) {
        office = AWDA_TRY(parse_ids<OfficeId>({context.options.office})).front();
    }
    const auto move = sync::parse_case_move(context.options.move);
    if (!move) return Error(Errc::kUsage, "a case's move");
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    AWDA_CHECK(agent::move_case(session, id, *move, office, context.options.reason));
    return report(context, session, id, Text::kCaseChanged);
}

Outcome case_member(Context& context) {
    const auto member = AWDA_TRY(parse_ids<sync::MemberId>({context.options.member})).front();
    agent::MemberEdit edit;
    edit.presence = sync::parse_presence(context.options.presence);
    if (!context.options.relation.empty()) edit.relation = context.options.relation;
    edit.head = context.options.head;
    edit.left = context.options.left;
    edit.reason = context.options.reason;
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    AWDA_CHECK(agent::change_member(session, id, member, edit));
    return report(context, session, id, Text::kCaseMemberChanged);
}

Outcome case_split(Context& context) {
    auto members = AWDA_TRY(parse_ids<sync::MemberId>(context.options.members));
    auto records = AWDA_TRY(parse_ids<InstanceId>(context.options.records));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    const CaseId into = AWDA_TRY(agent::split_case(session, id, std::move(members),
                                                   std::move(records), context.options.reason));
    return report(context, session, into, Text::kCaseSplitDone);
}

Outcome case_merge(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId kept = AWDA_TRY(find_one(context, session, context.options.case_id));
    const CaseId other = AWDA_TRY(find_one(context, session, context.options.other_case));
    AWDA_CHECK(agent::merge_cases(session, kept, other, context.options.reason));
    context.out.line(Text::kCaseMergedDone, {sync::spaced_reference(sync::case_reference(other)),
                                             sync::spaced_reference(sync::case_reference(kept))});
    context.out.document({{"case", to_text(kept)}, {"absorbed", to_text(other)}});
    return 0;
}

Outcome case_unmerge(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    AWDA_CHECK(agent::unmerge_case(session, id, context.options.reason));
    return report(context, session, id, Text::kCaseUnmergedDone);
}

Outcome case_join(Context& context) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.other_case));
    AWDA_CHECK(agent::join_record(session, record, id, context.options.reason));
    return report(context, session, id, Text::kCaseJoinedDone);
}

Outcome case_decide(Context& context) {
    std::vector<Taken> wanted;
    for (const std::string& text : context.options.take) {
        wanted.push_back(AWDA_TRY(parse_taken(text)));
    }
    InstanceId only;
    if (!context.options.instance.empty()) {
        only = AWDA_TRY(parse_instance(context.options.instance));
    }
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const CaseId id = AWDA_TRY(find_one(context, session, context.options.case_id));
    const agent::ShownCase shown = AWDA_TRY(agent::show_case(session, id));
    const Choices choices = AWDA_TRY(find_choices(shown, wanted, only));
    for (const auto& [root, chosen] : choices) {
        AWDA_CHECK(agent::decide_conflict(session, root, chosen, context.options.reason));
    }
    std::size_t left = 0;
    for (const agent::StoredDocument& document : shown.documents) {
        left += AWDA_TRY(agent::read_document(session.db, document.root)).merged.disputes.size();
    }
    context.out.line(Text::kCaseDecided, {std::to_string(left)});
    context.out.document({{"case", to_text(id)}, {"decided", wanted.size()}, {"left", left}});
    return 0;
}

}  // namespace awda::cli
