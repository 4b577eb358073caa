// OutboxFolder: the outbox as ordinary files, so that delivery goes on while the vault is locked.
//
//   enrol.request, enrol.receipt      the papers of enrolment
//   <number>-<hash8>.awb              a sealed batch; number has 12 digits, hash8 is 8 hex digits
//   <number>.auth                     its hash, size, last event and upload proof (PROTOCOL.md)
//   <number>.tried                    empty: an upload of it was begun
//   <number>.stored, <number>.opened  its receipts
//   <number>.fork                     central refused it as a fork
//   delivery.lock                     held by whoever is delivering
//
// All written atomically; a batch exists once its .awb does. The vault reconciles at unlock: it
// takes in receipts, then removes what is opened. Threads: any one thread at a time an object; two
// objects, in two processes too, may use the same folder.
#pragma once

#include <set>

#include "sync/batch.h"
#include "sync/outbox.h"

namespace awda::sync {

/// The paper beside a batch: its hash, size, last event and upload proof (PROTOCOL.md).
[[nodiscard]] Bytes encode_upload_paper(const OutboxBatch& batch);
/// What it says, unverified. kMalformed.
[[nodiscard]] Result<OutboxBatch> decode_upload_paper(ByteView paper);

class OutboxFolder final : public Outbox {
public:
    /// Makes the folder where it is missing.
    static Result<OutboxFolder> open(Path folder);

    /// The request of a new device; replaces an older one and its receipt.
    [[nodiscard]] Status put_enrol_request(ByteView request);
    /// The receipt, if enrolled. kNotFound.
    [[nodiscard]] Result<Bytes> enrol_receipt() const;
    /// Adds a sealed batch with its upload proof; the same batch again changes nothing. kFork if
    /// another batch has its number.
    [[nodiscard]] Status put_batch(const SealedBatch& batch, const Signature& auth);
    /// The bytes of a receipt. kNotFound.
    [[nodiscard]] Result<Bytes> receipt(std::uint64_t number, ReceiptKind kind) const;
    /// Removes a batch and its papers; only for batches whose opened receipt the vault holds.
    [[nodiscard]] Status remove_batch(std::uint64_t number);
    /// Headquarters has resolved the fork.
    [[nodiscard]] Status clear_fork();
    /// One deliverer at a time. kBusy.
    [[nodiscard]] Result<FileLock> lock_for_delivery() const;

    [[nodiscard]] Result<OutboxEnrolment> enrolment() override;
    [[nodiscard]] Status save_enrolment(ByteView receipt) override;
    [[nodiscard]] Status drop_enrolment() override;
    [[nodiscard]] Result<std::vector<OutboxBatch>> batches() override;
    /// kAltered if the file is no longer what was sealed.
    [[nodiscard]] Result<InputFile> open_batch(std::uint64_t number) override;
    [[nodiscard]] Status save_tried(std::uint64_t number) override;
    [[nodiscard]] Status save_receipt(std::uint64_t number, ReceiptKind kind,
                                      ByteView receipt) override;
    [[nodiscard]] Status save_fork(std::uint64_t number) override;
    [[nodiscard]] Result<bool> forked() override;

private:
    explicit OutboxFolder(Path folder) : folder_(std::move(folder)) {}
    [[nodiscard]] Result<OutboxBatch> read_auth(std::uint64_t number) const;

    Path folder_;
    std::set<std::uint64_t> checked_;  ///< batches whose bytes were hashed in this run
};

}  // namespace awda::sync
