// Lists of choices: choices that no filter ever offers, labels that stand twice, lists too long to
// show at once.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "forms/lint_form.h"

namespace awda::forms {

namespace {

/// "column = question" or "selected(question, column)" in a select's filter.
struct FilterTerm {
    std::string column;
    LintId question = kNoLint;
};

class FilterReader {
public:
    FilterReader(const LintForm& form, const LintUse& use) : form_(form), use_(use) {}

    /// The terms that every offered row must meet; `any` tells whether there is a filter at all.
    std::vector<FilterTerm> run(bool& any) {
        const ExprNode& root = use_.expr.node(use_.expr.root());
        if (root.op == Op::kPath) {
            for (const Step& step : root.path.steps) {
                for (const ExprId predicate : step.predicates) {
                    any = true;
                    collect(predicate);
                }
            }
        }
        return std::move(terms_);
    }

private:
    void collect(ExprId id) {
        const ExprNode& node = use_.expr.node(id);
        if (node.op == Op::kAnd) {
            for (const ExprId kid : node.kids) collect(kid);
            return;
        }
        const bool equal = node.op == Op::kChain && node.ops.size() == 1 && node.ops[0] == Op::kEq;
        const bool selected = node.op == Op::kCall && node.fn == Fn::kSelected;
        if ((!equal && !selected) || node.kids.size() != 2) return;
        if (!add(node.kids[0], node.kids[1])) add(node.kids[1], node.kids[0]);
    }

    bool add(ExprId column, ExprId question) {
        const ExprNode& name = use_.expr.node(column);
        if (name.op != Op::kPath || use_.expr.node(question).op != Op::kPath) return false;
        const bool plain = name.path.start == Start::kContext && name.path.steps.size() == 1 &&
                           name.path.steps[0].axis == Axis::kChild &&
                           name.path.steps[0].test == Test::kName;
        const LintTarget target = form_.follow(use_, question, kNoLint);
        if (!plain || target.node == kNoLint) return false;
        terms_.push_back({std::string(form_.name(name.path.steps[0].name)), target.node});
        return true;
    }

    const LintForm& form_;
    const LintUse& use_;
    std::vector<FilterTerm> terms_;
};

/// Which rows of a list some select may offer, and why the others are not.
struct Offer {
    const LintUse* use = nullptr;
    LintList list;
    std::vector<bool> rows;
    std::string column;  ///< of the first term that keeps a row out
};

class OfferCheck {
public:
    explicit OfferCheck(LintForm& form) : form_(form) {}

    void run() {
        for (const LintUse& use : form_.uses()) {
            if (use.role == LintRole::kChoices) see(use);
        }
        for (const auto& [name, offer] : offers_) tell(offer);
    }

private:
    void see(const LintUse& use) {
        const LintList list = form_.list_of(*use.control);
        if (list.table == nullptr || list.size() == 0) return;
        bool filtered = false;
        const auto terms = FilterReader(form_, use).run(filtered);
        Offer& offer = offers_[list.name];
        if (offer.use == nullptr) {
            offer.use = &use;
            offer.list = list;
            offer.rows.assign(list.size(), false);
        }
        std::vector<bool> fits(list.size(), true);
        for (const FilterTerm& term : terms) hold(use, offer, term, fits);
        for (std::size_t row = 0; row < fits.size(); ++row) {
            if (fits[row]) offer.rows[row] = true;
        }
    }

    void hold(const LintUse& use, Offer& offer, const FilterTerm& term, std::vector<bool>& fits) {
        const TableInstance& table = *offer.list.table;
        const std::uint32_t column = form_.column(table, term.column);
        if (column == TableInstance::kNoColumn) {
            form_.report(LintCode::kFilterColumn, use.where, use.context,
                         {offer.list.name, term.column},
                         nearest_spelling(term.column, columns(table)));
            return;
        }
        const ModelControl* control = form_.node(term.question).control;
        if (!LintForm::is_select(control)) return;
        const LintList source = form_.list_of(*control);
        if (!source.known() || source.size() == 0) return;
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            if (source.has(table.at(row, column))) continue;
            fits[row] = false;
            if (offer.column.empty()) offer.column = term.column;
        }
    }

