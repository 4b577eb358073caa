// Goal: what a person allowed is the same at every holder, whatever way the events came; a
// withdrawal is never outvoted by a giving that did not know of it; and the gate opens for nobody
// whom the person did not name.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

#include "sync/consent_gate.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

constexpr std::string_view kLabour = "labour";

EventRef ref_of(std::uint8_t number) {
    EventRef ref;
    ref.value.fill(number);
    return ref;
}

ConsentSaid said(bool withdrawn, std::vector<EventRef> knows = {}, std::string until = {}) {
    ConsentSaid out;
    out.withdrawn = withdrawn;
    out.root = sample::id<InstanceId>(0x31);
    out.agency = kLabour;
    out.purpose = SharePurpose::kReferral;
    out.knows = std::move(knows);
    out.date = "2026-11-26";
    out.language = "ckb";
    out.witness = "سارة";
    out.until = std::move(until);
    return out;
}

ConsentEntry given(std::uint8_t number, std::vector<EventRef> knows = {}, std::string until = {}) {
    return {ref_of(number), said(false, std::move(knows), std::move(until))};
}
ConsentEntry withdrawn(std::uint8_t number, std::vector<EventRef> knows = {}) {
    return {ref_of(number), said(true, std::move(knows))};
}

Consent only(const std::vector<ConsentEntry>& entries) {
    const std::vector<Consent> consents = fold_consents(entries);
    REQUIRE(consents.size() == 1);
    return consents.front();
}

/// All that `entry` builds upon, through others; nothing if any of it is missing.
std::optional<std::set<EventRef>> known_to(const std::vector<ConsentEntry>& entries,
                                           const ConsentEntry& entry) {
    std::set<EventRef> known;
    std::vector<EventRef> open = entry.said.knows;
    while (!open.empty()) {
        const EventRef next = open.back();
        open.pop_back();
        const auto found = std::ranges::find_if(entries, [&](const ConsentEntry& each) {
            return each.ref == next && each.said.agency == entry.said.agency;
        });
        if (found == entries.end()) return std::nullopt;
        if (!known.insert(next).second) continue;
        open.insert(open.end(), found->said.knows.begin(), found->said.knows.end());
    }
    return known;
}

/// The rule once more: some giving whose author had every withdrawal before him.
bool stands_by_hand(const std::vector<ConsentEntry>& entries, const Consent& consent) {
    return std::ranges::any_of(entries, [&](const ConsentEntry& giving) {
        if (giving.said.withdrawn || giving.said.agency != consent.agency) return false;
        const auto known = known_to(entries, giving);
        return known && std::ranges::all_of(entries, [&](const ConsentEntry& each) {
                   return !each.said.withdrawn || each.said.agency != consent.agency ||
                          known->contains(each.ref);
               });
    });
}

GateDecision ask(const std::vector<Consent>& consents, std::string_view agency,
                 SharePurpose purpose, std::string_view today = "2026-11-27", bool disputed = false,
                 bool marked = true) {
    const Handover handover{std::string(agency), purpose, std::string(today)};
    return PlainGate().decide(handover, RecordFacts{consents, disputed, marked});
}

}  // namespace

TEST_CASE("a consent comes back from its bytes, and nothing else does") {
    ConsentSaid one = said(false, {ref_of(2), ref_of(9)}, "2027-01-31");
    CHECK(decode_consent(EventType::kConsentGiven, encode(one)).value() == one);
    CHECK_FALSE(decode_consent(EventType::kConsentWithdrawn, encode(one)).ok());
    CHECK_FALSE(decode_consent(EventType::kExported, encode(one)).ok());
    ConsentSaid other = said(true, {ref_of(1)});
    other.reason = "خوف";
    other.manner = ConsentManner::kGuardian;
    const Bytes bytes = encode(other);
    CHECK(decode_consent(EventType::kConsentWithdrawn, bytes).value() == other);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(decode_consent(EventType::kConsentWithdrawn, ByteView(bytes).first(size)).ok());
    }
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode_consent(EventType::kConsentWithdrawn, longer).ok());
}

TEST_CASE("the bytes of a consent are those of CONSENT.md") {
    ConsentSaid one = said(false, {ref_of(9), ref_of(2)}, "2027-01-31");
    one.root.value.fill(0x31);
    one.witness = "Sara";
    const std::string root(16, '\x31');
    const std::string knows = std::string(16, '\x02') + std::string(16, '\x09');
    using namespace std::string_literals;
    const std::string wanted = "AWDACGIV" + root + "\6\0\0\0labour"s + "\2"s + "\2\0"s + knows +
                               "\xA\0\0\0"s + "2026-11-26" + "\1"s + "\3\0\0\0"s + "ckb" +
                               "\4\0\0\0Sara"s + "\xA\0\0\0"s + "2027-01-31" + "\0\0\0\0"s;
    CHECK(as_text(encode(one)) == wanted);
    one.withdrawn = true;
    one.until.clear();
    one.reason = "no";
    CHECK(as_text(encode(one)) ==
          "AWDACWDR" + wanted.substr(8, wanted.size() - 8 - 18) + "\0\0\0\0"s + "\2\0\0\0no"s);
}

