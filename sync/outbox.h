// Outbox: the port through which the courier sees what waits to be delivered.
//
// An implementation must survive kill -9 between any two calls, and must work while the vault is
// locked: everything here is sealed or public. Threads: the net thread; an implementation says what
// else may touch its storage at the same time.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"
#include "sync/receipt.h"

namespace awda::sync {

struct OutboxEnrolment {
    bool enrolled = false;
    Bytes request;  ///< sign_enrol_request's bytes
};

struct OutboxBatch {
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t size = 0;
    std::uint64_t last_seq = 0;
    Signature auth{};    ///< sign_upload's
    bool tried = false;  ///< save_tried was called for it
    bool stored = false;
    bool opened = false;
};

class Outbox {
public:
    virtual ~Outbox() = default;
    /// kNotEnrolled if there is no request either.
    [[nodiscard]] virtual Result<OutboxEnrolment> enrolment() = 0;
    /// `receipt` has been verified. Durable when it returns.
    [[nodiscard]] virtual Status save_enrolment(ByteView receipt) = 0;
    /// The server has forgotten us: enrolled turns false, the request stays.
    [[nodiscard]] virtual Status drop_enrolment() = 0;
    /// Every batch still held, in number order.
    [[nodiscard]] virtual Result<std::vector<OutboxBatch>> batches() = 0;
    [[nodiscard]] virtual Result<InputFile> open_batch(std::uint64_t number) = 0;
    /// An upload of this batch is about to begin, so the server may hold some of it. Only a hint:
    /// if it is lost, the server's own offset corrects us.
    [[nodiscard]] virtual Status save_tried(std::uint64_t number) = 0;
    /// `receipt` has been verified. Durable when it returns.
    [[nodiscard]] virtual Status save_receipt(std::uint64_t number, ReceiptKind kind,
                                              ByteView receipt) = 0;
    /// Headquarters holds another batch under this number: nothing is sent until that is resolved.
    [[nodiscard]] virtual Status save_fork(std::uint64_t number) = 0;
    [[nodiscard]] virtual Result<bool> forked() = 0;
};

}  // namespace awda::sync
