#include "forms/record_codec.h"

#include <algorithm>
#include <optional>

#include "forms/compiled.h"
#include "forms/instance.h"
#include "forms/journal.h"
#include "forms/value.h"
#include "forms/value_column.h"

namespace awda::forms {
namespace {

constexpr std::string_view kHead = "AWDARCD1";
constexpr std::size_t kShapeHashSize = 8;
constexpr std::uint8_t kAllThere = 0x80;

// What of a record's head its answers say already.
enum RecordBit : std::uint8_t {
    kWhole = 1,    ///< kept as a flat record: it doesn't fit the columns
    kOwnId = 2,    ///< the instance id is not the one among the answers
    kOwnName = 4,  ///< and so on
    kOwnDeprecated = 8,
};

/// An answer's place: the template, and which row of the nearest repeat.
struct Cell {
    std::uint32_t row = 0;
    std::string_view value;
};
struct Row {
    std::uint32_t parent = 0;    ///< row of the repeat around
    std::uint32_t position = 0;  ///< from 0
};

/// One record taken apart: per template the values, per repeat the rows, both in order.
struct Parts {
    std::vector<std::vector<Cell>> cells;
    std::vector<std::vector<Row>> rows;
};

std::string_view value_at(const FinalRecord& record, std::string_view path) {
    for (const Answer& answer : record.answers) {
        if (answer.path == path) return answer.value;
    }
    return {};
}

bool in_utf8(const FinalRecord& record) {
    return valid_utf8(record.form_id) && valid_utf8(record.form_version) &&
           valid_utf8(record.instance_id) && valid_utf8(record.instance_name) &&
           valid_utf8(record.deprecated_id) &&
           std::all_of(record.answers.begin(), record.answers.end(), [](const Answer& answer) {
               return valid_utf8(answer.path) && valid_utf8(answer.value);
           });
}

}  // namespace

struct RecordCodec::Shape {
    struct Place {
        TemplateId id = kNone;
        TemplateId scope = kNone;  ///< the repeat around; kNone: the record
        std::string name;          ///< with @ for attributes
        std::optional<ChoiceList> list;
    };

    explicit Shape(FormDefinitionPtr form)
        : definition(std::move(form)), c(definition->compiled()) {
        places.resize(c.nodes.size());
        std::vector<TemplateId> todo{0};
        while (!todo.empty()) {
            const TemplateId t = todo.back();
            todo.pop_back();
            order.push_back(t);
            const NodeTemplate& node = c.nodes[t];
            places[t].id = t;
            places[t].scope = node.parent == kNone ? kNone : c.nodes[node.parent].repeat;
            places[t].name = (node.is_attribute ? "@" : "") + std::string(c.names->text(node.name));
            places[t].list = list_of(node);
            todo.insert(todo.end(), node.children.rbegin(), node.children.rend());
        }
        make_hash();
    }

    [[nodiscard]] std::optional<ChoiceList> list_of(const NodeTemplate& node) const {
        if (!is_select(node.control)) return std::nullopt;
        ChoiceList list;
        for (const ModelItem& item : node.control->items) list.values.push_back(item.value);
        const std::uint32_t question =
            c.question_of[static_cast<std::size_t>(&node - c.nodes.data())];
        const auto instance =
            c.instances.find(question == kNone ? std::string() : c.questions[question].list_name);
        const auto* table = instance == c.instances.end()
                                ? nullptr
                                : dynamic_cast<const TableInstance*>(instance->second);
        if (table != nullptr) {
            const auto column = table->find_column(c.names->find(node.control->itemset.value_ref));
            for (std::uint32_t row = 0; column != TableInstance::kNoColumn && row < table->rows();
                 ++row) {
                list.values.emplace_back(table->at(row, column));
            }
        }
        for (std::uint32_t i = 0; i < list.values.size(); ++i) {
            list.index.emplace(list.values[i], i);
        }
        return list;
    }

