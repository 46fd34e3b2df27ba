# chat_module(NAME SOURCES ... PUBLIC ... PRIVATE ...): the library chat_NAME of one folder.
# PUBLIC names other modules whose types its headers use; PRIVATE its own libraries.
function(chat_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(chat_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(chat_${name} PUBLIC ${ARG_PUBLIC} PRIVATE chat_settings ${ARG_PRIVATE})
    target_include_directories(chat_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
endfunction()

# chat_test(FOLDER SOURCES ... LIBRARIES ...): one test binary of a folder, its cases known to ctest.
function(chat_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
    add_executable(test_${name} ${ARG_SOURCES})
    target_link_libraries(test_${name} PRIVATE chat_settings ${ARG_LIBRARIES} GTest::gmock_main)
    target_compile_definitions(test_${name} PRIVATE
        CHAT_SOURCE_DIR="${CMAKE_SOURCE_DIR}" CHAT_BINARY_DIR="${CMAKE_BINARY_DIR}")
    gtest_discover_tests(test_${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${ARG_LABELS}")
endfunction()

# chat_embed(TARGET SYMBOL FILE): puts a file's bytes into a target, between `SYMBOL_begin` and `SYMBOL_end`.
function(chat_embed target symbol file)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
    file(CONFIGURE OUTPUT ${source} CONTENT
".section .rodata
.balign 16
.global ${symbol}_begin
.global ${symbol}_end
${symbol}_begin:
.incbin \"${file}\"
${symbol}_end:
.byte 0
.section .note.GNU-stack,\"\",@progbits
")
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} GENERATED TRUE)
    target_sources(${target} PRIVATE ${source})
endfunction()
