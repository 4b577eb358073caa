#include "forms/xlsform_selects.h"

#include <string_view>
#include <utility>

#include "forms/value.h"

namespace awda::forms {

namespace {

/// The parameters as written; what is wrong with their form is said once, by apply().
Attributes parameters(const Element& element) {
    Attributes out;
    (void)read_parameters(element.row.at("parameters"), out);
    return out;
}

}  // namespace

void SelectBuilder::add_choices(const Element& element, ModelControl& control) {
    const SelectType& select = *element.select;
    const Provenance where = place(element.row, "choice_filter");
    std::string id = select.list;
    if (const auto list = form_.choices.lists.find(id);
        list != form_.choices.lists.end() && list->second.searched && select.element != "external")
        return add_items(element, control);
    if (select.from_file) {
        id = select.list.substr(0, select.list.rfind('.'));
        files_.add_file(id, select.list, "file", &element);
    }
    std::string nodeset = select.list.starts_with("${") ? repeat_choices(element, control, where)
                                                        : list_choices(element, id, control, where);
    if (select.element == "external") {
        control.others.emplace_back("query", nodeset);
        return;
    }
    if (attribute(parameters(element), "randomize") == "true") nodeset = shuffled(element, nodeset);
    control.itemset.nodeset = {
        nodeset, element.row.at("choice_filter").empty() ? place(element.row, "type") : where};
    form_.model->list_names.emplace_back(control.ref, id);
}

/// The rows of a list or file that a question's choice_filter lets through.
std::string SelectBuilder::list_choices(const Element& element, const std::string& id,
                                        ModelControl& control, const Provenance& where) {
    const SelectType& select = *element.select;
    std::string nodeset = "instance('" + id + "')/root/item";
    const std::string_view filter = element.row.at("choice_filter");
    if (!filter.empty())
        nodeset += "[" + references_.substitute(filter, element, where, true) + "]";
    const bool itext = !select.from_file && form_.choices.needs_itext(id);
    const bool geo = lower_ascii(select.list).ends_with(".geojson");
    control.itemset.value_ref = geo ? "id" : "name";
    control.itemset.label_ref = itext ? "jr:itext(itextId)" : geo ? "title" : "label";
    if (!select.from_file) return nodeset;
    const Attributes given = parameters(element);
    if (const auto value = attribute(given, "value"); !value.empty())
        control.itemset.value_ref = value;
    if (const auto label = attribute(given, "label"); !label.empty())
        control.itemset.label_ref = label;
    return nodeset;
}

void SelectBuilder::add_items(const Element& element, ModelControl& control) {
    const std::string& list = element.select->list;
    const bool itext = form_.choices.needs_itext(list);
    std::size_t index = 0;
    for (const ChoiceRow& row : form_.choices.lists[list].rows) {
        ModelItem item;
        item.value = row.name;
        const std::string id = list + "-" + std::to_string(index++);
        item.label.present = itext || !row.labels.empty();
        if (itext)
            item.label.ref = "jr:itext('" + id + "')";
        else if (item.label.present)
            item.label.literal = {{row.labels.front().second, false}};
        control.items.push_back(std::move(item));
    }
    form_.model->list_names.emplace_back(control.ref, list);
}

std::string SelectBuilder::shuffled(const Element& element, const std::string& nodeset) {
    const Attributes given = parameters(element);
    const std::string_view seed = attribute(given, "seed");
    if (seed.empty()) return "randomize(" + nodeset + ")";
    const Provenance where = place(element.row, "parameters");
    return "randomize(" + nodeset + ", " + references_.substitute(seed, element, where) + ")";
}

/// select_one ${row_question}: the rows' answers are the choices.
std::string SelectBuilder::repeat_choices(const Element& element, ModelControl& control,
                                          const Provenance& where) {
    const std::string& text = element.select->list;
    const Element* source = references_.find(text.substr(2, text.find('}') - 2), element, where);
    const Element* repeat = source == nullptr ? nullptr : enclosing_repeat(source);
    if (repeat == nullptr) {
        if (source != nullptr)
            form_.report(DiagnosticCode::kUnknownList, place(element.row, "type"), {text});
        return "";
    }
    const std::string below = source->path.substr(repeat->path.size() + 1);
    control.itemset.value_ref = below;
    control.itemset.label_ref = below;
    return rows_of(*repeat, element, "./" + below + " != ''", where);
}

void SelectBuilder::add_side_list(const Element& element, const ParameterOutcome& parameters,
                                  ModelControl& control) {
    const std::string& list =
        parameters.reference.empty() ? parameters.labels_list : parameters.reference;
    if (list.empty() || form_.failed()) return;
    const Provenance where = place(element.row, "parameters");
    const Provenance filter_place = place(element.row, "choice_filter");
    if (list.starts_with("${")) {
        control.itemset.nodeset = {repeat_geometry(element, list, control, filter_place), where};
        return;
    }
    if (!files_.knows(list) && !form_.choices.lists.contains(list) &&
        !form_.entities.declares(list)) {
        form_.report(DiagnosticCode::kReferenceGeometry, where, {list});
        return;
    }
    std::string nodeset = "instance('" + list + "')/root/item";
    const std::string_view filter = element.row.at("choice_filter");
    if (!filter.empty())
        nodeset += "[" + references_.substitute(filter, element, filter_place, true) + "]";
    control.itemset.value_ref = "name";
    control.itemset.label_ref = form_.choices.needs_itext(list) ? "jr:itext(itextId)" : "label";
    control.itemset.nodeset = {nodeset, where};
    form_.model->list_names.emplace_back(control.ref, list);
}

/// reference-geometry=${repeat}: the rows' geometry is what is shown.
std::string SelectBuilder::repeat_geometry(const Element& element, const std::string& text,
                                           ModelControl& control, const Provenance& where) {
    const auto end = text.find('}');
    const Element* repeat =
        end == text.size() - 1 ? references_.only(text.substr(2, end - 2)) : nullptr;
    if (repeat == nullptr || repeat->kind != Element::Kind::kRepeat) {
        form_.report(DiagnosticCode::kReferenceGeometry, place(element.row, "parameters"), {text});
        return {};
    }
    control.itemset.value_ref = "geometry";
    control.itemset.label_ref = "geometry";
    return rows_of(*repeat, element, "./geometry != ''", where);
}

/// The rows of a repeat that a question's choice_filter, or else `condition`, lets through.
std::string SelectBuilder::rows_of(const Element& repeat, const Element& element,
                                   std::string condition, const Provenance& where) {
    const std::string_view filter = element.row.at("choice_filter");
    if (!filter.empty()) condition = references_.substitute(filter, element, where, true, &repeat);
    const Element* shared = &repeat;
    while (shared != nullptr && !is_inside(&element, shared)) shared = enclosing_repeat(shared);
    if (shared == nullptr) return repeat.path + "[" + condition + "]";
    // Seen from a row of the same repeat, or of one around it: the rows beside that row.
    std::string ups;
    for (const Element* e = &element; e != shared; e = e->parent) ups += ups.empty() ? ".." : "/..";
    if (shared == &repeat) return ups + "/../" + repeat.name + "[" + condition + "]";
    return ups + repeat.path.substr(shared->path.size()) + "[" + condition + "]";
}

}  // namespace awda::forms
