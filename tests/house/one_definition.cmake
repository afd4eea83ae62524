# No name is defined twice. Two types of one name link without a word, and then a destructor of one is called for the
# other. So every floor is compiled once more, as one file (a file-local name that is used twice in a floor does not
# compile: release builds join files, too), to g++'s intermediate form; the objects of all floors are merged, and
# the compiler compares the types as it does so (-Wodr). A planted pair of types and of enumerations is among them:
# the check fails when it does not see that one, or anything else.
#   cmake -DBUILD=build folder -DCOMPILER=g++ -DOBJECTS=file that lists the objects -P one_definition.cmake
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --target definitions RESULT_VARIABLE bad
                OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(bad)
  message(FATAL_ERROR "A floor does not compile as one file; is a file-local name used by another file of it?\n${output}")
endif()
get_filename_component(folder ${OBJECTS} DIRECTORY)
execute_process(COMMAND ${COMPILER} -O0 -flto=1 -Wodr -r -nostdlib -flinker-output=rel @${OBJECTS} -o ${folder}/merged.o
                RESULT_VARIABLE bad OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(bad)
  message(FATAL_ERROR "The floors cannot be merged:\n${output}")
endif()
file(REMOVE ${folder}/merged.o)
string(REGEX MATCHALL "[^\n]*(violates the C\\+\\+ One Definition Rule|-Wlto-type-mismatch|-Wodr)[^\n]*" found "${output}")
set(others ${found})
foreach(name Step Answer)
  if(NOT output MATCHES "planted_left.cpp:[^\n]*${name}[^\n]*One Definition Rule|planted_right.cpp:[^\n]*${name}[^\n]*One Definition Rule")
    message(FATAL_ERROR "The planted pair of ${name} is not seen: this check proves nothing.\n${output}")
  endif()
endforeach()
list(FILTER others EXCLUDE REGEX "planted_(left|right)\\.cpp:")
if(others)
  message(FATAL_ERROR "Defined twice, and differently:\n${output}")
endif()
message(STATUS "The planted pair is seen, and nothing else.")
