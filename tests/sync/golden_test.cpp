// Bytes of the formats, kept in tests/golden/sync, that no change may alter unnoticed. To add a
// file for a new format, run with AWDA_GOLDEN_WRITE=1: it writes what is missing and never replaces
// a file.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "platform/files.h"
#include "sync/cases/case_event.h"
#include "sync/log/event_codec.h"
#include "sync/protection_paper.h"
#include "sync/protocol.h"
#include "sync/receipt.h"
#include "sync/sealed_part.h"
#include "tests/fakes/old_record.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
Path golden_path(const std::string& name) {
    return Path(AWDA_GOLDEN_FOLDER) / (name + ".hex");
}

void write_if_missing(const std::string& name, ByteView bytes) {
    if (std::getenv("AWDA_GOLDEN_WRITE") == nullptr || exists(golden_path(name))) return;
    const std::string hex = to_hex(bytes);
    std::ofstream out(golden_path(name));
    for (std::size_t at = 0; at < hex.size(); at += 64) out << hex.substr(at, 64) << '\n';
}

Bytes golden(const std::string& name) {
    std::ifstream in(golden_path(name));
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::erase(text, '\n');
    return from_hex(text).value_or(Bytes{});
}

void same_as_golden(const std::string& name, const Bytes& bytes) {
    write_if_missing(name, bytes);
    CAPTURE(name);
    CHECK(to_hex(bytes) == to_hex(golden(name)));
}

Receipt receipt(ReceiptKind kind) {
    Hash32 hash{};
    hash.fill(0x22);
    return Receipt{kind, sample::id<DeviceId>(0x21), 7, hash, 640, 1234, 1'767'225'600'123};
}

Voucher voucher() {
    Voucher out;
    out.id = sample::id<VoucherId>(0x61);
    out.office = sample::id<OfficeId>(0x62);
    out.office_name = "فرع نينوى";
    out.role = "administrator";
    out.server_url = "https://127.0.0.1:8443";
    out.issued_ms = 1'767'225'600'000;
    out.expires_ms = 1'767'830'400'000;
    out.hq = sample::hq().certified();
    return out;
}

EnrolRequest enrol_request() {
    EnrolRequest out;
    out.voucher = sample::id<VoucherId>(0x61);
    out.voucher_hash.fill(0x11);
    out.device = sample::id<DeviceId>(0x63);
    out.office = sample::id<OfficeId>(0x62);
    out.device_sign = sample::sign_key(0x68).pub;
    out.device_seal = sample::seal_key(0x64).pub;
    out.officer = sample::id<OfficerId>(0x65);
    out.officer_key = sample::sign_key(0x66).pub;
    out.recovery = Bytes(40, 0x67);
    out.claimed_ms = 1'767'225'700'000;
    return out;
}
}  // namespace

TEST_CASE("records and the log have the bytes that LOG_FORMAT.md describes") {
    const sample::Log log = sample::small_log();
    same_as_golden("record", encode_record(sample::record(1)));
    same_as_golden("signed_record", *log.events[2].payload);
    same_as_golden("checkpoint", *log.events[4].payload);
    const Hash32 first = first_prev(log.device);
    same_as_golden("first_prev", Bytes(first.begin(), first.end()));
    same_as_golden("log_head", Bytes(log.head().begin(), log.head().end()));
}

TEST_CASE(
    "covered records and their proofs have the bytes that LOG_FORMAT.md and CASES.md describe") {
    sample::Log log(0x23);
    log.add_covered_record(1);
    log.add_covered_record(2, golden("compartment"));
    log.add_checkpoint();
    same_as_golden("record_covered", *log.events[0].payload);
    same_as_golden("record_covered_sealed", *log.events[1].payload);
    const EventProof proof{log.device, log.events[0], make_cover(log.events, log.key.pub).value()};
    REQUIRE(verify_proof(proof).ok());
    same_as_golden("proof", encode_proof(proof));
    same_as_golden("foreign_covered",
                   encode(ForeignEvent{proof.device, proof.event,
                                       std::make_shared<const EventCover>(proof.cover)}));
}

