// attachments: photos, scans and PDFs of drafts and records.
//
// prepare_attachment() is the costly half: a pure function from bytes to bytes, which the desk runs
// on its pool of workers, off the core thread. attach() is the quick half: it writes the file, then
// commits the row and the event that refer to it, so that a crash leaves at most a file nobody
// refers to, which the next unlock sweeps away. The answer to the question is the attachment's
// value(): the hash of its content and an ending, as ODK expects a file name; the caller saves it
// like any other answer, and the record's signature covers it. The file's own name is kept nowhere.
// Threads: prepare_attachment() anywhere, the rest on the vault's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vault/session.h"
#include "platform/image.h"

namespace awda::agent {

inline constexpr std::size_t kAttachmentsMax = 100;  ///< of one draft or record

struct PreparedAttachment {
    Bytes content;
    ContentKind kind = ContentKind::kOther;
    std::uint32_t width = 0;  ///< 0 for a PDF
    std::uint32_t height = 0;
    Bytes thumbnail;  ///< JPEG; empty for a PDF
};
/// Known by content. The errors of prepare_image() and check_pdf().
[[nodiscard]] Result<PreparedAttachment> prepare_attachment(ByteView file, ImageUse use);

struct AttachmentInfo {
    Hash32 content{};
    ContentKind kind = ContentKind::kOther;
    std::uint64_t size = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool thumbnail = false;
    bool whole = true;       ///< its file is there, in its length; only opening it proves more
    bool delivered = false;  ///< headquarters has it
    /// "5f…c1.jpg": the answer that stands for it.
    [[nodiscard]] std::string value() const;
};
/// The hash in an answer that stands for an attachment; nothing for any other text.
[[nodiscard]] std::optional<Hash32> parse_attachment_value(std::string_view value);

/// The same content again, in this draft or another, takes no second file. kNotFound unless
/// `draft` is a draft; kNotAllowed; kTooLarge; kDiskFull.
[[nodiscard]] Result<AttachmentInfo> attach(Session& session, const InstanceId& draft,
                                            const PreparedAttachment& prepared);
/// kNotFound unless the draft has it. The content goes with its last reference.
[[nodiscard]] Status detach(Session& session, const InstanceId& draft, const Hash32& content);
/// Of a draft or a record, oldest first. Sizes and kinds only, so that it is no viewing.
[[nodiscard]] Result<std::vector<AttachmentInfo>> list_attachments(Session& session,
                                                                   const InstanceId& instance);
/// A viewing, written to the log. kNotFound; kAltered if its file is damaged: the others are not.
[[nodiscard]] Result<Bytes> open_attachment(Session& session, const InstanceId& instance,
                                            const Hash32& content);
/// The same for the small picture. kNotFound if it has none.
[[nodiscard]] Result<Bytes> open_thumbnail(Session& session, const InstanceId& instance,
                                           const Hash32& content);

/// A draft that amends a record has the record's attachments, inside the caller's transaction.
[[nodiscard]] Status carry_attachments(Write& write, Session& session, const InstanceId& record,
                                       const InstanceId& draft);
struct SweepSummary {
    std::uint32_t rows = 0;   ///< contents that nothing refers to any more
    std::uint32_t files = 0;  ///< files that no row names
};
/// Takes away what nothing refers to: first the rows with their keys, then the files.
[[nodiscard]] Result<SweepSummary> sweep_attachments(Session& session);

}  // namespace awda::agent
