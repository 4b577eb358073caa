// Prefixes of XForms: a form may bind any prefix to a namespace; the reader knows the usual ones.
//
// Ownership: changes the document it is given. Threads: pure.
#pragma once

namespace pugi {
class xml_document;
}

namespace awda::forms {

/// Renames elements and attributes, and functions in expressions, whose prefix is bound to a
/// namespace of ODK's under another name than the usual (`x:count` to `jr:count`). Nothing is
/// touched in documents that use the usual prefixes, as nearly all do, nor inside choice lists.
void use_usual_prefixes(pugi::xml_document& document);

}  // namespace awda::forms
