# Compiler settings that every target shares, and the functions that make targets: awda_module(),
# awda_program(), awda_tests(), awda_script_test(), awda_bench(), awda_fuzzer().
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(AWDA_WERROR "Warnings are errors" OFF)
set(AWDA_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(AWDA_COVERAGE "Instrument for branch coverage (clang)" OFF)
option(AWDA_SHIP "Leave the path of the source tree out of the programs" OFF)
option(AWDA_FIDO2 "Security keys as a second factor (libfido2)" OFF)
option(AWDA_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(AWDA_FUZZ_WATCH -fsanitize=fuzzer-no-link CACHE STRING "What a fuzz target tells libFuzzer")

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
        -fsanitize=${AWDA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        -D_GLIBCXX_ASSERTIONS $<$<BOOL:${AWDA_FUZZ}>:${AWDA_FUZZ_WATCH}>)
    target_link_options(awda_hardening INTERFACE -fsanitize=${AWDA_SANITIZE}
        $<$<BOOL:${AWDA_FUZZ}>:-fuse-ld=lld>)
else()
    target_compile_options(awda_hardening INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>
        -D_GLIBCXX_ASSERTIONS)
    target_link_options(awda_hardening INTERFACE -Wl,-z,relro,-z,now -pie)
endif()
if(AWDA_COVERAGE)
    # Counted where the source branches, before anything is optimised or an exception's way out is
    # added; so the measured build may be a fast one.
    target_compile_options(awda_hardening INTERFACE
        -fprofile-instr-generate -fcoverage-mapping -DAWDA_COVERAGE)
    target_link_options(awda_hardening INTERFACE -fprofile-instr-generate)
endif()

# Error places are source file names: in what ships they are written from the top of the tree, so
# that a program does not tell where it was built, and two checkouts give the same bytes.
set(awda_map_paths $<$<BOOL:${AWDA_SHIP}>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>)

# awda_module(NAME [FOLDER dir] [EXCLUDE regex...]): a static library awda_NAME from the folder's
# .cpp files (main.cpp files and what EXCLUDE matches left out), with the alias awda::NAME.
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
    target_compile_options(awda_${name} PRIVATE ${awda_map_paths})
    if(AWDA_SHIP AND name STREQUAL "platform")
        # What ships never looks for its files where it was built: anybody may own that path
        # on another machine.
        target_compile_options(awda_platform PRIVATE
            -UAWDA_SOURCE_FOLDER "-DAWDA_SOURCE_FOLDER=\"/usr/share/awda\"")
    endif()
    target_link_libraries(awda_${name} PUBLIC awda_hardening PRIVATE awda_warnings)
endfunction()

# awda_wipe_heap(NAME): the program wipes memory that is given back (platform/wiping_heap.cpp).
function(awda_wipe_heap name)
    if(TARGET awda_wiping_heap)
        target_sources(${name} PRIVATE $<TARGET_OBJECTS:awda_wiping_heap>)
    endif()
endfunction()

# awda_program(NAME source... LINKS target...): one of the three programs.
function(awda_program name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_compile_definitions(${name} PRIVATE AWDA_VERSION="${PROJECT_VERSION}")
    target_compile_options(${name} PRIVATE ${awda_map_paths})
    target_link_libraries(${name} PRIVATE ${ARG_LINKS} awda_warnings)
    awda_wipe_heap(${name})
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

# awda_script_test(NAME COMMAND word... [LABELS l...] [TIMEOUT s] [SERIAL]): a program that speaks
# TAP. It finds the build folder in AWDA_BUILD and the source tree in AWDA_SOURCE.
function(awda_script_test name)
    cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    add_test(NAME ${name} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
        ENVIRONMENT "AWDA_BUILD=${CMAKE_BINARY_DIR};AWDA_SOURCE=${CMAKE_SOURCE_DIR}")
    if(ARG_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# awda_bench(NAME LINKS target...): build/<preset>/bench/bench_NAME from tests/bench/bench_NAME.cpp,
# built on demand (`./dev bench`).
add_custom_target(benches)
function(awda_bench name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/bench/bench_${name}.cpp)
    target_link_libraries(bench_${name} PRIVATE ${ARG_LINKS} awda_warnings)
    target_compile_definitions(bench_${name} PRIVATE AWDA_SOURCE_FOLDER="${CMAKE_SOURCE_DIR}")
    set_target_properties(bench_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(benches bench_${name})
endfunction()

# awda_fuzzer(NAME LINKS target...): tests/fuzz/fuzz_NAME.cpp, which defines LLVMFuzzerTestOneInput.
# With AWDA_FUZZ a libFuzzer program; otherwise a test, fuzz_NAME, that replays
# tests/fuzz/corpus/fuzz_NAME and a fixed number of seeded mutations of it.
add_custom_target(fuzzers)
function(awda_fuzzer name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.cpp)
    target_link_libraries(fuzz_${name} PRIVATE ${ARG_LINKS} awda_warnings)
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    if(AWDA_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers fuzz_${name})
    else()
        target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
        awda_script_test(fuzz_${name} LABELS fuzz COMMAND
            fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/fuzz_${name})
    endif()
endfunction()
