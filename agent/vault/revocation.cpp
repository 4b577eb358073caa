#include "agent/vault/revocation.h"

#include "agent/vault/delivery.h"
#include "agent/vault/payloads.h"
#include "agent/vault/schema.h"

namespace awda::agent {

namespace {

using Copy = KeyringPair::Copy;

Path order_path(const Session& session) {
    return outbox_path(session.folder) / "revoke.order";
}

Status put_order_aside(const Session& session, const char* ending) {
    const Path order = order_path(session);
    if (!file_exists(order)) return {};
    Path aside = order;
    aside += ending;
    return rename_file(order, aside);
}

Status enter_order(Session& session, ByteView order, UnixMs issued_ms) {
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kDeviceRevoked, encode_device_revoked(order)));
    AWDA_CHECK(meta_put_number(session.db, Meta::kOrderTime, issued_ms));
    AWDA_CHECK(meta_put_number(session.db, Meta::kOrderWaits, 1));
    return write.commit();
}

Status erase_slots(Session& session) {
    Keyring next = session.keyring;
    next.slots_made = static_cast<std::uint16_t>(next_slot_number(next) - 1);
    next.slots.clear();
    next.revoked = true;
    ++next.generation;
    const Bytes file = encode_keyring(next, session.keys.vault_key.view());
    const KeyringPair pair(session.folder);
    AWDA_CHECK(pair.write(Copy::kA, file));
    session.step(Step::kFirstKeyringWritten);
    session.keyring = std::move(next);
    AWDA_CHECK(pair.write(Copy::kB, file));
    session.step(Step::kSecondKeyringWritten);
    return pair.erase_aside(*session.env.random);
}

/// From the order's event on; again from there after a crash.
Status carry_out(Session& session) {
    AWDA_TRY(seal_pending(session));
    session.step(Step::kOrderSealed);
    AWDA_CHECK(erase_slots(session));
    put_order_aside(session, ".done").ignore("an order that was obeyed is not obeyed again");
    return {};
}

}  // namespace

Status revoke(Session& session, ByteView order) {
    const sync::RevocationOrder opened =
        AWDA_TRY(sync::open_revocation(order, session.hq.delegate));
    if (opened.device != session.identity.device) {
        return Error(Errc::kOrderRefused, "an order for another computer");
    }
    const std::int64_t newest = AWDA_TRY(meta_number(session.db, Meta::kOrderTime, 0));
    if (opened.issued_ms <= newest) {
        return Error(Errc::kOrderRefused, "an order that was obeyed before");
    }
    AWDA_CHECK(enter_order(session, order, opened.issued_ms));
    return carry_out(session);
}

Result<bool> obey_waiting_order(Session& session) {
    if (AWDA_TRY(meta_number(session.db, Meta::kOrderWaits, 0)) != 0) {
        AWDA_CHECK(carry_out(session));
        return true;
    }
    const auto order = read_file(order_path(session), sync::kRevocationOrderSize);
    if (!order.ok()) {
        if (order.error().code == Errc::kNotFound) return false;
        if (order.error().code != Errc::kTooLarge) return order.error();
        AWDA_CHECK(put_order_aside(session, ".refused"));
        return false;
    }
    const Status obeyed = revoke(session, *order);
    if (obeyed.ok()) return true;
    switch (obeyed.error().code) {
        case Errc::kMalformed:
        case Errc::kBadSignature:
        case Errc::kOrderRefused:
            // It must not keep anybody out.
            put_order_aside(session, ".refused").ignore("it is refused again next time");
            return false;
        default: return obeyed.error();
    }
}

Error end_revocation(const KeyringPair& pair, const KeyringPair::Loaded& newest, Random& random) {
    const Copy other = newest.copy == Copy::kA ? Copy::kB : Copy::kA;
    pair.write(other, newest.file).ignore("the newest copy counts; the next try goes on");
    pair.erase_aside(random).ignore("the next try goes on");
    return Error(Errc::kRevoked, "a vault that was revoked");
}

}  // namespace awda::agent
