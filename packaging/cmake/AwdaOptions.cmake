# Compiler settings that every target shares, and awda_module(), which makes one.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(AWDA_WERROR "Warnings are errors" OFF)
set(AWDA_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(AWDA_COVERAGE "Instrument for coverage" OFF)
option(AWDA_FUZZ "Build the libFuzzer targets (clang)" OFF)

find_program(AWDA_CCACHE ccache)
if(AWDA_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${AWDA_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${AWDA_CCACHE})
endif()

add_library(awda_warnings INTERFACE)
target_compile_options(awda_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wundef
    $<$<BOOL:${AWDA_WERROR}>:-Werror>)

add_library(awda_hardening INTERFACE)
if(AWDA_SANITIZE)
    target_compile_options(awda_hardening INTERFACE
        -fsanitize=${AWDA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(awda_hardening INTERFACE -fsanitize=${AWDA_SANITIZE})
else()
    target_compile_options(awda_hardening INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
        -D_GLIBCXX_ASSERTIONS)
    target_link_options(awda_hardening INTERFACE -Wl,-z,relro,-z,now -pie)
endif()
if(AWDA_COVERAGE)
    target_compile_options(awda_hardening INTERFACE --coverage -O0)
    target_link_options(awda_hardening INTERFACE --coverage)
endif()

# awda_module(NAME [FOLDER dir] [EXCLUDE regex...]): a static library awda_NAME from the folder's .cpp files
# (main.cpp files and what EXCLUDE matches left out), with the alias awda::NAME.
function(awda_module name)
    cmake_parse_arguments(ARG "" "FOLDER" "EXCLUDE" ${ARGN})
    if(NOT ARG_FOLDER)
        set(ARG_FOLDER ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARG_FOLDER}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "main\\.cpp$")
    foreach(pattern ${ARG_EXCLUDE})
        list(FILTER sources EXCLUDE REGEX "${pattern}")
    endforeach()
    add_library(awda_${name} STATIC ${sources})
    add_library(awda::${name} ALIAS awda_${name})
    target_include_directories(awda_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(awda_${name} PUBLIC awda_hardening PRIVATE awda_warnings)
endfunction()

# awda_program(NAME source... LINKS target...): one of the three programs.
function(awda_program name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_compile_definitions(${name} PRIVATE AWDA_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${name} PRIVATE ${ARG_LINKS} awda_warnings)
    install(TARGETS ${name} RUNTIME DESTINATION bin COMPONENT ${name})
endfunction()

# awda_tests(NAME LINKS target...): awda_NAME_tests from the folder's *_test.cpp, one ctest entry.
function(awda_tests name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
    add_executable(awda_${name}_tests ${sources} ${CMAKE_SOURCE_DIR}/tests/fakes/doctest_main.cpp)
    target_link_libraries(awda_${name}_tests PRIVATE ${ARG_LINKS} awda_fakes awda_warnings)
    set_target_properties(awda_${name}_tests PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND awda_${name}_tests)
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()
