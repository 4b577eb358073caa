// old_record: a record as versions 1 and 2 of its payload had it, with a signature of its own. Awda
// writes none any more and reads them for ever. Threads: plain values.
#pragma once

#include <utility>

#include "platform/codec.h"
#include "sync/record.h"

namespace awda::fakes {

inline sync::RecordPayload old_record(Bytes record, const OfficerId& officer, const SignKey& key,
                                      Bytes sealed = {}) {
    sync::RecordPayload out = sync::make_record_payload(std::move(record), std::move(sealed));
    ByteWriter body;
    body.raw(officer.bytes());
    if (out.sealed_hash) body.raw(*out.sealed_hash);
    body.raw(out.record);
    out.own = sync::OwnSignature{
        officer, key.pub, sign(key, out.sealed_hash ? "AWDASRS2" : "AWDASREC", body.bytes())};
    return out;
}

}  // namespace awda::fakes
