# Installs BUILD into a folder of its own, builds the consumer from that tree alone, runs it, and uninstalls: nothing may
# be left. Arguments: BUILD, SOURCE (this folder), WORK.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE bad OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(bad)
    message(FATAL_ERROR "failed: ${ARGN}\n${out}")
  endif()
endfunction()
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
foreach(file bin/roundoff include/roundoff/formats/formats.hpp include/roundoff/analyzer/analyzer.hpp share/man/man1/roundoff.1
        share/bash-completion/completions/roundoff share/zsh/vendor-completions/_roundoff
        share/fish/vendor_completions.d/roundoff.fish share/doc/roundoff/LICENSE)
  if(NOT EXISTS ${prefix}/${file})
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
run(${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${WORK}/build -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_BUILD_TYPE=Debug
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror ${FLAGS}")
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
run(${CMAKE_COMMAND} --build ${BUILD} --target uninstall)
file(GLOB_RECURSE left ${prefix}/*)
if(left)
  message(FATAL_ERROR "uninstall left ${left}")
endif()