TEST_CASE("a record with a compartment has the bytes that LOG_FORMAT.md describes, and opens") {
    // Sealing draws fresh keys, so a compartment can be opened again but not made again.
    fakes::SeededRandom random{11};
    const std::vector<Field> fields{{"harm", "نعم"}, {"incident[1]", ""}};
    const PartKey key = new_part_key(std::vector{sample::seal_key(8).pub}, random);
    const std::vector<SealedPart> parts{
        seal_part(key, sample::id<InstanceId>(1), {{"family[2]", "family[1]"}}, fields, random)};
    write_if_missing("compartment", encode_compartment(parts));
    const Bytes kept = golden("compartment");
    const auto read = decode_compartment(kept);
    REQUIRE(read.ok());
    CHECK(encode_compartment(*read) == kept);
    CHECK(read->front().moves == parts.front().moves);
    CHECK(open_part(read->front(), sample::id<InstanceId>(1), sample::seal_key(8)).value() ==
          fields);
    same_as_golden("signed_record_sealed",
                   encode_record_payload(fakes::old_record(encode_record(sample::record(1)),
                                                           sample::id<OfficerId>(0x65),
                                                           sample::sign_key(0x66), kept)));
}

TEST_CASE("papers of protection have the bytes that PROTOCOL.md describes") {
    const ProtectionRequest request{sample::id<OfficeId>(0x62), sample::id<OfficerId>(0x65),
                                    sample::sign_key(0x66).pub, 1'767'225'700'000};
    same_as_golden("protection_request", sign_protection_request(request, sample::sign_key(0x66)));
    const ProtectionPaper paper{ProtectionAct::kCertify, request.office,    request.officer,
                                request.officer_key,     1'767'225'800'000, 1'798'761'600'000};
    same_as_golden("protection_certificate", sign_protection_paper(paper, sample::hq().delegate));
}

TEST_CASE("papers of enrolment and receipts have the bytes that PROTOCOL.md describes") {
    same_as_golden("hq_keys", encode_hq_keys(sample::hq().keys));
    same_as_golden("voucher", sign_voucher(voucher(), sample::hq().delegate));
    same_as_golden("enrol_request", sign_enrol_request(enrol_request(), sample::sign_key(0x68)));
    Hash32 request{};
    request.fill(0x22);
    same_as_golden("enrol_receipt",
                   sign_enrol_receipt({sample::id<DeviceId>(0x63), sample::id<VoucherId>(0x61),
                                       request, 1'767'225'800'000},
                                      sample::hq().stored));
    same_as_golden("receipt_stored",
                   sign_receipt(receipt(ReceiptKind::kStored), sample::hq().stored));
    same_as_golden("receipt_opened",
                   sign_receipt(receipt(ReceiptKind::kOpened), sample::hq().opened));
    same_as_golden(
        "revocation_order",
        sign_revocation({sample::id<DeviceId>(0x63), 1'767'225'900'000, RevocationReason::kSeized},
                        sample::hq().delegate));
    const Signature auth = sign_upload(sample::sign_key(0x21), request, 4096);
    same_as_golden("upload_auth", Bytes(auth.begin(), auth.end()));
    CHECK(fingerprint_words(sample::sign_key(0x68).pub, sample::seal_key(0x64).pub) ==
          "map circle basin fork bamboo horse");
}

TEST_CASE("event columns have the bytes, and a sealed batch opens, as BATCH_FORMAT.md describes") {
    const sample::Log log = sample::small_log();
    same_as_golden("columns", encode_events(log.events).value());
    const SealKeyId id = seal_key_id(sample::hq().registry.pub);
    same_as_golden("seal_key_id", Bytes(id.begin(), id.end()));
    same_as_golden("packed", pack_events(log.events, {}, {}).value());
    same_as_golden("prior", make_prior({sample::record(1), sample::record(2)}).value());
    // Sealing draws fresh keys, so a batch can be opened again but not made again; "batch" has the
    // layout of before.
    write_if_missing("batch2", sample::small_batch(log, sample::hq().registry.pub).file);
    for (const char* name : {"batch", "batch2"}) {
        CAPTURE(name);
        const auto opened = open_batch(golden(name), log.key.pub, sample::hq().registry);
        REQUIRE(opened.ok());
        CHECK(std::equal(opened->events.begin(), opened->events.end(), log.events.begin(),
                         log.events.end(), sample::same));
        CHECK(opened->header.claimed_ms == 1'767'229'200'000);
        CHECK(opened->header.log_head == log.head());
    }
}
