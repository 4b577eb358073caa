#include "forms/external_data.h"

#include <algorithm>
#include <optional>

#include "forms/ascii.h"
#include "forms/secondary.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

/// Letters and digits in lower case, everything else "_": how headings are compared.
std::string plain_heading(std::string_view text) {
    std::string out = lower_ascii(trim(text));
    for (char& c : out) {
        if (!is_letter(c) && !is_digit(c) && !is_beyond_ascii(c)) c = '_';
    }
    return out;
}

/// The text of 'a literal', or nothing.
std::optional<std::string> literal(std::string_view text) {
    text = trim(text);
    if (text.size() < 2 || (text.front() != '\'' && text.front() != '"')) return std::nullopt;
    if (text.find(text.front(), 1) != text.size() - 1) return std::nullopt;
    return std::string(text.substr(1, text.size() - 2));
}

/// The arguments of the call that begins at `text`'s first bracket; nothing if it never closes.
std::optional<std::vector<std::string>> call_arguments(std::string_view text) {
    std::vector<std::string> out{""};
    std::size_t depth = 0;
    char quote = 0;
    for (const char c : text.substr(text.find('('))) {
        const bool inside = depth > 0;
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '(' || c == '[') {
            ++depth;
        } else if (c == ')' || c == ']') {
            if (--depth == 0) return out;
        } else if (c == ',' && depth == 1) {
            out.emplace_back();
            continue;
        }
        if (inside) out.back() += c;
    }
    return std::nullopt;
}

/// Paths that start from the question are made to do so inside a predicate, too.
std::string from_question(std::string_view expression) {
    std::string out;
    char quote = 0;
    char before = 0;  // the last character that is not blank
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        const bool operand = before == '/' || before == '.' || before == ')' || before == ']' ||
                             before == '_' || before == ':' || is_digit(before) ||
                             is_letter(before);
        const bool step = c == '.' && !(i + 1 < expression.size() && is_digit(expression[i + 1]));
        if (quote == 0 && step && !operand) out += "current()/";
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        }
        out += c;
        if (c != ' ') before = c;
    }
    return out;
}

std::string lower_call(std::string_view expression) {
    return "translate(" + std::string(expression) +
           ",'ABCDEFGHIJKLMNOPQRSTUVWXYZ','abcdefghijklmnopqrstuvwxyz')";
}

/// "instance('cities')/root/item[…]" → "cities".
std::string list_of(std::string_view nodeset) {
    const auto at = nodeset.find("instance(");
    if (at == std::string_view::npos) return {};
    const std::string_view rest = trim(nodeset.substr(at + 9));
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) return {};
    const auto end = rest.find(rest[0], 1);
    return end == std::string_view::npos ? std::string() : std::string(rest.substr(1, end - 1));
}

std::string without_csv(std::string name) {
    if (lower_ascii(name).ends_with(".csv")) name.resize(name.size() - 4);
    return name;
}

class Attacher {
public:
    Attacher(FormModel& model, const LoadOptions& options, Diagnostics& diagnostics)
        : model_(model), options_(options), diagnostics_(diagnostics) {}

    void run() {
        for (const ModelInstance& instance : model_.instances) {
            for (const auto& [code, what] : instance.notes) {
                report(code, {}, {media_text(instance), what});
            }
        }
        visit(model_.body);
        for (const ModelBind& bind : model_.binds) {
            for (const SourceExpr* expr : {&bind.calculate, &bind.relevant, &bind.constraint,
                                           &bind.required, &bind.readonly}) {
                attach_pulldata(*expr);
            }
        }
        for (const ModelAction& action : model_.actions) attach_pulldata(action.value);
    }

private:
    void report(DiagnosticCode code, const Provenance& where, std::vector<std::string> args) {
        if (diagnostics_.size() >= kDiagnosticsMax) return;
        diagnostics_.push_back(
            {Severity::kWarning, code, options_.file_name, where, std::move(args), {}});
    }

    static std::string media_text(const ModelInstance& instance) {
        return instance.src.empty() ? instance.id : std::string(media_name(instance.src));
    }

