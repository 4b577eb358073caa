// The commands of a second officer: intake approve, intake return.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/approvals.h"

namespace awda::cli {

Result<InstanceId> parse_instance(const std::string& text) {
    const auto id = parse_uuid(text);
    if (!id.ok()) return Error(Errc::kUsage, "reading a record's id");
    return InstanceId{*id};
}

std::string approval_text(agent::ApprovalState state, Language language) {
    switch (state) {
        case agent::ApprovalState::kNone: break;
        case agent::ApprovalState::kAwaiting: return say(Text::kApprovalAwaiting, language);
        case agent::ApprovalState::kApproved: return say(Text::kApprovalApproved, language);
        case agent::ApprovalState::kReturned: return say(Text::kApprovalReturned, language);
    }
    return "";
}

Outcome intake_approve(Context& context) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(agent::approve(*AWDA_TRY(vault->session()), record));
    context.out.line(Text::kApproved);
    context.out.document({{"instance", to_text(record)}, {"approval", "approved"}});
    return 0;
}

Outcome intake_return(Context& context) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(agent::give_back(*AWDA_TRY(vault->session()), record, context.options.reason));
    context.out.line(Text::kReturned);
    context.out.document({{"instance", to_text(record)}, {"approval", "returned"}});
    return 0;
}

}  // namespace awda::cli