TEST_CASE("a consent that says nothing clear is not read") {
    const auto readable = [](const ConsentSaid& one) {
        return decode_consent(event_type_of(one), encode(one)).ok();
    };
    CHECK(readable(said(false)));
    ConsentSaid bad = said(false);
    bad.root = {};
    CHECK_FALSE(readable(bad));
    for (const char* agency : {"", "Labour", "a b", "../x", "وزارة"}) {
        bad = said(false);
        bad.agency = agency;
        CHECK_FALSE(readable(bad));
    }
    bad = said(false);
    bad.agency = std::string(kAgencyMax + 1, 'a');
    CHECK_FALSE(readable(bad));
    for (const char* day :
         {"", "2026-11-31", "2026-13-01", "26-11-2026", "2026-1-01", "0000-01-01"}) {
        bad = said(false);
        bad.date = day;
        CHECK_FALSE(readable(bad));
    }
    bad = said(false, {}, "2026-02-30");
    CHECK_FALSE(readable(bad));
    bad = said(false);
    bad.reason = "x";
    CHECK_FALSE(readable(bad));
    bad = said(true);
    bad.until = "2027-01-01";
    CHECK_FALSE(readable(bad));
    bad = said(false);
    bad.purpose = SharePurpose{};
    CHECK_FALSE(readable(bad));
}

TEST_CASE("a consent stands until it is withdrawn, and again when it is given anew") {
    CHECK(fold_consents({}).empty());
    std::vector<ConsentEntry> entries{given(1)};
    CHECK(only(entries).stands);
    entries.push_back(withdrawn(2, {ref_of(1)}));
    CHECK_FALSE(only(entries).stands);
    CHECK(only(entries).withdrawn);
    entries.push_back(given(3, {ref_of(2)}));
    CHECK(only(entries).stands);
    CHECK_FALSE(only(entries).withdrawn);
    CHECK(only(entries).heads == std::vector<EventRef>{ref_of(3)});
    CHECK(only(entries).history.size() == 3);
}

TEST_CASE("a withdrawal counts against a giving that was made apart from it") {
    const Consent consent = only({given(1), withdrawn(2, {ref_of(1)}), given(3, {ref_of(1)})});
    CHECK_FALSE(consent.stands);
    CHECK(consent.withdrawn);
    // Who is asked again knows of both.
    CHECK(consent.heads == std::vector<EventRef>{ref_of(2), ref_of(3)});
    CHECK(only({given(1), withdrawn(2, {ref_of(1)}), given(3, {ref_of(1)}),
                given(4, {ref_of(2), ref_of(3)})})
              .stands);
    // Two withdrawals, of which the giving knew one.
    CHECK_FALSE(only({given(1), withdrawn(2, {ref_of(1)}), withdrawn(5, {ref_of(1)}),
                      given(4, {ref_of(2)})})
                    .stands);
}

TEST_CASE("what has not arrived can end a consent and cannot make one") {
    CHECK_FALSE(only({given(3, {ref_of(2)})}).stands);
    CHECK_FALSE(only({given(3, {ref_of(2)})}).withdrawn);
    const Consent consent = only({given(1), withdrawn(4, {ref_of(1), ref_of(7)})});
    CHECK_FALSE(consent.stands);
    CHECK(consent.withdrawn);
    CHECK(only({withdrawn(4, {ref_of(7)})}).withdrawn);
}

TEST_CASE("of several that stand the strictest day counts, and a later one replaces it") {
    CHECK(only({given(1, {}, "2027-05-01"), given(2, {}, "2027-02-01"), given(3)}).until ==
          "2027-02-01");
    const Consent later = only({given(1, {}, "2026-12-01"), given(2, {ref_of(1)}, "2027-06-30")});
    CHECK(later.until == "2027-06-30");
    CHECK_FALSE(later.expired("2027-06-30"));
    CHECK(later.expired("2027-07-01"));
}

