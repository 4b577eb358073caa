#include "agent/vault/unlock_guard.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::size_t kDelayBytes = 8 + 4 + 8;
constexpr std::size_t kFailureHead = 8 + 16;
constexpr std::size_t kFailureBytes = 8 + 8 + 16 + kSealOverhead;

/// Whole entries only: what a power cut tore off at the end is not counted.
std::size_t whole_entries(std::size_t file_bytes) {
    if (file_bytes < kFailureHead) return 0;
    return std::min((file_bytes - kFailureHead) / kFailureBytes, kFailuresMax);
}

Bytes encode_failure(const UnlockFailure& failure) {
    ByteWriter out;
    out.raw("AWDAUFL1");
    out.i64(failure.claimed_ms);
    out.raw(failure.officer.bytes());
    return out.take();
}

}  // namespace

UnlockGuard::UnlockGuard(const Path& folder)
    : delay_path_(folder / "unlock.delay"), failures_path_(folder / "unlock.failures") {}

UnlockGuard::Tries UnlockGuard::tries() const {
    const auto file = read_file(delay_path_, kDelayBytes);
    if (!file.ok()) return {};
    ByteReader in(*file);
    in.domain("AWDADLAY");
    Tries tries;
    tries.count = in.u32();
    tries.last_ms = in.i64();
    // A damaged count is no count: a guesser who can write here can also copy the keyring away.
    if (!in.done().ok()) return {};
    return tries;
}

std::int64_t UnlockGuard::delay_ms(UnixMs now) const {
    const Tries past = tries();
    if (past.count == 0) return 0;
    const std::uint32_t doublings = std::min(past.count - 1, 6U);
    const std::int64_t whole = std::min(std::int64_t{1000} << doublings, kUnlockDelayMaxMs);
    const std::int64_t passed = now - past.last_ms;
    if (passed >= 0) return std::max<std::int64_t>(whole - passed, 0);
    // The clock was set back: the wait begins anew, but never lasts until the old time comes again.
    keep({past.count, now});
    return whole;
}

void UnlockGuard::keep(const Tries& tries) const {
    ByteWriter out;
    out.raw("AWDADLAY");
    out.u32(tries.count);
    out.i64(tries.last_ms);
    atomic_write(delay_path_, out.bytes()).ignore("a full disk must not keep an officer out");
}

void UnlockGuard::count_try(UnixMs now) const {
    keep({std::min(tries().count + 1, 1000U), now});
}

void UnlockGuard::forget_tries() const {
    remove_file(delay_path_).ignore("the next unlock waits at most a minute");
}

bool UnlockGuard::many_tries() const {
    return tries().count >= kManyTries;
}

void UnlockGuard::keep_failure(const UnlockFailure& failure, const SealPublic& device,
                               Random& random) const {
    auto opened = OutputFile::open(failures_path_);
    if (!opened.ok()) return;
    const auto size = opened->size();
    if (!size.ok()) return;
    const std::size_t entries = whole_entries(*size);
    if (entries >= kFailuresMax) return;
    if (*size < kFailureHead) {
        ByteWriter head;
        head.raw("AWDAFAIL");
        std::array<std::uint8_t, 16> id{};
        random.fill(id);
        head.raw(id);
        if (!opened->write_at(0, head.bytes()).ok()) return;
    }
    const Bytes sealed = seal_to(device, encode_failure(failure));
    const std::uint64_t at = kFailureHead + entries * kFailureBytes;
    if (!opened->write_at(at, sealed).ok()) return;
    opened->sync().ignore("best effort; the count of tries stands on its own");
}

FailureFile UnlockGuard::failures(const SealKey& device) const {
    FailureFile out;
    const auto file = read_file(failures_path_, kFailureHead + kFailuresMax * kFailureBytes);
    if (!file.ok()) return out;
    ByteReader in(*file);
    in.domain("AWDAFAIL");
    out.file = in.fixed<16>();
    if (in.failed()) return {};
    while (in.remaining() >= kFailureBytes) {
        const auto opened = open_sealed(device, in.raw(kFailureBytes));
        if (!opened.ok()) continue;
        ByteReader entry(opened->view());
        entry.domain("AWDAUFL1");
        UnlockFailure failure;
        failure.claimed_ms = entry.i64();
        failure.officer = OfficerId{entry.fixed<16>()};
        if (entry.done().ok()) out.failures.push_back(failure);
    }
    return out;
}

void UnlockGuard::remove_failures() const {
    remove_file(failures_path_).ignore("they are known by their id and not entered twice");
}

}  // namespace awda::agent
