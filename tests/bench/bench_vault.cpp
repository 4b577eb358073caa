// Goal: the vault is as quick after years as on its first day. Method: a vault with 1,000,000
// events and 100,000 records (AWDA_EVENTS chooses another number), appended as the vault appends
// them but in large transactions; then opening, listing, searching, verifying and rebuilding, in
// CPU time. Keys cost next to nothing here, so that opening is measured without Argon2id. A single
// save is compared with the same statements on plain SQLite, in wall time, since both wait for the
// disk.
#include <sqlcipher/sqlite3.h>

#include <cstdlib>
#include <filesystem>

#include "agent/vault/audit.h"
#include "agent/vault/event_log.h"
#include "agent/vault/payloads.h"
#include "agent/vault/projections.h"
#include "agent/vault/search.h"
#include "agent/vault/session.h"
#include "tests/agent/vault_fixture.h"
#include "tests/bench/bench.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using namespace awda::bench;
using sync::EventType;

namespace {

constexpr std::uint64_t kEventsUsual = 1'000'000;
constexpr std::uint64_t kEventsOfARecord = 10;
constexpr std::uint64_t kEventsOfABatch = 5'000;
constexpr std::uint64_t kTransaction = 20'000;
constexpr int kSaves = 300;

std::uint64_t events_wanted() {
    const char* text = std::getenv("AWDA_EVENTS");
    return text == nullptr ? kEventsUsual : std::strtoull(text, nullptr, 10);
}

void need(bool true_one) {
    if (!true_one) std::abort();
}

std::string name_of(std::uint64_t number) {
    constexpr std::array<const char*, 12> kGiven{"أحمد",  "فاطمة", "علي",   "زينب",
                                                 "حسين",  "مريم",  "كەریم", "نەسرین",
                                                 "ئازاد", "شیلان", "Omar",  "Layla"};
    constexpr std::array<const char*, 7> kFamily{"الجبوري", "حسن",    "الدليمي", "عبدالله",
                                                 "بەرزنجی", "خۆشناو", "Hassan"};
    return std::string(kGiven[number % kGiven.size()]) + " " + kGiven[number / 12 % kGiven.size()] +
           " " + kFamily[number / 144 % kFamily.size()] + " " + std::to_string(number);
}

/// Appends years of work to an open vault.
class Years {
public:
    Years(Office& office, Vault& vault) : office_(office), session_(*vault.session().value()) {}

    void pass(std::uint64_t events) {
        while (session_.log.head().seq < events) {
            Transaction transaction = Transaction::begin(session_.db).value();
            const std::uint64_t until = session_.log.head().seq + kTransaction;
            while (session_.log.head().seq < std::min(until, events)) one_record();
            must(session_.log.keep_head());
            must(transaction.commit());
        }
        must(session_.db.checkpoint());
    }

private:
    void append(EventType type, ByteView payload, Actor actor = Actor::kOfficer) {
        must(apply(session_.db, session_.log.append(type, payload, actor).value()));
        if (session_.log.checkpoint_due()) need(session_.log.append_checkpoint().ok());
    }

