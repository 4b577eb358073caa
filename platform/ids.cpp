#include "platform/ids.h"

#include "platform/crypto.h"

namespace awda {

Id16 new_uuid_v7(UnixMs now, Random& random) {
    Id16 id{};
    random.fill(id);
    const auto ms = static_cast<std::uint64_t>(now);
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
    id[6] = static_cast<std::uint8_t>(0x70U | (id[6] & 0x0fU));
    id[8] = static_cast<std::uint8_t>(0x80U | (id[8] & 0x3fU));
    return id;
}

std::string to_uuid_text(const Id16& id) {
    const std::string hex = to_hex(id);
    return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
           hex.substr(16, 4) + '-' + hex.substr(20);
}

Result<Id16> parse_uuid(std::string_view text) {
    if (text.starts_with("uuid:")) text.remove_prefix(5);
    if (text.size() != 36) return Error(Errc::kMalformed, "an id is 36 characters long");
    std::string hex;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return Error(Errc::kMalformed, "an id's dashes are misplaced");
        if (!dash) hex.push_back(text[i]);
    }
    const Bytes bytes = AWDA_TRY(from_hex(hex));
    Id16 id{};
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}

}  // namespace awda
