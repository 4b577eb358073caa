// Fuzz target: records in columns, and journals. What decodes encodes to what decodes the same.
#include <cstdlib>

#include "forms/record_codec.h"
#include "tests/fuzz/fuzz_forms.h"

using namespace awda;
using namespace awda::forms;

namespace {

void columns(ByteView bytes) {
    static const RecordCodec codec(fuzz::small_form());
    const auto records = codec.decode(bytes);
    if (!records.ok()) return;
    const FormSettings& settings = fuzz::small_form()->settings();
    for (const FinalRecord& record : *records) {
        // Read, for they fit the form, but not the form's own to write.
        if (record.form_id != settings.form_id || record.form_version != settings.version) return;
    }
    const auto again = codec.encode(*records);
    if (!again.ok()) std::abort();
    const auto twice = codec.decode(*again);
    if (!twice.ok() || twice->size() != records->size()) std::abort();
    for (std::size_t i = 0; i < records->size(); ++i) {
        if ((*twice)[i].answers != (*records)[i].answers) std::abort();
    }
}

void journal(ByteView bytes) {
    const auto one = decode_journal_record(bytes);
    if (one.ok() && encode_journal_record(*one) != Bytes(bytes.begin(), bytes.end())) std::abort();
    const auto content = read_journal(bytes);
    if (!content.ok() || content->records.empty()) return;
    fuzz::Surroundings around;
    (void)Session::replay(fuzz::small_form(), around.options(), content->records).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > fuzz::kInputMax) return 0;
    columns({data, size});
    journal({data, size});
    // The same as one record inside its frame, so that mutations get past the check.
    const auto one = decode_journal_record({data, size});
    if (!one.ok()) return 0;
    Bytes framed = journal_head();
    const Bytes record = frame_journal_record(*one);
    framed.insert(framed.end(), record.begin(), record.end());
    journal(framed);
    return 0;
}
