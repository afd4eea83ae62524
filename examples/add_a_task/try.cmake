# What reaches a new task without another file that knows it: run, verify by all inputs and by certificate, least
# bits, the table with a lower bound, a sweep's store and its report.
file(REMOVE_RECURSE ${WORK}/tried)
file(MAKE_DIRECTORY ${WORK}/tried)

function(ask expected)
  execute_process(COMMAND ${PROGRAM} ${ARGN} WORKING_DIRECTORY ${WORK}/tried
                  OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE code)
  if(NOT code EQUAL 0 OR NOT out MATCHES "${expected}")
    message(FATAL_ERROR "${ARGN}\nexit code ${code}, and the answer has no ${expected}:\n${out}${err}")
  endif()
endfunction()

ask("right" run at-least-two --k 4 "0+1+0+1=")
ask("holds" verify at-least-two --k 8)
ask("\"verdict\": *\"certified\"" verify at-least-two --k 40 --method certify --json)
ask("at-least-two" analyze at-least-two --minimize int --k 4..6)
ask("lower bound: heads" table1 --task at-least-two --work 2e6 --store verdicts.sqlite)
ask("verdicts" report verdicts.sqlite -o page)
file(READ ${WORK}/tried/page/index.html page)
if(NOT page MATCHES "at-least-two")
  message(FATAL_ERROR "the report does not show the new task")
endif()
