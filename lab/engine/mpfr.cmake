# MPFR without its configure script: what that finds out of emscripten, as definitions. Its results are correctly rounded
# whatever integers it stands on, so that the small GMP changes none.
# (What formats/ calls, and what that calls: a function that is missing is an error of the linker.)
set(sources
  abort_prec_max add add1 add1sp add_d add_ui agm atan bernoulli cache clear cmp cmp2 cmp_d cmp_si cmp_ui cmpabs cmpabs_ui comparisons
  const_catalan const_euler const_log2 const_pi constant copysign cos cosu div div_2exp div_2si div_2ui div_ui eq erf erfc
  exceptions exp exp2 exp3 exp_2 expm1 extract fits_intmax fits_sint fits_slong fits_uint fits_uintmax fits_ulong fma fmod_ui
  frac free_cache frexp get_d get_exp get_si get_sj get_str get_ui get_uj get_z get_z_2exp gmp_op init init2
  int_ceil_log2 isinf isinteger isnan isnum isqrt isregular iszero log log1p log2 log_ui minmax min_prec mp_clz_tab
  mpfr-gmp mpfr-mini-gmp mpn_exp mul mul_2exp mul_2si mul_2ui mul_ui mulders nbits_ulong neg next odd_p pool pow
  pow_si pow_ui pow_z powerof2 rec_sqrt rem1 rint rndna round_near_x round_p round_prec scale2 set set_d set_dfl_prec
  set_exp set_inf set_nan set_prc_raw set_prec set_rnd set_si set_si_2exp set_sj set_str set_str_raw set_ui set_ui_2exp set_uj
  set_z set_z_2exp set_zero setmax setmin setsign sgn si_op signbit sin sin_cos sinu sqr sqrt sqrt_ui stack_interface
  strtofr sub sub1 sub1sp sub_ui subnormal sum swap tanh ubf uceil_exp2 uceil_log2 ufloor_log2 ui_div ui_pow ui_pow_ui
  ui_sub volatile)
list(TRANSFORM sources PREPEND ${mpfr}/)
list(TRANSFORM sources APPEND .c)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/mpfr)
file(COPY_FILE ${mpfr}/generic/mparam.h ${PROJECT_BINARY_DIR}/mpfr/mparam.h ONLY_IF_DIFFERENT)
# (mpfr.h names a type of random states, which the small GMP does not have, to those outside of MPFR, too.)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/mpfr/mini-gmp.h CONTENT "#include_next <mini-gmp.h>
#ifndef __MPFR_WITHIN_MPFR
typedef long gmp_randstate_t[1];
#endif
" @ONLY)

add_library(mpfr STATIC ${sources} ${gmp}/mini-gmp.c)
target_include_directories(mpfr SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/mpfr ${mpfr} ${gmp})
target_compile_definitions(mpfr PUBLIC MPFR_USE_MINI_GMP=1
  PRIVATE __MPFR_WITHIN_MPFR=1 HAVE_STDARG=1 HAVE_STDINT_H=1 HAVE_INTTYPES_H=1 HAVE_LITTLE_ENDIAN=1 MPFR_HAVE_INTMAX_MAX=1
          HAVE_DENORMS=1 HAVE_DENORMS_FLT=1 HAVE_SIGNEDZ=1 MPFR_LONG_WITHIN_LIMB=1 GMP_NUMB_BITS=32)
target_compile_options(mpfr PRIVATE -w)
add_library(PkgConfig::MPFR ALIAS mpfr)
