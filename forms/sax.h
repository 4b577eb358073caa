// Sax: XML read as it streams by, in bounded memory. The wall around expat.
//
// Ownership: a parser borrows its handler; names and texts are good during the call only.
// Threads: one at a time. Names come without their prefix, whatever it is. A document type
// declaration is refused, so that there are no entities to expand; nesting and the size of a tag
// are limited.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct XML_ParserStruct;

namespace awda::forms {

/// The attributes of an element, by name without prefix.
class SaxAttributes {
public:
    explicit SaxAttributes(const char** list) : list_(list) {}
    /// "" if there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const;

private:
    const char** list_;
};

class SaxHandler {
public:
    virtual void open(std::string_view name, const SaxAttributes& attributes) = 0;
    virtual void close(std::string_view name) = 0;
    /// A piece of text; the next one may continue it.
    virtual void text(std::string_view piece) = 0;
    /// Whether the rest of the document does not matter.
    [[nodiscard]] bool done() const { return done_; }

protected:
    SaxHandler() = default;
    ~SaxHandler() = default;
    bool done_ = false;
};

class SaxParser {
public:
    static constexpr int kDepthMax = 64;
    static constexpr std::size_t kTagBytesMax = 1U << 20U;

    explicit SaxParser(SaxHandler& handler);
    /// Further pieces are ignored once the document is broken or its handler done.
    void feed(std::string_view piece);
    /// Whether the document was well-formed as far as its handler wanted it.
    [[nodiscard]] bool finish();

private:
    struct Free {
        void operator()(XML_ParserStruct* parser) const;
    };
    static void on_open(void* self, const char* name, const char** attributes);
    static void on_close(void* self, const char* name);
    static void on_text(void* self, const char* text, int size);
    static void on_doctype(void* self, const char* name, const char* system, const char* id,
                           int has_internal_subset);
    void refuse();
    void stop_if_done();
    void parse(std::string_view piece, bool last);

    SaxHandler& handler_;
    std::unique_ptr<XML_ParserStruct, Free> parser_;
    std::size_t fed_ = 0;
    int depth_ = 0;
    bool stopped_ = false;
    bool broken_ = false;
};

}  // namespace awda::forms
