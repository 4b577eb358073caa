// A small form, a central in memory and the world around a desk or a command line, for their tests.
//
// FakeCentral speaks the wire of sync/PROTOCOL.md as far as a device can see it, and may cut
// uploads. Threads: FakeCentral may be used from the net thread and the test at once.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/cli/run.h"
#include "agent/desk/local_desk.h"
#include "sync/protocol.h"
#include "tests/agent/vault_fixture.h"
#include "tests/sync/log_reader.h"

namespace awda::agent::test {

/// Longer than any of our waits in tests; a desk that never gets there has failed.
inline constexpr std::chrono::seconds kPatience{20};

/// As an XForm, so that these tests need no workbook; forms are known by content, not by name.
inline constexpr std::string_view kMiniForm = R"xml(<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa">
 <h:head><h:title>Mini</h:title>
  <model>
   <itext>
    <translation lang="Arabic (ar)" default="true()">
     <text id="given"><value>الاسم</value></text><text id="age"><value>العمر</value></text>
     <text id="papers"><value>هل معك وثائق؟</value></text>
     <text id="kind"><value>أي وثائق؟</value></text>
     <text id="yes"><value>نعم</value></text><text id="no"><value>لا</value></text>
     <text id="family"><value>العائلة</value></text>
    </translation>
    <translation lang="English (en)">
     <text id="given"><value>Given name</value></text><text id="age"><value>Age</value></text>
     <text id="papers"><value>Any papers?</value></text>
     <text id="kind"><value>Which papers?</value></text>
     <text id="yes"><value>Yes</value></text><text id="no"><value>No</value></text>
     <text id="family"><value>Family</value></text>
    </translation>
   </itext>
   <instance>
    <data id="mini" version="3">
     <given_name/><age/><papers/><papers_kind/>
     <family jr:template=""><name/></family>
     <meta><instanceID/><instanceName/></meta>
    </data>
   </instance>
   <bind nodeset="/data/given_name" type="string" required="true()"/>
   <bind nodeset="/data/age" type="int" constraint=". &lt; 130"/>
   <bind nodeset="/data/papers" type="string"/>
   <bind nodeset="/data/papers_kind" type="string" required="true()"
         relevant=" /data/papers = 'yes'"/>
   <bind nodeset="/data/family/name" type="string"/>
   <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
   <bind nodeset="/data/meta/instanceName" type="string" calculate=" /data/given_name "/>
  </model>
 </h:head>
 <h:body>
  <input ref="/data/given_name"><label ref="jr:itext('given')"/></input>
  <input ref="/data/age"><label ref="jr:itext('age')"/></input>
  <select1 ref="/data/papers"><label ref="jr:itext('papers')"/>
   <item><label ref="jr:itext('yes')"/><value>yes</value></item>
   <item><label ref="jr:itext('no')"/><value>no</value></item>
  </select1>
  <input ref="/data/papers_kind"><label ref="jr:itext('kind')"/></input>
  <group ref="/data/family"><label ref="jr:itext('family')"/>
   <repeat nodeset="/data/family">
    <input ref="/data/family/name"><label ref="jr:itext('given')"/></input>
   </repeat>
  </group>
 </h:body>
</h:html>
)xml";

inline void write_text(const Path& path, std::string_view text) {
    REQUIRE(make_folder(path.parent_path()).ok());
    REQUIRE(atomic_write(path, as_bytes(text)).ok());
}

/// Headquarters' server, as a device sees it.
class FakeCentral {
public:
    explicit FakeCentral(const FakeHq& hq) : hq_(hq) {}

    struct Faults {
        int cuts = 0;           ///< uploads to break half-way
        bool down = false;      ///< nobody answers
        bool stranger = false;  ///< another certificate
        UnixMs server_ms = 0;
    };
    void set(const Faults& faults) {
        const std::lock_guard lock(mutex_);
        faults_ = faults;
    }
    [[nodiscard]] std::size_t batches() const {
        const std::lock_guard lock(mutex_);
        return complete_.size();
    }
    /// The records of all batches that came, opened with the registry's key.
    [[nodiscard]] std::vector<sync::Record> records() const {
        const std::lock_guard lock(mutex_);
        std::vector<Bytes> files;
        for (const auto& [hash, file] : complete_) files.push_back(file);
        sync::sample::LogReader reader(device_key_, hq_.registry());
        const auto events = reader.open_all(std::move(files));
        REQUIRE(events.ok());
        std::vector<sync::Record> found;
        for (const sync::Event& event : *events) {
            if (event.type != sync::EventType::kRecordFinalised) continue;
            const auto record = sync::decode_record_payload(*event.payload);
            REQUIRE(record.ok());
            REQUIRE(sync::verify_record(*record));
            found.push_back(sync::decode_record(record->record).value());
        }
        return found;
    }

