# One precompiled header for all floors (cmake/precompiled.hpp). Targets that take it share their compile options, or
# the compiler would refuse it: programs, the tests' among them, are compiled with -fPIE and go without.
file(WRITE ${PROJECT_BINARY_DIR}/generated/empty.cpp "")
add_library(roundoff_precompiled OBJECT ${PROJECT_BINARY_DIR}/generated/empty.cpp)
target_link_libraries(roundoff_precompiled PUBLIC roundoff_options PkgConfig::MPFR PkgConfig::HWY Boost::headers fmt::fmt
                                                  nlohmann_json::nlohmann_json Threads::Threads)
target_precompile_headers(roundoff_precompiled PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)
