// pdf_check: whether a PDF is a document and nothing else.
//
// A PDF is kept byte for byte (drawing it anew would cost its text and its signatures), so it must
// not be able to do anything: no scripts, programs, forms that send, files inside, or passwords.
// Names are compared with their escapes undone, and compressed parts are looked into. This is a
// filter for what officers meet, not a proof: whatever opens a PDF must still be a viewer that runs
// nothing. Threads: pure functions.
#pragma once

#include "platform/bytes.h"

namespace awda {

inline constexpr std::size_t kPdfBytesMax = 20U << 20U;
/// What all compressed parts together may hold, pictures not counted.
inline constexpr std::size_t kPdfInflatedMax = 256U << 20U;

/// kAttachmentType if it does not begin as a PDF; kPdfUnreadable when its beginning, end and table
/// do not fit together or something follows its end; kPdfProtected; kPdfActive; kTooLarge.
[[nodiscard]] Status check_pdf(ByteView file);

}  // namespace awda
