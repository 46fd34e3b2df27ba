# chat_settings: what every target of this project compiles with.
add_library(chat_settings INTERFACE)
target_include_directories(chat_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(chat_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(CHAT_SANITIZE)
    add_compile_options(-fsanitize=${CHAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${CHAT_SANITIZE})
endif()
find_program(CHAT_MOLD mold)
if(CHAT_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
find_program(CHAT_CCACHE ccache)
if(CHAT_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CHAT_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${CHAT_CCACHE})
endif()
