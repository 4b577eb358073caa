// Interview: a form filled in by a conversation: a question, an answer, the next question.
//
// Ownership: borrows the session and the streams. Threads: one; blocks while it waits for a line.
// Works the same on a terminal and through pipes. A line that begins with ':' is a command, '<'
// goes back, '?' explains; anything else is the answer. An answer that the form refuses is told why
// in the author's words and is not kept. At most kLinesMax lines are read.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/output.h"
#include "forms/session.h"

namespace awda::cli {

class Interview {
public:
    Interview(forms::Session& session, std::istream& in, std::ostream& out, Language language);

    std::string draft_path;  ///< where :save writes unless it is told a name
    std::function<bool()> stopped = [] { return false; };

    /// True when everything is answered and the person has finished; false when they left, or the
    /// input ended. kDiskFull, kIo when a draft can't be saved.
    [[nodiscard]] Result<bool> run();

    static constexpr std::size_t kLinesMax = 1'000'000;
    static constexpr std::size_t kLineBytesMax = 64U << 10U;
    static constexpr std::size_t kChoicesShownMax = 40;

private:
    /// A place where the conversation stops: a question, the end of a repeat's rows, the end.
    struct Stop {
        enum class Kind : std::uint8_t { kQuestion, kRowsEnd, kEnd };
        Kind kind = Kind::kQuestion;
        std::string ref;
        std::vector<std::string> before;  ///< notes and headings on the way to it
    };
    /// What a line led to.
    enum class Next : std::uint8_t { kStay, kForward, kBack, kJump, kLeave };

    [[nodiscard]] std::vector<Stop> stops() const;
    void step(Next next);
    void go_to(const std::vector<Stop>& all, std::size_t index);
    [[nodiscard]] std::uint32_t rows_of(const std::string& repeat) const;
    [[nodiscard]] std::optional<std::string> read_line();
    void announce(const Stop& stop);
    void announce_before(const Stop& stop);
    void show_choices(const forms::ViewNode& view, std::string_view search);
    [[nodiscard]] Next ask(const Stop& stop);
    [[nodiscard]] Next ask_end(const Stop& stop);
    [[nodiscard]] Next take(const Stop& stop, const std::string& line);
    [[nodiscard]] Next command(const Stop& stop, std::string_view word, const std::string& rest);
    [[nodiscard]] Next answer(const std::string& ref, const std::string& line);
    [[nodiscard]] Next keep(const forms::ViewNode& view);
    [[nodiscard]] Next explain(const Stop& stop);
    [[nodiscard]] Next clear(const Stop& stop);
    [[nodiscard]] Next add_row(const Stop& stop, const std::string& name);
    [[nodiscard]] Next remove_row(const Stop& stop, const std::string& name);
    [[nodiscard]] Next undo();
    [[nodiscard]] Next jump(const std::string& name);
    [[nodiscard]] Next save(const std::string& name);
    [[nodiscard]] Next speak(const std::string& name);
    void list_answers();
    [[nodiscard]] std::string title_of(const std::string& ref) const;
    void tell(Text text, std::initializer_list<std::string_view> arguments = {});
    void tell_line(std::string_view text);

    forms::Session& session_;
    std::istream& in_;
    std::ostream& out_;
    Language language_;
    Stop at_;                ///< where the conversation is
    std::size_t index_ = 0;  ///< of at_ among the stops
    bool announced_ = false;
    bool finished_ = false;
    std::size_t lines_ = 0;
    std::optional<Error> failure_;
};

}  // namespace awda::cli
