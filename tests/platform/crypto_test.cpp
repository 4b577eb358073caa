#include <doctest/doctest.h>

#include "platform/crypto.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;

TEST_CASE("BLAKE2b-256 gives the value of the reference implementation") {
    CHECK(to_hex(hash32(as_bytes("abc"))) ==
          "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    Hasher hasher;
    hasher.add(as_bytes("a"));
    hasher.add(as_bytes("bc"));
    CHECK(hasher.finish() == hash32(as_bytes("abc")));
    CHECK(hash32(as_bytes("abc"), as_bytes("key")) != hash32(as_bytes("abc")));
}

TEST_CASE("Ed25519 keys come from the RFC 8032 seed as the RFC says") {
    const Bytes seed =
        from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value();
    CHECK(to_hex(sign_key_from_seed(seed).pub) ==
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

TEST_CASE("a signature holds for its key, domain and bytes, and for nothing else") {
    fakes::SeededRandom random(2);
    const SignKey key = new_sign_key(random);
    const SignKey other = new_sign_key(random);
    const Signature signature = sign(key, "AWDATEST", as_bytes("data"));
    CHECK(verify(key.pub, "AWDATEST", as_bytes("data"), signature));
    CHECK_FALSE(verify(key.pub, "AWDATES2", as_bytes("data"), signature));
    CHECK_FALSE(verify(key.pub, "AWDATEST", as_bytes("Data"), signature));
    CHECK_FALSE(verify(other.pub, "AWDATEST", as_bytes("data"), signature));
    for (std::size_t i = 0; i < signature.size(); ++i) {
        Signature altered = signature;
        altered[i] ^= 1U;
        CHECK_FALSE(verify(key.pub, "AWDATEST", as_bytes("data"), altered));
    }
}

TEST_CASE("a sealed box opens for its recipient alone and only if nothing in it changed") {
    fakes::SeededRandom random(3);
    const SealKey key = new_seal_key(random);
    const SealKey other = new_seal_key(random);
    Bytes sealed = seal_to(key.pub, as_bytes("secret"));
    CHECK(sealed.size() == 6 + kSealOverhead);
    CHECK(as_text(open_sealed(key, sealed).value().view()) == "secret");
    CHECK(open_sealed(other, sealed).error().code == Errc::kNotForUs);
    CHECK(open_sealed(key, ByteView(sealed).first(10)).error().code == Errc::kMalformed);
    sealed.back() ^= 1U;
    CHECK_FALSE(open_sealed(key, sealed).ok());
}

TEST_CASE("what is sealed to a signing key opens with its seed alone") {
    fakes::SeededRandom random(7);
    const SignKey officer = new_sign_key(random);
    const SealPublic recipient = seal_public_of(officer.pub).value();
    CHECK(seal_key_of(officer).pub == recipient);
    const Bytes sealed = seal_to(recipient, as_bytes("words"));
    CHECK(equal(open_sealed(seal_key_of(officer), sealed)->view(), as_bytes("words")));
    CHECK(open_sealed(seal_key_of(new_sign_key(random)), sealed).error().code == Errc::kNotForUs);
    SignPublic nowhere{};
    nowhere.fill(0);
    CHECK(seal_public_of(nowhere).error().code == Errc::kMalformed);
}

TEST_CASE("a wrapped key needs the same key and the same associated data") {
    fakes::SeededRandom random(4);
    const Hash32 key = hash32(as_bytes("k"));
    const Bytes wrapped = aead_wrap(key, as_bytes("vault key"), as_bytes("slot 1"), random);
    CHECK(as_text(aead_unwrap(key, wrapped, as_bytes("slot 1")).value().view()) == "vault key");
    CHECK(aead_unwrap(key, wrapped, as_bytes("slot 2")).error().code == Errc::kAltered);
    CHECK_FALSE(aead_unwrap(hash32(as_bytes("x")), wrapped, as_bytes("slot 1")).ok());
    CHECK_FALSE(aead_unwrap(key, ByteView(wrapped).first(30), as_bytes("slot 1")).ok());
}

TEST_CASE("a stream of frames must come whole, in order and with its end") {
    const Hash32 key = hash32(as_bytes("stream"));
    StreamSealer sealer(key);
    const Bytes head(sealer.header().begin(), sealer.header().end());
    const Bytes one = sealer.frame(as_bytes("one"), as_bytes("h"), false);
    const Bytes two = sealer.frame(as_bytes("two"), {}, true);

    StreamOpener opener(key, head);
    const auto first = opener.frame(one, as_bytes("h"));
    CHECK(as_text(first->plain) == "one");
    CHECK_FALSE(first->final);
    const auto second = opener.frame(two, {});
    CHECK(second->final);
    CHECK_FALSE(opener.frame(two, {}).ok());

    StreamOpener swapped(key, head);
    CHECK(swapped.frame(two, {}).error().code == Errc::kAltered);
    StreamOpener wrong_associated(key, head);
    CHECK_FALSE(wrong_associated.frame(one, as_bytes("x")).ok());
    StreamOpener short_frame(key, head);
    CHECK_FALSE(short_frame.frame(ByteView(one).first(5), as_bytes("h")).ok());
}

TEST_CASE("a passphrase gives the same key for the same salt and cost only") {
    const KdfCost cost{1, 8};  // the least libsodium takes: the cost itself is not under test
    const Bytes salt(16, 7);
    const Bytes salt_b(16, 8);
    const auto key = derive_from_passphrase(as_bytes("five unrelated words"), salt, cost);
    CHECK(equal(key->view(),
                derive_from_passphrase(as_bytes("five unrelated words"), salt, cost)->view()));
    CHECK_FALSE(
        equal(key->view(),
              derive_from_passphrase(as_bytes("five unrelated words"), salt_b, cost)->view()));
    CHECK_FALSE(
        equal(key->view(),
              derive_from_passphrase(as_bytes("five unrelated words"), salt, {2, 8})->view()));
    CHECK_FALSE(
        equal(key->view(), derive_from_passphrase(as_bytes("other words"), salt, cost)->view()));
}

TEST_CASE("a secret moves, never copies, and shrinks") {
    static_assert(!std::is_copy_constructible_v<SecretBytes>);
    static_assert(!std::is_copy_assignable_v<SecretBytes>);
    SecretBytes secret = SecretBytes::copy_of(as_bytes("passphrase"));
    SecretBytes moved = std::move(secret);
    moved.shrink(4);
    CHECK(as_text(moved.view()) == "pass");
    std::string text = "gone";
    wipe(text);
    CHECK(text.empty());
}

TEST_CASE("base64 pads as the standard says") {
    CHECK(to_base64(as_bytes("")).empty());
    CHECK(to_base64(as_bytes("f")) == "Zg==");
    CHECK(to_base64(as_bytes("foobar")) == "Zm9vYmFy");
}
