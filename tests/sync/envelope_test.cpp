// Envelopes on hostile and ordinary sticks: the folder format, both ways through it, and the look.
#include <doctest/doctest.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

#include "sync/envelope_carry.h"
#include "sync/envelope_report.h"
#include "sync/outbox_folder.h"
#include "sync/protocol.h"
#include "tests/fakes/skip.h"
#include "tests/fakes/temp_folder.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

constexpr UnixMs kNow = 1'767'229'300'000;

/// A computer whose outbox holds three batches, beside a stick.
struct Carrier {
    fakes::TempFolder folder;
    Path stick = folder / "stick";
    sample::Log log;
    Bytes request;
    std::vector<SealedBatch> batches;
    OutboxFolder outbox = OutboxFolder::open(folder / "outbox").value();

    explicit Carrier(std::uint8_t fill = 0x21, std::uint64_t seed = 3) : log(fill) {
        log.add(EventType::kDeviceInitialised, to_bytes("device"));
        log.add_record(fill);
        log.add_record(1);
        EnrolRequest paper;
        paper.voucher = sample::id<VoucherId>(0x41);
        paper.device = log.device;
        paper.office = log.office;
        paper.device_sign = log.key.pub;
        paper.officer = log.officer;
        paper.officer_key = log.officer_key.pub;
        paper.recovery = Bytes(48, 7);
        request = sign_enrol_request(paper, log.key);
        REQUIRE(outbox.put_enrol_request(request).ok());
        fakes::SeededRandom random(seed);
        for (std::uint64_t number = 1; number <= 3; ++number) {
            const Hash32 before = batches.empty() ? Hash32{} : batches.back().hash;
            batches.push_back(seal_batch(log.input(number, before, number - 1, number),
                                         {sample::hq().registry.pub}, log.key, random)
                                  .value());
            const SealedBatch& batch = batches.back();
            REQUIRE(
                outbox.put_batch(batch, sign_upload(log.key, batch.hash, batch.file.size())).ok());
        }
    }

    [[nodiscard]] Path own() const { return stick / to_text(log.device); }
    [[nodiscard]] Path file(EnvelopeKind kind, std::size_t number) const {
        return own() / envelope_name(envelope_file(kind, number, batches[number - 1].hash));
    }
    EnvelopeExport carry_out() { return export_outbox(outbox, log.device, stick).value(); }
    EnvelopeImport carry_home() {
        return import_receipts(outbox, log.device, sample::hq().keys, stick).value();
    }
    [[nodiscard]] Bytes receipt(ReceiptKind kind, const SealedBatch& batch,
                                const SignKey* key = nullptr) const {
        Receipt paper;
        paper.kind = kind;
        paper.device = log.device;
        paper.batch_number = batch.header.number;
        paper.batch_hash = batch.hash;
        paper.last_seq = batch.header.last_seq;
        paper.server_ms = kNow;
        const SignKey& own_key =
            kind == ReceiptKind::kStored ? sample::hq().stored : sample::hq().opened;
        return sign_receipt(paper, key == nullptr ? own_key : *key);
    }
    /// As central would.
    void answer(const SealedBatch& batch) {
        const EnvelopeWriter writer = EnvelopeWriter::open(stick, log.device).value();
        const auto put = [&](EnvelopeKind kind, ReceiptKind receipt_kind) {
            const EnvelopeFile name = envelope_file(kind, batch.header.number, batch.hash);
            REQUIRE(writer.put(name, receipt(receipt_kind, batch)).ok());
        };
        put(EnvelopeKind::kStored, ReceiptKind::kStored);
        put(EnvelopeKind::kOpened, ReceiptKind::kOpened);
    }
    void answer_enrolment(const SignKey& key, ByteView for_request) {
        const EnrolReceipt paper{log.device, sample::id<VoucherId>(0x41), hash32(for_request),
                                 kNow};
        const EnvelopeWriter writer = EnvelopeWriter::open(stick, log.device).value();
        REQUIRE(
            writer.put({EnvelopeKind::kEnrolReceipt, 0, ""}, sign_enrol_receipt(paper, key)).ok());
    }
    [[nodiscard]] DeviceSeen look(bool with_keys = true) const {
        std::optional<HqKeys> hq;
        if (with_keys) hq = sample::hq().keys;
        const auto seen = look_into_envelope(stick, hq);
        REQUIRE(seen.ok());
        REQUIRE(seen->devices.size() == 1);
        return seen->devices[0];
    }
};

