# Lets a program take its memory from jemalloc, as apps/jemalloc_settings.c has it. Sanitizers bring their own.
function(chat_use_jemalloc program)
    if(NOT CHAT_SANITIZE)
        target_sources(${program} PRIVATE ${CMAKE_SOURCE_DIR}/apps/jemalloc_settings.c)
        target_link_libraries(${program} PRIVATE PkgConfig::JEMALLOC)
    endif()
endfunction()