    /// What must be the same for columns to mean the same.
    void make_hash() {
        Hasher hasher;
        VarintWriter out;
        for (const TemplateId t : order) {
            out.number(c.nodes[t].depth);
            out.u8(c.nodes[t].is_repeat ? 1 : 0);
            out.text(places[t].name);
            const std::size_t choices = places[t].list ? places[t].list->values.size() : 0;
            out.number(choices);
            for (std::size_t i = 0; i < choices; ++i) out.text(places[t].list->values[i]);
            hasher.add(out.take());
        }
        const Hash32 whole = hasher.finish();
        std::copy_n(whole.begin(), kShapeHashSize, hash.begin());
    }

    [[nodiscard]] TemplateId child(TemplateId parent, std::string_view name) const {
        for (const TemplateId t : c.nodes[parent].children) {
            if (places[t].name == name) return t;
        }
        return kNone;
    }

    // Taking apart, putting together.
    [[nodiscard]] std::optional<Parts> split(const FinalRecord& record) const;
    bool place_answer(const Answer& answer, Parts& parts) const;
    [[nodiscard]] bool regenerates(const Parts& parts, const FinalRecord& record) const;
    template <typename Sink>
    bool join(const Parts& parts, TemplateId node, std::uint32_t row, std::string& path,
              std::vector<std::size_t>& next, Sink&& sink) const;

    FormDefinitionPtr definition;
    const Compiled& c;
    std::vector<TemplateId> order;  ///< document order
    std::vector<Place> places;      ///< by template
    std::array<std::uint8_t, kShapeHashSize> hash{};
};

namespace {

/// "family[2]" → "family" and 1; no brackets → kNone as position; nothing if it is neither.
struct StepParts {
    std::string_view name;
    std::uint32_t position = kNone;
};
std::optional<StepParts> step_parts(std::string_view step) {
    const auto open = step.find('[');
    if (open == std::string_view::npos) return StepParts{step, kNone};
    if (!step.ends_with(']')) return std::nullopt;
    std::uint32_t number = 0;
    const std::string_view digits = step.substr(open + 1, step.size() - open - 2);
    if (digits.empty() || digits.size() > 6 || digits.front() == '0') return std::nullopt;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    if (number > InstanceTree::kRowsMax) return std::nullopt;
    return StepParts{step.substr(0, open), number - 1};
}

}  // namespace

/// False if the form has no such place, or it does not come in order.
bool RecordCodec::Shape::place_answer(const Answer& answer, Parts& parts) const {
    TemplateId node = 0;
    std::uint32_t row = 0;
    std::string_view rest = answer.path;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        const auto step = step_parts(rest.substr(0, slash));
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
        if (!step) return false;
        node = child(node, step->name);
        if (node == kNone || c.nodes[node].is_repeat != (step->position != kNone)) return false;
        if (!c.nodes[node].is_repeat) continue;
        auto& rows = parts.rows[node];
        const bool known =
            !rows.empty() && rows.back().parent == row && rows.back().position == step->position;
        const bool mark = rest.empty() && answer.value.empty();
        if (known == mark) return false;  // not announced, or twice
        if (mark) rows.push_back({row, step->position});
        row = static_cast<std::uint32_t>(rows.size() - 1);
        if (mark) return true;
    }
    if (node == 0 || answer.value.empty()) return false;
    parts.cells[node].push_back({row, answer.value});
    return true;
}

/// Calls `sink(path, value)` for each answer of the record in document order; stops when it says
/// false.
template <typename Sink>
bool RecordCodec::Shape::join(const Parts& parts, TemplateId node, std::uint32_t row,
                              std::string& path, std::vector<std::size_t>& next,
                              Sink&& sink) const {
    const auto& cells = parts.cells[node];
    if (next[node] < cells.size() && cells[next[node]].row == row) {
        if (!sink(path, cells[next[node]++].value)) return false;
    }
    for (const TemplateId t : c.nodes[node].children) {
        const std::size_t length = path.size();
        if (!path.empty()) path += '/';
        path += places[t].name;
        if (!c.nodes[t].is_repeat) {
            if (!join(parts, t, row, path, next, sink)) return false;
        } else {
            const std::size_t named = path.size();
            const auto& rows = parts.rows[t];
            std::size_t& at = next[c.nodes.size() + t];
            for (; at < rows.size() && rows[at].parent == row;) {
                const auto own = static_cast<std::uint32_t>(at);
                path += "[" + std::to_string(rows[at].position + 1) + "]";
                ++at;
                if (!sink(path, std::string_view())) return false;
                if (!join(parts, t, own, path, next, sink)) return false;
                path.resize(named);
            }
        }
        path.resize(length);
    }
    return true;
}