    [[nodiscard]] std::vector<std::string> columns(const TableInstance& table) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < table.columns(); ++i) out.emplace_back(table.column_text(i));
        return out;
    }

    void tell(const Offer& offer) {
        const auto never = std::count(offer.rows.begin(), offer.rows.end(), false);
        if (never == 0) return;
        const auto first = static_cast<std::uint32_t>(
            std::find(offer.rows.begin(), offer.rows.end(), false) - offer.rows.begin());
        const TableInstance& table = *offer.list.table;
        form_.report(LintCode::kNeverOffered, form_.choices_cell(offer.column), kNoLint,
                     {offer.list.name, std::to_string(never),
                      std::string(table.at(first, offer.list.value_column)), offer.column,
                      std::string(table.at(first, form_.column(table, offer.column)))});
    }

    LintForm& form_;
    std::map<std::string, Offer> offers_;
};

bool spares_the_page(std::string_view appearance) {
    for (const std::string_view word :
         {"minimal", "autocomplete", "search", "map", "image-map", "quickcompact"}) {
        if (appearance.find(word) != std::string_view::npos) return true;
    }
    return false;
}

void check_long(LintForm& form) {
    for (const ModelControl* control : form.controls()) {
        if (!LintForm::is_select(control) || spares_the_page(control->appearance)) continue;
        if (control->itemset.nodeset.text.find('[') != std::string::npos) continue;
        const std::size_t size = form.list_of(*control).size();
        if (size <= kLintChoicesMax) continue;
        const LintId node = form.find(control->ref);
        form.report(LintCode::kLongList, LintForm::cell(control->where, "appearance"), node,
                    {form.title(node), std::to_string(size)});
    }
}

using Texts = std::unordered_map<std::string_view, std::string>;

/// The plain texts of a translation, by id; those with outputs are left out: who knows what they
/// will say.
Texts plain_texts(const ModelTranslation& translation) {
    Texts out;
    for (const ModelTranslationText& text : translation.texts) {
        for (const auto& [form, rich] : text.forms) {
            const bool plain = rich.size() == 1 && !rich.front().output;
            if (plain && (form.empty() || form == "long")) out[text.id] = rich.front().text;
        }
    }
    return out;
}

/// What tells one row of a list from another, its name and label aside: villages of two districts
/// may well have the same name.
std::string other_cells(const LintList& list, std::uint32_t row) {
    std::string out;
    for (std::uint32_t column = 0; column < list.table->columns(); ++column) {
        if (column == list.value_column || column == list.label_column) continue;
        out.append(list.table->at(row, column)).push_back('\x1f');
    }
    return out;
}

void check_labels(LintForm& form, const LintList& list, const Texts* texts,
                  std::string_view language) {
    std::unordered_map<std::string, std::uint32_t> seen;
    for (std::uint32_t row = 0; row < list.table->rows(); ++row) {
        std::string label(list.table->at(row, list.label_column));
        if (texts != nullptr) {
            const auto found = texts->find(label);
            if (found == texts->end()) continue;
            label = found->second;
        }
        if (label.empty() || label == "-") continue;
        const auto [entry, fresh] = seen.emplace(label + '\x1e' + other_cells(list, row), row);
        const std::string_view name = list.table->at(row, list.value_column);
        const std::string_view first = list.table->at(entry->second, list.value_column);
        if (fresh || name == first) continue;
        const std::string column = language.empty() ? "label" : "label::" + std::string(language);
        form.report(LintCode::kDuplicateLabel, form.choices_cell(column), kNoLint,
                    {list.name, std::string(first), std::string(name), label});
        return;  // one of a list and language shows the author what to look for
    }
}

void check_duplicates(LintForm& form) {
    std::vector<Texts> texts;
    for (const ModelTranslation& one : form.model().translations) {
        texts.push_back(plain_texts(one));
    }
    std::map<std::string, bool> done;
    for (const ModelControl* control : form.controls()) {
        if (!LintForm::is_select(control)) continue;
        const LintList list = form.list_of(*control);
        if (list.table == nullptr || list.label_column == TableInstance::kNoColumn) continue;
        if (list.from_file || !done.emplace(list.name, true).second) continue;
        if (!list.itext) check_labels(form, list, nullptr, {});
        for (std::size_t i = 0; list.itext && i < texts.size(); ++i) {
            check_labels(form, list, &texts[i], form.model().translations[i].language);
        }
    }
}

}  // namespace

void lint_lists(LintForm& form) {
    OfferCheck(form).run();
    check_long(form);
    check_duplicates(form);
}

}  // namespace awda::forms
