#include "sync/central/batch_contents.h"

#include "sync/central/answers_json.h"
#include "sync/log/cover.h"

namespace awda::central {

namespace {

Result<ReadRecord> read_record(ByteView payload, bool with_answers) {
    ReadRecord read;
    read.payload = AWDA_TRY(sync::decode_record_payload(payload));
    if (!sync::verify_record(read.payload)) {
        return Error(Errc::kBadSignature, "a record's signature");
    }
    read.record = AWDA_TRY(sync::decode_record(read.payload.record));
    read.content = sync::content_hash(read.payload);
    if (with_answers) read.answers = answers_json(read.record.fields);
    return read;
}

}  // namespace

Result<BatchContents> read_batch(ByteView file, const SignPublic& device_key,
                                 const SealKey& registry, const sync::Known& known,
                                 bool with_answers) {
    sync::OpenedBatch opened = AWDA_TRY(sync::open_batch(file, device_key, registry, known));
    BatchContents contents{opened.header, {}};
    sync::Cover cover;
    contents.events.reserve(opened.events.size());
    for (sync::Event& event : opened.events) {
        AWDA_CHECK(cover.add(event));
        std::optional<ReadRecord> record;
        if (event.type == sync::EventType::kRecordFinalised && event.payload) {
            record = AWDA_TRY(read_record(*event.payload, with_answers));
        }
        contents.events.push_back({std::move(event), std::move(record)});
    }
    if (!cover.waiting().empty()) {
        return Error(Errc::kLogBroken, "a batch that ends before a checkpoint covers its records");
    }
    return contents;
}

}  // namespace awda::central