bool RecordCodec::Shape::regenerates(const Parts& parts, const FinalRecord& record) const {
    std::size_t at = 0;
    std::string path;
    std::vector<std::size_t> next(c.nodes.size() * 2, 0);
    const bool same =
        join(parts, 0, 0, path, next, [&](std::string_view ref, std::string_view value) {
            if (at >= record.answers.size()) return false;
            const Answer& answer = record.answers[at++];
            return answer.path == ref && answer.value == value;
        });
    return same && at == record.answers.size();
}

std::optional<Parts> RecordCodec::Shape::split(const FinalRecord& record) const {
    Parts parts;
    parts.cells.resize(c.nodes.size());
    parts.rows.resize(c.nodes.size());
    for (const Answer& answer : record.answers) {
        if (!place_answer(answer, parts)) return std::nullopt;
    }
    if (!regenerates(parts, record)) return std::nullopt;
    return parts;
}

RecordCodec::RecordCodec(FormDefinitionPtr definition)
    : shape_(std::make_unique<const Shape>(std::move(definition))) {}
RecordCodec::~RecordCodec() = default;
RecordCodec::RecordCodec(RecordCodec&&) noexcept = default;
RecordCodec& RecordCodec::operator=(RecordCodec&&) noexcept = default;

namespace {

void write_column(std::span<const std::string_view> values, const std::vector<bool>& there,
                  const ChoiceList* list, VarintWriter& out) {
    const bool all = values.size() == there.size();
    out.u8(all ? kAllThere : 0);
    if (!all) {
        std::uint8_t byte = 0;
        for (std::size_t i = 0; i < there.size(); ++i) {
            if (there[i]) byte = static_cast<std::uint8_t>(byte | (1U << (i % 8)));
            if (i % 8 == 7 || i + 1 == there.size()) {
                out.u8(byte);
                byte = 0;
            }
        }
    }
    write_values(values, list, out);
}

struct Column {
    std::vector<bool> there;
    std::vector<std::string> values;
};

Column read_column(VarintReader& in, std::size_t count, const ChoiceList* list) {
    Column out;
    const std::uint8_t head = in.u8();
    if (head != 0 && head != kAllThere) in.fail();
    out.there.assign(count, head == kAllThere);
    std::size_t values = count;
    if (head == 0) {
        values = 0;
        const ByteView bits = in.raw((count + 7) / 8);
        for (std::size_t i = 0; i < count && !in.failed(); ++i) {
            out.there[i] = ((bits[i / 8] >> (i % 8)) & 1U) != 0;
            values += out.there[i] ? 1U : 0U;
        }
    }
    if (!in.failed()) out.values = read_values(in, values, list);
    if (out.values.size() != values) in.fail();
    return out;
}

/// The rows of one repeat for each row around it: twice the count, one more if positions have gaps;
/// then the gaps.
void write_rows(const std::vector<Row>& rows, std::size_t parents, VarintWriter& out) {
    std::size_t at = 0;
    for (std::size_t parent = 0; parent < parents; ++parent) {
        std::size_t end = at;
        bool gaps = false;
        while (end < rows.size() && rows[end].parent == parent) {
            gaps = gaps || rows[end].position != end - at;
            ++end;
        }
        out.number((end - at) * 2 + (gaps ? 1 : 0));
        std::uint32_t next = 0;
        for (; at < end; ++at) {
            if (gaps) out.number(rows[at].position - next);
            next = rows[at].position + 1;
        }
    }
}

void read_rows(VarintReader& in, std::size_t parents, std::size_t most, std::vector<Row>& out) {
    for (std::size_t parent = 0; parent < parents && !in.failed(); ++parent) {
        const std::uint64_t head = in.number();
        const std::uint64_t count = head / 2;
        if (count > InstanceTree::kRowsMax || out.size() + count > most) {
            in.fail();
            return;
        }
        std::uint64_t next = 0;
        for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
            const std::uint64_t gap = (head & 1U) != 0 ? in.number() : 0;
            if (gap >= InstanceTree::kRowsMax || next + gap >= InstanceTree::kRowsMax) {
                in.fail();
                return;
            }
            next += gap;
            out.push_back({static_cast<std::uint32_t>(parent), static_cast<std::uint32_t>(next)});
            ++next;
        }
    }
}

}  // namespace

