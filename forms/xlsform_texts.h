// Labels, hints, messages and media of an XLSForm: in the control itself, or in itext where they
// have languages.
//
// Ownership: borrows the form and its references. Threads: one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "forms/xlsform_references.h"

namespace awda::forms {

class TextBuilder {
public:
    TextBuilder(XlsForm& form, References& references) : form_(form), references_(references) {}

    /// Before the survey's texts, as in pyxform.
    void add_choice_texts();
    void add_form_label();
    /// Label and hint of a question, group or repeat.
    void add_texts(const Element& element, ModelControl& control);
    /// A constraint's or required's message: a literal, or itext where it has languages or outputs.
    [[nodiscard]] std::string make_message(const Element& element, const std::string& field,
                                           const char* suffix);
    /// Media come after all texts.
    void add_late_media();
    /// Which language is the default, and which have no code.
    void finish();

private:
    struct Media {
        std::string language, id, kind, file;
    };

    ModelTranslation& translation(const std::string& language);
    void add_itext(const std::string& language, const std::string& id, const std::string& form,
                   RichText text);
    ModelText make_text(const Element& element, const std::string& field, bool force,
                        const std::vector<std::string>& media = {});
    void add_choice_texts(const ChoiceRow& row, const std::string& id);

    XlsForm& form_;
    References& references_;
    std::vector<std::unordered_map<std::string, std::size_t>> text_index_;  // by translation
    std::vector<Media> late_media_;
};

}  // namespace awda::forms
