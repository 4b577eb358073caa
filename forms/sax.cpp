#include "forms/sax.h"

#include <expat.h>

namespace awda::forms {
namespace {

std::string_view local(const char* name) {
    const std::string_view all(name);
    return all.substr(all.find(':') + 1);  // npos + 1 is 0
}

}  // namespace

std::string_view SaxAttributes::get(std::string_view name) const {
    for (const char** at = list_; *at != nullptr; at += 2) {
        if (local(*at) == name) return at[1];
    }
    return {};
}

void SaxParser::Free::operator()(XML_ParserStruct* parser) const {
    XML_ParserFree(parser);
}

SaxParser::SaxParser(SaxHandler& handler) : handler_(handler), parser_(XML_ParserCreate(nullptr)) {
    broken_ = parser_ == nullptr;
    if (broken_) return;
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_open, on_close);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), on_doctype);
}

void SaxParser::feed(std::string_view piece) {
    parse(piece, false);
    if (stopped_ || broken_) return;
    // What is not yet told is one tag, which expat looks through again with each piece.
    fed_ += piece.size();
    const auto told = XML_GetCurrentByteIndex(parser_.get());
    if (told >= 0 && fed_ - static_cast<std::size_t>(told) > kTagBytesMax) broken_ = true;
}

bool SaxParser::finish() {
    parse({}, true);
    return !broken_;
}

void SaxParser::parse(std::string_view piece, bool last) {
    if (stopped_ || broken_) return;
    const auto outcome = XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()),
                                   last ? XML_TRUE : XML_FALSE);
    if (outcome != XML_STATUS_OK && !stopped_) broken_ = true;
}

void SaxParser::refuse() {
    broken_ = true;
    stopped_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
}

void SaxParser::stop_if_done() {
    if (!handler_.done() || stopped_) return;
    stopped_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
}

void SaxParser::on_open(void* self, const char* name, const char** attributes) {
    auto& parser = *static_cast<SaxParser*>(self);
    if (parser.stopped_) return;
    if (++parser.depth_ > kDepthMax) {
        parser.refuse();
        return;
    }
    parser.handler_.open(local(name), SaxAttributes(attributes));
    parser.stop_if_done();
}

void SaxParser::on_close(void* self, const char* name) {
    auto& parser = *static_cast<SaxParser*>(self);
    if (parser.stopped_) return;
    --parser.depth_;
    parser.handler_.close(local(name));
    parser.stop_if_done();
}

void SaxParser::on_text(void* self, const char* text, int size) {
    auto& parser = *static_cast<SaxParser*>(self);
    if (parser.stopped_) return;
    parser.handler_.text({text, static_cast<std::size_t>(size)});
    parser.stop_if_done();
}

void SaxParser::on_doctype(void* self, const char*, const char*, const char*, int) {
    static_cast<SaxParser*>(self)->refuse();
}

}  // namespace awda::forms