void overwrite(const Path& path, ByteView bytes) {
    std::filesystem::remove_all(path);
    REQUIRE(atomic_write(path, bytes).ok());
}

}  // namespace

TEST_CASE("a name says what a file is, and only our spelling counts") {
    Hash32 hash{};
    hash.fill(0xab);
    for (const auto kind : {EnvelopeKind::kBatch, EnvelopeKind::kProof, EnvelopeKind::kStored,
                            EnvelopeKind::kOpened}) {
        const EnvelopeFile file = envelope_file(kind, 42, hash);
        CHECK(parse_envelope_name(envelope_name(file)) == file);
    }
    CHECK(envelope_name(envelope_file(EnvelopeKind::kBatch, 42, hash)) ==
          "000000000042-abababababababab.awb");
    CHECK(parse_envelope_name("enrol.request")->kind == EnvelopeKind::kEnrolRequest);
    CHECK(parse_envelope_name("enrol.receipt")->kind == EnvelopeKind::kEnrolReceipt);
    for (const std::string_view name :
         {"", "enrol", "Enrol.request", "000000000042-abababababababab.AWB",
          "000000000042-ABABABABABABABAB.awb", "000000000000-abababababababab.awb",
          "00000000004x-abababababababab.awb", "-00000000042-abababababababab.awb",
          "000000000042-abababababababab", "000000000042-abababababababab.awb.tmp",
          "000000000042-ababababababab.awb", "000000000042_abababababababab.awb"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_envelope_name(name).has_value());
    }
}