TEST_CASE("every order in which events arrive gives the same consents") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        std::vector<ConsentEntry> entries;
        const std::size_t size = 2 + random() % 10;
        for (std::size_t i = 0; i < size; ++i) {
            ConsentEntry entry{ref_of(static_cast<std::uint8_t>(random() % 200 + 1)),
                               said(random() % 3 == 0)};
            if (random() % 5 == 0) entry.said.agency = "iom";
            if (!entry.said.withdrawn && random() % 2 == 0) entry.said.until = "2027-01-01";
            for (const ConsentEntry& earlier : entries) {
                if (random() % 2 == 0) entry.said.knows.push_back(earlier.ref);
            }
            std::ranges::sort(entry.said.knows);
            if (std::ranges::count(entries, entry.ref, &ConsentEntry::ref) == 0)
                entries.push_back(entry);
        }
        const std::vector<Consent> wanted = fold_consents(entries);
        for (int turn = 0; turn < 10; ++turn) {
            std::ranges::shuffle(entries, random);
            std::vector<ConsentEntry> twice = entries;
            twice.push_back(entries.front());
            CHECK(fold_consents(twice) == wanted);
        }
        for (const Consent& consent : wanted) {
            CHECK(consent.stands == stands_by_hand(entries, consent));
        }
    }
}

TEST_CASE("the gate: silence is a no, and a yes is for one agency and one purpose") {
    const std::vector<Consent> none;
    const std::vector<Consent> yes = fold_consents(std::vector{given(1, {}, "2026-12-31")});
    const std::vector<Consent> no = fold_consents(std::vector{given(1), withdrawn(2, {ref_of(1)})});
    using enum SharePurpose;
    CHECK(ask(none, kHeadquarters, kOwnUse) == GateDecision{View::kAll, GateReason::kOwn});
    CHECK(ask(none, kHeadquarters, kStatistics) ==
          GateDecision{View::kWithoutNames, GateReason::kOwn});
    CHECK(ask(none, kHeadquarters, kReferral).reason == GateReason::kSilent);
    CHECK(ask(none, kLabour, kReferral) == GateDecision{View::kNothing, GateReason::kSilent});
    CHECK(ask(yes, kLabour, kReferral) == GateDecision{View::kAll, GateReason::kConsented});
    CHECK(ask(yes, "iom", kReferral).reason == GateReason::kSilent);
    CHECK(ask(yes, kLabour, kStatistics).reason == GateReason::kSilent);
    CHECK(ask(yes, kLabour, kOwnUse) == GateDecision{View::kNothing, GateReason::kNotOpen});
    CHECK_FALSE(ask(yes, kLabour, static_cast<SharePurpose>(9)).allowed());
    CHECK(ask(no, kLabour, kReferral) == GateDecision{View::kNothing, GateReason::kWithdrawn});
    CHECK(ask(yes, kLabour, kReferral, "2026-12-31").allowed());
    CHECK(ask(yes, kLabour, kReferral, "2027-01-01").reason == GateReason::kExpired);
    CHECK_FALSE(ask(yes, kLabour, kReferral, "").allowed());
    CHECK(ask(yes, kLabour, kReferral, "2026-11-27", true).reason == GateReason::kDisputed);
    CHECK(ask(none, kHeadquarters, kOwnUse, "2026-11-27", true).allowed());
}

TEST_CASE("a consent for another's own use opens nothing, were it ever written") {
    ConsentEntry entry = given(1);
    entry.said.purpose = SharePurpose::kOwnUse;
    CHECK_FALSE(ask(fold_consents(std::vector{entry}), kLabour, SharePurpose::kOwnUse).allowed());
    entry.said.purpose = static_cast<SharePurpose>(9);
    CHECK_FALSE(
        ask(fold_consents(std::vector{entry}), kLabour, static_cast<SharePurpose>(9)).allowed());
}

TEST_CASE("figures leave without names, and not at all where names are not marked") {
    ConsentEntry entry = given(1);
    entry.said.purpose = SharePurpose::kStatistics;
    const std::vector<Consent> yes = fold_consents(std::vector{entry});
    CHECK(ask(yes, kLabour, SharePurpose::kStatistics).view == View::kWithoutNames);
    CHECK(ask(yes, kLabour, SharePurpose::kStatistics, "2026-11-27", false, false) ==
          GateDecision{View::kNothing, GateReason::kUnmarked});
    CHECK_FALSE(
        ask({}, kHeadquarters, SharePurpose::kStatistics, "2026-11-27", false, false).allowed());
    const std::vector<Field> fields{{"meta/instanceName", "سعاد"},
                                    {"person/given_name", "سعاد"},
                                    {"person/called", "أم علي"},
                                    {"person/phone_1", "0770"},
                                    {"family[1]", ""},
                                    {"family[1]/m_name", "علي"},
                                    {"family[1]/works", "no"},
                                    {"notes", "عند أخيه حسن"},
                                    {"!orphaned/v1/person/called", "أم علي"},
                                    {"needs", "shelter"}};
    const IdentityRule identity({"person/called"});
    const std::vector<Field> kept{
        {"family[1]", ""}, {"family[1]/works", "no"}, {"needs", "shelter"}};
    CHECK(fields_in_view(View::kWithoutNames, identity, fields) == kept);
    CHECK(fields_in_view(View::kAll, identity, fields) == fields);
    CHECK(fields_in_view(View::kNothing, identity, fields).empty());
}
