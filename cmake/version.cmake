# The version and the git commit that results carry. Regenerated at build time, so that it never lies.
find_package(Git QUIET)
add_custom_target(roundoff_version_header
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION} -DGIT=${GIT_EXECUTABLE}
          -DOUT=${PROJECT_BINARY_DIR}/generated/roundoff_version.hpp -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/roundoff_version.hpp
  COMMENT "Noting the version")
