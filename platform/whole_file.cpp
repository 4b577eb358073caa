#include "platform/whole_file.h"

#include <utility>

namespace awda {

namespace {

constexpr std::size_t kBufferMax = 64U << 10U;

Path temporary_of(const Path& path) {
    Path beside = path;
    beside += ".new";
    return beside;
}

}  // namespace

Result<WholeFile> WholeFile::create(const Path& path) {
    OutputFile file = AWDA_TRY(OutputFile::open(temporary_of(path)));
    AWDA_CHECK(file.truncate(0));
    return WholeFile(path, std::move(file));
}

// What was moved from has nothing left to remove.
WholeFile::WholeFile(WholeFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, std::nullopt)),
      finished_(std::exchange(other.finished_, false)),
      hasher_(std::move(other.hasher_)),
      buffer_(std::move(other.buffer_)),
      written_(other.written_) {}

WholeFile::~WholeFile() {
    if (!file_.has_value() && !finished_) return;
    file_.reset();
    remove_file(temporary()).ignore("an unfinished file lies beside, under another name");
}

Path WholeFile::temporary() const {
    return temporary_of(path_);
}

Status WholeFile::write(std::string_view text) {
    buffer_ += text;
    return buffer_.size() < kBufferMax ? Status() : flush();
}

Status WholeFile::flush() {
    const ByteView bytes = as_bytes(buffer_);
    AWDA_CHECK(file_->write_at(written_, bytes));
    hasher_.add(bytes);
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<Hash32> WholeFile::finish() {
    AWDA_CHECK(flush());
    AWDA_CHECK(file_->sync());
    file_.reset();
    finished_ = true;
    return hasher_.finish();
}

Status WholeFile::publish() {
    if (!finished_) AWDA_TRY(finish());
    AWDA_CHECK(rename_file(temporary(), path_));
    finished_ = false;
    return {};
}

}  // namespace awda
