#include "agent/vault/salt_seeds.h"

namespace awda::agent {

namespace {

Result<sync::SaltSeed> begin_seed(Database& db, std::uint64_t seq, Random& random) {
    sync::SaltSeed seed;
    seed.first_seq = seq;
    random.fill(seed.seed);
    Statement insert = AWDA_TRY(db.prepare("INSERT INTO salt_seeds(first_seq, seed) VALUES(?, ?)"));
    insert.bind_all(seed.first_seq, seed.seed);
    AWDA_CHECK(insert.run());
    return seed;
}

}  // namespace

Result<sync::SaltSeed> seed_for(Database& db, std::uint64_t seq, Random& random) {
    {
        Statement query = AWDA_TRY(
            db.prepare("SELECT first_seq, seed FROM salt_seeds ORDER BY first_seq DESC LIMIT 1"));
        if (AWDA_TRY(query.step())) {
            return sync::SaltSeed{query.u64(0), AWDA_TRY(query.fixed<32>(1))};
        }
    }
    return begin_seed(db, seq, random);
}

Result<std::vector<sync::SaltSeed>> seeds_of(Database& db, std::uint64_t first,
                                             std::uint64_t last) {
    std::vector<sync::SaltSeed> seeds;
    Statement query = AWDA_TRY(
        db.prepare("SELECT first_seq, seed FROM salt_seeds WHERE first_seq <= ?2 AND first_seq >="
                   " coalesce((SELECT max(first_seq) FROM salt_seeds WHERE first_seq <= ?1), 0)"
                   " ORDER BY first_seq"));
    query.bind_all(first, last);
    while (AWDA_TRY(query.step())) {
        seeds.push_back({query.u64(0), AWDA_TRY(query.fixed<32>(1))});
    }
    return seeds;
}

Status retire_seeds(Database& db, std::uint64_t last, std::uint64_t next, Random& random) {
    if (AWDA_TRY(seed_for(db, next, random)).first_seq <= last) {
        AWDA_TRY(begin_seed(db, next, random));
    }
    // The next seed begins behind what this one serves; the newest stays.
    Statement drop = AWDA_TRY(
        db.prepare("DELETE FROM salt_seeds WHERE EXISTS(SELECT 1 FROM salt_seeds later WHERE"
                   " later.first_seq > salt_seeds.first_seq AND later.first_seq <= ?1 + 1)"));
    drop.bind(1, last);
    return drop.run();
}

Status drop_seeds_of(Database& db, std::uint64_t seq) {
    Statement drop = AWDA_TRY(db.prepare("DELETE FROM salt_seeds WHERE first_seq <= ?"));
    drop.bind(1, seq);
    return drop.run();
}

}  // namespace awda::agent