/// All records taken apart, one behind the other.
class RecordWriter {
public:
    explicit RecordWriter(const RecordCodec::Shape& shape) : s_(shape) {
        rows_.resize(s_.c.nodes.size());
        cells_.resize(s_.c.nodes.size());
    }

    void add(const FinalRecord& record) {
        std::uint8_t bits = 0;
        const auto parts = s_.split(record);
        if (!parts) {
            bits = kWhole | kOwnId | kOwnName | kOwnDeprecated;
            whole_.push_back(encode_answers(record.answers));
        } else {
            if (record.instance_id != value_at(record, "meta/instanceID")) bits |= kOwnId;
            if (record.instance_name != value_at(record, "meta/instanceName")) bits |= kOwnName;
            if (record.deprecated_id != value_at(record, "meta/deprecatedID")) {
                bits |= kOwnDeprecated;
            }
            append(*parts);
        }
        if ((bits & kOwnId) != 0) own_.push_back(record.instance_id);
        if ((bits & kOwnName) != 0) own_.push_back(record.instance_name);
        if ((bits & kOwnDeprecated) != 0) own_.push_back(record.deprecated_id);
        bits_.push_back(bits);
    }

    Bytes finish(const std::string& id, const std::string& version) {
        out_.raw(kHead);
        out_.raw(ByteView(s_.hash));
        out_.text(id);
        out_.text(version);
        out_.number(bits_.size());
        const bool plain = std::all_of(bits_.begin(), bits_.end(),
                                       [&](std::uint8_t b) { return b == bits_.front(); });
        out_.u8(plain ? 1 : 0);
        for (std::size_t i = 0; i < (plain ? std::min<std::size_t>(1, bits_.size()) : bits_.size());
             ++i) {
            out_.u8(bits_[i]);
        }
        for (const std::string_view text : own_) out_.text(text);
        for (const std::string& text : whole_) out_.text(text);
        if (records_ > 0) columns();
        return out_.take();
    }

private:
    void append(const Parts& parts) {
        std::vector<std::uint32_t> before(s_.c.nodes.size());
        const auto base = [&](TemplateId scope) {
            return scope == kNone ? records_ : before[scope];
        };
        for (const TemplateId t : s_.order) before[t] = static_cast<std::uint32_t>(rows_[t].size());
        for (const TemplateId t : s_.order) {
            for (const Row& row : parts.rows[t]) {
                rows_[t].push_back({base(s_.places[t].scope) + row.parent, row.position});
            }
            const TemplateId scope = s_.c.nodes[t].repeat;
            for (const Cell& cell : parts.cells[t]) {
                cells_[t].push_back({base(scope) + cell.row, cell.value});
            }
        }
        ++records_;
    }

    [[nodiscard]] std::size_t count_of(TemplateId scope) const {
        return scope == kNone ? records_ : rows_[scope].size();
    }

    void columns() {
        VarintWriter body;
        std::uint8_t byte = 0;
        for (std::size_t i = 0; i < s_.order.size(); ++i) {
            const TemplateId t = s_.order[i];
            const bool used = !rows_[t].empty() || !cells_[t].empty();
            if (used) byte = static_cast<std::uint8_t>(byte | (1U << (i % 8)));
            if (i % 8 == 7 || i + 1 == s_.order.size()) {
                out_.u8(byte);
                byte = 0;
            }
            if (used) column(t, body);
        }
        out_.raw(body.bytes());
    }

