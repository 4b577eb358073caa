// Sealed parts: only recipients open them, nothing of them can be altered, moved or guessed from
// their length, and laying them over one another loses no row.
#include "sync/sealed_part.h"

#include <doctest/doctest.h>

#include "sync/protection_paper.h"
#include "tests/fakes/old_record.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

const std::vector<Field> kAnswers{{"harm", "yes"}, {"incident[1]", ""}, {"incident[1]/what", "x"}};

SealedPart part(Random& random, const std::vector<SealPublic>& to,
                const std::vector<Field>& fields = kAnswers) {
    return seal_part(new_part_key(to, random), sample::id<InstanceId>(1), {}, fields, random);
}

std::string text(const std::vector<Field>& fields) {
    std::string out;
    for (const Field& field : fields) out += field.path + "=" + field.value + " ";
    return out;
}

}  // namespace

TEST_CASE("a part opens for each of its recipients and for nobody else") {
    fakes::SeededRandom random{1};
    const SealedPart sealed =
        part(random, {sample::seal_key(1).pub, sample::seal_key(2).pub, sample::seal_key(1).pub});
    CHECK(sealed.keys.size() == 2);
    const InstanceId root = sample::id<InstanceId>(1);
    CHECK(open_part(sealed, root, sample::seal_key(1)).value() == kAnswers);
    CHECK(open_part(sealed, root, sample::seal_key(2)).value() == kAnswers);
    CHECK(open_part(sealed, root, sample::seal_key(3)).error().code == Errc::kNotForUs);
    CHECK(open_part(sealed, sample::id<InstanceId>(2), sample::seal_key(1)).error().code ==
          Errc::kAltered);
}

TEST_CASE("an officer opens with the key that he signs with") {
    fakes::SeededRandom random{2};
    const SignKey officer = sample::sign_key(9);
    const SealedPart sealed = part(random, {seal_public_of(officer.pub).value()});
    CHECK(open_part(sealed, sample::id<InstanceId>(1), seal_key_of(officer)).value() == kAnswers);
}

TEST_CASE("no single byte of a part can be altered") {
    fakes::SeededRandom random{3};
    SealedPart sealed =
        seal_part(new_part_key(std::vector{sample::seal_key(1).pub}, random),
                  sample::id<InstanceId>(1), {{"family[2]", "family[1]"}}, kAnswers, random);
    const Bytes whole = encode_sealed_part(sealed);
    std::size_t opened = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        Bytes altered = whole;
        altered[at] ^= 1U;
        const auto decoded = decode_sealed_part(altered);
        if (decoded.ok() &&
            open_part(*decoded, sample::id<InstanceId>(1), sample::seal_key(1)).ok()) {
            ++opened;
        }
    }
    CHECK(opened == 0);
    REQUIRE(decode_sealed_part(whole).ok());
    CHECK(
        open_part(*decode_sealed_part(whole), sample::id<InstanceId>(1), sample::seal_key(1)).ok());
}

TEST_CASE("a compartment that was cut short or made longer is refused") {
    fakes::SeededRandom random{4};
    const std::vector<SealedPart> parts{part(random, {sample::seal_key(1).pub}),
                                        part(random, {sample::seal_key(2).pub})};
    Bytes whole = encode_compartment(parts);
    CHECK(decode_compartment(whole).value().size() == 2);
    CHECK(decode_compartment({}).value().empty());
    for (std::size_t size = 1; size < whole.size(); ++size) {
        CHECK_FALSE(decode_compartment(ByteView(whole).first(size)).ok());
    }
    whole.push_back(0);
    CHECK_FALSE(decode_compartment(whole).ok());
}

TEST_CASE("the length of a part does not tell whether there was an answer") {
    fakes::SeededRandom random{5};
    const std::vector<SealPublic> to{sample::seal_key(1).pub};
    CHECK(part(random, to, {}).body.size() == part(random, to).body.size());
    CHECK(part(random, to, {{"a", std::string(900, 'x')}}).body.size() ==
          part(random, to, {}).body.size());
    CHECK(part(random, to, {{"a", std::string(1100, 'x')}}).body.size() ==
          part(random, to, {}).body.size() + kPartPadding);
}

TEST_CASE("a newer answer replaces an older one, and new rows come behind those that are there") {
    std::vector<Field> known;
    lay_over(known, {}, {{"harm", "no"}, {"incident[1]", ""}, {"incident[1]/what", "a"}});
    lay_over(known, {},
             {{"harm", "yes"},
              {"incident[1]", ""},
              {"incident[1]/what", "b"},
              {"incident[2]", ""},
              {"incident[2]/what", "c"}});
    CHECK(text(known) ==
          "harm=yes incident[1]= incident[1]/what=a incident[2]= incident[2]/what=b "
          "incident[3]= incident[3]/what=c ");
}

