#include "sync/cases/identity.h"

#include <algorithm>
#include <array>

namespace awda::sync {

namespace {

/// Questions that say who somebody is in any form. Sorted. A name too many costs a person's
/// decision now and then; one too few could make up a person.
constexpr std::array<std::string_view, 44> kIdentityNames = {
    "age",
    "birth_country",
    "birth_date",
    "birth_governorate",
    "birth_mark",
    "birth_place",
    "birth_year",
    "civil_number",
    "civil_page",
    "civil_register",
    "date_of_birth",
    "dob",
    "document_number",
    "family_name",
    "father_name",
    "first_name",
    "full_name",
    "gender",
    "given_name",
    "grandfather_name",
    "head",
    "id_number",
    "laissez_number",
    "last_name",
    "latin_name",
    "marital_status",
    "mother_name",
    "name",
    "national_id",
    "national_no",
    "national_number",
    "nationality",
    "nationality_cert_number",
    "other_nationality",
    "passport_no",
    "passport_number",
    "place_of_birth",
    "ration_number",
    "registration_number",
    "relation",
    "relationship",
    "sex",
    "surname",
    "unhcr_number",
};
static_assert(std::ranges::is_sorted(kIdentityNames));

bool means_identity(std::string_view name) {
    return std::ranges::binary_search(kIdentityNames, name);
}

}  // namespace

std::string without_rows(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        const std::size_t open = path.find('[');
        out += path.substr(0, open);
        if (open == std::string_view::npos) break;
        const std::size_t close = path.find(']', open);
        if (close == std::string_view::npos) {
            out += path.substr(open);  // no row number at all
            break;
        }
        path.remove_prefix(close + 1);
    }
    return out;
}

bool IdentityRule::matches(std::string_view path) const {
    const std::string bare = without_rows(path);
    if (paths_.contains(bare)) return true;
    std::string_view name = bare;
    if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) {
        name.remove_prefix(slash + 1);
    }
    // Forms often begin a row's questions with a letter of their own: "m_name" of a member.
    const bool prefixed = name.size() > 2 && name[1] == '_';
    return means_identity(name) || (prefixed && means_identity(name.substr(2)));
}

}  // namespace awda::sync
