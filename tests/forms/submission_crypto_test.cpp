// Encrypted submissions, against the openssl program as the other side.
#include "forms/submission_crypto.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "forms/digest.h"
#include "platform/crypto_openssl.h"
#include "tests/fakes/skip.h"
#include "tests/fakes/temp_folder.h"
#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

/// A folder, a fresh RSA key in it, and the openssl program run inside it.
struct Bench {
    fakes::TempFolder folder;

    [[nodiscard]] bool run(const std::string& arguments) const {
        const std::string command = "cd " + folder.path().string() + " && openssl " + arguments +
                                    " >log.txt 2>&1 </dev/null";
        return std::system(command.c_str()) == 0;
    }
    [[nodiscard]] bool make_key(int bits = 2048) const {
        return run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:" + std::to_string(bits) +
                   " -out key.pem") &&
               run("pkey -in key.pem -pubout -outform DER -out public.der");
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        return read_file((folder / name).string()).value_or("");
    }
    void write(const std::string& name, std::string_view content) const {
        std::ofstream out(folder / name, std::ios::binary);
        out << content;
    }
    [[nodiscard]] std::string public_key() const { return to_base64(as_bytes(read("public.der"))); }
};

constexpr const char* kOaep =
    " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256";

PlainSubmission record() {
    PlainSubmission out;
    out.form_id = "returns";
    out.form_version = "2026";
    out.instance_id = "uuid:5b9cf8d1-106f-4004-844f-c072d76762ed";
    out.xml = "<data id=\"returns\"><name>ئاوارە</name></data>";
    out.media.push_back({"face.jpg", to_bytes("sixteen bytes ok")});
    out.media.push_back({"empty.txt", {}});
    return out;
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
    const auto at = text.find(from) + from.size();
    return std::string(text.substr(at, text.find(to, at) - at));
}

/// The vector of the n-th file, written out by the rule of the specification.
std::string vector_hex(const std::string& instance_id, const std::string& key, int n) {
    Bytes seed = *digest(instance_id + key, "MD5");
    for (int i = 0; i < n; ++i) {
        ++seed[static_cast<std::size_t>(i % 16)];
    }
    return to_hex(seed);
}

SubmissionFiles files_of(const std::vector<SubmissionFile>& files) {
    return [files](std::string_view name) -> Result<Bytes> {
        for (const SubmissionFile& file : files) {
            if (file.name == name) return file.content;
        }
        return Error{Errc::kNotFound, "a test's file"};
    };
}

TEST_CASE("openssl opens what we encrypted") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    fakes::SeededRandom random(5);
    const auto sent = encrypt_submission(record(), bench.public_key(), random);
    REQUIRE(sent.ok());
    REQUIRE(sent->files.size() == 3);
    CHECK(sent->files[0].name == "face.jpg.enc");
    CHECK(sent->files[2].name == "submission.xml.enc");
    CHECK(sent->files[0].content.size() == 32);
    CHECK(sent->files[1].content.size() == 16);

    const std::string sealed =
        between(sent->manifest, "<base64EncryptedKey>", "</base64EncryptedKey>");
    bench.write("sealed.bin", *base64_decode(sealed));
    REQUIRE(bench.run("pkeyutl -decrypt -inkey key.pem -in sealed.bin -out aes.bin" +
                      std::string(kOaep)));
    const std::string key = bench.read("aes.bin");
    REQUIRE(key.size() == 32);
    const auto opened = [&](int n) {
        bench.write("in.bin", as_text(sent->files[static_cast<std::size_t>(n) - 1].content));
        REQUIRE(bench.run("enc -d -aes-256-cfb -nopad -in in.bin -out out.bin -K " +
                          to_hex(as_bytes(key)) + " -iv " +
                          vector_hex(record().instance_id, key, n)));
        return bench.read("out.bin");
    };
    CHECK(opened(1) == "sixteen bytes ok" + std::string(16, '\x10'));
    CHECK(opened(2) == std::string(16, '\x10'));
    const std::string xml = record().xml;
    CHECK(opened(3).substr(0, xml.size()) == xml);

    // The signature is the MD5 of the lines that the specification lists.
    bench.write("sealed.bin",
                *base64_decode(between(sent->manifest, "<base64EncryptedElementSignature>",
                                       "</base64EncryptedElementSignature>")));
    REQUIRE(bench.run("pkeyutl -decrypt -inkey key.pem -in sealed.bin -out sum.bin" +
                      std::string(kOaep)));
    const auto line = [](std::string_view name, std::string_view content) {
        return std::string(name) + "::" + to_hex(*digest(content, "MD5")) + "\n";
    };
    const std::string text = "returns\n2026\n" + sealed + "\n" + record().instance_id + "\n" +
                             line("face.jpg", "sixteen bytes ok") + line("empty.txt", "") +
                             line("submission.xml", xml);
    CHECK(bench.read("sum.bin") == as_text(*digest(text, "MD5")));
    CHECK(sent->manifest.find(" id=\"returns\" version=\"2026\" encrypted=\"yes\"") !=
          std::string::npos);
    CHECK(sent->manifest.find("<media><file>face.jpg.enc</file></media>") != std::string::npos);
}