    void visit(std::vector<ModelControl>& controls) {
        // The readers bound how deep controls lie in each other.
        for (ModelControl& control : controls) {
            const bool select =
                control.kind == ControlKind::kSelect || control.kind == ControlKind::kSelect1;
            if (control.kind == ControlKind::kInput) attach_query(control);
            if (select && control.appearance.find("search(") != std::string::npos) {
                attach_search(control);
            }
            for (const ModelAction& action : control.actions) attach_pulldata(action.value);
            visit(control.children);
        }
    }

    [[nodiscard]] ModelInstance* find_instance(std::string_view id) {
        const auto found = std::find_if(model_.instances.begin(), model_.instances.end(),
                                        [id](const ModelInstance& each) { return each.id == id; });
        return found == model_.instances.end() ? nullptr : &*found;
    }

    /// A file as an instance of its own; `missing` says whether it was not there.
    const TableInstance* add_file(const std::string& id, const Provenance& where) {
        if (const ModelInstance* known = find_instance(id)) return known->table.get();
        ModelInstance instance;
        instance.id = id;
        instance.src = "jr://file-csv/" + id + ".csv";
        instance.implied = true;
        std::optional<std::string> content;
        if (options_.media) content = options_.media(id + ".csv");
        if (!content) {
            report(DiagnosticCode::kMediaMissing, where, {id + ".csv"});
        } else if (!read_instance_file(id + ".csv", *content, *model_.names, instance).ok()) {
            report(DiagnosticCode::kMediaBroken, where, {id + ".csv"});
        }
        for (const auto& [code, what] : instance.notes) report(code, where, {id + ".csv", what});
        model_.instances.push_back(std::move(instance));
        return model_.instances.back().table.get();
    }

    // select_one_external -------------------------------------------------------------------------

    void attach_query(ModelControl& control) {
        const std::string query(attribute(control.others, "query"));
        if (query.empty() || !control.itemset.nodeset.empty()) return;
        const std::string list = list_of(query);
        if (list.empty()) return;
        if (find_instance(list) == nullptr) add_itemset(list, control.where);
        control.itemset.nodeset = {query, control.where};
        control.itemset.value_ref = "name";
        control.itemset.label_ref = "label";
        control.itemset.implied = true;
        model_.list_names.emplace_back(control.ref, list);
    }

    /// The rows of itemsets.csv that are of this list.
    void add_itemset(const std::string& list, const Provenance& where) {
        ModelInstance instance;
        instance.id = list;
        instance.src = "jr://file-csv/" + std::string(kItemsetsFile);
        instance.implied = true;
        if (const TableInstance* all = itemsets(where)) {
            const std::uint32_t key = all->find_column(model_.names->find("list_name"));
            auto table = std::make_shared<TableInstance>(*model_.names, "root", "item");
            for (std::uint32_t column = 0; column < all->columns(); ++column) {
                table->add_column(all->column_text(column), *model_.names);
            }
            for (std::uint32_t row = 0; row < all->rows(); ++row) {
                if (key != TableInstance::kNoColumn && all->at(row, key) != list) continue;
                table->begin_row();
                for (std::uint32_t column = 0; column < all->columns(); ++column) {
                    table->set(column, all->at(row, column));
                }
            }
            instance.table = std::move(table);
            instance.from_file = true;
        }
        model_.instances.push_back(std::move(instance));
    }

    const TableInstance* itemsets(const Provenance& where) {
        if (itemsets_read_) return itemsets_.table.get();
        itemsets_read_ = true;
        std::optional<std::string> content;
        if (options_.media) content = options_.media(kItemsetsFile);
        if (!content) {
            report(DiagnosticCode::kMediaMissing, where, {std::string(kItemsetsFile)});
        } else if (!read_instance_file(kItemsetsFile, *content, *model_.names, itemsets_).ok()) {
            report(DiagnosticCode::kMediaBroken, where, {std::string(kItemsetsFile)});
        }
        return itemsets_.table.get();
    }

    // search() ------------------------------------------------------------------------------------