TEST_CASE("answers stay with their row when rows above it were taken away") {
    std::vector<Field> known;
    lay_over(known, {},
             {{"family[1]/told", "first"},
              {"family[2]/told", "second"},
              {"family[3]/told", "third"},
              {"family[3]/visit[1]", ""}});
    const std::vector<RowMove> moves{
        {"family[1]", ""}, {"family[2]", "family[1]"}, {"family[3]", "family[2]"}};
    lay_over(known, moves, {{"family[2]/told", "newer"}});
    CHECK(text(known) == "family[1]/told=second family[2]/told=newer family[2]/visit[1]= ");
}

TEST_CASE("a record's signature covers its compartment, which may be taken away but not changed") {
    fakes::SeededRandom random{6};
    const SignKey officer = sample::sign_key(9);
    const Bytes sealed = encode_compartment(std::vector{part(random, {sample::seal_key(1).pub})});
    const RecordPayload whole = fakes::old_record(encode_record(sample::record(1)),
                                                  sample::id<OfficerId>(3), officer, sealed);
    CHECK(verify_record(whole));
    const Bytes bytes = encode_record_payload(whole);
    const RecordPayload read = decode_record_payload(bytes).value();
    CHECK(verify_record(read));
    CHECK(read.sealed == sealed);
    CHECK(encode_record_payload(read) == bytes);
    RecordPayload stripped = read;
    stripped.sealed.clear();
    CHECK(verify_record(decode_record_payload(encode_record_payload(stripped)).value()));
    RecordPayload changed = read;
    changed.sealed.back() ^= 1U;
    CHECK_FALSE(verify_record(changed));
    RecordPayload denied = read;
    denied.sealed.clear();
    denied.sealed_hash.reset();
    CHECK_FALSE(verify_record(denied));
    RecordPayload added =
        fakes::old_record(encode_record(sample::record(1)), sample::id<OfficerId>(3), officer);
    CHECK(verify_record(added));
    added.sealed = sealed;
    CHECK_FALSE(verify_record(added));
    CHECK(content_hash(whole) != content_hash(added));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes altered = bytes;
        altered[at] ^= 1U;
        const auto decoded = decode_record_payload(altered);
        const bool believed = decoded.ok() && verify_record(*decoded);
        if (believed) FAIL_CHECK("believed at byte ", at);
    }
}

TEST_CASE("only the delegate's key makes a protection certificate, and no byte of it changes") {
    ProtectionPaper paper;
    paper.office = sample::id<OfficeId>(1);
    paper.officer = sample::id<OfficerId>(2);
    paper.officer_key = sample::sign_key(3).pub;
    paper.issued_ms = 1'767'225'600'000;
    paper.expires_ms = 1'798'761'600'000;
    const SignKey& delegate = sample::hq().delegate;
    const Bytes file = sign_protection_paper(paper, delegate);
    const ProtectionPaper read = open_protection_paper(file, delegate.pub).value();
    CHECK(read.officer == paper.officer);
    CHECK(read.officer_key == paper.officer_key);
    CHECK(read.expires_ms == paper.expires_ms);
    CHECK(open_protection_paper(sign_protection_paper(paper, sample::sign_key(3)), delegate.pub)
              .error()
              .code == Errc::kBadSignature);
    for (std::size_t at = 0; at < file.size(); ++at) {
        Bytes altered = file;
        altered[at] ^= 1U;
        if (open_protection_paper(altered, delegate.pub).ok()) FAIL_CHECK("believed at byte ", at);
        if (open_protection_paper(ByteView(file).first(at), delegate.pub).ok()) {
            FAIL_CHECK("believed when cut at byte ", at);
        }
    }
}

TEST_CASE("a request for a certificate proves that the officer has the key") {
    ProtectionRequest request;
    request.office = sample::id<OfficeId>(1);
    request.officer = sample::id<OfficerId>(2);
    request.officer_key = sample::sign_key(3).pub;
    const Bytes file = sign_protection_request(request, sample::sign_key(3));
    CHECK(open_protection_request(file).value().officer == request.officer);
    CHECK(open_protection_request(sign_protection_request(request, sample::sign_key(4)))
              .error()
              .code == Errc::kBadSignature);
    CHECK(open_protection_request(ByteView(file).first(20)).error().code == Errc::kMalformed);
    CHECK(protection_words(request.officer_key) != protection_words(sample::sign_key(4).pub));
}
