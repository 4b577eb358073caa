#include "forms/xlsform_files.h"

#include <optional>

#include "forms/secondary.h"
#include "forms/value.h"

namespace awda::forms {

namespace {

constexpr const char* kLastSaved = "jr://instance/last-saved";

}  // namespace

FileInstances::FileInstances(XlsForm& form) : form_(form) {
    note_ids(form_.root);
}

void FileInstances::note_ids(const Element& element) {
    for (const auto& child : element.children) {
        if (is_file_list(*child)) ids_.insert(child->name);
        if (child->select && child->select->from_file) {
            const std::string& file = child->select->list;
            ids_.insert(file.substr(0, file.rfind('.')));
        }
        note_ids(*child);
    }
}

void FileInstances::add_file(const std::string& id, const std::string& file, const char* kind,
                             const Element* element) {
    ModelInstance instance;
    instance.id = id;
    instance.src = (lower_ascii(file).ends_with(".csv") ? "jr://file-csv/" : "jr://file/") + file;
    if (!claim(id, kind, instance.src, element)) return;
    std::optional<std::string> content;
    if (form_.options.media) content = form_.options.media(file);
    if (!content) {
        form_.report(DiagnosticCode::kMediaMissing, {}, {file}, {}, Severity::kWarning);
    } else if (!read_instance_file(file, *content, *form_.model->names, instance).ok()) {
        form_.report(DiagnosticCode::kMediaBroken, {}, {file});
    }
    files_.push_back(std::move(instance));
}

/// Whether the instance is new; the same id from another place is an error.
bool FileInstances::claim(const std::string& id, const std::string& kind, const std::string& uri,
                          const Element* element) {
    const auto [known, fresh] = claims_.try_emplace(id, kind, uri);
    if (fresh) return true;
    const auto& [old_kind, old_uri] = known->second;
    const Provenance where = element == nullptr ? Provenance{} : place(element->row, "type");
    if (old_uri != uri) {
        std::string context = "None";
        if (kind == "choice") context = "survey";
        if (element != nullptr) {
            const Element& parent = *element->parent;
            const std::string type = &parent == &form_.root ? "survey" : fence_word(parent);
            context = "[type: " + type + ", name: " + parent.name + "]";
        }
        form_.report(DiagnosticCode::kInstanceClash, where,
                     {id, old_kind, old_uri, kind, uri, context});
    } else if (kind == "external" && old_kind == kind) {
        form_.report(DiagnosticCode::kInstanceTwice, where, {id});
    }
    return false;
}

void FileInstances::find_pulldata(const Element& element) {
    for (const char* field : {"calculation", "constraint", "readonly", "required", "relevant",
                              "choice_filter", "default"}) {
        find_pulldata(element.row.at(field), &element);
    }
}

void FileInstances::find_pulldata(std::string_view text, const Element* element) {
    constexpr std::string_view kCall = "pulldata(";
    for (auto at = text.find(kCall); at != std::string_view::npos; at = text.find(kCall, at + 1)) {
        const std::string_view rest = trim(text.substr(at + kCall.size()));
        if (rest.size() < 2 || (rest[0] != '\'' && rest[0] != '"')) continue;
        const auto end = rest.find(rest[0], 1);
        if (end == std::string_view::npos) continue;
        const std::string id(rest.substr(1, end - 1));
        add_file(id, id + ".csv", "pulldata", element);
    }
}

void FileInstances::finish(bool uses_last_saved) {
    for (const ModelBind& bind : form_.model->binds) {
        for (const SourceExpr* expr :
             {&bind.calculate, &bind.relevant, &bind.constraint, &bind.required, &bind.readonly}) {
            find_pulldata(expr->text, nullptr);
        }
    }
    for (const std::string& list : form_.choices.order) {
        if (!form_.choices.lists[list].searched) claim(list, "choice", "None", nullptr);
    }
    if (uses_last_saved) claim("__last-saved", "instance", kLastSaved, nullptr);
    for (ModelInstance& file : files_) form_.model->instances.push_back(std::move(file));
    if (uses_last_saved) form_.model->instances.push_back({"__last-saved", kLastSaved, {}, {}, {}});
}

}  // namespace awda::forms