    void column(TemplateId t, VarintWriter& body) {
        if (s_.c.nodes[t].is_repeat) write_rows(rows_[t], count_of(s_.places[t].scope), body);
        // A repeat's own values are rare, and none at all has its own sign.
        if (s_.c.nodes[t].is_repeat) body.u8(cells_[t].empty() ? 0 : 1);
        if (cells_[t].empty()) return;
        std::vector<bool> there(count_of(s_.c.nodes[t].repeat), false);
        std::vector<std::string_view> values;
        values.reserve(cells_[t].size());
        for (const Cell& cell : cells_[t]) {
            there[cell.row] = true;
            values.push_back(cell.value);
        }
        const auto& list = s_.places[t].list;
        write_column(values, there, list ? &*list : nullptr, body);
    }

    const RecordCodec::Shape& s_;
    VarintWriter out_;
    std::vector<std::uint8_t> bits_;
    std::vector<std::string_view> own_;
    std::vector<std::string> whole_;
    std::vector<std::vector<Row>> rows_;    ///< by template, over all records
    std::vector<std::vector<Cell>> cells_;  ///< the same
    std::uint32_t records_ = 0;             ///< in the columns
};

class RecordReader {
public:
    RecordReader(const RecordCodec::Shape& shape, ByteView bytes) : s_(shape), in_(bytes) {}

