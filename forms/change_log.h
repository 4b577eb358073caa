// ChangeLog: what a session's transactions wrote, so that they can be undone, and which nodes they
// touched, so that a page can be brought up to date without making it again.
//
// Ownership: owned by a session's State; holds node ids, never nodes. Threads: none of its own.
// Every write to the instance tells the log first. Between begin() and commit() the writes form one
// step: a person's action with everything that was computed because of it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forms/instance.h"

namespace awda::forms {

inline constexpr std::size_t kUndoMax = 1000;              ///< steps kept
inline constexpr std::size_t kUndoWritesMax = 2'000'000;   ///< writes kept, over all steps
inline constexpr std::size_t kUndoBytesMax = 256U << 20U;  ///< text kept, over all steps
inline constexpr std::size_t kTouchedMax = 1'000'000;      ///< then the page is made again

/// What of a node a page may show differently now.
enum Touch : std::uint8_t {
    kTouchValue = 1,
    kTouchRelevant = 2,
    kTouchReadonly = 4,
    kTouchRequired = 8,
    kTouchChoices = 16,
    kTouchRowAdded = 32,
    kTouchRowRemoved = 64,
    kTouchMoved = 128,
};

class ChangeLog {
public:
    enum class Kind : std::uint8_t { kValue, kFlags, kRowAdded, kRowRemoved };
    /// The bits of a node that are computed.
    struct Flags {
        bool own_relevant = true;
        bool relevant = true;
        bool own_readonly = false;
        bool required = false;
    };
    struct Write {
        Kind kind{};
        Flags flags;
        NodeId node = kNoNode;
        std::uint32_t position = 0;  ///< of a row
        std::string value;           ///< the other value: old once done, new once undone
    };
    struct Step {
        std::vector<Write> writes;
        std::optional<std::size_t> language;  ///< in use when the step was taken
    };
    struct Touched {
        NodeId node = kNoNode;
        std::uint8_t what = 0;
    };

    explicit ChangeLog(InstanceTree& tree) : tree_(tree) {}

    // Told before the write.
    void value(NodeId node);
    void flags(NodeId node, Touch what);
    // Told after it.
    void row_added(NodeId row);
    void row_removed(NodeId row, std::uint32_t position);
    void touch(NodeId node, std::uint8_t what);
    void touch_all();
    /// Labels, hints, choices and messages are in another language now.
    void touch_texts() { texts_touched_ = true; }

    void begin(std::optional<std::size_t> language);
    /// Keeps the step if it wrote anything; what was undone can't be done again then.
    void commit();
    /// Forgets all steps: another record has been loaded.
    void clear();

    [[nodiscard]] std::size_t undoable() const { return done_.size(); }
    [[nodiscard]] std::size_t redoable() const { return undone_.size(); }
    /// Takes the last step back, or does it again; the tree is changed, nothing is computed.
    /// The step's language; nothing if there was no step.
    const Step* undo();
    const Step* redo();

    /// The nodes touched since the last call; nothing if everything may have changed.
    [[nodiscard]] std::optional<std::vector<Touched>> take_touched();
    /// Whether somebody may still ask for nodes by their ids.
    [[nodiscard]] bool has_touched() const { return !touched_.empty(); }
    [[nodiscard]] bool take_texts_touched() { return std::exchange(texts_touched_, false); }

private:
    void write(Write write);
    void exchange(Write& write, bool undoing);
    void forget(const Step& step, Kind dead_rows);
    void trim();
    [[nodiscard]] static std::size_t bytes_of(const Step& step);

    InstanceTree& tree_;
    std::deque<Step> done_;
    std::vector<Step> undone_;
    std::optional<Step> open_;
    std::size_t writes_ = 0;  ///< in done_
    std::size_t bytes_ = 0;   ///< in done_
    std::vector<Touched> touched_;
    bool all_touched_ = true;
    bool texts_touched_ = false;
};

}  // namespace awda::forms
