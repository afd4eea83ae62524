# cmake --install: the binary, the floors' libraries with one public header each, a package config for find_package, the
# man page and completions of shells, the licence; and the target `uninstall`, which removes what the last one put there.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(floors formats sim constructions analyzer training)
foreach(floor ${floors})
  set_target_properties(roundoff_${floor} PROPERTIES EXPORT_NAME ${floor})
  install(TARGETS roundoff_${floor} EXPORT roundoff_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
install(TARGETS roundoff RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT roundoff_targets NAMESPACE roundoff:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/roundoff)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/roundoff-config.cmake.in
  ${PROJECT_BINARY_DIR}/install/roundoff-config.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/roundoff)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/roundoff-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/install/roundoff-config.cmake
              ${PROJECT_BINARY_DIR}/install/roundoff-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/roundoff)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The page of lab/, where scripts/lab has built it (it takes another compiler, so that a build without it is whole).
install(FILES ${PROJECT_SOURCE_DIR}/build/lab/index.html DESTINATION ${CMAKE_INSTALL_DATADIR}/roundoff/lab OPTIONAL)

# What is made at the time of installation: headers, and the faces that the binary itself prints.
install(CODE "
  set(source \"${PROJECT_SOURCE_DIR}\")
  set(stage \"${PROJECT_BINARY_DIR}/install\")
  set(binary \"$<TARGET_FILE:roundoff>\")
  include(\"${CMAKE_CURRENT_LIST_DIR}/stage_install.cmake\")")
install(DIRECTORY ${PROJECT_BINARY_DIR}/install/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/install/roundoff.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_BINARY_DIR}/install/roundoff DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_BINARY_DIR}/install/_roundoff DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${PROJECT_BINARY_DIR}/install/roundoff.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
                                    -P ${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the Roundoff authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Only those who link the libraries need these.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libmpfr-dev, libgmp-dev, libhwy-dev, libfmt-dev, libsqlite3-dev, libboost1.81-dev, libicu-dev, libsentencepiece-dev, nlohmann-json3-dev")
include(CPack)
