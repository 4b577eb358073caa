// Sax: XML read as it streams by, in bounded memory. What office files hold of XML 1.0, and no
// more.
//
// Ownership: a parser borrows its handler; names and texts are good during the call only.
// Threads: one at a time. Names come without their prefix, whatever it is. A document type
// declaration is refused, so that there are no entities to expand; nesting and the size of a tag
// are limited; text is UTF-8. (expat does as much and more, at a third of the speed.)
#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace awda::forms {

/// The attributes of an element, by name without prefix.
class SaxAttributes {
public:
    /// "" if there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const;

private:
    friend class SaxParser;
    std::vector<std::pair<std::string_view, std::string_view>> list_;
    std::deque<std::string> decoded_;  // values that are not in the document as such
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
    static constexpr std::size_t kDepthMax = 64;
    static constexpr std::size_t kTagBytesMax = 1U << 20U;

    explicit SaxParser(SaxHandler& handler) : handler_(handler) {}
    /// Further pieces are ignored once the document is broken or its handler done.
    void feed(std::string_view piece);
    /// Whether the document was well-formed as far as its handler wanted it.
    [[nodiscard]] bool finish();

private:
    /// Each takes what it can from the front of `rest`; false if a part of it is still to come.
    bool step(std::string_view& rest);
    bool take_text(std::string_view& rest);
    bool take_tag(std::string_view& rest);
    bool take_end_tag(std::string_view& rest);
    bool take_other(std::string_view& rest);
    bool take_attributes(std::string_view& rest, bool& empty);

    void put_text(std::string_view raw, bool with_references);
    [[nodiscard]] bool decode(std::string_view raw, bool with_references, std::string& out);
    void close(std::string_view name);
    void refuse() { broken_ = true; }
    [[nodiscard]] bool going_on() const { return !broken_ && !handler_.done(); }

    SaxHandler& handler_;
    std::string pending_;  // the beginning of what is still to come
    std::string open_names_;
    std::vector<std::size_t> open_;  // where in open_names_ each begins
    SaxAttributes attributes_;
    std::string text_;
    bool started_ = false;
    bool has_root_ = false;
    bool broken_ = false;
};

}  // namespace awda::forms