    Result<std::vector<FinalRecord>> run() {
        if (as_text(in_.raw(kHead.size())) != kHead) return Error{Errc::kMalformed, "records"};
        const ByteView hash = in_.raw(kShapeHashSize);
        if (in_.failed()) return Error{Errc::kMalformed, "records"};
        if (!equal(hash, s_.hash)) return Error{Errc::kUnknownForm, "records of another form"};
        id_ = in_.text();
        version_ = in_.text();
        const std::uint64_t count = in_.number();
        if (count > kRecordsMax) return Error{Errc::kTooLarge, "records"};
        heads(static_cast<std::size_t>(count));
        if (!in_.failed() && columned_ > 0) columns();
        if (too_large_) return Error{Errc::kTooLarge, "records"};
        if (in_.failed() || in_.remaining() != 0) return Error{Errc::kMalformed, "records"};
        if (!join_all()) return Error{Errc::kTooLarge, "records"};
        if (!std::all_of(out_.begin(), out_.end(), in_utf8)) {
            return Error{Errc::kMalformed, "records that are not UTF-8"};
        }
        return std::move(out_);
    }

private:
    void heads(std::size_t count) {
        const std::uint8_t plain = in_.u8();
        if (plain > 1) in_.fail();
        const std::size_t given = plain == 1 ? std::min<std::size_t>(1, count) : count;
        const ByteView bits = in_.raw(given);
        if (in_.failed()) return;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint8_t each = plain == 1 ? bits[0] : bits[i];
            if (each > (kWhole | kOwnId | kOwnName | kOwnDeprecated)) in_.fail();
            bits_.push_back(each);
            columned_ += (each & kWhole) == 0 ? 1U : 0U;
        }
        out_.resize(count);
        for (std::size_t i = 0; i < count && !in_.failed(); ++i) {
            out_[i].form_id = id_;
            out_[i].form_version = version_;
            if ((bits_[i] & kOwnId) != 0) out_[i].instance_id = in_.text();
            if ((bits_[i] & kOwnName) != 0) out_[i].instance_name = in_.text();
            if ((bits_[i] & kOwnDeprecated) != 0) out_[i].deprecated_id = in_.text();
        }
        for (std::size_t i = 0; i < count && !in_.failed(); ++i) {
            if ((bits_[i] & kWhole) == 0) continue;
            auto answers = decode_answers(in_.text());
            if (answers.ok()) {
                out_[i].answers = std::move(*answers);
            } else {
                in_.fail();
            }
        }
    }

    [[nodiscard]] std::size_t count_of(TemplateId scope) const {
        return scope == kNone ? columned_ : rows_[scope].size();
    }

    void columns() {
        const ByteView used = in_.raw((s_.order.size() + 7) / 8);
        rows_.resize(s_.c.nodes.size());
        columns_.resize(s_.c.nodes.size());
        std::size_t cells = 0;
        for (std::size_t i = 0; i < s_.order.size() && !in_.failed(); ++i) {
            if (((used[i / 8] >> (i % 8)) & 1U) == 0) continue;
            const TemplateId t = s_.order[i];
            const bool repeat = s_.c.nodes[t].is_repeat;
            if (repeat) {
                read_rows(in_, count_of(s_.places[t].scope), kDecodedAnswersMax, rows_[t]);
                const std::uint8_t own = in_.u8();
                if (own > 1) in_.fail();
                if (own == 0) continue;
            }
            const std::size_t count = count_of(s_.c.nodes[t].repeat);
            cells += count;
            if (cells > kDecodedAnswersMax) {
                too_large_ = true;
                return;
            }
            const auto& list = s_.places[t].list;
            columns_[t] = read_column(in_, count, list ? &*list : nullptr);
            bytes_ += columns_[t].values.size() * sizeof(std::string);
            for (const std::string& value : columns_[t].values) bytes_ += value.size();
            if (bytes_ > kDecodedBytesMax) too_large_ = true;
        }
    }

    /// The columns as one long list of cells, from which each record takes its own.
    bool join_all() {
        if (columned_ == 0) return true;
        Parts parts;
        parts.rows = std::move(rows_);
        parts.cells.resize(s_.c.nodes.size());
        for (const TemplateId t : s_.order) {
            std::size_t value = 0;
            const auto& there = columns_[t].there;
            for (std::size_t i = 0; i < there.size(); ++i) {
                if (there[i]) {
                    parts.cells[t].push_back(
                        {static_cast<std::uint32_t>(i), columns_[t].values[value++]});
                }
            }
        }
        std::vector<std::size_t> next(s_.c.nodes.size() * 2, 0);
        std::uint32_t row = 0;
        std::size_t answers = 0;
        for (std::size_t i = 0; i < out_.size(); ++i) {
            if ((bits_[i] & kWhole) != 0) continue;
            FinalRecord& record = out_[i];
            std::string path;
            const bool fits = s_.join(
                parts, 0, row++, path, next, [&](std::string_view ref, std::string_view value) {
                    bytes_ += ref.size() + value.size();
                    if (++answers > kDecodedAnswersMax || bytes_ > kDecodedBytesMax) return false;
                    record.answers.push_back({std::string(ref), std::string(value)});
                    return true;
                });
            if (!fits) return false;
            if ((bits_[i] & kOwnId) == 0) record.instance_id = value_at(record, "meta/instanceID");
            if ((bits_[i] & kOwnName) == 0) {
                record.instance_name = value_at(record, "meta/instanceName");
            }
            if ((bits_[i] & kOwnDeprecated) == 0) {
                record.deprecated_id = value_at(record, "meta/deprecatedID");
            }
        }
        return true;
    }

    const RecordCodec::Shape& s_;
    VarintReader in_;
    std::string id_;
    std::string version_;
    std::vector<std::uint8_t> bits_;
    std::size_t columned_ = 0;
    std::size_t bytes_ = 0;
    bool too_large_ = false;
    std::vector<std::vector<Row>> rows_;
    std::vector<Column> columns_;
    std::vector<FinalRecord> out_;
};

Result<Bytes> RecordCodec::encode(std::span<const FinalRecord> records) const {
    const FormSettings& settings = shape_->c.settings;
    if (records.size() > kRecordsMax) return Error{Errc::kTooLarge, "records"};
    RecordWriter writer(*shape_);
    for (const FinalRecord& record : records) {
        if (record.form_id != settings.form_id || record.form_version != settings.version) {
            return Error{Errc::kUnknownForm, "a record of another form"};
        }
        if (!in_utf8(record)) return Error{Errc::kMalformed, "a record that is not UTF-8"};
        writer.add(record);
    }
    return writer.finish(settings.form_id, settings.version);
}

Result<std::vector<FinalRecord>> RecordCodec::decode(ByteView bytes) const {
    return RecordReader(*shape_, bytes).run();
}

}  // namespace awda::forms
