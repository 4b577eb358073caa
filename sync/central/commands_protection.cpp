// What `awda-central protection` does: certificates of protection officers, and reading what was
// sealed to headquarters' protection key.
//
// Reading takes two steps, so that nobody needs both keys: `hand-over` takes a record's sealed
// bytes out of the database, without the protection key; `open` opens them, on the protection
// unit's machine, without the database.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "sync/central/commands.h"
#include "sync/central/finish.h"
#include "sync/central/key_folders.h"
#include "sync/central/store.h"
#include "sync/log/proof.h"
#include "sync/protection_paper.h"
#include "sync/sealed_part.h"

namespace awda::central {

namespace {

using nlohmann::json;

constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;
constexpr int kCertificateDaysMax = 3 * 366;
constexpr std::uint64_t kPaperFileMax = 4096;

Status certify(const Common& common, const ProtectionCommand& command) {
    const VoucherKeys keys = AWDA_TRY(load_voucher_keys(common.keys));
    const sync::ProtectionRequest request =
        AWDA_TRY(sync::open_protection_request(AWDA_TRY(read_file(command.file, kPaperFileMax))));
    if (command.days < 1 || command.days > kCertificateDaysMax) {
        return Error(Errc::kUsage, "a certificate's days");
    }
    sync::ProtectionPaper paper;
    paper.act = command.revoke ? sync::ProtectionAct::kRevoke : sync::ProtectionAct::kCertify;
    paper.office = request.office;
    paper.officer = request.officer;
    paper.officer_key = request.officer_key;
    paper.issued_ms = system_clock().now();
    if (!command.revoke) paper.expires_ms = paper.issued_ms + command.days * kDayMs;
    AWDA_CHECK(atomic_write(command.out, sync::sign_protection_paper(paper, keys.delegate)));
    const std::string words = sync::protection_words(paper.officer_key);
    if (common.json) {
        print_json(
            {{"officer", to_text(paper.officer)},
             {"office_id", to_text(paper.office)},
             {"certified", !command.revoke},
             {"words", words},
             {"expires", command.revoke ? json(nullptr) : json(to_iso_utc(paper.expires_ms))},
             {"file", command.out.string()}});
        return {};
    }
    std::cout << fmt::format(
        "{}: officer {} of office {}, {}.\nHand it out only if these are the "
        "words that the officer reads to you: {}\n",
        command.out.string(), to_text(paper.officer), to_text(paper.office),
        command.revoke ? "revoked" : "certified until " + to_iso_utc(paper.expires_ms), words);
    return {};
}

/// Something that whoever has only this can check: a record that signs itself, or the way to the
/// checkpoint that signs it.
Result<Bytes> checkable(Store& store, Store::RecordSource& source) {
    sync::Event& event = source.events.front();
    if (!sync::needs_cover(*event.payload)) return *event.payload;
    const auto device = AWDA_TRY(store.find_device(source.device));
    if (!device.has_value()) return Error(Errc::kNotFound, "a record's device");
    sync::EventProof proof;
    proof.device = source.device;
    proof.cover = AWDA_TRY(sync::make_cover(source.events, device->sign_key));
    proof.event = std::move(event);
    return sync::encode_proof(proof);
}

Status hand_over(const Common& common, const ProtectionCommand& command) {
    const auto id = parse_uuid(command.record);
    if (!id.ok()) return Error(Errc::kUsage, "a record's id is a UUID");
    Store store = AWDA_TRY(Store::open(common.place()));
    Store::RecordSource source = AWDA_TRY(store.record_source(InstanceId{*id}));
    const auto record = AWDA_TRY(sync::decode_record_payload(*source.events.front().payload));
    if (record.sealed.empty()) return Error(Errc::kNotFound, "sealed answers of a record");
    const auto parts = AWDA_TRY(sync::decode_compartment(record.sealed));
    const Bytes bytes = AWDA_TRY(checkable(store, source));
    // Nothing is handed over that is not on record first.
    auto transaction = AWDA_TRY(store.begin());
    AWDA_CHECK(store.add_audit(system_clock().now(), "protection-hand-over",
                               "record=" + to_text(InstanceId{*id})));
    AWDA_CHECK(transaction.commit());
    AWDA_CHECK(atomic_write(command.out, bytes));
    if (common.json) {
        print_json({{"record", to_text(InstanceId{*id})},
                    {"parts", parts.size()},
                    {"file", command.out.string()}});
    } else {
        std::cout << fmt::format("{}: {} sealed parts, for the protection unit\n",
                                 command.out.string(), parts.size());
    }
    return {};
}

/// A record that was handed over, and whose it is, once that is certain.
struct HandedOver {
    sync::RecordPayload payload;
    OfficerId officer;
};

Result<HandedOver> read_handed_over(ByteView bytes) {
    HandedOver out;
    if (sync::is_proof(bytes)) {
        const sync::EventProof proof = AWDA_TRY(sync::decode_proof(bytes));
        AWDA_CHECK(sync::verify_proof(proof));
        out.payload = AWDA_TRY(sync::decode_record_payload(*proof.event.payload));
        out.officer = proof.event.officer;
    } else {
        out.payload = AWDA_TRY(sync::decode_record_payload(bytes));
        if (out.payload.own) out.officer = out.payload.own->officer;
    }
    if (out.officer.empty() || !sync::verify_record(out.payload)) {
        return Error(Errc::kBadSignature, "a record's signature");
    }
    return out;
}

Status open_record(const Common& common, const ProtectionCommand& command) {
    const SealKey key = AWDA_TRY(load_protection_key(common.keys));
    const HandedOver handed =
        AWDA_TRY(read_handed_over(AWDA_TRY(read_file(command.file, sync::kProofBytesMax))));
    const sync::Record record = AWDA_TRY(sync::decode_record(handed.payload.record));
    std::vector<sync::Field> known;
    std::uint32_t opened = 0;
    for (const sync::SealedPart& part : AWDA_TRY(sync::decode_compartment(handed.payload.sealed))) {
        auto fields = AWDA_TRY(sync::open_part(part, record.root, key));
        sync::lay_over(known, part.moves, fields);
        sync::wipe_fields(fields);
        ++opened;
    }
    AWDA_CHECK(append_protection_log(common.keys, system_clock().now(), record.instance));
    json answers = json::array();
    for (const sync::Field& field : known) {
        answers.push_back({{"question", field.path}, {"value", field.value}});
    }
    print_json({{"record", to_text(record.instance)},
                {"root", to_text(record.root)},
                {"revision", record.revision},
                {"form", record.form_id},
                {"officer", to_text(handed.officer)},
                {"parts", opened},
                {"answers", std::move(answers)}});
    sync::wipe_fields(known);
    return {};
}

}  // namespace

int run_protection_certify(const Common& common, const ProtectionCommand& command) {
    return finish(common, certify(common, command));
}
int run_protection_hand_over(const Common& common, const ProtectionCommand& command) {
    return finish(common, hand_over(common, command));
}
int run_protection_open(const Common& common, const ProtectionCommand& command) {
    return finish(common, open_record(common, command));
}

}  // namespace awda::central
