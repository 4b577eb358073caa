#include "agent/desk/form_versions.h"

#include "agent/vault/kept_forms.h"

namespace awda::agent {

namespace {

Status keep(const IntakeParts& parts, const FormRef& ref, const LoadedForm& form) {
    if (form.source == nullptr || form.hash != ref.hash) return {};
    Session& session = *AWDA_TRY(parts.vault.session());
    if (AWDA_TRY(has_form(session.db, ref.hash))) return {};
    return keep_form(session, ref, encode_form_source(*form.source));
}

}  // namespace

Result<FormVersions> versions_of(const IntakeParts& parts, const FormRef& ref) {
    FormVersions out;
    auto here = parts.forms.form(ref.id);
    if (here.ok()) {
        out.here = std::move(here).value();
        if (out.here->hash == ref.hash) {
            out.own = out.here;
            return out;
        }
    }
    Session& session = *AWDA_TRY(parts.vault.session());
    const std::optional<Bytes> kept = AWDA_TRY(kept_form(session.db, ref.hash));
    if (kept) {
        auto own = parts.forms.kept(*kept);
        // A newer Awda may refuse what an older one took; the library's version then has to do.
        if (own.ok()) out.own = std::move(own).value();
    }
    if (out.own || out.here) return out;
    if (here.error().code != Errc::kUnknownForm) return here.error();
    return Error(Errc::kFormGone, "looking for the form of a draft or record");
}

void keep_source(const IntakeParts& parts, const FormRef& ref, const LoadedForm& form) {
    keep(parts, ref, form).ignore("the form is kept for comfort; the draft itself needs no copy");
}

}  // namespace awda::agent