    void one_record() {
        office_.clock.advance(60'000);
        const UnixMs now = office_.clock.now();
        sync::Record record;
        record.instance = InstanceId{new_uuid_v7(now, office_.random)};
        record.root = record.instance;
        record.form_id = test_form().id;
        record.form_version = test_form().version;
        record.language = "ar";
        record.finalised_ms = now;
        record.fields = answers(name_of(records_++));
        append(EventType::kRecordStarted,
               encode_record_started(record.instance, InstanceId{}, record.form_id));
        append(EventType::kRecordFinalised,
               sync::encode_record_payload(sync::make_record_payload(sync::encode_record(record))));
        for (std::uint64_t i = 3; i < kEventsOfARecord; ++i) {
            append(EventType::kRecordViewed, encode_record_viewed(record.instance));
        }
        append(EventType::kListViewed, encode_list_viewed(200));
        if (session_.log.head().seq - sealed_ >= kEventsOfABatch) seal();
    }

    /// The newest batch waits, the one before it is stored, all others are opened.
    void seal() {
        sync::OutboxBatch batch;
        batch.number = ++batches_;
        batch.hash = hash32(as_bytes(std::to_string(batches_)));
        batch.last_seq = session_.log.head().seq;
        append(EventType::kBatchSealed,
               encode(BatchSealed{batch.number, batch.hash, sealed_ + 1, batch.last_seq, 100'000,
                                  office_.clock.now()}));
        sealed_ = batch.last_seq;
        answer(sync::ReceiptKind::kStored, last_);
        answer(sync::ReceiptKind::kOpened, before_);
        before_ = last_;
        last_ = batch;
    }

    void answer(sync::ReceiptKind kind, const sync::OutboxBatch& batch) {
        if (batch.number == 0) return;
        append(
            kind == sync::ReceiptKind::kStored ? EventType::kBatchStored : EventType::kBatchOpened,
            office_.hq.receipt(kind, session_.identity.device, batch, office_.clock.now()),
            Actor::kDevice);
    }

    Office& office_;
    Session& session_;
    std::uint64_t records_ = 0;
    std::uint64_t batches_ = 0;
    std::uint64_t sealed_ = 0;
    sync::OutboxBatch last_;
    sync::OutboxBatch before_;
};

// ---- One save ----

void expect_ok(int rc) {
    need(rc == SQLITE_OK || rc == SQLITE_DONE);
}

/// What a save has to do, on plain SQLite: one answer, and the draft's time; prepared once.
class PlainSaves {
public:
    explicit PlainSaves(const Path& path) {
        expect_ok(sqlite3_open(path.c_str(), &db_));
        expect_ok(sqlite3_exec(
            db_,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE d(i INTEGER PRIMARY KEY, t INTEGER);"
            "CREATE TABLE f(i INTEGER, p TEXT, v TEXT, PRIMARY KEY(i, p)) WITHOUT ROWID;"
            "INSERT INTO d VALUES(1, 0)",
            nullptr, nullptr, nullptr));
        begin_ = prepare("BEGIN IMMEDIATE");
        answer_ = prepare("INSERT INTO f VALUES(1, ?, ?) ON CONFLICT DO UPDATE SET v = excluded.v");
        touch_ = prepare("UPDATE d SET t = ? WHERE i = 1");
        commit_ = prepare("COMMIT");
    }
    PlainSaves(const PlainSaves&) = delete;
    PlainSaves& operator=(const PlainSaves&) = delete;
    ~PlainSaves() {
        for (sqlite3_stmt* each : {begin_, answer_, touch_, commit_}) sqlite3_finalize(each);
        sqlite3_close(db_);
    }

    void save(int number) {
        const std::string path = "f" + std::to_string(number);
        const std::string value(40, 'a');
        run(begin_);
        expect_ok(sqlite3_bind_text(answer_, 1, path.c_str(), -1, SQLITE_STATIC));
        expect_ok(sqlite3_bind_text(answer_, 2, value.c_str(), -1, SQLITE_STATIC));
        run(answer_);
        expect_ok(sqlite3_bind_int(touch_, 1, number));
        run(touch_);
        run(commit_);
    }

private:
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        expect_ok(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr));
        return statement;
    }
    static void run(sqlite3_stmt* statement) {
        expect_ok(sqlite3_step(statement));
        expect_ok(sqlite3_reset(statement));
    }

    sqlite3* db_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* answer_ = nullptr;
    sqlite3_stmt* touch_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
};

