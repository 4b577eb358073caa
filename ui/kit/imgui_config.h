// Dear ImGui's compile-time settings, read by all of imgui.h's users through IMGUI_USER_CONFIG.
// Ownership: ui. Threads: none, macros only. Changing one rebuilds Dear ImGui and the whole of ui.
#pragma once

#define IMGUI_DISABLE_OBSOLETE_FUNCTIONS
#define IMGUI_DISABLE_OBSOLETE_KEYIO
#define IMGUI_DISABLE_DEMO_WINDOWS  // the demo and its strings do not ship
#define IMGUI_DISABLE_DEBUG_TOOLS   // nor do the metrics windows, which show memory
#define IMGUI_USE_WCHAR32           // one code point is one ImWchar, beyond the BMP too
