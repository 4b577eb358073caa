#include <doctest/doctest.h>

#include <map>

#include "sync/batch.h"
#include "sync/central/event_papers.h"
#include "sync/central/field_path.h"
#include "sync/central/http_rules.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;
using namespace awda::central;

namespace {

const std::string kHashText(64, 'a');

using Headers = std::map<std::string, std::string>;

Headers good_headers() {
    return {{"Content-Type", "application/partial-upload"},
            {"Upload-Offset", "10"},
            {"Upload-Length", "100"},
            {"Upload-Complete", "?1"},
            {"Awda-Device", "01890a5d-ac96-774b-bcce-b302099a8057"},
            {"Awda-Auth", std::string(128, 'a')}};
}

Result<UploadClaim> read(const Headers& headers) {
    return read_upload_claim([&](std::string_view name) -> std::optional<std::string> {
        const auto found = headers.find(std::string(name));
        if (found == headers.end()) return std::nullopt;
        return found->second;
    });
}

}  // namespace

TEST_CASE("requests find their route, and everything else finds none") {
    const std::string batch = "/v1/batches/" + kHashText;
    CHECK(match_route("GET", "/healthz").route == Route::kHealth);
    CHECK(match_route("POST", "/v1/enrol").route == Route::kEnrol);
    CHECK(match_route("HEAD", batch).route == Route::kOffset);
    CHECK(match_route("PATCH", batch).route == Route::kUpload);
    CHECK(match_route("PATCH", batch).hash[31] == 0xaa);
    CHECK(match_route("GET", batch + "/receipts").route == Route::kReceipts);
    CHECK(match_route("DELETE", batch).route == Route::kWrongMethod);
    CHECK(match_route("PATCH", batch + "/receipts").route == Route::kWrongMethod);
    CHECK(match_route("POST", "/healthz").route == Route::kWrongMethod);
    CHECK(match_route("PATCH", batch + "a").route == Route::kBadHash);
    CHECK(match_route("PATCH", "/v1/batches/../../etc/passwd").route == Route::kBadHash);
    CHECK(match_route("PATCH", "/v1/batches/").route == Route::kBadHash);
    CHECK(match_route("GET", "/").route == Route::kNowhere);
    CHECK(match_route("GET", "").route == Route::kNowhere);
    CHECK(match_route("GET", "/v1/enrol/").route == Route::kNowhere);
}

TEST_CASE("an upload's headers are read only when each of them is there and exact") {
    const auto good = read(good_headers());
    REQUIRE(good.ok());
    CHECK(good->offset == 10);
    CHECK(good->total == 100);
    for (const auto& [name, value] : good_headers()) {
        INFO(name);
        Headers without = good_headers();
        without.erase(name);
        CHECK(read(without).error().code == Errc::kMalformed);
        Headers longer = good_headers();
        longer[name] = value + "x";
        CHECK(read(longer).error().code == Errc::kMalformed);
        Headers empty = good_headers();
        empty[name].clear();
        CHECK(read(empty).error().code == Errc::kMalformed);
    }
    for (const char* number :
         {"-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "1e3", "101"}) {
        INFO(number);
        Headers bad = good_headers();
        bad["Upload-Offset"] = number;
        CHECK(read(bad).error().code == Errc::kMalformed);
    }
    Headers huge = good_headers();
    huge["Upload-Length"] = std::to_string(sync::kBatchFileMax + 1);
    CHECK(read(huge).error().code == Errc::kTooLarge);
    huge["Upload-Length"] = std::to_string(sync::kBatchFileMax);
    CHECK(read(huge).ok());
    Headers nothing = good_headers();
    nothing["Upload-Offset"] = "0";
    nothing["Upload-Length"] = "0";
    CHECK(read(nothing).error().code == Errc::kMalformed);
}

TEST_CASE("every problem has the status that the protocol gives it") {
    using sync::Problem;
    const std::vector<std::pair<Problem, unsigned>> table{
        {Problem::kNone, 200},           {Problem::kOffset, 409},
        {Problem::kFork, 409},           {Problem::kGap, 409},
        {Problem::kUnknownDevice, 403},  {Problem::kBadAuth, 403},
        {Problem::kTooLarge, 413},       {Problem::kAltered, 422},
        {Problem::kVoucherUsed, 409},    {Problem::kVoucherExpired, 410},
        {Problem::kVoucherUnknown, 403}, {Problem::kMalformed, 400}};
    for (const auto& [problem, status] : table) {
        INFO(sync::problem_text(problem));
        CHECK(answer_of(Answer{problem, 7, {}}).status == status);
    }
    CHECK(answer_of(Answer{Problem::kGap, 7, {}}).headers.back().second == "7");
    CHECK(answer_failure(Errc::kDiskFull).status == 507);
    CHECK(answer_failure(Errc::kIo).status == 503);
    CHECK(answer_failure(Errc::kBusy).headers.front().second == "1");
}

TEST_CASE("a field's path names its table, its rows and its column") {
    const auto plain = parse_field_path("person/name").value();
    CHECK(plain.repeat.empty());
    CHECK(plain.column == "person/name");
    const auto member = parse_field_path("home/family[12]/who/name").value();
    CHECK(member.repeat == "home/family");
    CHECK(member.rows == std::vector<std::uint32_t>{12});
    CHECK(member.column == "who/name");
    const auto nested = parse_field_path("family[2]/visits[1]/date").value();
    CHECK(nested.repeat == "family/visits");
    CHECK(nested.rows == std::vector<std::uint32_t>{2, 1});
    CHECK(nested.column == "date");
    const auto announced = parse_field_path("family[3]").value();
    CHECK(announced.rows == std::vector<std::uint32_t>{3});
    CHECK(announced.column.empty());
    for (const char* bad : {"", "/", "a//b", "a/", "/a", "a[0]", "a[", "a[1", "a[1]x", "a[-1]",
                            "a[]", "[1]", "a[99999999999]", "a[1][2]"}) {
        INFO(bad);
        CHECK(parse_field_path(bad).error().code == Errc::kMalformed);
    }
    std::string deep;
    for (std::size_t i = 0; i < kRepeatDepthMax + 1; ++i) deep += "r[1]/";
    CHECK(parse_field_path(deep + "x").error().code == Errc::kMalformed);
}

TEST_CASE("an officer's paper survives its own bytes and no change to them") {
    fakes::SeededRandom random(3);
    const SignKey adder = new_sign_key(random);
    OfficerAdded paper;
    paper.officer.value.fill(1);
    paper.officer_key.fill(2);
    paper.role = "officer";
    paper.display_name = "آراس";
    paper.added_by.value.fill(3);
    const Bytes bytes = encode_officer_added(paper, adder);
    const auto decoded = decode_officer_added(bytes);
    REQUIRE(decoded.ok());
    CHECK(decoded->display_name == paper.display_name);
    CHECK(verify_officer_added(*decoded, adder.pub));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes bad = bytes;
        bad[i] ^= 1;
        const auto changed = decode_officer_added(bad);
        INFO("byte ", i);
        CHECK_FALSE((changed.ok() && verify_officer_added(*changed, adder.pub)));
        CHECK_FALSE(decode_officer_added(ByteView(bytes).first(i)).ok());
    }
}