int compare_saves() {
    Office office(7);
    auto vault = office.create();
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    PlainSaves plain(office.folder / "plain.db");
    int number = 0;
    // In turns, so that both meet the same disk.
    std::vector<double> ours;
    std::vector<double> theirs;
    for (int i = 0; i < kSaves; ++i) {
        ++number;
        const double start = wall_ms();
        plain.save(number);
        const double middle = wall_ms();
        must(vault->save_draft(draft, {{"f" + std::to_string(number), std::string(40, 'a')}}));
        ours.push_back(wall_ms() - middle);
        theirs.push_back(middle - start);
    }
    const Times vault_times = sorted_times(std::move(ours));
    const Times plain_times = sorted_times(std::move(theirs));
    print_times("one save of an answer, plain SQLite", plain_times);
    print_times("one save of an answer, the vault", vault_times);
    return print_ratio("  vault / plain, median", vault_times.median, plain_times.median, 1.6);
}

// ---- A long log ----

int open_and_list(Office& office) {
    int missed = 0;
    std::unique_ptr<Vault> vault;
    const Times open = measure(5, [&] {
        if (vault != nullptr) must(vault->lock());
        office.clock.advance(1000);
        vault = office.unlock();
    });
    print_times("open and lock", open);
    missed += print_bar("  open without Argon2id, and lock", open.median, 150);
    ListQuery query;
    query.limit = 50;
    missed += print_bar("list, first page of 50",
                        measure(20, [&] { need(vault->list(query).ok()); }).median, 10);
    query.newest_only = true;
    missed += print_bar("list, first page of 50, newest revisions",
                        measure(20, [&] { need(vault->list(query).ok()); }).median, 10);
    query.state = RecordState::kWaiting;
    missed += print_bar("list, first page of 50, waiting",
                        measure(20, [&] { need(vault->list(query).ok()); }).median, 10);
    missed += print_bar("status", measure(20, [&] { need(vault->status().ok()); }).median, 10);
    Session& session = *vault->session().value();
    missed += print_bar("log show, first page",
                        measure(20, [&] { need(read_audit(session, {}).ok()); }).median, 10);
    SearchQuery words;
    words.text = "zzz nobody";
    print_times("search of all titles",
                measure(3, [&] { need(search(session, words)->hits == 0); }));
    return missed;
}

void walk(Office& office, std::uint64_t events) {
    auto vault = office.unlock();
    const double start = cpu_ms();
    const LogReport report = vault->verify_log().value();
    const double spent = cpu_ms() - start;
    need(report.intact && report.events >= events);
    print_rate("log verify", report.events, spent);
    Session& session = *vault->session().value();
    Transaction scratch = Transaction::begin(session.db).value();
    const double before = cpu_ms();
    must(rebuild_projections(session.db));
    print_rate("tables rebuilt from the log", report.events, cpu_ms() - before);
}

/// Without lock(): the next open checks every page.
void open_after_unclean_end(Office& office) {
    const fakes::TempFolder copy;
    {
        auto vault = office.unlock();
        make_record(*vault, "the last");
        std::filesystem::copy(office.vault_folder(), copy / "vault",
                              std::filesystem::copy_options::recursive);
    }
    std::filesystem::remove_all(office.vault_folder());
    std::filesystem::rename(copy / "vault", office.vault_folder());
    const double before = cpu_ms();
    auto vault = office.unlock();
    need(vault->unlock_report().unclean_exit);
    fmt::print("{:<58} {:>9.1f} ms\n", "open after an unclean end, every page checked",
               cpu_ms() - before);
}

}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    int missed = compare_saves();
    const std::uint64_t events = events_wanted();
    Office office(1);
    {
        auto vault = office.create();
        const double before = cpu_ms();
        Years(office, *vault).pass(events);
        print_rate("appended in large transactions", events, cpu_ms() - before);
        must(vault->lock());
    }
    fmt::print("vault.db holds {} MiB\n",
               std::filesystem::file_size(office.vault_folder() / "vault.db") >> 20U);
    missed += open_and_list(office);
    walk(office, events);
    open_after_unclean_end(office);
    return missed;
}
