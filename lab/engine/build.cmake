# The engine of the page: the floors and the commands that the page asks, compiled to WebAssembly (preset `wasm`). One
# thread, no store, no solver: what needs them is left out, and the page's commands are listed in commands.inc.
#
# Libraries that are headers are taken from where Debian installs them, by links to their folders alone: /usr/include as a
# whole would shadow emscripten's own C library. MPFR is compiled from Debian's source package, on the small GMP that GMP's
# source package carries (scripts/lab unpacks both into ROUNDOFF_LIBRARY_SOURCES).
enable_language(C)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
set(ROUNDOFF_LIBRARY_SOURCES ${PROJECT_BINARY_DIR}/sources CACHE PATH "Where the sources of GMP and MPFR are unpacked")

set(headers ${PROJECT_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
foreach(library boost fmt nlohmann toml++ CLI hwy eigen3/Eigen)
  if(NOT EXISTS /usr/include/${library})
    message(FATAL_ERROR "The headers /usr/include/${library} are missing: scripts/install-packages installs them")
  endif()
  get_filename_component(name ${library} NAME)
  file(CREATE_LINK /usr/include/${library} ${headers}/${name} SYMBOLIC)
endforeach()
foreach(library PkgConfig::HWY Boost::headers fmt::fmt nlohmann_json::nlohmann_json CLI11::CLI11 Threads::Threads
                Eigen3::Eigen PkgConfig::NLOPT PkgConfig::SQLITE PkgConfig::ICU PkgConfig::SENTENCEPIECE cadical)
  add_library(${library} INTERFACE IMPORTED)
  target_include_directories(${library} SYSTEM INTERFACE ${headers})
endforeach()
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)

file(GLOB gmp ${ROUNDOFF_LIBRARY_SOURCES}/gmp-*/mini-gmp)
file(GLOB mpfr ${ROUNDOFF_LIBRARY_SOURCES}/mpfr-*/src)
if(NOT gmp OR NOT mpfr)
  message(FATAL_ERROR "The sources of GMP and MPFR are not in ${ROUNDOFF_LIBRARY_SOURCES}: scripts/lab puts them there")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/mpfr.cmake)

# Commands that are not the page's, their views, and what they stand on.
file(READ ${CMAKE_CURRENT_LIST_DIR}/commands.inc commands)
string(REGEX MATCHALL "ROUNDOFF_COMMAND\\(([a-z0-9]+)\\)" commands "${commands}")
list(TRANSFORM commands REPLACE "ROUNDOFF_COMMAND\\((.*)\\)" "\\1")
file(GLOB others RELATIVE ${PROJECT_SOURCE_DIR}/cli/commands ${PROJECT_SOURCE_DIR}/cli/commands/*.cpp)
list(TRANSFORM others REPLACE "\\.cpp$" "")
list(REMOVE_ITEM others ${commands})
string(JOIN "|" others ${others})
set(ROUNDOFF_LEFT_OUT
    "/formats/lanes/float(32|64)_kernels"  # the host lacks the directions (formats/lanes/host_rounding.hpp)
    "/sim/tensors/(run|decode)[.]" "/sim/text/"
    "/analyzer/(least|bounds|precision|report|scaling|table1)/" "/analyzer/store/(store|sweep|sweep_plan)[.]"
    "/analyzer/search/(frontier|minimise_model|prune|ranges)[.]"
    "/cli/commands/(${others})[.]" "/cli/options/token_blocks[.]"
    "/cli/views/(automaton|comparison|html|minimisation|paper_table|plot|report_page|scaling_view|shell_faces|table1_page|table1_view|tensor_view)[.]")
string(JOIN "|" ROUNDOFF_LEFT_OUT ${ROUNDOFF_LEFT_OUT})

include(cmake/version.cmake)
add_library(roundoff_training INTERFACE)  # the page trains nothing
foreach(floor formats sim constructions analyzer cli)
  add_subdirectory(${floor} EXCLUDE_FROM_ALL)
endforeach()

add_executable(roundoff_lab ${CMAKE_CURRENT_LIST_DIR}/engine.cpp ${PROJECT_SOURCE_DIR}/cli/commands/commands.cpp
               ${CMAKE_CURRENT_LIST_DIR}/no_store.cpp)
target_compile_definitions(roundoff_lab PRIVATE ROUNDOFF_COMMANDS="lab/engine/commands.inc")
target_link_libraries(roundoff_lab PRIVATE roundoff_cli)
set_target_properties(roundoff_lab PROPERTIES OUTPUT_NAME engine)
target_link_options(roundoff_lab PRIVATE -sMODULARIZE=1 -sEXPORT_NAME=createEngine -sENVIRONMENT=web,worker,node -sALLOW_MEMORY_GROWTH=1
  -sINITIAL_MEMORY=33554432 -sMAXIMUM_MEMORY=1073741824 -sTOTAL_STACK=8388608 -sEXPORTED_RUNTIME_METHODS=FS,ccall -sNO_EXIT_RUNTIME=1
  -sEXPORTED_FUNCTIONS=_roundoff_run,_malloc,_free --no-entry)
