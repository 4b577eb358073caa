#include "platform/pdf_check.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/fakes/pictures.h"

using namespace awda;

namespace {

Status judge(const std::string& file) {
    return check_pdf(as_bytes(file));
}

Errc refusal(const std::string& file) {
    const Status judged = judge(file);
    REQUIRE_FALSE(judged.ok());
    return judged.error().code;
}

std::string deflated(std::string_view text) {
    uLongf size = compressBound(text.size());
    std::string out(size, '\0');
    compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
    out.resize(size);
    return out;
}

std::string stream(std::string_view dictionary, std::string_view content) {
    return "5 0 obj\n<<" + std::string(dictionary) + ">>\nstream\n" + std::string(content) +
           "\nendstream\nendobj\n";
}

}  // namespace

TEST_CASE("a plain PDF is accepted, with compressed pages and pictures") {
    CHECK(judge(fakes::pdf()).ok());
    CHECK(
        judge(fakes::pdf(stream("/Filter /FlateDecode", deflated("BT /F1 12 Tf (x) Tj ET")))).ok());
    CHECK(judge(fakes::pdf(stream("/Subtype /Image /Filter /DCTDecode", "\xFF\xD8/JS "))).ok());
    CHECK(judge(fakes::pdf(stream("/Type /ObjStm /Filter /FlateDecode", deflated("1 0 <</A /B>>"))))
              .ok());
}

TEST_CASE("a PDF that can do something is refused, however it spells it") {
    for (const std::string_view object :
         {"3 0 obj <</S /JavaScript /JS (app.alert\\(1\\))>> endobj\n",
          "3 0 obj <</S/J#61v#61Script>> endobj\n", "3 0 obj <</S /Launch /F (cmd.exe)>> endobj\n",
          "3 0 obj <</Type /EmbeddedFile>> endobj\n", "3 0 obj <</XFA 4 0 R>> endobj\n",
          "3 0 obj <</S /SubmitForm>> endobj\n"}) {
        CAPTURE(object);
        CHECK(refusal(fakes::pdf(object)) == Errc::kPdfActive);
    }
}

TEST_CASE("a PDF that hides what it does in compressed objects is refused") {
    const std::string hidden = deflated(std::string(70'000, ' ') + "<</S /JavaScript>>");
    CHECK(refusal(fakes::pdf(stream("/Type /ObjStm /Filter /FlateDecode", hidden))) ==
          Errc::kPdfActive);
    CHECK(refusal(fakes::pdf(stream("/Filter /FlateDecode", hidden))) == Errc::kPdfActive);
    CHECK(refusal(fakes::pdf(stream("/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]",
                                    "00>"))) == Errc::kPdfActive);
    // Lying across two of the pieces in which it is looked through.
    for (std::size_t before = 65'520; before < 65'550; ++before) {
        const std::string split = deflated(std::string(before, ' ') + "<</S /JavaScript>>");
        CHECK(refusal(fakes::pdf(stream("/Filter /FlateDecode", split))) == Errc::kPdfActive);
        const std::string longer = deflated(std::string(before, ' ') + "<</JSomething 1>>");
        CHECK(judge(fakes::pdf(stream("/Filter /FlateDecode", longer))).ok());
    }
}

TEST_CASE("a PDF that unpacks without end is refused") {
    const std::string bomb = deflated(std::string(kPdfInflatedMax + 1, ' '));
    REQUIRE(bomb.size() < kPdfBytesMax);
    CHECK(refusal(fakes::pdf(stream("/Filter /FlateDecode", bomb))) == Errc::kTooLarge);
}

TEST_CASE("a PDF with a password is refused") {
    CHECK(refusal(fakes::pdf("", "/Encrypt 9 0 R")) == Errc::kPdfProtected);
}

TEST_CASE("a PDF without a proper end, or with something behind it, is refused") {
    const std::string whole = fakes::pdf();
    for (std::size_t length = 0; length < whole.size() - 2; ++length) {
        CHECK_FALSE(judge(whole.substr(0, length)).ok());
    }
    CHECK(refusal(whole + "PK\x05\x06 and a list of names") == Errc::kPdfUnreadable);
    CHECK(refusal(" " + whole) == Errc::kAttachmentType);
    CHECK(refusal("%PDF-9.9\n%%EOF") == Errc::kPdfUnreadable);
    std::string astray = whole;
    astray.replace(astray.find("startxref\n") + 10, 1, "9");
    CHECK(refusal(astray) == Errc::kPdfUnreadable);
    CHECK(refusal("%PDF-1.4" + std::string(kPdfBytesMax, ' ')) == Errc::kTooLarge);
}
