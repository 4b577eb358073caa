# Dear ImGui as one static library, awda_imgui, from the source that packaging/setup.sh fetched,
# with our own settings (ui/kit/imgui_config.h). No demo, none of our warnings: not our code.
set(deps ${CMAKE_SOURCE_DIR}/build/deps)
if(DEFINED ENV{AWDA_DEPS})
    set(deps $ENV{AWDA_DEPS})
endif()
set(AWDA_DEPS ${deps} CACHE PATH "Where packaging/setup.sh put its sources")
set(imgui ${AWDA_DEPS}/imgui)
if(NOT EXISTS ${imgui}/imgui.cpp OR NOT EXISTS ${AWDA_DEPS}/fonts/Vazirmatn-Regular.ttf)
    message(FATAL_ERROR "Dear ImGui and its font are not in ${AWDA_DEPS}: run ./dev setup first")
endif()

add_library(awda_imgui STATIC
    ${imgui}/imgui.cpp ${imgui}/imgui_draw.cpp ${imgui}/imgui_tables.cpp ${imgui}/imgui_widgets.cpp
    ${imgui}/backends/imgui_impl_glfw.cpp ${imgui}/backends/imgui_impl_opengl3.cpp)
target_include_directories(awda_imgui SYSTEM PUBLIC ${imgui} ${imgui}/backends)
target_include_directories(awda_imgui PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(awda_imgui PUBLIC IMGUI_USER_CONFIG="ui/kit/imgui_config.h")
target_compile_options(awda_imgui PRIVATE ${awda_map_paths})
target_link_libraries(awda_imgui
    PUBLIC awda_hardening PkgConfig::GLFW OpenGL::OpenGL ${CMAKE_DL_LIBS})

# The files that the programs read at run time, laid out beside them as they will be installed:
# <build>/share/awda next to <build>/bin. Links, so that an edited form shows at once.
set(AWDA_SHARE ${CMAKE_BINARY_DIR}/share/awda)
file(MAKE_DIRECTORY ${AWDA_SHARE}/fonts ${AWDA_SHARE}/forms)
foreach(font Regular Bold)
    file(CREATE_LINK ${AWDA_DEPS}/fonts/Vazirmatn-${font}.ttf
        ${AWDA_SHARE}/fonts/Vazirmatn-${font}.ttf SYMBOLIC)
endforeach()
file(CREATE_LINK /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
    ${AWDA_SHARE}/fonts/DejaVuSans.ttf SYMBOLIC)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/forms/library ${AWDA_SHARE}/forms/library SYMBOLIC)
