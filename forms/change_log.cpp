#include "forms/change_log.h"

namespace awda::forms {

void ChangeLog::write(Write write) {
    if (open_) open_->writes.push_back(std::move(write));
}

void ChangeLog::value(NodeId node) {
    touch(node, kTouchValue);
    if (open_) write({Kind::kValue, {}, node, 0, tree_.at(node).value});
}

void ChangeLog::flags(NodeId node, Touch what) {
    touch(node, what);
    if (!open_) return;
    const InstanceTree::Node& n = tree_.at(node);
    write({Kind::kFlags, {n.own_relevant, n.relevant, n.own_readonly, n.required}, node, 0, {}});
}

void ChangeLog::row_added(NodeId row) {
    touch(row, kTouchRowAdded);
    write({Kind::kRowAdded, {}, row, tree_.at(row).position, {}});
}

void ChangeLog::row_removed(NodeId row, std::uint32_t position) {
    touch(row, kTouchRowRemoved);
    if (!open_) {
        // Where earlier steps may still speak of it, it stays.
        if (done_.empty() && undone_.empty()) tree_.forget_row(row);
        return;
    }
    write({Kind::kRowRemoved, {}, row, position, {}});
}

void ChangeLog::touch(NodeId node, std::uint8_t what) {
    if (all_touched_) return;
    // Runs of writes to one node are common: relevance, then value.
    if (!touched_.empty() && touched_.back().node == node) {
        touched_.back().what = static_cast<std::uint8_t>(touched_.back().what | what);
        return;
    }
    if (touched_.size() >= kTouchedMax) return touch_all();
    touched_.push_back({node, what});
}

void ChangeLog::touch_all() {
    all_touched_ = true;
    touched_.clear();
}

std::optional<std::vector<ChangeLog::Touched>> ChangeLog::take_touched() {
    const bool all = all_touched_;
    all_touched_ = false;
    std::vector<Touched> out;
    out.swap(touched_);
    if (all) return std::nullopt;
    return out;
}

void ChangeLog::begin(std::optional<std::size_t> language) {
    open_.emplace();
    open_->language = language;
}

std::size_t ChangeLog::bytes_of(const Step& step) {
    std::size_t bytes = 0;
    for (const Write& write : step.writes) bytes += write.value.size();
    return bytes;
}

void ChangeLog::commit() {
    if (!open_) return;
    Step step = std::move(*open_);
    open_.reset();
    if (step.writes.empty()) return;
    for (const Step& undone : undone_) forget(undone, Kind::kRowAdded);
    undone_.clear();
    writes_ += step.writes.size();
    bytes_ += bytes_of(step);
    done_.push_back(std::move(step));
    trim();
}

void ChangeLog::trim() {
    while (done_.size() > kUndoMax || writes_ > kUndoWritesMax || bytes_ > kUndoBytesMax) {
        writes_ -= done_.front().writes.size();
        bytes_ -= bytes_of(done_.front());
        forget(done_.front(), Kind::kRowRemoved);
        done_.pop_front();
    }
}

/// Rows that only this step could have brought back give up their text.
void ChangeLog::forget(const Step& step, Kind dead_rows) {
    for (const Write& write : step.writes) {
        if (write.kind == dead_rows && !tree_.at(write.node).alive) tree_.forget_row(write.node);
    }
}

void ChangeLog::clear() {
    for (const Step& step : done_) forget(step, Kind::kRowRemoved);
    for (const Step& step : undone_) forget(step, Kind::kRowAdded);
    done_.clear();
    undone_.clear();
    open_.reset();
    writes_ = 0;
    bytes_ = 0;
}

/// Does one write's opposite, and turns the write into the opposite of that.
void ChangeLog::exchange(Write& write, bool undoing) {
    InstanceTree::Node& n = tree_.at(write.node);
    switch (write.kind) {
        case Kind::kValue:
            std::swap(n.value, write.value);
            touch(write.node, kTouchValue);
            return;
        case Kind::kFlags:
            std::swap(n.own_relevant, write.flags.own_relevant);
            std::swap(n.relevant, write.flags.relevant);
            std::swap(n.own_readonly, write.flags.own_readonly);
            std::swap(n.required, write.flags.required);
            touch(write.node, kTouchRelevant | kTouchReadonly | kTouchRequired);
            return;
        case Kind::kRowAdded:
        case Kind::kRowRemoved: {
            const bool attach = (write.kind == Kind::kRowRemoved) == undoing;
            if (attach) {
                tree_.attach_row(write.node, write.position);
            } else {
                tree_.remove_row(write.node);
            }
            touch(write.node, attach ? kTouchRowAdded : kTouchRowRemoved);
            const auto rows = tree_.children(n.parent, n.kind);
            for (std::size_t i = write.position; i < rows.size(); ++i) touch(rows[i], kTouchMoved);
            return;
        }
    }
}

const ChangeLog::Step* ChangeLog::undo() {
    if (done_.empty()) return nullptr;
    Step step = std::move(done_.back());
    done_.pop_back();
    writes_ -= step.writes.size();
    bytes_ -= bytes_of(step);
    for (auto it = step.writes.rbegin(); it != step.writes.rend(); ++it) exchange(*it, true);
    undone_.push_back(std::move(step));
    return &undone_.back();
}

const ChangeLog::Step* ChangeLog::redo() {
    if (undone_.empty()) return nullptr;
    Step step = std::move(undone_.back());
    undone_.pop_back();
    for (Write& write : step.writes) exchange(write, false);
    writes_ += step.writes.size();
    bytes_ += bytes_of(step);
    done_.push_back(std::move(step));
    return &done_.back();
}

}  // namespace awda::forms