TEST_CASE("we open what openssl encrypted, with prefixes and without a signature") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    const std::string key(32, 'k');
    const std::string id = "uuid:1";
    bench.write("aes.bin", key);
    REQUIRE(
        bench.run("pkeyutl -encrypt -pubin -keyform DER -inkey public.der -in aes.bin "
                  "-out sealed.bin" +
                  std::string(kOaep)));
    bench.write("plain.bin", "<data/>" + std::string(9, '\x09'));
    REQUIRE(bench.run("enc -aes-256-cfb -in plain.bin -out xml.bin -K " + to_hex(as_bytes(key)) +
                      " -iv " + vector_hex(id, key, 1)));
    const std::string manifest =
        "<n0:data xmlns:n0='http://opendatakit.org/submissions' id='f' encrypted='yes'>"
        "<n0:base64EncryptedKey>" +
        to_base64(as_bytes(bench.read("sealed.bin"))) +
        "</n0:base64EncryptedKey><n1:meta xmlns:n1='http://openrosa.org/xforms'><n1:instanceID>"
        "uuid:1</n1:instanceID></n1:meta><n0:encryptedXmlFile>submission.xml.enc"
        "</n0:encryptedXmlFile></n0:data>";
    const std::vector<SubmissionFile> files{
        {"submission.xml.enc", to_bytes(bench.read("xml.bin"))}};
    const auto got = decrypt_submission(manifest, files_of(files), as_bytes(bench.read("key.pem")));
    REQUIRE(got.ok());
    CHECK(got->record.xml == "<data/>");
    CHECK(got->record.form_id == "f");
    CHECK_FALSE(got->was_signed);
}

TEST_CASE("a submission comes back whole, and nothing altered comes back") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    const std::string pem = bench.read("key.pem");
    fakes::SeededRandom random(5);
    auto sent = encrypt_submission(record(), bench.public_key(), random);
    REQUIRE(sent.ok());
    const auto open = [&](const EncryptedSubmission& what) {
        return decrypt_submission(what.manifest, files_of(what.files), as_bytes(pem));
    };
    const auto got = open(*sent);
    REQUIRE(got.ok());
    CHECK(got->was_signed);
    CHECK(got->record.xml == record().xml);
    CHECK(got->record.form_version == "2026");
    REQUIRE(got->record.media.size() == 2);
    CHECK(got->record.media[0].name == "face.jpg");
    CHECK(as_text(got->record.media[0].content) == "sixteen bytes ok");
    CHECK(got->record.media[1].content.empty());

    const auto code_of = [&](const EncryptedSubmission& what) { return open(what).error().code; };
    EncryptedSubmission bad = *sent;
    bad.files[0].content[3] ^= 1U;
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    bad.files[0].content.back() ^= 1U;
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    bad.files[0].content.pop_back();
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    bad.files[0].content.clear();
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    std::swap(bad.files[0].content, bad.files[1].content);
    CHECK_FALSE(open(bad).ok());
    bad = *sent;
    bad.files.pop_back();
    CHECK(code_of(bad) == Errc::kNotFound);
    bad = *sent;
    bad.manifest.replace(bad.manifest.find("id=\"returns\""), 12, "id=\"ret_rns\"");
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    bad.manifest.replace(bad.manifest.find("face.jpg.enc"), 12, "../f.jpg.enc");
    CHECK(code_of(bad) == Errc::kAltered);
    bad = *sent;
    bad.manifest.replace(bad.manifest.find("yes"), 3, "noo");
    CHECK(code_of(bad) == Errc::kMalformed);
    bad.manifest = "<data";
    CHECK(code_of(bad) == Errc::kMalformed);
    bad.manifest = std::string(2U << 20U, ' ');
    CHECK(code_of(bad) == Errc::kTooLarge);
    bad.manifest = "<data encrypted='yes'/>";
    CHECK(code_of(bad) == Errc::kMalformed);
    bad.manifest = "<data encrypted='yes'>";
    for (int i = 0; i < 1001; ++i) bad.manifest += "<media><file>a</file></media>";
    bad.manifest += "</data>";
    CHECK(code_of(bad) == Errc::kTooLarge);

    const Bench other;
    REQUIRE(other.make_key());
    CHECK(decrypt_submission(sent->manifest, files_of(sent->files), as_bytes(other.read("key.pem")))
              .error()
              .code == Errc::kNotForUs);
    CHECK(decrypt_submission(sent->manifest, files_of(sent->files), as_bytes("no key"))
              .error()
              .code == Errc::kMalformed);
    CHECK(decrypt_submission(sent->manifest, files_of(sent->files), {}).error().code ==
          Errc::kMalformed);
}

