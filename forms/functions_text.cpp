// The functions of expressions about text.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "forms/digest.h"
#include "forms/evaluator.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::forms {
namespace {

/// XPath's substring(): positions from 1, rounded, counted in characters.
std::string xpath_substring(std::string_view text, double start, double length) {
    const double from = round_half_up(start);
    const double to = from + round_half_up(length);
    if (std::isnan(from) || std::isnan(to)) return {};
    const auto size = static_cast<double>(code_points(text));
    const double first = std::max(from, 1.0);
    const double last = std::min(to, size + 1);
    if (first >= last) return {};
    const std::size_t a = code_point_offset(text, static_cast<std::size_t>(first) - 1);
    const std::size_t b = code_point_offset(text, static_cast<std::size_t>(last) - 1);
    return std::string(text.substr(a, b - a));
}

/// ODK's substr(): positions from 0, negative ones from the end.
std::string odk_substr(std::string_view text, double start, double end) {
    const auto size = static_cast<double>(code_points(text));
    const auto place = [&](double at) {
        at = std::trunc(at);
        if (at < 0) at += size;
        return std::clamp(at, 0.0, size);
    };
    if (std::isnan(start) || std::isnan(end)) return {};
    const double from = place(start);
    const double to = place(end);
    if (from >= to) return {};
    const std::size_t a = code_point_offset(text, static_cast<std::size_t>(from));
    const std::size_t b = code_point_offset(text, static_cast<std::size_t>(to));
    return std::string(text.substr(a, b - a));
}

std::string xpath_translate(std::string_view text, std::string_view from, std::string_view to) {
    const auto letters = [](std::string_view s) {
        std::vector<std::string_view> out;
        for (std::size_t at = 0; at < s.size();) {
            std::size_t end = at + 1;
            while (end < s.size() && (static_cast<unsigned char>(s[end]) & 0xc0U) == 0x80U) ++end;
            out.push_back(s.substr(at, end - at));
            at = end;
        }
        return out;
    };
    // Of a letter that stands twice the first counts.
    std::unordered_map<std::string_view, std::size_t> sources;
    std::size_t place = 0;
    for (const std::string_view letter : letters(from)) sources.emplace(letter, place++);
    const auto targets = letters(to);
    std::string out;
    for (const std::string_view letter : letters(text)) {
        const auto found = sources.find(letter);
        if (found == sources.end()) {
            out += letter;
        } else if (found->second < targets.size()) {
            out += targets[found->second];
        }
    }
    return out;
}

/// The message behind an Ed25519 signature, both in one base64 text; blank if it isn't the key's.
std::string signed_message(std::string_view contents, std::string_view key_text) {
    const auto bytes = base64_decode(contents);
    const auto key_bytes = base64_decode(key_text);
    SignPublic key{};
    Signature signature{};
    if (!bytes || !key_bytes || key_bytes->size() != key.size() ||
        bytes->size() < signature.size()) {
        return {};
    }
    const ByteView all = as_bytes(*bytes);
    std::ranges::copy(as_bytes(*key_bytes), key.begin());
    std::ranges::copy(all.first(signature.size()), signature.begin());
    if (!verify_plain(key, all.subspan(signature.size()), signature)) return {};
    std::string message = bytes->substr(signature.size());
    return valid_utf8(message) ? message : std::string();
}

}  // namespace

std::string Evaluator::make_uuid() {
    Id16 id{};
    host_.random().fill(id);
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0fU) | 0x40U);  // version 4, as ODK's uuid() is
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3fU) | 0x80U);
    return to_uuid_text(id);
}

Value Evaluator::call_text(const ExprNode& node, const Context& context) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    switch (node.fn) {
        case Fn::kString: return Value(context_text(node, context));
        case Fn::kConcat: {
            std::string out;
            each_text(node, 0, context, [&](const std::string& part) { append(part, out); });
            return Value(std::move(out));
        }
        case Fn::kJoin: {
            const std::string separator = arg_text(node, 0, context);
            std::string out;
            bool first = true;
            each_text(node, 1, context, [&](const std::string& part) {
                if (!first) append(separator, out);
                first = false;
                append(part, out);
            });
            return Value(std::move(out));
        }
        case Fn::kStartsWith:
            return Value(arg_text(node, 0, context).starts_with(arg_text(node, 1, context)));
        case Fn::kEndsWith:
            return Value(arg_text(node, 0, context).ends_with(arg_text(node, 1, context)));
        case Fn::kContains:
            return Value(arg_text(node, 0, context).find(arg_text(node, 1, context)) !=
                         std::string::npos);
        case Fn::kSubstringBefore:
        case Fn::kSubstringAfter: {
            const std::string text = arg_text(node, 0, context);
            const std::string mark = arg_text(node, 1, context);
            const std::size_t at = text.find(mark);
            if (at == std::string::npos) return Value(std::string());
            return Value(node.fn == Fn::kSubstringBefore ? text.substr(0, at)
                                                         : text.substr(at + mark.size()));
        }
        case Fn::kSubstring: {
            const std::string text = arg_text(node, 0, context);
            double start = arg_number(node, 1, context);
            if (node.kids.size() == 2 && start < 0)
                start = 0;  // minus infinity plus infinity is none
            const double length = node.kids.size() > 2 ? arg_number(node, 2, context) : kInfinity;
            return Value(xpath_substring(text, start, length));
        }
        case Fn::kSubstr: {
            const double end = node.kids.size() > 2 ? arg_number(node, 2, context) : kInfinity;
            return Value(odk_substr(arg_text(node, 0, context), arg_number(node, 1, context), end));
        }
        case Fn::kStringLength:
            return Value(static_cast<double>(code_points(context_text(node, context))));
        case Fn::kNormalizeSpace: {
            const std::string text = context_text(node, context);
            return Value(join_words(split_words(text)));
        }
        case Fn::kTranslate:
            return Value(xpath_translate(arg_text(node, 0, context), arg_text(node, 1, context),
                                         arg_text(node, 2, context)));
        default: return call_made_text(node, context);
    }
}

Value Evaluator::call_made_text(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kUuid: {
            if (node.kids.empty()) return Value(make_uuid());
            constexpr double kLongest = 10'000;
            const double length = arg_number(node, 0, context);
            if (!(length >= 1) || length > kLongest) return fail("a length uuid() does not make");
            std::string out;
            while (static_cast<double>(out.size()) < length) out += make_uuid();
            out.resize(static_cast<std::size_t>(length));
            return Value(std::move(out));
        }
        case Fn::kDigest: {
            const auto sum = digest(arg_text(node, 0, context), arg_text(node, 1, context));
            if (!sum) return fail("a digest that is not known");
            const std::string form = node.kids.size() > 2 ? arg_text(node, 2, context) : "base64";
            if (form != "base64" && form != "hex") return fail("digest() gives base64 or hex");
            return Value(form == "hex" ? to_hex(*sum) : base64_encode(*sum));
        }
        case Fn::kBase64Decode: {
            auto out = base64_decode(arg_text(node, 0, context));
            return Value(out && valid_utf8(*out) ? std::move(*out) : std::string());
        }
        case Fn::kExtractSigned:
            return Value(signed_message(arg_text(node, 0, context), arg_text(node, 1, context)));
        case Fn::kVersion: return Value(host_.form_version());
        case Fn::kProperty: return Value(host_.property(arg_text(node, 0, context)));
        default: return fail("a function out of place");
    }
}

}  // namespace awda::forms