    void attach_search(ModelControl& control) {
        const auto call = control.appearance.find("search(");
        const auto arguments = call_arguments(std::string_view(control.appearance).substr(call));
        const auto file = arguments ? literal(arguments->front()) : std::nullopt;
        const bool counted = arguments && (arguments->size() == 1 || arguments->size() == 4 ||
                                           arguments->size() == 6);
        if (!file || !counted) {
            report(DiagnosticCode::kBadParameter, control.where, {"search()", control.appearance});
            return;
        }
        const std::string id = without_csv(*file);
        const TableInstance* table = add_file(id, control.where);
        if (table == nullptr) return;  // then the choices as written are all there is
        const auto nodeset = search_nodeset(id, *table, *arguments, control.where);
        if (!nodeset) return;
        control.itemset.nodeset = {*nodeset, control.where};
        control.itemset.implied = true;
    }

    /// A heading as it stands in expressions; nothing, with a warning, if the file has none such.
    std::optional<std::string> heading(const TableInstance& table, std::string_view spelling,
                                       const Provenance& where) {
        const std::uint32_t column = find_heading(table, spelling);
        if (column != TableInstance::kNoColumn) {
            const std::string_view text = table.column_text(column);
            if (text.find(':') == std::string_view::npos) return std::string(text);
        }
        report(DiagnosticCode::kBadParameter, where, {"search()", std::string(spelling)});
        return std::nullopt;
    }

    /// What the search finds, as a nodeset, so that it follows answers as every filter does. The
    /// exact condition comes first: it has an index.
    std::optional<std::string> search_nodeset(const std::string& id, const TableInstance& table,
                                              const std::vector<std::string>& arguments,
                                              const Provenance& where) {
        std::string out = "instance('" + id + "')/root/item";
        if (arguments.size() == 6) {
            const auto column = literal(arguments[4]);
            const auto name = heading(table, column.value_or(arguments[4]), where);
            if (!name) return std::nullopt;
            out += "[" + *name + " = " + from_question(trim(arguments[5])) + "]";
        }
        const std::string columns =
            arguments.size() < 4 ? "" : literal(arguments[2]).value_or(arguments[2]);
        if (trim(columns).empty()) return out;
        const std::string kind = lower_ascii(literal(arguments[1]).value_or(""));
        const std::string wanted = lower_call(from_question(trim(arguments[3])));
        std::string condition;
        for (const std::string& spelling : split_columns(columns)) {
            const auto name = heading(table, spelling, where);
            if (!name) return std::nullopt;
            const std::string cell = lower_call(*name);
            if (!condition.empty()) condition += " or ";
            if (kind == "matches") {
                condition += cell + " = " + wanted;
            } else {
                const char* function = kind == "startswith" ? "starts-with"
                                       : kind == "endswith" ? "ends-with"
                                                            : "contains";
                condition += std::string(function) + "(" + cell + ", " + wanted + ")";
            }
        }
        return out + "[" + condition + "]";
    }

    // pulldata() ----------------------------------------------------------------------------------

    void attach_pulldata(const SourceExpr& source) {
        constexpr std::string_view kCall = "pulldata(";
        for (auto at = source.text.find(kCall); at != std::string::npos;
             at = source.text.find(kCall, at + 1)) {
            const auto arguments = call_arguments(std::string_view(source.text).substr(at));
            if (!arguments) continue;
            const auto file = literal(arguments->front());
            if (file) (void)add_file(without_csv(*file), source.where);
        }
    }

    FormModel& model_;
    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    ModelInstance itemsets_;
    bool itemsets_read_ = false;
};

}  // namespace

bool is_static_choice(std::string_view value) {
    value = trim(value);
    if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
    return !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
}

std::vector<std::string> split_columns(std::string_view text) {
    const char separator = text.find(',') == std::string_view::npos ? ' ' : ',';
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = text.find(separator);
        const std::string_view part = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (!part.empty()) out.emplace_back(part);
    }
    return out;
}

std::uint32_t find_heading(const TableInstance& table, std::string_view spelling) {
    const std::string wanted = plain_heading(spelling);
    for (std::uint32_t column = 0; column < table.columns(); ++column) {
        if (plain_heading(table.column_text(column)) == wanted) return column;
    }
    return TableInstance::kNoColumn;
}

void attach_external_data(FormModel& model, const LoadOptions& options, Diagnostics& diagnostics) {
    Attacher(model, options, diagnostics).run();
}

}  // namespace awda::forms
