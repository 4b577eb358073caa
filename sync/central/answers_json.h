// answers_json: a record's answers as one JSON object, so that SQL can read them.
//
// A question outside repeats is a member named by its path; the rows of a repeat are an array of
// objects, named by the repeat's path and "[]", each with its row numbers, outermost first, under
// "#": {"person/name":"…","family[]":[{"#":[1],"name":"…"}]}. The form's order is kept. The signed
// bytes stay what counts; this is made from them. Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "sync/record.h"

namespace awda::central {

/// Fields are as decode_record() lets them pass: UTF-8 without a NUL. One whose path means nothing
/// to us is a member under its path as it stands.
[[nodiscard]] std::string answers_json(const std::vector<sync::Field>& fields);

}  // namespace awda::central