    [[nodiscard]] Result<HttpReply> answer(const HttpRequest& request) {
        const std::lock_guard lock(mutex_);
        if (faults_.down) return Error(Errc::kNoNetwork, "a server that is down");
        if (faults_.stranger) return Error(Errc::kUnknownServer, "a server with another key");
        if (request.path == "/v1/enrol") {
            device_key_ = sync::open_enrol_request(request.body).value().device_sign;
            device_ = sync::open_enrol_request(request.body).value().device;
            return reply(200, hq_.enrol_receipt(request.body, faults_.server_ms));
        }
        const std::string hash = request.path.substr(std::string("/v1/batches/").size(), 64);
        if (request.method == "HEAD") return offset_of(hash);
        if (request.method == "PATCH") return take(hash, request);
        if (complete_.contains(hash)) return reply(200, receipts(complete_.at(hash)));
        return reply(404, {});
    }

private:
    static HttpReply reply(int status, Bytes body) {
        HttpReply out;
        out.status = status;
        out.headers = {{"awda-version", "1"}};
        out.body = std::move(body);
        return out;
    }
    HttpReply offset_of(const std::string& hash) {
        if (!partial_.contains(hash) && !complete_.contains(hash)) return reply(404, {});
        HttpReply out = reply(204, {});
        const bool done = complete_.contains(hash);
        const std::size_t size = done ? complete_.at(hash).size() : partial_.at(hash).size();
        out.headers.emplace_back("upload-offset", std::to_string(size));
        out.headers.emplace_back("upload-complete", done ? "?1" : "?0");
        return out;
    }
    Result<HttpReply> take(const std::string& hash, const HttpRequest& request) {
        Bytes& held = partial_[hash];
        REQUIRE(request.file_offset == held.size());
        Bytes rest(static_cast<std::size_t>(request.file_size - request.file_offset));
        const std::size_t got = request.file->read_at(request.file_offset, rest).value();
        REQUIRE(got == rest.size());
        if (faults_.cuts > 0) {
            --faults_.cuts;
            held.insert(held.end(), rest.begin(),
                        rest.begin() + static_cast<std::ptrdiff_t>(got / 2));
            if (request.progress) request.progress(got / 2);
            return Error(Errc::kNoNetwork, "a link that was cut");
        }
        held.insert(held.end(), rest.begin(), rest.end());
        if (request.progress) request.progress(got);
        REQUIRE(to_hex(hash32(held)) == hash);
        complete_[hash] = std::move(held);
        partial_.erase(hash);
        return reply(200, receipts(complete_.at(hash)));
    }
    Bytes receipts(const Bytes& file) const {
        const sync::BatchHeader header = sync::verify_batch(file, device_key_).value();
        sync::OutboxBatch batch;
        batch.number = header.number;
        batch.hash = hash32(file);
        batch.last_seq = header.last_seq;
        return sync::encode_receipts(
            {hq_.receipt(sync::ReceiptKind::kStored, device_, batch, faults_.server_ms),
             hq_.receipt(sync::ReceiptKind::kOpened, device_, batch, faults_.server_ms)});
    }

    const FakeHq& hq_;
    mutable std::mutex mutex_;
    Faults faults_;
    DeviceId device_;
    SignPublic device_key_{};
    std::map<std::string, Bytes> partial_;
    std::map<std::string, Bytes> complete_;
};

class FakeLink final : public HttpClient {
public:
    explicit FakeLink(FakeCentral& central) : central_(central) {}
    [[nodiscard]] Result<HttpReply> send(const HttpRequest& request) override {
        totals_.bytes_up += request.body.size() + (request.file_size - request.file_offset);
        return central_.answer(request);
    }
    [[nodiscard]] HttpTotals totals() const override { return totals_; }

private:
    FakeCentral& central_;
    HttpTotals totals_;
};

/// An office with forms, a voucher file and a central at the other end.
struct DeskWorld {
    explicit DeskWorld(std::uint64_t seed = 1) : office(seed), central(office.hq) {
        write_text(office.folder / "forms" / "mini" / "mini.xlsx", kMiniForm);
        REQUIRE(atomic_write(voucher(), office.hq.voucher(office.clock.now(), office.random)).ok());
        central.set({.server_ms = office.clock.now()});
    }

    [[nodiscard]] Path voucher() const { return office.folder / "office.voucher"; }
    [[nodiscard]] Path forms() const { return office.folder / "forms"; }
    [[nodiscard]] auto connect() {
        return [this](const HttpOptions& options) -> Result<std::unique_ptr<HttpClient>> {
            dialled = options.connect_to;
            return std::unique_ptr<HttpClient>(std::make_unique<FakeLink>(central));
        };
    }

    Office office;
    FakeCentral central;
    std::string dialled;
};

}  // namespace awda::agent::test
