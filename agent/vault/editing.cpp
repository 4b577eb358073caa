#include "agent/vault/editing.h"

#include "agent/vault/payloads.h"
#include "agent/vault/session.h"

namespace awda::agent {

namespace {

Status tell(Write& write, const Editing& editing) {
    return write.append(
        sync::EventType::kRecordEdited,
        encode_record_edited(editing.draft, static_cast<std::uint32_t>(editing.changed.size())));
}

}  // namespace

Result<std::optional<Editing>> continue_editing(const Session& session, Write& write,
                                                const InstanceId& draft,
                                                const std::set<std::string>& paths) {
    if (paths.empty()) return session.editing;
    Editing editing;
    const bool goes_on = session.editing && session.editing->draft == draft;
    if (goes_on) editing = *session.editing;
    editing.draft = draft;
    editing.changed.insert(paths.begin(), paths.end());
    if (goes_on) return std::optional(std::move(editing));
    AWDA_CHECK(end_editing(session, write));
    AWDA_CHECK(tell(write, editing));
    editing.told = editing.changed.size();
    return std::optional(std::move(editing));
}

Status end_editing(const Session& session, Write& write) {
    if (!session.editing || session.editing->changed.size() == session.editing->told) return {};
    return tell(write, *session.editing);
}

}  // namespace awda::agent
