# How every target is compiled. The host's floating point never decides a result by accident: no contraction,
# no fast-math, no -march=native (kernels are compiled per instruction set and chosen at run time).
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(roundoff_options INTERFACE)
target_include_directories(roundoff_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(roundoff_options INTERFACE -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                  -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 misfires: inside Boost's inlined limbs, and on the concatenation of strings; at -O3 once more
  target_compile_options(roundoff_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
    -Wno-stringop-overread -Wno-stringop-overflow "$<$<CONFIG:Release>:-Wno-aggressive-loop-optimizations>")
else()
  target_compile_options(roundoff_options INTERFACE -Wno-implicit-int-float-conversion)
endif()
if(ROUNDOFF_UNITY)
  # A name of one file shadows nothing in another, which it is only joined with.
  target_compile_options(roundoff_options INTERFACE -Wno-shadow)
endif()
if(ROUNDOFF_WERROR)
  target_compile_options(roundoff_options INTERFACE -Werror)
endif()
if(ROUNDOFF_ASSERT)
  target_compile_options(roundoff_options INTERFACE -UNDEBUG)
endif()
if(ROUNDOFF_SANITIZE)
  target_compile_options(roundoff_options INTERFACE -fsanitize=${ROUNDOFF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(roundoff_options INTERFACE -fsanitize=${ROUNDOFF_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# A floor of the house: every .cpp in its folder (a new file needs no line here), linked to the floors named.
function(roundoff_floor name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(ROUNDOFF_LEFT_OUT)
    list(FILTER sources EXCLUDE REGEX "${ROUNDOFF_LEFT_OUT}")
  endif()
  add_library(roundoff_${name} STATIC ${sources})
  target_link_libraries(roundoff_${name} PUBLIC $<BUILD_INTERFACE:roundoff_options> ${ARGN})
  if(TARGET roundoff_precompiled)
    target_precompile_headers(roundoff_${name} REUSE_FROM roundoff_precompiled)
  endif()
  # (Batches of 0: one file a floor, so that what its files read and instantiate is worked on once. Two thirds of a
  # build from nothing is the optimiser's, much of it on the same library templates in every file.)
  set_target_properties(roundoff_${name} PROPERTIES UNITY_BUILD ${ROUNDOFF_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  roundoff_definitions(${name} ${sources})
endfunction()

# The same floor as one file, unoptimised, for the check that no name is defined twice (tests/house/one_definition.cmake).
function(roundoff_definitions name)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR ROUNDOFF_SANITIZE)
    return()
  endif()
  add_library(definitions_${name} OBJECT EXCLUDE_FROM_ALL ${ARGN})
  target_include_directories(definitions_${name} PRIVATE $<TARGET_PROPERTY:roundoff_${name},INCLUDE_DIRECTORIES>
                                                         ${PROJECT_BINARY_DIR}/generated)
  target_compile_options(definitions_${name} PRIVATE -O0 -g0 -flto -w)
  set_target_properties(definitions_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
endfunction()