TEST_CASE("missing numbers are told as ranges, however far apart the numbers are") {
    CHECK(missing_numbers(1, {}).empty());
    CHECK(missing_numbers(1, {1, 2, 2, 3}).empty());
    CHECK(missing_numbers(3, {1, 2}).empty());
    CHECK(missing_numbers(1, {3, 4, 6}) == std::vector<NumberRange>{{1, 2}, {5, 5}});
    CHECK(range_text(missing_numbers(1, {3, 4, 6})) == "1-2, 5");
    CHECK(range_text(number_ranges({1, 2, 2, 3, 7, 9, 10})) == "1-3, 7, 9-10");
    CHECK(range_text(number_ranges({})).empty());
    CHECK(missing_numbers(2, {999'999'999'999}).size() == 1);
}

TEST_CASE("what waits goes into the envelope whole, and a second time changes nothing") {
    Carrier office;
    const EnvelopeExport first = office.carry_out();
    CHECK_FALSE(first.error.has_value());
    CHECK(first.numbers == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(first.written == 3);
    CHECK(first.bytes == office.batches[0].file.size() + office.batches[1].file.size() +
                             office.batches[2].file.size());
    CHECK(read_file(office.file(EnvelopeKind::kBatch, 2)).value() == office.batches[1].file);
    CHECK(read_file(office.own() / "enrol.request").value() == office.request);
    const auto stamp = std::filesystem::last_write_time(office.file(EnvelopeKind::kBatch, 2));
    const EnvelopeExport again = office.carry_out();
    CHECK(again.numbers.size() == 3);
    CHECK(again.written == 0);
    CHECK(std::filesystem::last_write_time(office.file(EnvelopeKind::kBatch, 2)) == stamp);
    const DeviceSeen seen = office.look();
    CHECK(seen.request);
    CHECK(seen.office == office.log.office);
    CHECK(seen.batches.size() == 3);
    CHECK(seen.batches[2].carriable);
    CHECK(seen.damaged.empty());
    CHECK(seen.missing.empty());
    CHECK(seen.unknown == 0);
}

TEST_CASE("names are such that FAT keeps them apart: no capitals, no signs of its own") {
    Carrier office;
    Carrier other(0x22);
    office.carry_out();
    REQUIRE(export_outbox(other.outbox, other.log.device, office.stick).ok());
    office.answer(office.batches[0]);
    office.answer_enrolment(sample::hq().stored, office.request);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(office.stick)) {
        const std::string name = entry.path().filename().string();
        CAPTURE(name);
        CHECK(name.size() < 64);
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
              std::string::npos);
        if (entry.is_regular_file()) ++files;
    }
    CHECK(files == 2 + 2 * 6 + 3);
}

TEST_CASE("receipts are taken in once, and batches with an opened one are not carried again") {
    Carrier office;
    office.carry_out();
    office.answer_enrolment(sample::hq().stored, office.request);
    office.answer(office.batches[0]);
    office.answer(office.batches[1]);
    CHECK(office.look().batches[0].opened);
    CHECK(office.look().enrolled);
    const EnvelopeImport home = office.carry_home();
    CHECK(home.enrolled);
    CHECK(home.stored == 2);
    CHECK(home.opened == 2);
    CHECK(home.refused == 0);
    CHECK(home.forks.empty());
    CHECK(office.outbox.enrolment()->enrolled);
    const auto held = office.outbox.batches().value();
    CHECK(held[1].opened);
    CHECK_FALSE(held[2].stored);
    const EnvelopeImport again = office.carry_home();
    CHECK_FALSE(again.enrolled);
    CHECK(again.stored + again.opened == 0);
    CHECK(again.known == 5);
    CHECK(office.carry_out().numbers == std::vector<std::uint64_t>{3});
    // Central's answers to batches that the vault has done with are old news.
    REQUIRE(office.outbox.remove_batch(1).ok());
    CHECK(office.carry_home().known == 5);
}

TEST_CASE("what central did not sign for this computer and this batch is refused") {
    Carrier office;
    office.carry_out();
    const SealedBatch& batch = office.batches[0];
    const auto refused = [&](const Bytes& bytes) {
        overwrite(office.file(EnvelopeKind::kStored, 1), bytes);
        const EnvelopeImport home = office.carry_home();
        return home.refused == 1 && home.stored == 0 && home.forks.empty() &&
               !office.outbox.batches().value()[0].stored;
    };
    const Bytes good = office.receipt(ReceiptKind::kStored, batch);
    CHECK(refused(Bytes(good.begin(), good.end() - 1)));
    CHECK(refused({}));
    CHECK(refused(Bytes(100'000, 'x')));
    CHECK(refused(office.receipt(ReceiptKind::kStored, batch, &office.log.key)));
    // Genuine receipts under another's name: of the other kind, number, computer, or last event.
    CHECK(refused(office.receipt(ReceiptKind::kOpened, batch)));
    CHECK(refused(office.receipt(ReceiptKind::kStored, office.batches[1])));
    Carrier other(0x22);
    CHECK(refused(other.receipt(ReceiptKind::kStored, other.batches[0])));
    SealedBatch longer = batch;
    longer.header.last_seq += 1;
    CHECK(refused(office.receipt(ReceiptKind::kStored, longer)));
    std::filesystem::remove(office.file(EnvelopeKind::kStored, 1));
    office.answer_enrolment(office.log.key, office.request);
    CHECK(office.carry_home().refused == 1);
    office.answer_enrolment(sample::hq().stored, to_bytes("another request"));
    CHECK(office.carry_home().refused == 1);
    CHECK_FALSE(office.outbox.enrolment()->enrolled);
}

TEST_CASE("a receipt for another batch of our number proves a fork, and stops delivery") {
    Carrier office;
    Carrier copy(0x21, 4);
    REQUIRE(copy.batches[1].hash != office.batches[1].hash);
    office.carry_out();
    const EnvelopeWriter writer = EnvelopeWriter::open(office.stick, office.log.device).value();
    const EnvelopeFile name = envelope_file(EnvelopeKind::kStored, 2, copy.batches[1].hash);
    REQUIRE(writer.put(name, copy.receipt(ReceiptKind::kStored, copy.batches[1])).ok());
    const EnvelopeImport home = office.carry_home();
    CHECK(home.forks == std::vector<std::uint64_t>{2});
    CHECK(office.outbox.forked().value());
    CHECK(export_outbox(office.outbox, office.log.device, office.stick).error().code ==
          Errc::kFork);
}

TEST_CASE("other computers' folders and strange entries are counted and let be") {
    Carrier office;
    Carrier other(0x22);
    office.carry_out();
    REQUIRE(export_outbox(other.outbox, other.log.device, office.stick).ok());
    other.stick = office.stick;
    other.answer(other.batches[0]);
    REQUIRE(atomic_write(office.stick / "letter.txt", to_bytes("hello")).ok());
    REQUIRE(atomic_write(office.own() / "photo.jpg", to_bytes("jpg")).ok());
    REQUIRE(make_folder(office.own() / "000000000009-abababababababab.awb").ok());
    std::filesystem::create_symlink("/etc/hostname", office.own() / "enrol.receipt");
    std::filesystem::create_directory_symlink(office.own(),
                                              office.stick / to_text(sample::id<DeviceId>(0x77)));
    REQUIRE(::mkfifo((office.own() / "000000000008-abababababababab.awb").c_str(), 0600) == 0);
    const EnvelopeImport home = office.carry_home();
    CHECK(home.others == 1);
    CHECK(home.refused == 0);
    CHECK(home.stored == 0);
    const auto seen = look_into_envelope(office.stick, std::nullopt);
    REQUIRE(seen.ok());
    CHECK(seen->unknown == 2);
    CHECK_FALSE(seen->receipts_checked);
    REQUIRE(seen->devices.size() == 2);
    CHECK(seen->devices[0].unknown == 4);
    CHECK(seen->devices[0].damaged.empty());
    CHECK(seen->devices[1].batches[0].opened);
    CHECK(file_exists(office.stick / "letter.txt"));
}

TEST_CASE("damaged, truncated and swapped batches are told, and the next export mends them") {
    Carrier office;
    office.carry_out();
    Bytes cut = office.batches[0].file;
    cut.resize(cut.size() / 2);
    overwrite(office.file(EnvelopeKind::kBatch, 1), cut);
    overwrite(office.file(EnvelopeKind::kBatch, 2), office.batches[2].file);
    overwrite(office.file(EnvelopeKind::kProof, 3),
              read_file(office.file(EnvelopeKind::kProof, 1)).value());
    const DeviceSeen seen = office.look();
    REQUIRE(seen.batches.size() == 1);
    CHECK(seen.batches[0].number == 3);
    CHECK_FALSE(seen.batches[0].carriable);
    REQUIRE(seen.damaged.size() == 3);
    for (const DamagedFile& file : seen.damaged) CHECK(file.why == Errc::kAltered);
    const EnvelopeExport mended = office.carry_out();
    CHECK(mended.written == 2);
    CHECK(mended.replaced == 2);
    CHECK(office.look().damaged.empty());
    CHECK(office.look().batches.size() == 3);
}

TEST_CASE("gaps and forks among the batches of an envelope are named") {
    Carrier office;
    Carrier copy(0x21, 4);
    office.carry_out();
    std::filesystem::remove(office.file(EnvelopeKind::kBatch, 2));
    CHECK(office.look().missing == std::vector<NumberRange>{{2, 2}});
    CHECK(office.look().forks.empty());
    copy.stick = office.stick;
    copy.carry_out();
    const DeviceSeen seen = office.look();
    CHECK(seen.batches.size() == 5);
    CHECK(seen.missing.empty());
    // Of number 2 only the copy's is there, and it goes on from the copy's first.
    CHECK(seen.forks == std::vector<std::uint64_t>{1, 3});
    // The stick of the copy and ours, each without what the other lacks: two pasts meet.
    std::filesystem::remove(copy.file(EnvelopeKind::kBatch, 1));
    std::filesystem::remove(office.file(EnvelopeKind::kBatch, 3));
    std::filesystem::remove(copy.file(EnvelopeKind::kBatch, 3));
    CHECK(office.look().forks == std::vector<std::uint64_t>{2});
}

TEST_CASE("without its request no batch of a computer can be believed") {
    Carrier office;
    office.carry_out();
    overwrite(office.own() / "enrol.request", to_bytes("no request"));
    const DeviceSeen seen = office.look();
    CHECK_FALSE(seen.request);
    CHECK(seen.batches.empty());
    CHECK(seen.damaged.size() == 4);
    Carrier other(0x22);
    overwrite(office.own() / "enrol.request", other.request);
    CHECK(office.look().damaged[0].why == Errc::kAltered);
}

TEST_CASE("another computer's genuine file is never overwritten, and no link is followed") {
    Carrier office;
    Carrier other(0x22);
    office.carry_out();
    overwrite(office.file(EnvelopeKind::kBatch, 1), other.batches[0].file);
    const EnvelopeExport refused = office.carry_out();
    REQUIRE(refused.error.has_value());
    CHECK(refused.error->code == Errc::kFileExists);
    CHECK(read_file(office.file(EnvelopeKind::kBatch, 1)).value() == other.batches[0].file);
    overwrite(office.own() / "enrol.request", other.request);
    CHECK(office.carry_out().error->code == Errc::kFileExists);
    std::filesystem::remove_all(office.stick);
    REQUIRE(make_folder(office.stick).ok());
    REQUIRE(make_folder(office.folder / "elsewhere").ok());
    std::filesystem::create_directory_symlink(office.folder / "elsewhere", office.own());
    CHECK(office.carry_out().error->code == Errc::kFileExists);
    CHECK(list_entries(office.folder / "elsewhere", 1).value().empty());
    std::filesystem::remove(office.own());
    REQUIRE(make_folder(office.own()).ok());
    REQUIRE(atomic_write(office.folder / "precious", to_bytes("kept")).ok());
    std::filesystem::create_symlink(office.folder / "precious", office.own() / "enrol.request");
    CHECK(office.carry_out().error->code == Errc::kFileExists);
    CHECK(read_file(office.folder / "precious").value() == to_bytes("kept"));
}

TEST_CASE("a stick that is not there is an error, not a folder on the inner disk") {
    Carrier office;
    office.stick = office.folder / "not" / "plugged-in";
    CHECK(office.carry_out().error->code == Errc::kNotFound);
    CHECK_FALSE(file_exists(office.folder / "not"));
    CHECK(look_into_envelope(office.stick, std::nullopt).error().code == Errc::kNotFound);
    CHECK(import_receipts(office.outbox, office.log.device, sample::hq().keys, office.stick)
              .error()
              .code == Errc::kNotFound);
}

TEST_CASE("a full stick ends an export with nothing half-written, and the next one goes on") {
    Carrier office;
    REQUIRE(make_folder(office.stick).ok());
    if (::mount("none", office.stick.c_str(), "tmpfs", 0, "size=16k,mode=700") != 0) {
        AWDA_SKIP("no right to mount a small disk");
    }
    const EnvelopeExport full = office.carry_out();
    const auto seen = look_into_envelope(office.stick, std::nullopt);
    const auto left = list_entries(office.own(), 100);
    const bool grown =
        ::mount("none", office.stick.c_str(), "tmpfs", MS_REMOUNT, "size=1m,mode=700") == 0;
    const EnvelopeExport rest = office.carry_out();
    const auto then = look_into_envelope(office.stick, std::nullopt);
    ::umount2(office.stick.c_str(), MNT_DETACH);
    REQUIRE(full.error.has_value());
    CHECK(full.error->code == Errc::kDiskFull);
    CHECK(full.numbers.size() == 1);
    REQUIRE(seen.ok());
    CHECK(seen->devices[0].damaged.empty());
    CHECK(seen->devices[0].unknown == 0);
    CHECK(seen->devices[0].batches.size() == full.numbers.size());
    REQUIRE(left.ok());
    REQUIRE(grown);
    CHECK_FALSE(rest.error.has_value());
    CHECK(rest.numbers.size() == 3);
    CHECK(then->devices[0].batches.size() == 3);
}
