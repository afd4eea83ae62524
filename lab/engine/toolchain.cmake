# Debian's emscripten. Exceptions are those of WebAssembly itself; what its libc++ lacks is in libcxx.hpp.
include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
set(CMAKE_CXX_FLAGS_INIT "-fwasm-exceptions -include ${CMAKE_CURRENT_LIST_DIR}/libcxx.hpp")