TEST_CASE("an encrypted private key opens with its passphrase and never asks for it") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    REQUIRE(bench.run("pkey -in key.pem -aes256 -passout pass:secret -out locked.pem"));
    const std::string pem = bench.read("locked.pem");
    fakes::SeededRandom random(5);
    const auto sent = encrypt_submission(record(), bench.public_key(), random);
    REQUIRE(sent.ok());
    const auto open = [&](std::string_view passphrase) {
        return decrypt_submission(sent->manifest, files_of(sent->files), as_bytes(pem),
                                  as_bytes(passphrase));
    };
    CHECK(open("secret").ok());
    CHECK(open("wrong").error().code == Errc::kMalformed);
    CHECK(open("").error().code == Errc::kMalformed);
    CHECK(open(std::string(5000, 'x')).error().code == Errc::kMalformed);
}

TEST_CASE("what can't be encrypted safely is refused") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    fakes::SeededRandom random(5);
    const auto code_of = [&](const PlainSubmission& what, const std::string& key) {
        const auto sent = encrypt_submission(what, key, random);
        return sent.ok() ? Errc::kInternal : sent.error().code;
    };
    const std::string key = bench.public_key();
    CHECK(code_of(record(), "!") == Errc::kMalformed);
    CHECK(code_of(record(), "") == Errc::kMalformed);
    CHECK(code_of(record(), "AAAA") == Errc::kMalformed);
    for (const std::string name : {"", ".", "..", "a/b", "a\nb", "\xff"}) {
        PlainSubmission bad = record();
        bad.media[0].name = name;
        CHECK(code_of(bad, key) == Errc::kMalformed);
    }
    PlainSubmission bad = record();
    bad.form_id = "a\nb";
    CHECK(code_of(bad, key) == Errc::kMalformed);
    bad = record();
    bad.instance_id.clear();
    CHECK(code_of(bad, key) == Errc::kMalformed);
    bad = record();
    bad.media.resize(1000);
    CHECK(code_of(bad, key) == Errc::kTooLarge);
    const Bench weak;
    REQUIRE(weak.make_key(1024));
    CHECK(code_of(record(), weak.public_key()) == Errc::kMalformed);
    CHECK(rsa_oaep_seal(as_bytes(bench.read("public.der")), Bytes(300)).error().code ==
          Errc::kTooLarge);
    CHECK(rsa_oaep_open(as_bytes(weak.read("key.pem")), {}, Bytes(128)).error().code ==
          Errc::kMalformed);
    // A form without a version has no such line and no such attribute.
    PlainSubmission plain = record();
    plain.form_version.clear();
    const auto sent = encrypt_submission(plain, key, random);
    REQUIRE(sent.ok());
    CHECK(sent->manifest.find("version=\"2") == std::string::npos);
    CHECK(decrypt_submission(sent->manifest, files_of(sent->files), as_bytes(bench.read("key.pem")))
              .ok());
}

