// The commands about attachments: photos, scans and PDFs of drafts and records.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/attachments.h"
#include "platform/pdf_check.h"

namespace awda::cli {

namespace {

constexpr std::uint64_t kFileMax = std::max(kImageFileMax, kPdfBytesMax);

nlohmann::json to_json(const agent::AttachmentInfo& info) {
    return {{"value", info.value()}, {"bytes", info.size},          {"width", info.width},
            {"height", info.height}, {"thumbnail", info.thumbnail}, {"whole", info.whole}};
}

Result<Hash32> content_of(const std::string& value) {
    const auto content = agent::parse_attachment_value(value);
    if (!content) return Error(Errc::kNotFound, "an attachment of that name");
    return *content;
}

}  // namespace

Outcome attach_add(Context& context) {
    const InstanceId draft = AWDA_TRY(parse_instance(context.options.instance));
    const Bytes file = AWDA_TRY(read_file(Path(context.options.file), kFileMax));
    const auto use = context.options.scan ? ImageUse::kScan : ImageUse::kPhoto;
    const agent::PreparedAttachment prepared = AWDA_TRY(agent::prepare_attachment(file, use));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const agent::AttachmentInfo info =
        AWDA_TRY(agent::attach(*AWDA_TRY(vault->session()), draft, prepared));
    context.out.line(Text::kAttached, {info.value(), std::to_string(info.size)});
    context.out.document(to_json(info));
    return 0;
}

Outcome attach_list(Context& context) {
    const InstanceId instance = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const agent::AttachmentInfo& info :
         AWDA_TRY(agent::list_attachments(*AWDA_TRY(vault->session()), instance))) {
        rows.push_back(
            {info.value(), std::to_string(info.size),
             say(info.whole ? Text::kAttachmentWhole : Text::kAttachmentDamaged, language)});
        list.push_back(to_json(info));
    }
    context.out.table({say(Text::kColAttachment, language), say(Text::kColBytes, language),
                       say(Text::kColState, language)},
                      rows);
    context.out.document({{"attachments", std::move(list)}});
    return 0;
}

Outcome attach_get(Context& context) {
    const InstanceId instance = AWDA_TRY(parse_instance(context.options.instance));
    const Hash32 content = AWDA_TRY(content_of(context.options.attachment));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const Bytes bytes =
        AWDA_TRY(context.options.thumbnail ? agent::open_thumbnail(session, instance, content)
                                           : agent::open_attachment(session, instance, content));
    AWDA_CHECK(atomic_write(Path(context.options.output), bytes));
    context.out.line(Text::kAttachmentWritten, {context.options.output});
    context.out.document({{"file", context.options.output}, {"bytes", bytes.size()}});
    return 0;
}

Outcome attach_remove(Context& context) {
    const InstanceId draft = AWDA_TRY(parse_instance(context.options.instance));
    const Hash32 content = AWDA_TRY(content_of(context.options.attachment));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(agent::detach(*AWDA_TRY(vault->session()), draft, content));
    context.out.line(Text::kDetached, {context.options.attachment});
    context.out.document({{"removed", context.options.attachment}});
    return 0;
}

}  // namespace awda::cli
