// payloads_attachments: what events about attachments say: ids, sizes and keyed hashes, no names.
// Layouts: agent/VAULT.md, "Events". Threads: pure functions.
#pragma once

#include "platform/crypto.h"
#include "platform/ids.h"
#include "platform/image.h"

namespace awda::agent {

struct AttachmentAdded {
    InstanceId instance;  ///< of the draft, which is the record's later
    Hash32 name{};        ///< of the file: a keyed hash of the content
    ContentKind kind = ContentKind::kOther;
    std::uint64_t size = 0;
};
[[nodiscard]] Bytes encode(const AttachmentAdded& event);
[[nodiscard]] Result<AttachmentAdded> decode_attachment_added(ByteView bytes);

struct AttachmentRef {
    InstanceId instance;
    Hash32 name{};
};
[[nodiscard]] Bytes encode_attachment_removed(const AttachmentRef& event);
[[nodiscard]] Result<AttachmentRef> decode_attachment_removed(ByteView bytes);

enum class AttachmentPart : std::uint8_t { kWhole = 1, kThumbnail = 2 };
[[nodiscard]] Bytes encode_attachment_viewed(const AttachmentRef& event, AttachmentPart part);

}  // namespace awda::agent