TEST_CASE("a manifest names its key, its file and its record, and its files are plain") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    const std::string pem = bench.read("key.pem");
    fakes::SeededRandom random(5);
    const auto sent = encrypt_submission(record(), bench.public_key(), random);
    REQUIRE(sent.ok());
    const auto with = [&](std::string_view part, std::string_view other) {
        std::string manifest = sent->manifest;
        const auto at = manifest.find(part);
        REQUIRE(at != std::string::npos);
        manifest.replace(at, part.size(), other);
        return decrypt_submission(manifest, files_of(sent->files), as_bytes(pem));
    };
    const auto code_with = [&](std::string_view part, std::string_view other) {
        const auto got = with(part, other);
        return got.ok() ? Errc::kInternal : got.error().code;
    };
    const std::string id = record().instance_id;
    CHECK(code_with("submission.xml.enc", "") == Errc::kMalformed);
    CHECK(code_with(id, "") == Errc::kMalformed);
    for (const char* name : {"", ".", "..", "a\\b", "a&#1;b"})
        CHECK(code_with("face.jpg.enc", name) != Errc::kInternal);
    CHECK(code_with("face.jpg.enc", std::string(256, 'f')) == Errc::kAltered);
    // Any other element between the media is passed over.
    CHECK(with("<media>", "<media><note>read me</note>").ok());
    // A signature that is not one.
    const std::string signature =
        between(sent->manifest, "<base64EncryptedElementSignature>", "</base64Enc");
    CHECK(code_with(signature, "!") == Errc::kMalformed);
    // The same record under another id: its files no longer decrypt.
    CHECK(code_with(id, "uuid:another") == Errc::kAltered);
    // A name that is nothing but the ending stays as it is, one without the ending as well.
    for (const std::string name : {".enc", "face.jpg"}) {
        std::vector<SubmissionFile> files = sent->files;
        files[0].name = name;
        std::string manifest = sent->manifest;
        manifest.replace(manifest.find("face.jpg.enc"), 12, name);
        const auto got = decrypt_submission(manifest, files_of(files), as_bytes(pem));
        if (name == "face.jpg") {
            REQUIRE(got.ok());
            CHECK(got->record.media[0].name == "face.jpg");
        } else {
            CHECK(got.error().code == Errc::kAltered);  // the signature knows another name
        }
    }
}

TEST_CASE("a key of another length, and padding that is not all the same, are no submission") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    const std::string id = "uuid:1";
    const auto outcome = [&](const std::string& key, const std::string& plain) {
        bench.write("aes.bin", key);
        REQUIRE(
            bench.run("pkeyutl -encrypt -pubin -keyform DER -inkey public.der -in aes.bin "
                      "-out sealed.bin" +
                      std::string(kOaep)));
        bench.write("plain.bin", plain);
        REQUIRE(bench.run("enc -aes-256-cfb -in plain.bin -out xml.bin -K " +
                          to_hex(as_bytes(std::string(32, 'k'))) + " -iv " +
                          vector_hex(id, key, 1)));
        const std::string manifest =
            "<data encrypted='yes' id='f'><base64EncryptedKey>" +
            to_base64(as_bytes(bench.read("sealed.bin"))) +
            "</base64EncryptedKey><meta><instanceID>uuid:1</instanceID></meta>"
            "<encryptedXmlFile>x.enc</encryptedXmlFile></data>";
        const auto got =
            decrypt_submission(manifest, files_of({{"x.enc", to_bytes(bench.read("xml.bin"))}}),
                               as_bytes(bench.read("key.pem")));
        return got.ok() ? got->record.xml : "refused";
    };
    const std::string key(32, 'k');
    CHECK(outcome(key, "<data/>" + std::string(9, '\x09')) == "<data/>");
    CHECK(outcome(key, "<data/>12345678\x09") == "refused");
    CHECK(outcome(key, "<data/>" + std::string(8, '\x09') + std::string(1, '\0')) == "refused");
    CHECK(outcome(key, "<data/>" + std::string(9, '\x11')) == "refused");
    CHECK(outcome(std::string(16, 'k'), "<data/>" + std::string(9, '\x09')) == "refused");
}

TEST_CASE("ids of one line and in UTF-8 are what a record is encrypted under") {
    const Bench bench;
    if (!bench.make_key()) AWDA_SKIP("the openssl program is not here");
    fakes::SeededRandom random(5);
    const auto refused = [&](void (*spoil)(PlainSubmission&)) {
        PlainSubmission bad = record();
        spoil(bad);
        const auto sent = encrypt_submission(bad, bench.public_key(), random);
        return !sent.ok() && sent.error().code == Errc::kMalformed;
    };
    CHECK_FALSE(refused([](PlainSubmission&) {}));
    CHECK(refused([](PlainSubmission& r) { r.form_id.clear(); }));
    CHECK(refused([](PlainSubmission& r) { r.form_id = "\xff"; }));
    CHECK(refused([](PlainSubmission& r) { r.form_version = "1\r2"; }));
    CHECK(refused([](PlainSubmission& r) { r.instance_id = "uuid:1\n"; }));
    CHECK(refused([](PlainSubmission& r) { r.media[1].name = "back\\slash"; }));
    CHECK(refused([](PlainSubmission& r) { r.media[1].name = std::string(256, 'n'); }));
}

}  // namespace
}  // namespace awda::forms::test
