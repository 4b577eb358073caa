#include "sync/log/payload_fields.h"

#include "platform/text.h"

namespace awda::sync {

std::string read_clean_text(ByteReader& in, std::size_t limit) {
    std::string text = in.text(limit);
    if (!valid_utf8(text) || text.find('\0') != std::string::npos) in.fail();
    return text;
}

std::size_t read_count(ByteReader& in, std::size_t limit, std::size_t least) {
    const std::size_t count = in.u16();
    if (in.failed() || count > limit || count * least > in.remaining()) {
        in.fail();
        return 0;
    }
    return count;
}

}  // namespace awda::sync
